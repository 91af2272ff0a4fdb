"""Coverage against accuracy: by hand, and by counting anew."""

import math

import numpy as np
import pytest

from digitrec.metrics.curves import (
    max_coverage_for_accuracy,
    max_coverage_without_errors,
    operating_point,
    risk_coverage_curve,
    thin_risk_coverage_curve,
)

RIGHT = np.array([True, True, False, True, False])
CONFIDENCE = np.array([0.99, 0.8, 0.7, 0.7, 0.5])


def test_every_confidence_is_a_choice_and_equal_ones_are_one():
    curve = risk_coverage_curve(RIGHT, CONFIDENCE)
    np.testing.assert_array_equal(curve.threshold, [0.99, 0.8, 0.7, 0.5])
    np.testing.assert_array_equal(curve.answered, [1, 2, 4, 5])
    np.testing.assert_array_equal(curve.wrong, [0, 0, 1, 2])
    np.testing.assert_allclose(curve.coverage, [0.2, 0.4, 0.8, 1])
    np.testing.assert_allclose(curve.accuracy, [1, 1, 0.75, 0.6])


@pytest.mark.parametrize("seed", range(3))
def test_a_selection_is_what_counting_says(seed):
    rng = np.random.default_rng(seed)
    right, confidence = rng.random(300) < 0.8, rng.random(300).round(2).astype(np.float32)
    curve = risk_coverage_curve(right, confidence)
    for threshold in (0, 0.25, 0.5, float(confidence[7]), 0.995, 1):
        given = confidence >= threshold
        assert operating_point(curve, threshold)[1:] == (given.sum(), (given & ~right).sum(), 300)


def test_the_most_without_error_and_for_an_accuracy():
    curve = risk_coverage_curve(RIGHT, CONFIDENCE)
    assert max_coverage_without_errors(curve) == (0.8, 2, 0, 5)
    assert max_coverage_for_accuracy(curve, 0.75) == (0.7, 4, 1, 5)
    assert max_coverage_for_accuracy(curve, 0.5) == (0.5, 5, 2, 5)
    assert operating_point(curve, max_coverage_for_accuracy(curve, 0.75).threshold) == max_coverage_for_accuracy(
        curve, 0.75
    )


def test_shares_come_with_wilsons_intervals():
    found = operating_point(risk_coverage_curve(RIGHT, CONFIDENCE), 0.7)
    assert (found.coverage.value, found.accuracy.value) == (0.8, 0.75)
    assert found.accuracy.low < 0.75 < found.accuracy.high


def test_where_the_surest_answer_is_wrong_nothing_is_without_error():
    found = max_coverage_without_errors(risk_coverage_curve(np.array([False, True]), np.array([0.9, 0.8])))
    assert found == (math.inf, 0, 0, 2)
    assert math.isnan(found.accuracy.value) and found.coverage.value == 0


def test_constant_confidence_is_one_choice():
    assert risk_coverage_curve(RIGHT, np.full(5, 0.1, np.float32)).answered.tolist() == [5]
    assert max_coverage_without_errors(risk_coverage_curve(np.ones(3, bool), np.full(3, 0.1))).answered == 3


def test_nothing_answered_and_no_images_are_no_trouble():
    assert operating_point(risk_coverage_curve(RIGHT, CONFIDENCE), 1.0) == (1.0, 0, 0, 5)
    nothing = risk_coverage_curve(np.zeros(0, bool), np.zeros(0))
    assert operating_point(nothing, 0.5) == (0.5, 0, 0, 0) and max_coverage_without_errors(nothing).answered == 0


def test_a_thinned_curve_keeps_its_ends_and_where_it_bends():
    rng = np.random.default_rng(0)
    curve = risk_coverage_curve(rng.random(5000) < 0.99, rng.random(5000))
    few = thin_risk_coverage_curve(curve, 300)
    assert len(few.threshold) < 500 and few.images == 5000
    assert {0, *(np.flatnonzero(np.diff(curve.wrong)) + 1)} <= set(np.searchsorted(curve.answered, few.answered))
    assert max_coverage_without_errors(few) == max_coverage_without_errors(curve)
    assert operating_point(few, few.threshold[40]) == operating_point(curve, few.threshold[40])
    assert thin_risk_coverage_curve(few, 500) is few
    bad = thin_risk_coverage_curve(risk_coverage_curve(rng.random(5000) < 0.5, rng.random(5000)), 300)
    assert len(bad.threshold) == 300 and bad.answered[-1] == 5000
