"""Bootstrap intervals: what they cover, and that they are the same each time."""

import math

import numpy as np
import pytest

from digitrec.metrics import intervals
from digitrec.metrics.intervals import (
    bootstrap_estimates,
    percentile_interval,
    resample,
    resample_confusions,
    resample_means,
)

CONFUSION = np.array([[40, 3, 0], [5, 30, 2], [0, 0, 20]])


def test_drawn_matrices_hold_as_many_images_and_nothing_where_nothing_was():
    drawn = resample_confusions(CONFUSION, draws=50)
    assert drawn.shape == (50, 3, 3) and (drawn.sum((1, 2)) == CONFUSION.sum()).all()
    assert not drawn[:, CONFUSION == 0].any()
    assert resample_confusions(np.zeros((2, 2), np.int64), draws=5).sum() == 0


def test_drawn_matrices_are_on_average_what_was_drawn_from():
    np.testing.assert_allclose(resample_confusions(CONFUSION, draws=20_000).mean(0), CONFUSION, atol=0.2)


def test_a_seed_gives_the_same_draws_and_another_others():
    values = np.random.default_rng(1).random((100, 2))
    np.testing.assert_array_equal(resample_means(values, draws=9), resample_means(values, draws=9))
    assert not np.array_equal(resample_means(values, draws=9), resample_means(values, draws=9, seed=1))
    np.testing.assert_array_equal(resample_confusions(CONFUSION), resample_confusions(CONFUSION))


def test_a_bootstrapped_mean_has_the_standard_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=(2000, 2)) * [1, 10]
    drawn = resample_means(values)
    np.testing.assert_allclose(drawn.std(0), values.std(0) / math.sqrt(2000), rtol=0.1)
    np.testing.assert_allclose(drawn.mean(0), values.mean(0), atol=0.02)


def test_both_ways_of_drawing_agree():
    right = np.repeat([1.0, 0.0], [90, 10])[:, None]
    by_image = percentile_interval(resample_means(right))
    by_cell = percentile_interval(resample_confusions(np.diag([90, 10]))[:, 0, 0] / 100)
    np.testing.assert_allclose(np.ravel(by_image), by_cell, atol=0.02)


@pytest.mark.parametrize("at_once", [1, 250, 2_000_000])
def test_chunks_change_nothing_but_memory(monkeypatch, at_once):
    monkeypatch.setattr(intervals, "_MAX_INDICES_AT_ONCE", at_once)
    sizes = []
    drawn = resample(100, lambda chosen: sizes.append(chosen.shape) or chosen.max(1), draws=7)
    assert drawn.shape == (7,) and sum(size for size, _ in sizes) == 7
    assert max(size for size, _ in sizes) * 100 <= max(at_once, 100) and (drawn < 100).all()


def test_draws_that_are_nan_are_passed_over():
    low, high = percentile_interval(np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]]))
    np.testing.assert_allclose(low, [1.05, 2, np.nan])
    np.testing.assert_allclose(high, [2.95, 2, np.nan])


def test_an_estimate_holds_plain_numbers():
    (estimate,) = bootstrap_estimates(np.array([0.5]), np.linspace(0, 1, 41)[:, None])
    assert estimate == pytest.approx((0.5, 0.025, 0.975)) and type(estimate.low) is float
