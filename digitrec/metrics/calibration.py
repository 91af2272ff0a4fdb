"""Whether a network is as sure as it is right, and the one number that mends it: its temperature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from digitrec.metrics import intervals
from digitrec.metrics.classification import MetricsError, log_loss, wilson_interval
from digitrec.metrics.intervals import RESAMPLES, Estimate

CALIBRATION_BINS = 15  # Guo et al. 2017, section 2
_MIN_TEMPERATURE, _MAX_TEMPERATURE = (
    0.05,
    20.0,
)  # temperatures beyond them belong to no network that learnt anything
_GRID_POINTS = 40  # temperatures tried before the best one is refined
_MIN_PROBA = float(np.finfo(np.float32).tiny)  # what a probability that float32 has rounded to 0 counts as


class CalibrationCurve(NamedTuple):
    """How sure and how right answers are, in bins of equal width over the confidence from 0 to 1; each (bins,)."""

    confidence: np.ndarray  # mean of the answers in the bin; NaN where there are none
    accuracy: np.ndarray  # share of them that is right; NaN where there are none
    counts: np.ndarray  # int64, how many there are


def fit_temperature(proba: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes a network as sure as it is right (Guo et al. 2017, section 4.2).

    It minimises the negative log-likelihood of the labels. Above 1, the network was too sure; below, not sure
    enough. Where hardly any answer is wrong, as on a few easy images, the likelihood alone would have it ever
    colder; so a temperature counts beforehand as likely as a log-normal distribution around 1 with deviation 1 of
    its logarithm has it, which weighs no more than a fraction of one image.

    Args:
        proba: float32 (n, c), answers to images that were neither trained nor tested on; some may be rounded to 0
            and 1.
        labels: int64 (n,).

    Returns:
        From 0.05 to 20; 1 where there are no images.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    _check_calibration_inputs(proba, labels)
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


def calibrate(proba: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities at another temperature: the softmax of log(proba) / temperature, float32 (n, c).

    The most probable class stays the most probable; at a temperature of 1 nothing changes.

    Raises:
        EvaluationError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise MetricsError(f"the temperature is {temperature}: expected a number above 0.")
    logits = _logits(proba) / temperature
    return np.exp(logits - logsumexp(logits, axis=-1, keepdims=True)).astype(np.float32)


def calibration_curve(proba: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS) -> CalibrationCurve:
    """How sure the answers proba (n, c) are, and how right, by bins of their confidence (lower, upper].

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    _check_calibration_inputs(proba, labels)
    sure = proba.max(1).astype(np.float64)  # (n,)
    at = bin_indices(sure, bins)
    counts = np.bincount(at, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(at, sure, bins) / counts
        accuracy = np.bincount(at, proba.argmax(1) == labels, bins) / counts
    return CalibrationCurve(confidence, accuracy, counts)


def bin_indices(confidence: np.ndarray, bins: int = CALIBRATION_BINS) -> np.ndarray:
    """The bin (lower, upper] that each confidence (...) falls into: int64 (...), from 0."""
    return np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(np.int64) - 1, 0, bins - 1)


def expected_calibration_error(proba: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """How far confidence and accuracy lie apart, averaged over the answers (Naeini et al. 2015; Guo et al. 2017).

    Returns:
        From 0, calibrated, to 1; NaN where there are no images.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    confidence, accuracy, counts = calibration_curve(proba, labels, bins)
    gaps = np.abs(confidence - accuracy)[counts > 0]
    return float(np.average(gaps, weights=counts[counts > 0])) if len(gaps) else float("nan")


def _logits(proba: np.ndarray) -> np.ndarray:
    """The network's logits up to a number that all classes share: float64 (n, c)."""
    return np.log(np.maximum(proba.astype(np.float64), _MIN_PROBA))


def _check_calibration_inputs(proba: np.ndarray, labels: np.ndarray) -> None:
    if proba.ndim != 2 or labels.shape != proba.shape[:1] or labels.dtype.kind not in "iu":
        raise MetricsError(
            f"the probabilities are {proba.shape} and the labels {labels.dtype} {labels.shape}: expected (n, c) "
            "and whole numbers (n,)."
        )
    if not np.isfinite(proba).all() or ((labels < 0) | (labels >= proba.shape[1])).any():
        raise MetricsError(
            "a probability is no number, or a label has no class: expected numbers from 0 to 1 and labels from 0 "
            f"to {proba.shape[1] - 1}."
        )


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
