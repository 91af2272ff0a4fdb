"""Typical images: real ones, the closest to their class's mean."""

import numpy as np
import pytest

from digitrec.data import loading, statistics
from digitrec.data.splits import Split
from digitrec.data.statistics import nearest_to_mean

DIGITS = tuple("0123456789")


@pytest.fixture(autouse=True)
def anew():
    statistics._prototypes_of.cache_clear()
    yield
    statistics._prototypes_of.cache_clear()


def test_the_closest_to_the_mean_by_definition():
    rng = np.random.default_rng(0)
    split = Split(rng.integers(0, 256, (60, 28, 28), np.uint8), rng.integers(0, 4, 60))
    for label, found in enumerate(nearest_to_mean(split, 4)):
        members = np.flatnonzero(split.labels == label)
        mean = split.images[members].astype(float).mean(0)
        assert found == min(members, key=lambda i: ((split.images[i] - mean) ** 2).sum())


def test_a_class_without_images_has_none():
    split = Split(np.zeros((3, 28, 28), np.uint8), np.array([0, 2, 2]))
    assert nearest_to_mean(split, 4).tolist() == [0, -1, 1, -1]


def test_digits_are_always_there(folders):
    found = statistics.find_prototypes("a data set that is not known here", DIGITS)
    digits = loading.load("digits")
    assert (found.images.shape, found.images.dtype, found.title) == ((10, 28, 28), np.uint8, digits.title)
    assert np.array_equal(digits.train.labels[found.indices], np.arange(10))


def test_digits_are_those_of_mnist_where_it_is(mnist):
    found = statistics.find_prototypes("digits", DIGITS)
    assert found.title == "MNIST" and np.array_equal(found.images, mnist.train.images[found.indices])
    assert np.array_equal(mnist.train.labels[found.indices], np.arange(10))


def test_other_classes_are_asked_of_their_own_data_set(tiny, folders):
    assert statistics.find_prototypes("tiny", ("a", "b", "c")) is None  # it is not on this machine
    tiny.write(folders[0], tiny.raw)
    found = statistics.find_prototypes("tiny", ("a", "b", "c"))
    train = loading.load("tiny").train
    assert np.array_equal(found.images, train.images[nearest_to_mean(train, 3)]) and found.title == "Tiny"
    assert statistics.find_prototypes("tiny", ("a", "b")) is None  # trained on another of this name


def test_a_damaged_data_set_is_not_the_matter_here(tiny, folders):
    tiny.write(folders[0], tiny.raw | {"t10k-labels-idx1-ubyte": b"short"})
    assert statistics.find_prototypes("tiny", ("a", "b", "c")) is None
