"""Coverage against accuracy: by hand, and by counting anew."""

import math

import numpy as np
import pytest

from digitrec.metrics.selective import coverage_curve, for_accuracy, select, thinned, without_error

RIGHT = np.array([True, True, False, True, False])
CONFIDENCE = np.array([0.99, 0.8, 0.7, 0.7, 0.5])


def test_every_confidence_is_a_choice_and_equal_ones_are_one():
    curve = coverage_curve(RIGHT, CONFIDENCE)
    np.testing.assert_array_equal(curve.threshold, [0.99, 0.8, 0.7, 0.5])
    np.testing.assert_array_equal(curve.answered, [1, 2, 4, 5])
    np.testing.assert_array_equal(curve.wrong, [0, 0, 1, 2])
    np.testing.assert_allclose(curve.coverage, [0.2, 0.4, 0.8, 1])
    np.testing.assert_allclose(curve.accuracy, [1, 1, 0.75, 0.6])


@pytest.mark.parametrize("seed", range(3))
def test_a_selection_is_what_counting_says(seed):
    rng = np.random.default_rng(seed)
    right, confidence = rng.random(300) < 0.8, rng.random(300).round(2).astype(np.float32)
    curve = coverage_curve(right, confidence)
    for threshold in (0, 0.25, 0.5, float(confidence[7]), 0.995, 1):
        given = confidence >= threshold
        assert select(curve, threshold)[1:] == (given.sum(), (given & ~right).sum(), 300)


def test_the_most_without_error_and_for_an_accuracy():
    curve = coverage_curve(RIGHT, CONFIDENCE)
    assert without_error(curve) == (0.8, 2, 0, 5)
    assert for_accuracy(curve, 0.75) == (0.7, 4, 1, 5)
    assert for_accuracy(curve, 0.5) == (0.5, 5, 2, 5)
    assert select(curve, for_accuracy(curve, 0.75).threshold) == for_accuracy(curve, 0.75)


def test_shares_come_with_wilsons_intervals():
    found = select(coverage_curve(RIGHT, CONFIDENCE), 0.7)
    assert (found.coverage.value, found.accuracy.value) == (0.8, 0.75)
    assert found.accuracy.low < 0.75 < found.accuracy.high


def test_where_the_surest_answer_is_wrong_nothing_is_without_error():
    found = without_error(coverage_curve(np.array([False, True]), np.array([0.9, 0.8])))
    assert found == (math.inf, 0, 0, 2)
    assert math.isnan(found.accuracy.value) and found.coverage.value == 0


def test_constant_confidence_is_one_choice():
    assert coverage_curve(RIGHT, np.full(5, 0.1, np.float32)).answered.tolist() == [5]
    assert without_error(coverage_curve(np.ones(3, bool), np.full(3, 0.1))).answered == 3


def test_nothing_answered_and_no_images_are_no_trouble():
    assert select(coverage_curve(RIGHT, CONFIDENCE), 1.0) == (1.0, 0, 0, 5)
    nothing = coverage_curve(np.zeros(0, bool), np.zeros(0))
    assert select(nothing, 0.5) == (0.5, 0, 0, 0) and without_error(nothing).answered == 0


def test_a_thinned_curve_keeps_its_ends_and_where_it_bends():
    rng = np.random.default_rng(0)
    curve = coverage_curve(rng.random(5000) < 0.99, rng.random(5000))
    few = thinned(curve, 300)
    assert len(few.threshold) < 500 and few.images == 5000
    assert {0, *(np.flatnonzero(np.diff(curve.wrong)) + 1)} <= set(np.searchsorted(curve.answered, few.answered))
    assert without_error(few) == without_error(curve)
    assert select(few, few.threshold[40]) == select(curve, few.threshold[40])
    assert thinned(few, 500) is few
    bad = thinned(coverage_curve(rng.random(5000) < 0.5, rng.random(5000)), 300)
    assert len(bad.threshold) == 300 and bad.answered[-1] == 5000
