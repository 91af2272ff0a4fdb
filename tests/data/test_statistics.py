import numpy as np
import pytest

from digitrec.data import statistics
from digitrec.data.statistics import class_counts, mean_images, measure_intensities

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
