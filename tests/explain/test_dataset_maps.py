"""Maps of data sets: which images, made and stored, loaded equal, damaged ones not taken; where a digit lands."""

import io

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.data.catalogue import DIGITS, Description
from digitrec.data.splits import Dataset, make_split
from digitrec.explain import MapError, MapRequest, dataset_maps, tsne
from digitrec.runs import measurements
from support.made_runs import Reader

SET = loading.load("digits")
LABELS = np.concatenate([SET.train.labels, SET.test.labels])


def part(n: int, *, n_test: int = 0) -> Dataset:
    """The first digits as a data set of their own."""
    description = Description("part", "part", DIGITS, "a test", "none")
    images, labels = SET.train.images.copy(), SET.train.labels.copy()
    train = make_split(images[:n], labels[:n])
    return Dataset(description, train, make_split(images[n : n + n_test], labels[n : n + n_test]))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return part(300, n_test=60)


@pytest.fixture(scope="module")
def made(dataset) -> dataset_maps.DatasetMap:
    """The map of the data set's pixels, in the cache of the session."""
    return dataset_maps.make_map(MapRequest(dataset))


def test_a_sample_has_each_class_and_split_by_its_share():
    rows = dataset_maps.choose_rows(SET, 600)
    assert len(np.unique(rows)) == 600 and (np.diff(rows) > 0).all()
    for of, among in ((LABELS, LABELS[rows]), (np.arange(len(LABELS)) >= len(SET.train.labels),) * 2):
        among = among if among is not of else of[rows]
        share = np.bincount(of.astype(int)) / len(LABELS) * 600
        assert np.abs(np.bincount(among.astype(int)) - share).max() <= 1.5 * (1 if of is LABELS else 10)
    np.testing.assert_array_equal(dataset_maps.choose_rows(SET, 5000), np.arange(len(LABELS)))


def test_the_stored_map_is_the_one_that_was_made(dataset, made):
    found = dataset_maps.find_map(MapRequest(dataset))
    for before, after in zip((*made[:3], *made.components), (*found[:3], *found.components), strict=True):
        np.testing.assert_array_equal(before, after)
    assert dataset_maps.find_map(MapRequest(part(300, n_test=59))) is None


def test_images_networks_and_sizes_have_folders_of_their_own(dataset):
    paths = {
        MapRequest(dataset).path,
        MapRequest(dataset, model=Reader()).path,
        MapRequest(part(299, n_test=60)).path,
        MapRequest(SET, 500).path,
        MapRequest(SET, 600).path,
    }
    assert len(paths) == 5
    assert MapRequest(part(300, n_test=60)).path in paths  # the same images
    assert {path.parent.parent for path in paths} == {measurements.cached_home("maps")}


def test_held_out_digits_land_among_their_class(dataset, made):
    images, labels = SET.test.images[:60], SET.test.labels[:60]
    places = dataset_maps.place_images(made, images, None)
    distances = np.linalg.norm(places[:, None] - made.positions, axis=2)
    nearest = np.argsort(distances, axis=1)[:, :5]
    among = np.concatenate([dataset.train.labels, dataset.test.labels])[made.rows[nearest]]
    assert (among == labels[:, None]).mean() > 0.85


def test_an_embedding_is_compared_where_a_network_is_given(folders, dataset):
    found = dataset_maps.make_map(MapRequest(dataset, model=Reader()))
    assert found.components.mean.shape == (28,) and found.known.shape == (360, 28)


@pytest.mark.parametrize("change", ["cut", "text", "rows", "nan", "types", "pickle"])
def test_a_damaged_map_is_none(folders, dataset, made, change):
    path = MapRequest(dataset).path
    path.parent.mkdir(parents=True)
    arrays = {"rows": made.rows, "positions": made.positions, "known": made.known}
    arrays |= made.components._asdict()
    if change == "rows":
        arrays["rows"] = made.rows + 1
    if change == "nan":
        arrays["positions"] = made.positions * np.nan
    if change == "types":
        arrays["known"] = made.known.astype(np.float64)
    if change == "pickle":
        arrays["axes"] = np.array([{}], object)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = b"no map" if change == "text" else buffer.getvalue()
    path.write_bytes(data[: len(data) // 2] if change == "cut" else data)
    assert dataset_maps.find_map(MapRequest(dataset)) is None
    path.write_bytes(b"")


def test_without_opentsne_or_images_it_says_what_to_do(monkeypatch, dataset):
    with pytest.raises(MapError, match="'part' has 3 images: expected 10 or more"):
        dataset_maps.make_map(MapRequest(part(3)))
    monkeypatch.setattr(tsne, "has_opentsne", lambda: False)
    with pytest.raises(MapError, match=r'pip install "digitrec\[map\]"'):
        dataset_maps.make_map(MapRequest(dataset))
