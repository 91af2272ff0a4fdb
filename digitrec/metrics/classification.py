"""How good a network is: numbers from labels and probabilities. Pure functions; nothing assumes ten classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from digitrec.metrics import intervals
from digitrec.metrics.intervals import Estimate

Z_95 = 1.959964  # standard normal quantile of a two-sided 95% interval


class MetricsError(ValueError):
    """Labels and probabilities, or a kept evaluation, make no sense: the message says which and why."""


class ClassMetrics(NamedTuple):
    """Numbers per class, (..., c) each. 0/0 is NaN: no precision if never answered, no recall if never shown."""

    precision: np.ndarray  # of those answered so, the share that is right
    recall: np.ndarray  # of those that are so, the share that was found
    f1: np.ndarray  # harmonic mean of the two
    support: np.ndarray  # int64, how many there are


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """What is kept of a network's answers to one split. Two are compared by their `to_dict`."""

    dataset: str
    split: str
    confusion: np.ndarray  # int64 (c, c), rows true, columns answered
    log_loss: float
    model_sha256: str | None = None  # of the model file, so that the numbers of an older one are recognised
    data_sha256: str | None = None  # of images and labels (`splits.hash_split`), for the same reason
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def n(self) -> int:
        """How many images were shown."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return accuracy(self.confusion)

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% Wilson interval."""
        return wilson_interval(int(self.confusion.trace()), self.n)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; n, accuracy and interval are there for the reader alone."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "log_loss": self.log_loss,
            "confusion": self.confusion.tolist(),
            "model_sha256": self.model_sha256,
            "data_sha256": self.data_sha256,
            "created": self.created,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_dict` gave; unknown keys are passed over.

        Raises:
            EvaluationError: a value is missing or not what `to_dict` writes.
        """
        try:
            confusion, log_loss = np.array(values["confusion"]), float(values["log_loss"])
            datetime.fromisoformat(values["created"])
            texts = {key: values[key] for key in ("dataset", "split", "model_sha256", "created")}
            texts["data_sha256"] = values.get("data_sha256")  # older ones have none
        except KeyError as error:
            raise MetricsError(f"the kept evaluation has no {error}: evaluate the run again.") from error
        except (TypeError, ValueError) as error:
            raise MetricsError(f"the kept evaluation is damaged ({error}): evaluate the run again.") from error
        _check_record(confusion, log_loss, texts)
        return cls(confusion=confusion, log_loss=log_loss, **texts)


def evaluate(
    y_true: np.ndarray, proba: np.ndarray, *, dataset: str, split: str, model_sha256: str | None = None
) -> Evaluation:
    """The evaluation of the answers proba (n, c) to images whose labels are y_true (n,).

    Raises:
        EvaluationError: there are no images, or labels and probabilities make no sense.
    """
    _check_proba(y_true, proba)
    if not len(y_true):
        raise MetricsError(f"there are no images in {dataset}, {split}: expected at least one.")
    return Evaluation(
        dataset=dataset,
        split=split,
        confusion=confusion_matrix(y_true, proba.argmax(1), proba.shape[1]),
        log_loss=log_loss(y_true, proba),
        model_sha256=model_sha256,
    )


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """How often each class was answered for each: int64 (c, c), rows true, columns answered.

    Raises:
        EvaluationError: the lengths differ, or a label is out of range.
    """
    _check_labels(y_true, classes)
    _check_labels(y_pred, classes)
    if len(y_true) != len(y_pred):
        raise MetricsError(f"{len(y_true)} labels but {len(y_pred)} answers: expected one answer for each.")
    cells = np.bincount(y_true.astype(np.int64) * classes + y_pred, minlength=classes * classes)
    return cells.reshape(classes, classes)  # (c * c,) -> (c, c)


def accuracy(confusion: np.ndarray) -> float:
    """The share of right answers; NaN where there are none."""
    total = confusion.sum()
    return float(confusion.trace() / total) if total else math.nan


def wilson_interval(successes: int, n: int, *, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22), 95% unless z says otherwise.

    Unlike the textbook's p +- z s it never leaves [0, 1] and holds where nearly all answers are right. Without
    any observation it is (0, 1): nothing is known.

    Raises:
        EvaluationError: `successes` is not between 0 and n.
    """
    if not 0 <= successes <= n:
        raise MetricsError(f"{successes} successes of {n}: expected 0 to {n}.")
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # With no or only successes one end is exactly 0 or 1, which rounding would miss.
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def per_class(confusion: np.ndarray) -> ClassMetrics:
    """Precision, recall, F1 and support of each class; 0/0 is NaN, as scikit-learn's zero_division=nan.

    Args:
        confusion: int64 (c, c), or many of them, (..., c, c).
    """
    right = confusion.diagonal(axis1=-2, axis2=-1)
    answered, support = confusion.sum(-2), confusion.sum(-1)  # (..., c) each
    return ClassMetrics(
        _divide(right, answered), _divide(right, support), _divide(2 * right, answered + support), support
    )


def log_loss(y_true: np.ndarray, proba: np.ndarray) -> float:
    """Mean of `log_losses`; NaN where there are no images."""
    losses = log_losses(y_true, proba)
    return float(losses.mean()) if len(losses) else math.nan


def log_losses(y_true: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """-ln(probability of the true class) of each image, in nats: float64 (n,).

    A probability of 0 counts as float32's epsilon (1.2e-7, a loss of 15.9), as in scikit-learn, so that a single
    sure mistake does not make it infinite.

    Raises:
        EvaluationError: labels and probabilities make no sense.
    """
    _check_proba(y_true, proba)
    of_true = proba[np.arange(len(y_true)), y_true].astype(np.float64)  # (n,)
    return -np.log(of_true.clip(np.finfo(np.float32).eps, 1.0))


def _divide(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    return np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)


def _check_labels(labels: np.ndarray, classes: int) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise MetricsError(f"the labels are {labels.dtype} {labels.shape}: expected whole numbers (n,).")
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside):
        raise MetricsError(f"a label is {outside[0]}: expected 0 to {classes - 1}, for {classes} classes.")


def _check_proba(y_true: np.ndarray, proba: np.ndarray) -> None:
    if proba.ndim != 2 or proba.dtype.kind != "f" or not proba.shape[1]:
        raise MetricsError(f"the probabilities are {proba.dtype} {proba.shape}: expected float32 (n, c).")
    _check_labels(y_true, proba.shape[1])
    if len(y_true) != len(proba):
        raise MetricsError(f"{len(y_true)} labels but {len(proba)} rows of probabilities: expected as many.")
    # A NaN compares as false, so it is refused as well.
    wrong = np.flatnonzero(~((proba >= 0).all(1) & (np.abs(proba.sum(1) - 1) < 1e-3)))
    if len(wrong):
        raise MetricsError(
            f"row {wrong[0]} of the probabilities is {proba[wrong[0]].tolist()}: expected numbers from 0 to 1 "
            "that sum to 1. The network is damaged or gives no probabilities; train it again."
        )


def _check_record(confusion: np.ndarray, log_loss: float, texts: Mapping[str, Any]) -> None:
    square = confusion.ndim == 2 and confusion.shape[0] == confusion.shape[1]
    if not square or confusion.dtype != np.int64 or (confusion < 0).any() or not confusion.any():
        raise MetricsError("the kept confusion matrix is not (c, c) counts: evaluate the run again.")
    if not (math.isfinite(log_loss) and log_loss >= 0):
        raise MetricsError(f"the kept log loss is {log_loss}: expected a number from 0. Evaluate the run again.")
    for key, text in texts.items():
        if not isinstance(text, str) and not (key.endswith("sha256") and text is None):
            raise MetricsError(f"the kept {key} is {text!r}: expected a text. Evaluate the run again.")


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


COUNTS, ROW_SHARES, COLUMN_SHARES, ERRORS_ONLY, DIFFERENCE = (
    "counts",
    "row shares",
    "column shares",
    "errors only",
    "difference",
)
MIN_COLOURED_SHARE = 1e-4  # where the faintest colour begins


class ConfusionCells(NamedTuple):
    """A confusion matrix ready to be drawn; rows are the true classes, columns the answers.

    Attributes:
        mode: what the numbers are, one of the names above.
        numbers: float64 (c, c), what stands in the cells; NaN where nothing is to stand.
        strength: float64 (c, c), how strong the colour is, 0 to 1; NaN for none.
        good: bool (c, c), where the colour is that of what is well.
        counts: int64 (c, c), the images behind each cell.
    """

    mode: str
    numbers: np.ndarray
    strength: np.ndarray
    good: np.ndarray
    counts: np.ndarray


def confusion_cells(confusion: np.ndarray, mode: str = COUNTS) -> ConfusionCells:
    """The cells of a confusion matrix int64 (c, c) in any mode but `DIFFERENCE`.

    Shares are coloured by their logarithm: the few mistakes could not be seen beside the many right answers.

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


def confusion_difference(confusion: np.ndarray, other: np.ndarray) -> ConfusionCells:
    """How many more images than another network's confusion has each cell of this one, both int64 (c, c).

    Raises:
        EvaluationError: the two are not of the same images.
    """
    if confusion.shape != other.shape or (confusion.sum(1) != other.sum(1)).any():
        raise MetricsError(
            "the two networks did not answer to the same images: expected as many of each class. Choose the same "
            "data set and part for both."
        )
    more = confusion - other
    strength = np.where(more != 0, np.sqrt(np.abs(more) / max(1, np.abs(more).max(initial=0))), math.nan)
    well = (more > 0) == np.eye(len(more), dtype=bool)  # more right answers, or fewer mistakes
    return ConfusionCells(DIFFERENCE, more.astype(float), strength, well, confusion)


def normalize_confusion(confusion: np.ndarray, *, axis: int) -> np.ndarray:
    """Each cell as a share of its row (axis 1) or its column (axis 0), float64 (c, c); 0 where there are none."""
    return confusion / np.maximum(confusion.sum(axis, keepdims=True), 1)


def top_mistakes(confusion: np.ndarray, count: int) -> list[tuple[int, int, int]]:
    """The most frequent mistakes: (true class, answer, images), the most frequent first, at most so many."""
    wrong = np.where(np.eye(len(confusion), dtype=bool), 0, confusion)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    found = ((*divmod(int(cell), len(wrong)), int(wrong.flat[cell])) for cell in order)
    return [(true, answer, images) for true, answer, images in found if images]
