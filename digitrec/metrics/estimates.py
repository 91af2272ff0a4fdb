"""The numbers of one split with their 95% intervals: over all classes, and of each class.

Shares of images (accuracy, top-2 accuracy, precision, recall) have Wilson intervals where each image counts the
same, all else a bootstrap's (`intervals`). Seeded: the same answers give the same numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics import intervals
from digitrec.metrics.classification import MetricsError, confusion_matrix, log_losses, per_class, wilson_interval
from digitrec.metrics.intervals import Estimate

AVERAGED_METRICS = ("precision", "recall", "f1")
# What `summary` measures, in this order.
SUMMARY_METRICS = (
    "accuracy",
    "top_2_accuracy",
    *(f"macro_{name}" for name in AVERAGED_METRICS),
    *(f"weighted_{name}" for name in AVERAGED_METRICS),
    "log_loss",
    "brier_score",
)


class ClassEstimates(NamedTuple):
    """The numbers of one class with their intervals; NaN where 0 would be divided by 0."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


def summarize(y_true: np.ndarray, proba: np.ndarray) -> dict[str, Estimate]:
    """Every number of `MEASURES` over all classes, by its name.

    Args:
        y_true: int64 (n,), n at least 1.
        proba: float32 (n, c).

    Raises:
        EvaluationError: there are no images, or labels and probabilities make no sense.
    """
    of_truth = log_losses(y_true, proba)
    if not len(y_true):
        raise MetricsError("there are no images to measure: expected at least one.")
    confusion = confusion_matrix(y_true, proba.argmax(1), proba.shape[1])
    losses = np.stack([of_truth, brier_scores(y_true, proba)], axis=1)  # (n, 2)
    found = [
        proportion(int(confusion.trace()), len(y_true)),
        proportion(int((true_class_ranks(y_true, proba) < 2).sum()), len(y_true)),
        *intervals.bootstrap_estimates(
            average_per_class(confusion), average_per_class(intervals.resample_confusions(confusion))
        ),
        *intervals.bootstrap_estimates(losses.mean(0), intervals.resample_means(losses)),
    ]
    return dict(zip(SUMMARY_METRICS, found, strict=True))


def estimate_per_class(confusion: np.ndarray) -> list[ClassEstimates]:
    """The numbers of each class of a confusion matrix int64 (c, c), with their intervals."""
    right, answered, support = confusion.diagonal(), confusion.sum(0), confusion.sum(1)  # (c,) each
    drawn = per_class(intervals.resample_confusions(confusion)).f1  # (b, c)
    f1 = intervals.bootstrap_estimates(per_class(confusion).f1, drawn)
    return [
        ClassEstimates(proportion(int(r), int(a)), proportion(int(r), int(s)), f, int(s))
        for r, a, s, f in zip(right, answered, support, f1, strict=True)
    ]


def proportion(successes: int, n: int) -> Estimate:
    """The share of successes with its Wilson interval; all NaN where there is none of none."""
    if not n:
        return Estimate(np.nan, np.nan, np.nan)
    return Estimate(successes / n, *wilson_interval(successes, n))


def average_per_class(confusion: np.ndarray) -> np.ndarray:
    """Macro precision, recall and F1, then the same weighted by support: (..., 6) of confusion (..., c, c).

    As in scikit-learn's zero_division=nan, a class whose number is NaN is left out.
    """
    found = per_class(confusion)
    equal = np.ones_like(found.support)
    means = [
        _weighted_mean(values, weights)
        for weights in (equal, found.support)
        for values in found[: len(AVERAGED_METRICS)]
    ]
    return np.stack(means, axis=-1)


def true_class_ranks(y_true: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """How many classes go before the true one: int64 (n,), 0 where the answer is right.

    Of equal probabilities the first goes before, as in argmax, so that constant ones give no class an advantage
    but that.
    """
    of_true = np.take_along_axis(proba, y_true[:, None], axis=1)  # (n, 1)
    earlier = np.arange(proba.shape[1]) < y_true[:, None]  # (n, c)
    return ((proba > of_true) | ((proba == of_true) & earlier)).sum(1)


def brier_scores(y_true: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Squared distance of each answer from the truth, summed over the classes: float64 (n,), from 0 to 2.

    Brier (1950, Monthly Weather Review 78); its mean is the Brier score.
    """
    truth = np.eye(proba.shape[1])[y_true]  # (n, c)
    return ((proba - truth) ** 2).sum(1)


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means over the last axis, NaN left out; NaN where nothing has weight."""
    weights = np.where(np.isnan(values), 0, weights)
    total = weights.sum(-1)
    summed = (np.nan_to_num(values) * weights).sum(-1)
    return np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
