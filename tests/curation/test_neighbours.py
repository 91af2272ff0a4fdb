"""Near-duplicates and outliers, found among scikit-learn's digits where they were planted."""

import numpy as np
import pytest

from digitrec.curation import neighbours
from digitrec.data import loading
from digitrec.data.splits import Dataset, Split

SET = loading.load("digits")
N = 300


def with_images(images: np.ndarray, labels: np.ndarray, n_train: int) -> Dataset:
    return Dataset(
        SET.description, Split(images[:n_train], labels[:n_train]), Split(images[n_train:], labels[n_train:])
    )


def near(dataset: Dataset, most: int = 1000) -> neighbours.NearDuplicates:
    points = neighbours.project(dataset)
    return neighbours.find_near_duplicates(dataset, points, lambda share: None, most=most)


def pairs(found: neighbours.NearDuplicates) -> list[tuple[int, int]]:
    return list(zip(found.rows.tolist(), found.others.tolist(), strict=True))


@pytest.fixture
def images() -> np.ndarray:
    return SET.train.images[:N].copy()


def test_copies_are_found_leaks_first_and_the_test_image_stays(images):
    noise = np.random.default_rng(0).integers(-4, 5, (28, 28))
    images[250] = np.clip(images[10].astype(int) + noise, 0, 255)  # test, nearly as a training image
    images[20] = images[5]  # both in training
    images[299] = (images[260] * 0.6).astype(np.uint8)  # both in test, with less contrast
    found = near(with_images(images, SET.train.labels[:N], 200))
    assert pairs(found)[0] == (10, 250) and {(20, 5), (299, 260)} <= set(pairs(found))
    assert found.distances[pairs(found).index((20, 5))] == 0 and 0 < found.distances[0] < neighbours.NEAR
    assert pairs(near(with_images(images, SET.train.labels[:N], 200), most=1)) == [(10, 250)]


def test_each_of_many_equal_images_but_one_is_listed(images):
    images[100:150] = images[3]
    found = near(with_images(images, SET.train.labels[:N], N))
    assert set(range(100, 150)) <= set(found.rows.tolist()) and 3 not in found.rows


def test_blank_images_equal_each_other_alone(images):
    images[[40, 41]] = 0
    images[42], images[42, 3, 3] = 0, 9
    found = dict(pairs(near(with_images(images, SET.train.labels[:N], N))))
    assert found[41] == 40 and 42 not in found


def test_an_image_of_another_class_is_an_outlier(images):
    labels = SET.train.labels[:N].copy()
    (place,) = np.flatnonzero(labels == 0)[:1]
    images[place] = np.random.default_rng(1).integers(0, 256, (28, 28))
    found = neighbours.find_outliers(
        neighbours.project(with_images(images, labels, N)), labels, lambda share: None, most=5
    )
    assert found.rows[0] == place and labels[found.nearest[0]] == 0 and (np.diff(found.ratios) <= 0).all()


def test_classes_with_few_images_and_equal_ones_have_no_outlier():
    points = np.zeros((12, 4), np.float32)
    labels = np.array([0] * 3 + [1] * 9)
    assert not len(neighbours.find_outliers(points, labels, lambda share: None, most=5).rows)


def test_distances_in_steps_are_those_at_once(images, monkeypatch):
    labels = SET.train.labels[:N]
    points, shares = neighbours.project(with_images(images, labels, N)), list[float]()
    whole = neighbours.find_outliers(points, labels, shares.append, most=20)
    monkeypatch.setattr(neighbours, "_MAX_DISTANCES", 100)
    parts = neighbours.find_outliers(points, labels, shares.append, most=20)
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True)) and shares[9] == shares[-1] == 1
