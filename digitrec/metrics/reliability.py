"""How far a calibration error can be trusted: its interval, and what chance alone would make of it.

The expected calibration error of few images is never 0, however well calibrated the network is, and the bootstrap
leans upwards with it. So beside it stands what it would be if each answer were right as often as its confidence
says (consistency resampling, Broecker and Smith 2007, "Increasing the Reliability of Reliability Diagrams",
Weather and Forecasting 22).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics import intervals
from digitrec.metrics.calibration import (
    CALIBRATION_BINS,
    CalibrationCurve,
    bin_indices,
    calibration_curve,
    expected_calibration_error,
)
from digitrec.metrics.classification import log_loss, wilson_interval
from digitrec.metrics.intervals import RESAMPLES, Estimate


class ReliabilityDiagram(NamedTuple):
    """What a reliability diagram shows, and the number that sums it up."""

    bins: CalibrationCurve
    low: np.ndarray  # float64 (bins,), Wilson's interval of each bin's accuracy; NaN where there are no answers
    high: np.ndarray
    error: Estimate  # expected calibration error
    by_chance: Estimate  # the same of a perfectly calibrated network: mean, and the middle 95%
    log_loss: float


def reliability_diagram(proba: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS) -> ReliabilityDiagram:
    """The reliability of answers proba (n, c) to images with these labels (n,), n at least 1.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    found = calibration_curve(proba, labels, bins)
    right = [
        round(share * count) if count else 0 for share, count in zip(found.accuracy, found.counts, strict=True)
    ]
    ends = np.array([wilson_interval(r, int(n)) for r, n in zip(right, found.counts, strict=True)])  # (bins, 2)
    ends[found.counts == 0] = np.nan
    error, by_chance = calibration_error(proba, labels, bins), calibration_error_by_chance(proba, bins)
    return ReliabilityDiagram(found, ends[:, 0], ends[:, 1], error, by_chance, log_loss(labels, proba))


def calibration_error(
    proba: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS, *, seed: int = 0
) -> Estimate:
    """The expected calibration error with its bootstrap interval.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    error = expected_calibration_error(proba, labels, bins)
    alike = _group_answers(proba, bins, proba.argmax(1) == labels)
    n = alike.counts.sum()
    drawn = np.random.default_rng(seed).multinomial(n, alike.counts / n, size=RESAMPLES)  # (b, k)
    return _estimate_error(error, drawn * (alike.right - alike.confidence), alike)


def calibration_error_by_chance(proba: np.ndarray, bins: int = CALIBRATION_BINS, *, seed: int = 0) -> Estimate:
    """The expected calibration error by chance, if every answer is right as often as its confidence says."""
    alike = _group_answers(proba, bins, np.zeros(len(proba), bool))
    sure = alike.confidence.clip(0, 1)
    right = np.random.default_rng(seed).binomial(alike.counts, sure, size=(RESAMPLES, len(sure)))  # (b, k)
    return _estimate_error(None, right - alike.counts * sure, alike)


class _Groups(NamedTuple):
    """Answers of one bin, right or wrong, whose confidences differ by at most a thousandth, counted together.

    Drawing them by the group is a hundred times faster than one by one, and what is lost is the spread within a
    thousandth.
    """

    counts: np.ndarray  # int64 (k,)
    confidence: np.ndarray  # float64 (k,), their mean
    right: np.ndarray  # bool (k,)
    bins: np.ndarray  # float64 (k, bins): 1 where a group belongs


def _group_answers(proba: np.ndarray, bins: int, right: np.ndarray) -> _Groups:
    sure = proba.max(1).astype(np.float64)  # (n,)
    keys = np.stack([bin_indices(sure, bins), (1000 * sure).astype(np.int64), right], axis=1)  # (n, 3)
    groups, group, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    confidence = np.bincount(group.reshape(-1), sure) / counts
    return _Groups(counts, confidence, groups[:, 2].astype(bool), np.eye(bins)[groups[:, 0]])


def _estimate_error(error: float | None, gaps: np.ndarray, alike: _Groups) -> Estimate:
    """The error, or the mean of the drawn ones, and their interval: of each group's summed gaps (b, k)."""
    drawn = np.abs(gaps @ alike.bins).sum(1) / alike.counts.sum()  # (b, k) @ (k, bins) -> (b,)
    value = drawn.mean() if error is None else error
    return intervals.bootstrap_estimates(np.array([value]), drawn[:, None])[0]
