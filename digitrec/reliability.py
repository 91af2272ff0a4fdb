"""How far a calibration error can be trusted: its interval, and what chance alone would make of it.

The expected calibration error of few images is never 0, however well calibrated the network is, and the bootstrap
leans upwards with it. So beside it stands what it would be if each answer were right as often as its confidence
says (consistency resampling, Broecker and Smith 2007, "Increasing the Reliability of Reliability Diagrams",
Weather and Forecasting 22).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec import intervals
from digitrec.calibration import BINS, Reliability, bin_of, expected_calibration_error, reliability
from digitrec.evaluation import log_loss, wilson_interval
from digitrec.intervals import Estimate


class Diagram(NamedTuple):
    """What a reliability diagram shows, and the number that sums it up."""

    bins: Reliability
    low: np.ndarray  # float64 (bins,), Wilson's interval of each bin's accuracy; NaN where there are no answers
    high: np.ndarray
    error: Estimate  # expected calibration error
    by_chance: Estimate  # the same of a perfectly calibrated network: mean, and the middle 95%
    log_loss: float


def diagram(proba: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Diagram:
    """The reliability of answers proba (n, c) to images with these labels (n,), n at least 1.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    found = reliability(proba, labels, bins)
    right = [
        round(share * count) if count else 0 for share, count in zip(found.accuracy, found.counts, strict=True)
    ]
    ends = np.array([wilson_interval(r, int(n)) for r, n in zip(right, found.counts, strict=True)])  # (bins, 2)
    ends[found.counts == 0] = np.nan
    error, by_chance = calibration_error(proba, labels, bins), error_by_chance(proba, bins)
    return Diagram(found, ends[:, 0], ends[:, 1], error, by_chance, log_loss(labels, proba))


def calibration_error(proba: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Estimate:
    """The expected calibration error with its bootstrap interval.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    error = expected_calibration_error(proba, labels, bins)
    sure = proba.max(1).astype(np.float64)  # (n,)
    gaps, at = (proba.argmax(1) == labels) - sure, bin_of(sure, bins)
    drawn = intervals.resampled(len(gaps), lambda chosen: _errors(gaps[chosen], at[chosen], bins))  # (b,)
    return intervals.estimates(np.array([error]), drawn[:, None])[0]


def error_by_chance(proba: np.ndarray, bins: int = BINS, *, draws: int = 200, seed: int = 0) -> Estimate:
    """The expected calibration error by chance, if every answer is right as often as its confidence says."""
    sure = proba.max(1).astype(np.float64)  # (n,)
    at, rng = bin_of(sure, bins), np.random.default_rng(seed)
    drawn = np.concatenate(
        [_errors((rng.random((1, len(sure))) < sure) - sure, at[None], bins) for _ in range(draws)]
    )
    return intervals.estimates(drawn.mean(keepdims=True), drawn[:, None])[0]


def _errors(gaps: np.ndarray, at: np.ndarray, bins: int) -> np.ndarray:
    """The error of each row: (b,) of the answers' right - confidence (b, n) and their bins (b, n)."""
    rows, n = gaps.shape
    cells = (at + bins * np.arange(rows)[:, None]).reshape(-1)  # (b, n) -> (b * n,)
    summed = np.bincount(cells, gaps.reshape(-1), rows * bins).reshape(rows, bins)
    return np.abs(summed).sum(1) / n
