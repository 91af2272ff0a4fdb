"""Answers by outcome, class and confidence: filtered, sorted and grouped.

Pure functions of labels (n,) and probabilities (n, c). Pass the calibrated ones (`Score.calibrated`): then the
confidence is the one that a person is shown.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitrec.metrics import Labels, Mask, Proba, log_losses

Indices: TypeAlias = NDArray[np.int64]  # (m,), places in the split

WRONG, RIGHT, ALL = "wrong", "right", "all"
OUTCOMES = (WRONG, RIGHT, ALL)
CONFIDENCE, LOSS, MARGIN, POSITION, RANDOM = "confidence", "loss", "margin", "place", "chance"
ORDERS = (CONFIDENCE, LOSS, MARGIN, POSITION, RANDOM)


class AnswerQuery(NamedTuple):
    """Which answers to find.

    Attributes:
        outcome: one of `OUTCOMES`.
        true: the true class; None for any.
        answer: the answered class; None for any.
        low: the lowest confidence.
        high: the highest confidence.
        among: bool (n,), the images to search; None for all.
    """

    outcome: str = WRONG
    true: int | None = None
    answer: int | None = None
    low: float = 0.0
    high: float = 1.0
    among: Mask | None = None


class AnswerPair(NamedTuple):
    """The images with one true class and one answer; indices int64 (m,)."""

    true: int
    answer: int
    indices: Indices


def find_answers(labels: Labels, proba: Proba, query: AnswerQuery) -> Indices:
    """Indices int64 (m,), ascending, of the answers that the query describes.

    A query with both a true class and an answer ignores the outcome: the two classes decide it.

    Raises:
        ValueError: there is no such outcome.
    """
    if query.outcome not in OUTCOMES:
        raise ValueError(f"there is no outcome {query.outcome!r}: expected one of {', '.join(OUTCOMES)}.")
    answers, confidences = proba.argmax(1), confidence(proba)
    keep = (confidences >= query.low) & (confidences <= query.high)
    if query.outcome != ALL and (query.true is None or query.answer is None):
        keep &= (answers == labels) == (query.outcome == RIGHT)
    if query.true is not None:
        keep &= labels == query.true
    if query.answer is not None:
        keep &= answers == query.answer
    if query.among is not None:
        keep &= query.among
    return np.flatnonzero(keep)


def sort_answers(indices: Indices, labels: Labels, proba: Proba, *, by: str) -> Indices:
    """The indices sorted by one of `ORDERS`.

    Confidence and loss: the highest first. Margin: the smallest first. Random: always the same order.

    Raises:
        ValueError: there is no such order.
    """
    if by not in ORDERS:
        raise ValueError(f"there is no order by {by!r}: expected one of {', '.join(ORDERS)}.")
    if by == POSITION:
        return np.sort(indices)
    if by == RANDOM:
        return np.random.default_rng(0).permutation(np.sort(indices))
    rows = proba[indices]
    keys = {CONFIDENCE: -confidence(rows), LOSS: -log_losses(labels[indices], rows), MARGIN: margins(rows)}
    return indices[np.argsort(keys[by], kind="stable")]


def group_by_pair(indices: Indices, labels: Labels, proba: Proba) -> list[AnswerPair]:
    """The indices grouped by true class and answer, the largest group first; the order within a group stays."""
    answers = proba[indices].argmax(1)
    codes = labels[indices] * proba.shape[1] + answers
    pair_codes, counts = np.unique(codes, return_counts=True)
    groups = pair_codes[np.argsort(-counts, kind="stable")]
    pairs = ((divmod(int(code), proba.shape[1]), indices[codes == code]) for code in groups)
    return [AnswerPair(true, answer, members) for (true, answer), members in pairs]


def confidence(proba: Proba) -> NDArray[np.floating[Any]]:
    """The probability of each answer, (n, c) -> (n,)."""
    highest: NDArray[np.floating[Any]] = proba.max(1)
    return highest


def margins(proba: Proba) -> NDArray[np.floating[Any]]:
    """The difference between the two highest probabilities, (n, c) -> (n,); 1 with a single class."""
    if proba.shape[1] < 2:
        return np.ones(len(proba), proba.dtype)
    top = np.partition(proba, -2, axis=1)[:, -2:]  # (n, 2), ascending
    margin: NDArray[np.floating[Any]] = top[:, 1] - top[:, 0]
    return margin
