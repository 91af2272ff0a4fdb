"""Drawn digits: made the same each time, kept, by whom, and joined to MNIST."""

import os
from pathlib import Path

import numpy as np
import pytest

from digitrec.data import catalogue, loading, pen_digits, splits
from digitrec.data.catalogue import DatasetError, describe
from digitrec.imaging import pen_drawing

LINE = (np.array([[100, 50], [110, 200], [105, 420]], np.float32),)
DIGITS = [pen_drawing.PenDigit(1, writer, LINE) for writer in (3, 3, 5, 8, 9, 12, 14)]


@pytest.fixture
def pen_file() -> Path:
    path = Path(os.environ.get("DIGITREC_DATA", "")) / pen_digits.STROKE_FILE
    if not path.is_file():
        if os.environ.get("DIGITREC_REQUIRE") == "1":
            pytest.fail(f"{path} is missing, and DIGITREC_REQUIRE=1 demands it")
        pytest.skip("the pen digits are not under DIGITREC_DATA")
    return path


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A file with the seven digits of `DIGITS`, and how often they were drawn."""
    path, drawn = tmp_path / "few.ndjson.gz", []
    path.write_bytes(b"few")
    sha256 = "a3f6f0b5f7d2f2d9a6a5c6e7d0b9f3a4"
    monkeypatch.setattr(pen_digits, "_verify", lambda path: None)
    monkeypatch.setattr(pen_digits, "SHA256", sha256)
    monkeypatch.setattr(pen_drawing, "read", lambda path: drawn.append(path) or iter(DIGITS))
    return path, drawn


def test_the_same_digits_give_the_same_drawings_and_each_variant_another():
    first, again = (pen_digits.draw(DIGITS, variants=3) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert first.images.shape == (21, 28, 28) and first.images.dtype == np.uint8
    assert len({image.tobytes() for image in first.images}) == 21
    assert (first.images.max((1, 2)) > 100).all()


def test_each_drawing_says_whose_and_of_which_digit_it_is():
    found = pen_digits.draw(DIGITS, variants=2)
    assert found.digits.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert found.writers.tolist() == [3, 3, 3, 3, 5, 5, 8, 8, 9, 9, 12, 12, 14, 14]
    assert set(found.labels) == {1}


def test_strokes_get_thin_and_thick():
    inked = np.sort((pen_digits.draw(DIGITS, variants=20).images > 127).mean((1, 2)))
    assert inked[-5] > 3 * inked[5]


def test_the_last_two_of_eight_are_thick_for_their_size():
    inked = (pen_digits.draw(DIGITS).images > 127).mean((1, 2)).reshape(len(DIGITS), pen_digits.VARIANTS)
    others, thick = np.split(np.median(inked, axis=0), [-pen_digits.THICK_VARIANTS])
    assert thick.min() > others.max()


def test_each_writer_is_left_out_once():
    writers = np.array([digit.writer for digit in DIGITS])
    folds = [pen_digits.mask_left_out(writers, fold) for fold in range(1, pen_digits.FOLDS + 1)]
    assert np.array_equal(np.sum(folds, axis=0), np.ones(7))
    assert all(set(writers[out]).isdisjoint(writers[~out]) for out in folds)


def test_they_are_drawn_once_and_kept(few, tmp_path):
    path, drawn = few
    told = []
    first = pen_digits.load(path, tmp_path / "cache", lambda what, share: told.append(share))
    again = pen_digits.load(path, tmp_path / "cache")
    assert len(drawn) == 1 and told[0] == 0
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert not first.images.flags.writeable and not again.labels.flags.writeable


@pytest.mark.parametrize("damage", [b"", b"PK no zip", b"\x93NUMPY"])
def test_a_damaged_cache_is_made_anew(few, tmp_path, damage):
    path, drawn = few
    pen_digits.load(path, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").rglob("*.npz")
    kept.write_bytes(damage)
    assert len(pen_digits.load(path, tmp_path / "cache").images) == 7 * pen_digits.VARIANTS
    assert len(drawn) == 2


@pytest.mark.parametrize("name", pen_digits.Drawings._fields)
def test_a_cache_whose_arrays_do_not_fit_is_made_anew(few, tmp_path, name):
    path, drawn = few
    drawings = pen_digits.load(path, tmp_path / "cache")
    (cached,) = (tmp_path / "cache").rglob("*.npz")
    np.savez(cached, **drawings._asdict() | {name: getattr(drawings, name)[:-1]})
    assert len(pen_digits.load(path, tmp_path / "cache").images) == 7 * pen_digits.VARIANTS
    assert len(drawn) == 2


def test_other_ranges_of_size_and_width_need_another_version():
    """Cached drawings are made with these: whoever changes one increases the version."""
    ranges = (pen_digits.DIGIT_SIZES, pen_digits.THICK_SIZES, pen_digits.BRUSH_WIDTHS, pen_digits.RELATIVE_WIDTHS)
    others = (pen_digits.THICK_RELATIVE_WIDTHS, pen_digits.DISTORTION_STRENGTHS)
    assert (pen_digits._VERSION, pen_digits.VARIANTS, pen_digits.THICK_VARIANTS) == (2, 8, 2)
    assert ranges == ((80, 240), (80, 140), (6, 40), (0.03, 0.36))
    assert others == ((0.2, 0.4), (0.3, 1.6))


def test_a_cache_that_cannot_be_written_is_told(few, tmp_path):
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    with pytest.raises(DatasetError, match=r"cannot be stored in .*DIGITREC_CACHE"):
        pen_digits.load(few[0], tmp_path / "cache")


def test_another_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"not on this machine: put few\.gz into"):
        pen_digits.load(tmp_path / "few.gz", tmp_path)
    (tmp_path / "few.gz").write_bytes(b"another")
    with pytest.raises(DatasetError, match="was altered or is another file"):
        pen_digits.load(tmp_path / "few.gz", tmp_path)


# Joined to MNIST


def test_without_the_pen_digits_the_joined_set_is_not_found_and_says_what_to_do(folders):
    assert loading.find_folder("mnist+pen") is None
    with pytest.raises(DatasetError):
        loading.load("mnist+pen")


@pytest.mark.parametrize(("has_strokes", "has_base"), [(True, False), (False, True), (True, True)])
def test_the_joined_set_is_found_where_the_strokes_and_the_base_are(
    tiny, folders, monkeypatch, has_strokes, has_base
):
    monkeypatch.setitem(
        catalogue.DATASETS, "tiny+pen", tiny.known._replace(name="tiny+pen", files=(), base="tiny")
    )
    strokes_file = folders[0] / pen_digits.STROKE_FILE
    if has_strokes:
        strokes_file.parent.mkdir(parents=True)
        strokes_file.write_bytes(b"")
    if has_base:
        tiny.write(folders[1], tiny.raw)
    both = has_strokes and has_base
    assert loading.find_folder("tiny+pen") == (strokes_file.parent if both else None)


def test_a_fifth_of_the_writers_can_be_left_out_by_name():
    known = describe("mnist+pen-2")
    assert (known.name, known.fold, known.base) == ("mnist+pen-2", 2, "mnist")
    assert "writers held out" in known.title and "writers held out" in known.source
    for wrong in ("mnist-2", "mnist+pen-6", "pen", "mnist+pen-22", ""):
        with pytest.raises(DatasetError, match="there is no data set"):
            describe(wrong)


@pytest.mark.slow
def test_the_joined_sets_learn_from_some_and_test_on_others(mnist, pen_file, monkeypatch):
    few = pen_digits.draw(list(pen_drawing.read(pen_file))[::40], variants=2)
    monkeypatch.setattr(pen_digits, "load", lambda *_: few)
    monkeypatch.setattr(loading, "_build_dataset", loading._build_dataset.__wrapped__)
    whole, fold = loading.load("mnist+pen"), loading.load("mnist+pen-3")
    assert len(whole.train.labels) == 60_000 + len(few.labels)
    assert np.array_equal(whole.test.images, mnist.test.images)
    learnt, left = (splits.select_writers(fold, name, share=0.05, seed=0) for name in ("train", "test"))
    assert set(learnt).isdisjoint(left) and -1 in learnt and len(left) == len(fold.test.labels)
    validation = splits.select_writers(whole, "validation", share=0.05, seed=0)
    assert len(validation) == len(splits.select_part(whole, "validation", share=0.05, seed=0).labels)
    assert splits.select_writers(whole, "test", share=0.05, seed=0) is None


@pytest.mark.slow
def test_what_a_network_was_validated_on_before_is_held_out_again(mnist, pen_file, monkeypatch):
    few = pen_digits.draw(list(pen_drawing.read(pen_file))[::40], variants=2)
    monkeypatch.setattr(pen_digits, "load", lambda *_: few)
    monkeypatch.setattr(loading, "_build_dataset", loading._build_dataset.__wrapped__)
    whole = splits.select_part(loading.load("mnist+pen"), "validation", share=0.05, seed=4)
    alone = splits.select_part(mnist, "validation", share=0.05, seed=4)
    assert np.array_equal(whole.images[: len(alone.images)], alone.images)
    assert len(whole.images) > len(alone.images)


def test_what_drawings_joined_is_what_is_evaluated_first():
    assert catalogue.evaluation_dataset("mnist+pen") == "mnist"
    assert [catalogue.evaluation_dataset(name) for name in ("mnist", "digits", "mnist+pen-2", "nobody's")] == [
        "mnist",
        "digits",
        "mnist+pen-2",
        "nobody's",
    ]


@pytest.mark.slow
def test_rare_forms_are_trained_on_beside_the_drawings_and_never_tested_on(few, mnist, monkeypatch):
    path, _ = few
    monkeypatch.setattr(loading, "locate_strokes", lambda: path)
    base = loading.load(describe("mnist"))
    plain, whole = (
        loading._join_drawings(describe(name), base, path) for name in ("mnist+pen", "mnist+pen+forms")
    )
    n = len(plain.train.labels)
    assert len(whole.train.labels) > n and np.array_equal(whole.train.images[:n], plain.train.images)
    assert whole.test is base.test
    mask = splits.mask_usual(whole, "validation", share=0.3, seed=0)
    rows = splits.part_indices(whole, "validation", share=0.3, seed=0)
    assert mask is not None and np.array_equal(mask, rows < n) and not mask.all()
    assert splits.mask_usual(plain, "validation", share=0.3, seed=0) is None
    assert whole.groups is not None and whole.groups[n:].min() > whole.groups[:n].max()
    assert whole.writers is not None and set(whole.writers[0][n:]) == {digit.writer for digit in DIGITS}
    fold = loading._join_drawings(describe("mnist+pen+forms-1"), base, path)
    assert fold.writers is not None
    trained, tested = (set(writers) - {-1} for writers in fold.writers)
    assert trained and tested and trained.isdisjoint(tested)
    assert len(fold.test.labels) == pen_digits.VARIANTS * sum(digit.writer in tested for digit in DIGITS)
