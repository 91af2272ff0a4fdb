"""Classification metrics from labels and probabilities, for any number of classes; and the confusion matrix.

Shares of images (accuracy, top-2 accuracy, precision, recall) have Wilson intervals, everything else a bootstrap's
(`intervals`). The bootstrap is seeded: the same answers give the same numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from digitrec.metrics import intervals
from digitrec.metrics.inputs import (
    Confusion,
    Counts,
    Floats,
    Labels,
    Mask,
    MetricsError,
    Proba,
    check_answers,
    check_labels,
)
from digitrec.metrics.intervals import Estimate, proportion

AVERAGED_METRICS = ("precision", "recall", "f1")
# What `summarize` measures, in this order.
SUMMARY_METRICS = (
    "accuracy",
    "top_2_accuracy",
    *(f"macro_{name}" for name in AVERAGED_METRICS),
    *(f"weighted_{name}" for name in AVERAGED_METRICS),
    "log_loss",
    "brier_score",
)
COUNTS, ROW_SHARES, COLUMN_SHARES = "counts", "row shares", "column shares"
ERRORS_ONLY, DIFFERENCE = "errors only", "difference"
MIN_COLOURED_SHARE = 1e-4  # the faintest colour


class ClassMetrics(NamedTuple):
    """Metrics of each class, (..., c) each. 0/0 is NaN: precision without answers, recall without images."""

    precision: Floats  # share of right answers among the images answered as this class
    recall: Floats  # share of right answers among the images of this class
    f1: Floats  # harmonic mean of precision and recall
    support: Counts  # images of this class


class ClassEstimates(NamedTuple):
    """Metrics of one class with their intervals; NaN for 0/0."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


class ConfusionCells(NamedTuple):
    """A confusion matrix ready to be drawn; rows are the true classes, columns the answers.

    Attributes:
        mode: what the numbers are: `COUNTS`, `ROW_SHARES`, `COLUMN_SHARES`, `ERRORS_ONLY` or `DIFFERENCE`.
        numbers: float64 (c, c), the number in each cell; NaN for an empty cell.
        strength: float64 (c, c), strength of the colour, 0 to 1; NaN for none.
        good: bool (c, c), whether the colour is the one for right answers.
        counts: int64 (c, c), the images behind each cell.
    """

    mode: str
    numbers: Floats
    strength: Floats
    good: Mask
    counts: Confusion

    @property
    def row_shares(self) -> Floats:
        """Each cell as a share of its row, float64 (c, c); 0 in a row without images."""
        return normalize_confusion(self.counts, axis=1)


def confusion_matrix(y_true: Labels, y_pred: Labels, classes: int) -> Confusion:
    """How often each class was answered for each true class: int64 (c, c).

    Raises:
        MetricsError: the lengths differ, or a label is out of range.
    """
    check_labels(y_true, classes)
    check_labels(y_pred, classes)
    if len(y_true) != len(y_pred):
        raise MetricsError(f"{len(y_true)} labels but {len(y_pred)} answers: expected one answer a label.")
    cells = np.bincount(y_true.astype(np.int64) * classes + y_pred, minlength=classes * classes)
    return cells.reshape(classes, classes)  # (c * c,) -> (c, c)


def accuracy(confusion: Confusion) -> float:
    """The share of right answers; NaN without answers."""
    total = confusion.sum()
    return float(confusion.trace() / total) if total else math.nan


def per_class(confusion: Counts) -> ClassMetrics:
    """Precision, recall, F1 and support of each class; 0/0 is NaN, as scikit-learn's zero_division=nan.

    Args:
        confusion: int64 (c, c), or many of them, (..., c, c).
    """
    right = confusion.diagonal(axis1=-2, axis2=-1)
    answered, support = confusion.sum(-2), confusion.sum(-1)  # (..., c) each
    return ClassMetrics(
        _divide(right, answered), _divide(right, support), _divide(2 * right, answered + support), support
    )


def log_loss(y_true: Labels, proba: Proba) -> float:
    """Mean of `log_losses`; NaN without images.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    losses = log_losses(y_true, proba)
    return float(losses.mean()) if len(losses) else math.nan


def log_losses(y_true: Labels, proba: Proba) -> Floats:
    """-ln(probability of the true class) of each image, in nats: float64 (n,).

    A probability of 0 counts as float32's epsilon (1.2e-7, a loss of 15.9), as in scikit-learn. So one confident
    mistake does not make the mean infinite.

    Raises:
        MetricsError: labels or probabilities are wrong.
    """
    check_answers(y_true, proba)
    of_true = proba[np.arange(len(y_true)), y_true].astype(np.float64)  # (n,)
    losses: Floats = -np.log(of_true.clip(np.finfo(np.float32).eps, 1.0))
    return losses


def brier_scores(y_true: Labels, proba: Proba) -> Floats:
    """Squared distance of each row from the one-hot label, summed over the classes: float64 (n,), from 0 to 2.

    Brier (1950, Monthly Weather Review 78); the mean is the Brier score.
    """
    truth = np.eye(proba.shape[1])[y_true]  # (n, c)
    scores: Floats = ((proba - truth) ** 2).sum(1)
    return scores


def true_class_ranks(y_true: Labels, proba: Proba) -> Counts:
    """How many classes are more probable than the true one: int64 (n,), 0 where the answer is right.

    Of equal probabilities the first class comes first, as in argmax: constant probabilities favour no other class.
    """
    of_true = np.take_along_axis(proba, y_true[:, None], axis=1)  # (n, 1)
    earlier = np.arange(proba.shape[1]) < y_true[:, None]  # (n, c)
    ranks: Counts = ((proba > of_true) | ((proba == of_true) & earlier)).sum(1)
    return ranks


def summarize(y_true: Labels, proba: Proba) -> dict[str, Estimate]:
    """Every metric of `SUMMARY_METRICS` over all classes, by its name.

    Args:
        y_true: int64 (n,), n at least 1.
        proba: float32 (n, c).

    Raises:
        MetricsError: there are no images, or labels or probabilities are wrong.
    """
    of_truth = log_losses(y_true, proba)
    if not len(y_true):
        raise MetricsError("there are no images to measure: expected at least one.")
    confusion = confusion_matrix(y_true, proba.argmax(1), proba.shape[1])
    losses = np.stack([of_truth, brier_scores(y_true, proba)], axis=1)  # (n, 2)
    resampled = average_per_class(intervals.resample_confusions(confusion))  # (b, 6)
    measured = [
        proportion(int(confusion.trace()), len(y_true)),
        proportion(int((true_class_ranks(y_true, proba) < 2).sum()), len(y_true)),
        *intervals.bootstrap_estimates(average_per_class(confusion), resampled),
        *intervals.bootstrap_estimates(losses.mean(0), intervals.resample_means(losses)),
    ]
    return dict(zip(SUMMARY_METRICS, measured, strict=True))


def estimate_per_class(confusion: Confusion) -> list[ClassEstimates]:
    """The metrics of each class of a confusion matrix int64 (c, c), with their intervals."""
    right, answered, support = confusion.diagonal(), confusion.sum(0), confusion.sum(1)  # (c,) each
    resampled = per_class(intervals.resample_confusions(confusion)).f1  # (b, c)
    f1 = intervals.bootstrap_estimates(per_class(confusion).f1, resampled)
    return [
        ClassEstimates(proportion(int(r), int(a)), proportion(int(r), int(s)), f, int(s))
        for r, a, s, f in zip(right, answered, support, f1, strict=True)
    ]


def average_per_class(confusion: Counts) -> Floats:
    """Macro precision, recall and F1, then the same weighted by support: (..., 6) of confusion (..., c, c).

    A class whose metric is NaN is left out, as scikit-learn's zero_division=nan does.
    """
    metrics = per_class(confusion)
    equal = np.ones_like(metrics.support)
    means = [
        _weighted_mean(values, weights)
        for weights in (equal, metrics.support)
        for values in (metrics.precision, metrics.recall, metrics.f1)
    ]
    return np.stack(means, axis=-1)


def confusion_cells(confusion: Confusion, mode: str = COUNTS) -> ConfusionCells:
    """The cells of a confusion matrix int64 (c, c) in any mode but `DIFFERENCE`.

    The colour of a share follows its logarithm: otherwise the few mistakes would be invisible.

    Raises:
        ValueError: there is no such mode.
    """
    right = np.eye(len(confusion), dtype=bool)
    if mode == ERRORS_ONLY:
        wrong = np.where(right, 0, confusion)
        strength = np.where(wrong > 0, wrong / max(1, wrong.max(initial=0)), math.nan)
        return ConfusionCells(mode, np.where(right, math.nan, wrong), strength, np.zeros_like(right), confusion)
    if mode not in (COUNTS, ROW_SHARES, COLUMN_SHARES):
        raise ValueError(f"there is no mode {mode!r} for one matrix: expected counts, shares or errors only.")
    share = normalize_confusion(confusion, axis=0 if mode == COLUMN_SHARES else 1)
    numbers = confusion.astype(float) if mode == COUNTS else share
    fading = 1 - np.log10(np.maximum(share, MIN_COLOURED_SHARE)) / math.log10(MIN_COLOURED_SHARE)
    return ConfusionCells(mode, numbers, np.where(confusion > 0, fading, math.nan), right, confusion)


def confusion_difference(confusion: Confusion, other: Confusion) -> ConfusionCells:
    """How many more images each cell has than in another network's confusion matrix, both int64 (c, c).

    Raises:
        MetricsError: the matrices are not of the same images.
    """
    if confusion.shape != other.shape or (confusion.sum(1) != other.sum(1)).any():
        raise MetricsError(
            "the two networks did not read the same images: expected as many images of each class. Choose "
            "the same data set and split for both."
        )
    more = confusion - other
    strength = np.where(more != 0, np.sqrt(np.abs(more) / max(1, np.abs(more).max(initial=0))), math.nan)
    better = (more > 0) == np.eye(len(more), dtype=bool)  # more right answers, or fewer mistakes
    return ConfusionCells(DIFFERENCE, more.astype(float), strength, better, confusion)


def normalize_confusion(confusion: Confusion, *, axis: int) -> Floats:
    """Each cell as a share of its row (axis 1) or its column (axis 0), float64 (c, c); 0 in an empty one."""
    shares: Floats = confusion / np.maximum(confusion.sum(axis, keepdims=True), 1)
    return shares


def top_mistakes(confusion: Confusion, count: int) -> list[tuple[int, int, int]]:
    """The `count` most frequent mistakes, the most frequent first: (true class, answer, images)."""
    wrong = np.where(np.eye(len(confusion), dtype=bool), 0, confusion)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    cells = ((*divmod(int(cell), len(wrong)), int(wrong.flat[cell])) for cell in order)
    return [(true, answer, images) for true, answer, images in cells if images]


def _divide(parts: Counts, wholes: Counts) -> Floats:
    quotients: Floats = np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)
    return quotients


def _weighted_mean(values: Floats, weights: Counts) -> Floats:
    """Weighted means over the last axis without the NaN; NaN where nothing has weight."""
    weights = np.where(np.isnan(values), 0, weights)
    total = weights.sum(-1)
    summed = (np.nan_to_num(values) * weights).sum(-1)
    means: Floats = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return means
