"""Outliers: as many as asked, reproducible, varied, and none of them an image of the data set."""

import numpy as np
import pytest

from digitrec.data.sklearn_digits import read
from digitrec.inference import ood_fit, outliers
from digitrec.inference.outliers import draw_outliers, load_outliers, make_from_images

IMAGES = read()[0][:200]


def test_the_same_seed_gives_the_same_and_another_gives_others():
    one, same, other = (make_from_images(IMAGES, 40, seed=seed) for seed in (0, 0, 1))
    assert one.dtype == np.uint8 and one.shape == (40, 28, 28)
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_what_is_drawn_is_always_the_same_and_fewer_are_a_part_of_more():
    first, again = draw_outliers(30), draw_outliers(30)
    assert first.shape == (30, 28, 28) and np.array_equal(first, again)
    assert np.array_equal(first[:15], draw_outliers(15))


def test_every_outlier_holds_ink_and_none_is_another_or_an_image():
    made = np.concatenate([draw_outliers(70), make_from_images(IMAGES, 30)])
    assert made.any((1, 2)).all()
    assert len(np.unique(np.concatenate([made, IMAGES]).reshape(-1, 784), axis=0)) >= 295  # dots alone are alike


def test_none_are_made_where_none_are_asked_for():
    assert draw_outliers(0).shape == make_from_images(IMAGES, 0).shape == (0, 28, 28)


def test_blank_images_stop_nobody(folders):
    assert len(load_outliers(np.zeros((2, 28, 28), np.uint8), 45)) == 45


def test_those_that_are_shipped_are_as_many_as_a_usual_run_needs_and_what_would_be_drawn(folders):
    shipped = outliers.load_shipped()
    loaded = load_outliers(np.repeat(IMAGES, 6, 0), ood_fit.MAX_OUTLIERS)
    assert np.array_equal(loaded[: len(shipped)], shipped) and len(loaded) == ood_fit.MAX_OUTLIERS
    assert not list(folders[1].rglob("outliers/*"))
    # Of another machine the last digits of a place may differ, and so the edge of a stroke.
    assert (np.abs(draw_outliers(60) - shipped[:60].astype(int)) > 64).mean() < 0.005


@pytest.fixture
def unshipped(monkeypatch, folders):
    """More are asked for than are shipped."""
    monkeypatch.setattr(outliers, "load_shipped", lambda: np.empty((0, 28, 28), np.uint8))
    return folders


def test_they_are_drawn_once_for_all_images_and_seeds(unshipped, monkeypatch):
    drawn = []

    def draw(n):
        drawn.append(n)
        return draw_outliers(n)

    monkeypatch.setattr(outliers, "draw_outliers", draw)
    first, again = load_outliers(IMAGES, 20), load_outliers(IMAGES, 20)
    assert drawn == [14] and np.array_equal(first, again) and first.shape == (20, 28, 28)
    other, another = load_outliers(IMAGES[1:], 20), load_outliers(IMAGES, 20, seed=1)
    assert drawn == [14] and np.array_equal(other[:14], first[:14])
    assert not np.array_equal(other[14:], first[14:]) and not np.array_equal(another[14:], first[14:])
    load_outliers(IMAGES, 30)
    assert drawn == [14, 21]


@pytest.mark.parametrize("damage", [b"", b"PK no zip", None])
def test_a_damaged_store_is_drawn_anew(unshipped, damage):
    first = load_outliers(IMAGES, 20)
    (stored,) = unshipped[1].rglob("outliers/*.npz")
    if damage is None:
        np.savez(stored, images=first[:5])
    else:
        stored.write_bytes(damage)
    assert np.array_equal(load_outliers(IMAGES, 20), first)


def test_a_cache_that_cannot_be_written_is_no_error(unshipped):
    unshipped[1].mkdir(exist_ok=True)
    (unshipped[1] / "outliers").write_bytes(b"a file where the folder should be")
    assert load_outliers(IMAGES, 20).shape == (20, 28, 28)
