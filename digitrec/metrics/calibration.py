"""Calibration: whether a network's confidence equals its accuracy, and the temperature that makes it so.

The expected calibration error of few images is never 0, even of a perfectly calibrated network, and its bootstrap
is too high for the same reason. So the error comes with its value by chance: the error if each answer were right
as often as its confidence says (consistency resampling, Broecker and Smith 2007, "Increasing the Reliability of
Reliability Diagrams", Weather and Forecasting 22).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from digitrec.metrics import intervals
from digitrec.metrics.classification import log_loss
from digitrec.metrics.inputs import Counts, Floats, Labels, Mask, MetricsError, Proba, check_finite
from digitrec.metrics.intervals import RESAMPLES, RESAMPLING_SEED, Estimate, proportion

CALIBRATION_BINS = 15  # Guo et al. 2017, section 2
_MIN_TEMPERATURE, _MAX_TEMPERATURE = 0.05, 20.0  # no trained network needs a temperature beyond these
_GRID_POINTS = 40  # temperatures tried before the best one is refined
MIN_PROBA = float(np.finfo(np.float32).tiny)  # stands for a probability that float32 has rounded to 0


class CalibrationCurve(NamedTuple):
    """Confidence and accuracy in bins of equal width over the confidence from 0 to 1; each (bins,)."""

    confidence: Floats  # mean of the answers in the bin; NaN in an empty one
    accuracy: Floats  # share of right answers in the bin; NaN in an empty one
    counts: Counts  # answers in the bin


class ReliabilityDiagram(NamedTuple):
    """The numbers of a reliability diagram, and the error that sums it up."""

    bins: CalibrationCurve
    accuracy: tuple[Estimate, ...]  # of each bin, with its Wilson interval; all NaN in an empty one
    error: Estimate  # expected calibration error
    by_chance: Estimate  # the same of a perfectly calibrated network: mean, and the middle 95%
    log_loss: float


def fit_temperature(proba: Proba, labels: Labels) -> float:
    """The temperature at which a network's confidence fits its accuracy (Guo et al. 2017, section 4.2).

    It minimises the negative log-likelihood of the labels. Above 1 the network was overconfident, below 1
    underconfident. Where nearly no answer is wrong, as on a few easy images, the lowest temperature fits best. So
    the logarithm of the temperature has a standard normal prior, which weighs less than one image.

    Args:
        proba: float32 (n, c), for images outside the training and the test; values may be rounded to 0 and 1.
        labels: int64 (n,).

    Returns:
        From 0.05 to 20; 1 without images.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    check_finite(labels, proba)
    if not len(labels):
        return 1.0
    logits = _logits(proba)
    of_true = logits[np.arange(len(labels)), labels]

    def loss(log_temperature: float) -> float:
        scaled = np.exp(-log_temperature)
        likelihood = (logsumexp(scaled * logits, axis=1) - scaled * of_true).sum()
        return float(likelihood + log_temperature**2 / 2)

    tried = np.linspace(np.log(_MIN_TEMPERATURE), np.log(_MAX_TEMPERATURE), _GRID_POINTS)
    best = int(np.argmin([loss(start) for start in tried]))
    between = (tried[max(best - 1, 0)], tried[min(best + 1, _GRID_POINTS - 1)])
    return float(np.exp(minimize_scalar(loss, bounds=between, method="bounded").x))


def calibrate(proba: Proba, temperature: float) -> NDArray[np.float32]:
    """The probabilities at another temperature: the softmax of log(proba) / temperature, float32 (n, c) or (c,).

    The order of the classes stays the same; a temperature of 1 changes nothing.

    Raises:
        MetricsError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise MetricsError(f"the temperature is {temperature}: expected a number above 0.")
    logits = _logits(proba) / temperature
    calibrated: Floats = np.exp(logits - logsumexp(logits, axis=-1, keepdims=True))
    return calibrated.astype(np.float32)


def calibration_curve(proba: Proba, labels: Labels, bins: int = CALIBRATION_BINS) -> CalibrationCurve:
    """Confidence and accuracy of the answers proba (n, c), by bins (lower, upper] of the confidence.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    check_finite(labels, proba)
    confidences = proba.max(1).astype(np.float64)  # (n,)
    indices = bin_indices(confidences, bins)
    counts = np.bincount(indices, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(indices, confidences, bins) / counts
        accuracy = np.bincount(indices, proba.argmax(1) == labels, bins) / counts
    return CalibrationCurve(confidence, accuracy, counts)


def bin_indices(confidence: Floats, bins: int = CALIBRATION_BINS) -> Counts:
    """The bin (lower, upper] of each confidence (...): int64 (...), from 0."""
    indices: Counts = np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(np.int64) - 1, 0, bins - 1)
    return indices


def expected_calibration_error(proba: Proba, labels: Labels, bins: int = CALIBRATION_BINS) -> float:
    """Mean difference between confidence and accuracy over the answers (Naeini et al. 2015; Guo et al. 2017).

    Returns:
        From 0, calibrated, to 1; NaN without images.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    confidence, accuracy, counts = calibration_curve(proba, labels, bins)
    differences = np.abs(confidence - accuracy)[counts > 0]
    return float(np.average(differences, weights=counts[counts > 0])) if len(differences) else float("nan")


def reliability_diagram(proba: Proba, labels: Labels, bins: int = CALIBRATION_BINS) -> ReliabilityDiagram:
    """The reliability diagram of answers proba (n, c) to images with these labels (n,), n at least 1.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    curve = calibration_curve(proba, labels, bins)
    right = np.rint(np.nan_to_num(curve.accuracy) * curve.counts).astype(np.int64)
    accuracy = tuple(proportion(int(k), int(n)) for k, n in zip(right, curve.counts, strict=True))
    error, by_chance = calibration_error(proba, labels, bins), calibration_error_by_chance(proba, bins)
    return ReliabilityDiagram(curve, accuracy, error, by_chance, log_loss(labels, proba))


def calibration_error(
    proba: Proba, labels: Labels, bins: int = CALIBRATION_BINS, *, seed: int = RESAMPLING_SEED
) -> Estimate:
    """The expected calibration error with its bootstrap interval.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    error = expected_calibration_error(proba, labels, bins)
    groups = _group_answers(proba, bins, proba.argmax(1) == labels)
    n = groups.counts.sum()
    drawn = np.random.default_rng(seed).multinomial(n, groups.counts / n, size=RESAMPLES)  # (b, k)
    return _estimate_error(error, drawn * (groups.right - groups.confidence), groups)


def calibration_error_by_chance(
    proba: Proba, bins: int = CALIBRATION_BINS, *, seed: int = RESAMPLING_SEED
) -> Estimate:
    """The expected calibration error if every answer is right as often as its confidence says."""
    groups = _group_answers(proba, bins, np.zeros(len(proba), bool))
    confidence = groups.confidence.clip(0, 1)
    size = (RESAMPLES, len(confidence))  # (b, k)
    right = np.random.default_rng(seed).binomial(groups.counts, confidence, size=size)
    return _estimate_error(None, right - groups.counts * confidence, groups)


class _Groups(NamedTuple):
    """Answers in one bin, all right or all wrong, whose confidences differ by at most a thousandth.

    Drawing whole groups is a hundred times faster than drawing answers; the spread within a thousandth is lost.
    """

    counts: Counts  # (k,)
    confidence: Floats  # (k,), their mean
    right: Mask  # (k,)
    bins: Floats  # (k, bins): 1 in the bin of the group


def _group_answers(proba: Proba, bins: int, right: Mask) -> _Groups:
    confidences = proba.max(1).astype(np.float64)  # (n,)
    columns = [bin_indices(confidences, bins), (1000 * confidences).astype(np.int64), right]
    keys = np.stack(columns, axis=1)  # (n, 3)
    groups, group, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    confidence = np.bincount(group.reshape(-1), confidences) / counts
    return _Groups(counts, confidence, groups[:, 2].astype(bool), np.eye(bins)[groups[:, 0]])


def _estimate_error(error: float | None, differences: Floats, groups: _Groups) -> Estimate:
    """The error, or the mean of the drawn ones, with the interval of each group's summed differences (b, k)."""
    drawn = np.abs(differences @ groups.bins).sum(1) / groups.counts.sum()  # (b, k) @ (k, bins) -> (b,)
    value = drawn.mean() if error is None else error
    return intervals.bootstrap_estimates(np.array([value]), drawn[:, None])[0]


def _logits(proba: Proba) -> Floats:
    """The network's logits up to a constant that all classes share: float64, as proba."""
    logits: Floats = np.log(np.maximum(proba.astype(np.float64), MIN_PROBA))
    return logits
