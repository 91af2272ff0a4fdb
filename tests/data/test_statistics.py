"""Statistics of a data set agree with their definitions; prototypes are real images of the right class."""

import numpy as np
import pytest

from digitrec.data import loading, statistics
from digitrec.data.catalogue import DIGITS
from digitrec.data.splits import Split
from digitrec.data.statistics import (
    class_counts,
    deviation_images,
    mean_images,
    measure_intensities,
    nearest_to_mean,
)

CHANCE = np.random.default_rng(0)
IMAGES = CHANCE.integers(0, 256, (2500, 28, 28), dtype=np.uint8)
LABELS = CHANCE.integers(0, 4, 2500)


def test_every_image_is_counted_in_its_class():
    assert class_counts(np.array([2, 0, 2]), 4).tolist() == [1, 0, 2, 0]


def test_the_mean_image_is_the_mean_of_the_class():
    expected = [np.rint(IMAGES[label == LABELS].mean(0)) for label in range(4)]
    assert np.array_equal(mean_images(IMAGES, LABELS, 4), expected)


def test_a_class_without_images_has_a_blank_mean():
    means = mean_images(IMAGES, LABELS, 6)
    assert means.shape == (6, 28, 28)
    assert not means[4:].any()


def test_the_deviation_image_is_twice_the_deviation_of_each_pixel_in_the_class():
    found = deviation_images(IMAGES, LABELS, 6)
    expected = [np.minimum(2 * IMAGES[label == LABELS].std(0), 255) for label in range(4)]
    assert np.abs(found[:4] - np.array(expected)).max() <= 0.6  # rounded, from sums of float32
    assert not found[4:].any()
    one = deviation_images(IMAGES[:1], np.array([1]), 2)
    assert not one.any()  # a single image does not deviate


def test_intensities_agree_with_numpy_over_all_pixels():
    found = measure_intensities(IMAGES)
    assert np.array_equal(found.counts, np.histogram(IMAGES, np.arange(257))[0])
    assert found.mean == pytest.approx((IMAGES / 255).mean())
    assert found.deviation == pytest.approx((IMAGES / 255).std())
    assert found.paper == pytest.approx((IMAGES == 0).mean())


def test_bins_hold_what_a_histogram_holds():
    counts, edges = measure_intensities(IMAGES).rebin(32)
    expected, expected_edges = np.histogram(IMAGES, 32, (0, 256))
    assert np.array_equal(counts, expected)
    assert np.array_equal(edges, expected_edges)


def test_the_embedded_digits_are_counted_once():
    found = statistics.compute_statistics("digits")
    assert sum(counts.sum() for counts in found.class_counts.values()) == 1797
    assert statistics.compute_statistics("digits") is found


def test_mnist_has_the_published_mean_and_deviation(mnist):
    found = measure_intensities(mnist.train.images)
    assert (round(found.mean, 4), round(found.deviation, 4)) == (0.1307, 0.3081)


# Prototypes


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


def test_digits_are_those_of_the_data_set_that_was_learnt_and_of_no_other(folders):
    found, digits = statistics.find_prototypes("digits", DIGITS), loading.load("digits")
    assert (found.images.shape, found.images.dtype, found.title) == ((10, 28, 28), np.uint8, digits.title)
    assert np.array_equal(digits.train.labels[found.indices], np.arange(10))
    assert statistics.find_prototypes("a data set that is not known here", DIGITS) is None


def test_with_mnist_on_the_machine_other_digits_stay_what_they_are(mnist):
    assert statistics.find_prototypes("digits", DIGITS).title == loading.title("digits")
    found = statistics.find_prototypes("mnist", DIGITS)
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


def test_of_a_large_split_blocks_at_equal_distances_are_measured(monkeypatch):
    digits = loading.load("digits")
    monkeypatch.setattr(statistics, "MAX_MEASURED", 400)
    found = statistics._compute_statistics.__wrapped__(digits)
    assert found.sampled == 400 and found.class_counts["train"].sum() == 1438
    whole = statistics._spread(digits.train)
    assert np.array_equal(whole.images[:100], digits.train.images[:100])
    assert np.array_equal(whole.labels[-100:], digits.train.labels[-100:])
