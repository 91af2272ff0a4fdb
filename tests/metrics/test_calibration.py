"""Temperatures that are found again, and calibration errors that are known beforehand."""

import numpy as np
import pytest

from digitrec.metrics.calibration import calibrate, calibration_curve, expected_calibration_error, fit_temperature
from digitrec.metrics.inputs import MetricsError


def answers(
    n: int = 20_000, classes: int = 10, scale: float = 3.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities float32 (n, c), and labels that come true just as often as those say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (n, classes))
    proba = np.exp(logits - logits.max(1, keepdims=True))
    proba /= proba.sum(1, keepdims=True)
    labels = (proba.cumsum(1) > rng.random((n, 1))).argmax(1)
    return proba.astype(np.float32), labels


@pytest.mark.parametrize("heat", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_a_network_that_was_made_too_sure_or_unsure_gets_its_temperature_back(heat):
    proba, labels = answers()
    assert fit_temperature(calibrate(proba, 1 / heat), labels) == pytest.approx(heat, rel=0.05)


def test_the_temperature_is_the_one_that_a_search_of_all_finds():
    proba, labels = answers(600, 4, seed=1)
    sharp = calibrate(proba, 0.4)
    rows = np.arange(len(labels))

    def loss(temperature):
        return -np.log(calibrate(sharp, temperature)[rows, labels].astype(float)).mean()

    searched = min(np.arange(0.5, 6, 0.01), key=loss)
    assert fit_temperature(sharp, labels) == pytest.approx(searched, rel=0.01)


def test_probabilities_that_float32_has_rounded_to_0_and_1_have_a_temperature():
    proba, labels = answers(2000)
    found = fit_temperature(calibrate(proba, 0.05), labels)
    assert 10 < found <= 20
    assert 3 < fit_temperature(np.eye(10, dtype=np.float32)[(labels + (proba.max(1) < 0.5)) % 10], labels) <= 20


def test_where_no_answer_is_wrong_the_network_is_not_made_ever_surer():
    proba = np.full((70, 10), 0.01, np.float32)
    labels = np.arange(70) % 10
    proba[np.arange(70), labels] = 0.91
    assert 0.3 < fit_temperature(proba, labels) < 1


def test_without_images_the_temperature_is_1():
    assert fit_temperature(np.empty((0, 10), np.float32), np.empty(0, np.int64)) == 1


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.0, 3.0, 20.0])
def test_calibrated_probabilities_sum_to_1_and_answer_the_same(temperature):
    proba, _ = answers(500, 7)
    other = calibrate(proba, temperature)
    assert other.dtype == np.float32 and other.shape == proba.shape
    assert other.sum(1) == pytest.approx(1, abs=1e-5)
    assert (other[np.arange(500), proba.argmax(1)] == other.max(1)).all()


def test_a_temperature_of_1_changes_nothing_and_two_after_another_are_their_product():
    proba, _ = answers(200)
    assert calibrate(proba, 1) == pytest.approx(proba, abs=1e-6)
    assert calibrate(calibrate(proba, 3), 2) == pytest.approx(calibrate(proba, 6), abs=1e-5)


def test_a_single_row_may_be_calibrated_alone():
    proba, _ = answers(3)
    assert calibrate(proba[1], 2.5) == pytest.approx(calibrate(proba, 2.5)[1])


def test_a_calibrated_network_has_nearly_no_calibration_error_and_a_temperature_makes_one_so():
    proba, labels = answers()
    assert expected_calibration_error(proba, labels) < 0.01
    sharp = calibrate(proba, 0.3)
    before = expected_calibration_error(sharp, labels)
    after = expected_calibration_error(calibrate(sharp, fit_temperature(sharp, labels)), labels)
    assert before > 0.1 > 0.01 > after


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_bins_agree_with_counting_one_by_one(bins):
    proba, labels = answers(300, 3, scale=1, seed=3)
    found = calibration_curve(proba, labels, bins)
    for i in range(bins):
        sure = proba.max(1)
        held = (sure > i / bins) & (sure <= (i + 1) / bins)
        assert found.counts[i] == held.sum()
        expected = (sure[held].mean(), (proba.argmax(1) == labels)[held].mean()) if held.any() else (np.nan,) * 2
        assert (found.confidence[i], found.accuracy[i]) == pytest.approx(expected, nan_ok=True, rel=1e-5)


def test_always_sure_and_half_the_time_right_is_an_error_of_a_half():
    proba = np.tile(np.array([1, 0], np.float32), (10, 1))
    assert expected_calibration_error(proba, np.arange(10) % 2) == pytest.approx(0.5)


def test_without_images_there_is_no_calibration_error():
    assert np.isnan(expected_calibration_error(np.empty((0, 3), np.float32), np.empty(0, np.int64)))


@pytest.mark.parametrize(
    ("proba", "labels"),
    [
        (np.ones(3, np.float32), np.zeros(3, np.int64)),
        (np.ones((3, 1), np.float32), np.zeros(2, np.int64)),
        (np.ones((2, 1), np.float32), np.array([0, 1])),
        (np.array([[np.nan, 1]], np.float32), np.array([0])),
        (np.ones((2, 1), np.float32), np.zeros(2)),
    ],
)
def test_what_makes_no_sense_is_refused(proba, labels):
    for function in (fit_temperature, calibration_curve, expected_calibration_error):
        with pytest.raises(MetricsError, match="expected"):
            function(proba, labels)


@pytest.mark.parametrize("temperature", [0, -1, np.nan])
def test_a_temperature_must_be_above_0(temperature):
    with pytest.raises(MetricsError, match="above 0"):
        calibrate(np.ones((1, 1), np.float32), temperature)
