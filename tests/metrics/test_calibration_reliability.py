"""A calibration error's interval, and what chance makes of a perfect network."""

import numpy as np
import pytest

from digitrec.metrics.calibration import (
    calibration_error,
    calibration_error_by_chance,
    expected_calibration_error,
    reliability_diagram,
)
from digitrec.metrics.inputs import MetricsError


def answers(seed: int, n: int, *, too_sure: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """proba (n, 3) and labels (n,): answers right as often as they are sure, but for so much."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1, n)
    proba = np.stack([sure, (1 - sure) * 0.7, (1 - sure) * 0.3], axis=1).astype(np.float32)
    return proba, np.where(rng.random(n) < sure - too_sure, 0, rng.integers(1, 3, n))


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_error_is_the_expected_calibration_error_and_lies_in_its_interval(bins):
    proba, labels = answers(0, 500, too_sure=0.2)
    found = calibration_error(proba, labels, bins)
    assert found.value == pytest.approx(expected_calibration_error(proba, labels, bins))
    assert found.low < found.value < found.high


def test_drawing_by_groups_is_drawing_answer_by_answer():
    proba, labels = answers(1, 400, too_sure=0.1)
    rng = np.random.default_rng(0)
    drawn = [expected_calibration_error(proba[i], labels[i]) for i in rng.integers(0, 400, (400, 400))]
    np.testing.assert_allclose(
        calibration_error(proba, labels)[1:], np.quantile(drawn, [0.025, 0.975]), atol=0.008
    )
    sure = proba.max(1)
    drawn = [expected_calibration_error(proba, (rng.random(400) >= sure).astype(int)) for _ in range(400)]
    expected = [np.mean(drawn), *np.quantile(drawn, [0.025, 0.975])]
    np.testing.assert_allclose(calibration_error_by_chance(proba), expected, atol=0.004)


def test_chance_tells_a_calibrated_network_from_one_that_is_too_sure():
    for seed in range(5):
        proba, labels = answers(seed, 2000)
        by_chance = calibration_error_by_chance(proba)
        assert 0 < by_chance.low < by_chance.value < by_chance.high < 0.05
        assert calibration_error(proba, labels).value < 1.5 * by_chance.high
        assert calibration_error(*answers(seed, 2000, too_sure=0.1)).low > by_chance.high


def test_chance_matters_less_the_more_images_there_are():
    assert (
        calibration_error_by_chance(answers(0, 10_000)[0]).value
        < calibration_error_by_chance(answers(0, 100)[0]).low
    )


def test_a_diagram_has_wilsons_interval_for_each_bin_that_has_answers():
    found = reliability_diagram(*answers(0, 400))
    held = found.bins.counts > 0
    value, low, high = np.array(found.accuracy).T
    assert np.isnan(np.array(found.accuracy)[~held]).all() and held.sum() >= 7
    np.testing.assert_allclose(value[held], found.bins.accuracy[held])
    assert (low[held] <= value[held]).all() and (value[held] <= high[held]).all()
    assert found.log_loss == pytest.approx(reliability_diagram(*answers(0, 400)).log_loss)


def test_constant_probabilities_and_one_image_have_a_diagram():
    proba = np.full((50, 10), 0.1, np.float32)
    labels = np.arange(50) % 10
    assert reliability_diagram(proba, labels).error.value == pytest.approx(0, abs=1e-6)
    one = reliability_diagram(np.array([[0.2, 0.8]], np.float32), np.array([1]))
    assert one.error == pytest.approx((0.2, 0.2, 0.2)) and one.bins.counts.sum() == 1


def test_nan_is_refused_in_words():
    with pytest.raises(MetricsError, match="not a number"):
        reliability_diagram(np.array([[np.nan, 1]], np.float32), np.array([0]))
