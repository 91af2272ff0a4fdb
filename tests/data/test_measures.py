"""The measures of a data set's images: what they are, and that they are measured once."""

import numpy as np
import pytest

from digitrec.data import loading, measures, splits
from digitrec.data.catalogue import DATASETS
from digitrec.data.measures import MEASURES, find_measures, measure_images, measure_split
from digitrec.imaging import shape


@pytest.fixture
def dataset(folders, monkeypatch) -> splits.Dataset:
    """A data set that is large enough to be stored."""
    monkeypatch.setattr(measures, "MIN_STORED_IMAGES", 100)
    parts = [splits.make_split(images.copy(), labels) for images, labels in _parts()]
    return splits.Dataset(DATASETS["digits"], *parts)


def _parts():
    whole = loading.load("digits")
    return (whole.train.images[:150], whole.train.labels[:150]), (whole.test.images[:20], whole.test.labels[:20])


def again(dataset: splits.Dataset) -> splits.Dataset:
    """The same data set, loaded another time."""
    return splits.Dataset(dataset.description, dataset.train, dataset.test)


def test_a_bar_has_the_width_the_height_and_the_ink_that_it_was_drawn_with():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 4:24, 12:15] = 255
    found = measure_images(images)
    assert (found.width[0], found.height[0], found.slant[0]) == (3, 20, 0)
    assert found.ink[0] == pytest.approx(100 * 60 / 784) and found.thickness[0] == pytest.approx(3, abs=0.3)
    assert [float(column[1]) for column in found] == [0] * len(MEASURES)  # a blank image


def test_chunks_do_not_matter_and_the_progress_comes_to_the_end(monkeypatch):
    images, told = _parts()[0][0], []
    whole = measure_images(images)
    monkeypatch.setattr(measures, "_CHUNK_IMAGES", 40)
    parts = measure_images(images, lambda done, n: told.append((done, n)))
    assert np.array_equal(whole, parts)
    assert told == [(40, 150), (80, 150), (120, 150), (150, 150)]
    assert np.array_equal(whole.thickness, shape.measure(images).thickness)


def test_images_are_measured_once_and_the_result_outlives_the_data_set(dataset, monkeypatch):
    assert find_measures(dataset, "train") is None
    found = measure_split(dataset, "train")
    monkeypatch.setattr(measures, "measure_images", None)  # to measure again would fail
    assert measure_split(dataset, "train") is found is find_measures(dataset, "train")
    assert np.array_equal(measure_split(again(dataset), "train"), found)
    assert not found.ink.flags.writeable


def test_few_images_leave_no_file(dataset):
    measure_split(dataset, "test")
    assert not (loading.cache_folder() / measures.FOLDER).exists()
    assert find_measures(again(dataset), "test") is None


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 no more"])
def test_a_damaged_file_is_measured_again(dataset, damage):
    found = measure_split(dataset, "train")
    (path,) = (loading.cache_folder() / measures.FOLDER).iterdir()
    path.write_bytes(damage or path.read_bytes()[:-300])
    assert find_measures(again(dataset), "train") is None
    assert np.array_equal(measure_split(again(dataset), "train"), found)


def test_measures_of_other_images_are_not_taken(dataset):
    measure_split(dataset, "train")
    (path,) = (loading.cache_folder() / measures.FOLDER).iterdir()
    other = measure_images(dataset.train.images[:10])
    measures._store(path, other)
    assert find_measures(again(dataset), "train") is None


def test_another_cache_folder_knows_nothing_of_what_the_last_one_stored(dataset, monkeypatch, tmp_path):
    measure_split(dataset, "train")
    monkeypatch.setattr(measures, "_cache", type(measures._cache)())
    assert find_measures(dataset, "train") is not None
    monkeypatch.setattr(measures, "_cache", type(measures._cache)())
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "other"))
    assert find_measures(dataset, "train") is None


def test_a_folder_that_cannot_be_written_does_no_harm(dataset):
    loading.cache_folder().mkdir()
    (loading.cache_folder() / measures.FOLDER).write_text("in the way")
    found = measure_split(dataset, "train")
    assert find_measures(dataset, "train") is found
