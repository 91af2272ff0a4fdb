"""What the cells of a confusion matrix say: counts, shares, mistakes alone, or the difference of two networks."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from digitrec.metrics.classification import MetricsError

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
