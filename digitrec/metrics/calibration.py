"""Whether a network is as sure as it is right, and the one number that mends it: its temperature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from digitrec.metrics.classification import MetricsError

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
