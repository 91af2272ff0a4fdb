"""Which files of a data set another machine needs, by where they lie there."""

import pytest

from digitrec.data import data_files, loading, pen_digits
from digitrec.data.catalogue import DATASETS, DatasetError
from support import public_files


def test_a_fetched_data_set_goes_as_the_arrays_that_were_made_of_it(home, folders, monkeypatch):
    public_files.publish(monkeypatch, home, "kmnist", public_files.make_idx_files("kmnist"))
    found = data_files.list_files("kmnist")  # fetches it first
    assert found and all(name.startswith("cache/kmnist/") and path.is_file() for name, path in found.items())
    assert set(found.values()) == {path for path in (folders[1] / "kmnist").iterdir() if path.is_file()}
    asked = len(home.asked)
    assert data_files.list_files("kmnist") == found and len(home.asked) == asked


def test_published_files_that_a_person_has_put_down_go_as_they_are(folders, monkeypatch):
    known = DATASETS["kmnist"]
    folder = folders[0] / "kmnist"
    folder.mkdir(parents=True)
    monkeypatch.setattr(loading, "find_folder", lambda name: folder)
    found = data_files.list_files("kmnist")
    assert found == {f"data/kmnist/{file.name}": folder / file.name for file in known.published}


def test_a_data_set_made_of_another_needs_the_strokes_and_the_other_one(folders, monkeypatch):
    (name, known), *_ = [(name, each) for name, each in DATASETS.items() if each.base]
    images, strokes = folders[0] / "images", folders[0] / "strokes" / pen_digits.STROKE_FILE.name
    monkeypatch.setattr(loading, "find_folder", lambda given: images)
    monkeypatch.setattr(loading, "locate_strokes", lambda: strokes)
    monkeypatch.setattr(data_files.idx_files, "locate", lambda folder, description: (folder / "images.gz",))
    of_images = {f"data/{known.base}/images.gz": images / "images.gz"}
    assert data_files.list_files(name) == of_images | {f"data/{pen_digits.STROKE_FILE.as_posix()}": strokes}
    archive = folders[0] / pen_digits.HOME / "digits.zip"
    monkeypatch.setattr(loading, "locate_strokes", lambda: archive)
    assert data_files.list_files(name) == of_images | {f"data/{pen_digits.HOME}/digits.zip": archive}


@pytest.mark.parametrize("name", ["mnist", "nowhere"])
def test_a_data_set_that_is_not_here_is_told(name, folders):
    with pytest.raises(DatasetError):
        data_files.list_files(name)
