"""`mnist+pen` from UCI's ZIP: fetched over HTTP from loopback, verified, kept, and drawn as from a stroke file."""

import gzip
import json

import numpy as np
import pytest

from digitrec.cli import import_dataset
from digitrec.data import catalogue, data_files, digit_forms, loading, pen_digits
from digitrec.data.catalogue import DATASETS, DatasetError
from digitrec.data.public.formats import read_unipen
from support import public_files

FILES = public_files.make_pendigits(6)  # three ones and three sevens: four by writer 1, two by writer 2


@pytest.fixture
def joined(tiny, folders, home, monkeypatch):
    """A small data set on this machine, drawings and forms that can be joined to it, and their ZIP at its home."""
    tiny.write(folders[0], tiny.raw)
    monkeypatch.setitem(DATASETS, "tiny", tiny.known._replace(mirrors=(home.serve(tiny.packed),)))
    known = tiny.known._replace(class_names=catalogue.DIGITS)
    for name, has_forms in (("tiny+pen", False), ("tiny+pen+forms", True)):
        both = known._replace(name=name, files=(), base="tiny", has_forms=has_forms)
        monkeypatch.setitem(DATASETS, name, both)
    monkeypatch.setattr(digit_forms, "TEMPLATES_PER_WRITER", 1)
    public_files.publish(monkeypatch, home, "pendigits", FILES)
    return home


@pytest.mark.parametrize("name", ["tiny+pen", "tiny+pen+forms"])
def test_the_strokes_come_from_their_home_once(joined, folders, name):
    assert loading.find_folder(name) is None
    dataset = loading.load(name)
    assert dataset.train.labels[12 : 12 + 6 * pen_digits.VARIANTS].tolist() == np.repeat([1, 7] * 3, 8).tolist()
    assert set(dataset.writers[0]) == {-1, 1, 2} and len(dataset.test.labels) == 6
    assert (len(dataset.train.labels) > 12 + 6 * pen_digits.VARIANTS) == (name == "tiny+pen+forms")
    assert loading.find_folder(name) == folders[1] / "downloads" / "pendigits"
    loading.load("pendigits")
    loading.download(name)
    assert joined.asked.count("/pendigits.zip") == 1  # it is kept, and serves both


def test_a_command_says_what_it_downloads(joined, capsys):
    import_dataset.download_if_missing("tiny+pen")
    assert capsys.readouterr().err == f"Downloading Pen digits from {DATASETS['pendigits'].home}\n"
    import_dataset.download_if_missing("tiny+pen")
    assert capsys.readouterr().err == "" and joined.asked == ["/pendigits.zip"]


def test_the_zip_can_be_put_into_the_data_folder(joined, folders):
    place = folders[0] / "pendigits" / "pendigits.zip"
    place.parent.mkdir()
    place.write_bytes(FILES["pendigits.zip"])
    assert loading.is_available("tiny+pen") and len(loading.load("tiny+pen").train.labels) == 12 + 48
    assert joined.asked == [] and loading.locate_strokes() == place
    assert data_files.list_files("tiny+pen")["data/pendigits/pendigits.zip"] == place


def test_a_stroke_file_goes_before_the_zip(joined, folders):
    loading.load("pendigits")
    place = folders[0] / pen_digits.STROKE_FILE
    place.parent.mkdir()
    place.write_bytes(b"")
    assert loading.locate_strokes() == place
    assert data_files.list_files("tiny+pen")[f"data/{pen_digits.STROKE_FILE.as_posix()}"] == place


@pytest.mark.parametrize("body", [FILES["pendigits.zip"] + b"more", b"not found", b""])
def test_another_file_is_not_taken(joined, body):
    joined.pages["/pendigits.zip"].body = body
    with pytest.raises(DatasetError, match=r"(?s)Pen digits could not be downloaded.*into a folder pendigits"):
        loading.load("tiny+pen")
    assert loading.locate_strokes() is None and not loading.is_available("tiny+pen")


def test_an_altered_zip_is_refused(joined, folders):
    loading.load("tiny+pen")
    path = loading.locate_strokes()
    path.write_bytes(FILES["pendigits.zip"] + b"more")
    with pytest.raises(DatasetError, match=r"pendigits\.zip was altered or is another file.*Replace it"):
        pen_digits.load(path, folders[1])


@pytest.mark.parametrize("body", [b"PK no zip", public_files.make_pendigits(0)["pendigits.zip"]])
def test_a_zip_without_digits_is_told(tmp_path, body):
    (tmp_path / "pendigits.zip").write_bytes(body)
    with pytest.raises(
        DatasetError, match=r"the pen digits cannot be read from .*Delete it and download it again"
    ):
        pen_digits.read(tmp_path / "pendigits.zip")


def test_both_files_give_the_same_digits(tmp_path):
    """As the stroke file was made: y from the top of the tablet's box of 500 units."""
    (tmp_path / "pendigits.zip").write_bytes(FILES["pendigits.zip"])
    digits = pen_digits.read(tmp_path / "pendigits.zip")
    strokes = {1: [[[100, 200], [100, 400]]], 7: [[[50, 200], [150, 200], [80, 400]], [[60, 300], [140, 300]]]}
    rows = [{"label": (1, 7)[i % 2], "writer": i // 4 + 1, "strokes": strokes[(1, 7)[i % 2]]} for i in range(6)]
    (tmp_path / "few.ndjson.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    others = pen_digits.read(tmp_path / "few.ndjson.gz")
    first, second = (pen_digits.draw(each, variants=2) for each in (digits, others))
    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))


def test_blanks_before_a_line_and_the_ends_of_windows_change_nothing():
    text = public_files.make_unipen("train", 6)
    (plain, changed) = (list(read_unipen(each)) for each in (text, text.replace("\n.", "\r\n .")))
    assert len(plain) == 6 and plain[1].label == 7 and len(plain[1].strokes) == 2
    for one, other in zip(plain, changed, strict=True):
        assert one[:2] == other[:2]
        assert all(np.array_equal(*pair) for pair in zip(one.strokes, other.strokes, strict=True))
