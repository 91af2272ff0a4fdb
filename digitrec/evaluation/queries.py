"""A network's answers, found, sorted and grouped: which images to look at. Pure functions of labels and proba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics.classification import log_losses

WRONG, RIGHT, ALL = "wrong", "right", "all"
OUTCOMES = (WRONG, RIGHT, ALL)
CONFIDENCE, LOSS, MARGIN, POSITION, RANDOM = "confidence", "loss", "margin", "place", "chance"
ORDERS = (CONFIDENCE, LOSS, MARGIN, POSITION, RANDOM)


class AnswerQuery(NamedTuple):
    """Which answers are asked for.

    Attributes:
        outcome: one of `OUTCOMES`.
        true: the true class; None for any.
        answer: the class answered; None for any.
        low: the least confidence.
        high: the most confidence.
        among: bool (n,), the images to look among; None for all.
    """

    outcome: str = WRONG
    true: int | None = None
    answer: int | None = None
    low: float = 0.0
    high: float = 1.0
    among: np.ndarray | None = None


class AnswerPair(NamedTuple):
    """The images of one true class that were answered with one class; indices int64 (m,), in the order given."""

    true: int
    answer: int
    indices: np.ndarray


def find_answers(labels: np.ndarray, proba: np.ndarray, wanted: AnswerQuery) -> np.ndarray:
    """Indices int64 (m,), ascending, of the answers proba (n, c) to images of labels (n,) that are wanted.

    Where both a true class and an answer are asked for, they decide alone whether the answer is right.

    Raises:
        ValueError: there is no such outcome.
    """
    if wanted.outcome not in OUTCOMES:
        raise ValueError(f"there is no outcome {wanted.outcome!r}: expected one of {', '.join(OUTCOMES)}.")
    answers, sure = proba.argmax(1), confidence(proba)
    keep = (sure >= wanted.low) & (sure <= wanted.high)
    if wanted.outcome != ALL and (wanted.true is None or wanted.answer is None):
        keep &= (answers == labels) == (wanted.outcome == RIGHT)
    if wanted.true is not None:
        keep &= labels == wanted.true
    if wanted.answer is not None:
        keep &= answers == wanted.answer
    if wanted.among is not None:
        keep &= wanted.among
    return np.flatnonzero(keep)


def sort_answers(indices: np.ndarray, labels: np.ndarray, proba: np.ndarray, *, by: str) -> np.ndarray:
    """The indices sorted: by confidence, surest first; by loss, largest first; by margin, closest first; by place;
    or by chance, always the same.

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


def group_by_pair(indices: np.ndarray, labels: np.ndarray, proba: np.ndarray) -> list[AnswerPair]:
    """The indices grouped by true class and answer, the largest group first, each in the order given."""
    answers = proba[indices].argmax(1)
    codes = labels[indices] * proba.shape[1] + answers
    found, counts = np.unique(codes, return_counts=True)
    groups = found[np.argsort(-counts, kind="stable")]
    return [AnswerPair(*divmod(int(code), proba.shape[1]), indices[codes == code]) for code in groups]


def confidence(proba: np.ndarray) -> np.ndarray:
    """The probability of each answer, (n, c) -> (n,)."""
    return proba.max(1)


def margins(proba: np.ndarray) -> np.ndarray:
    """By how much the answer's probability is above the runner-up's, (n, c) -> (n,); 1 of a single class."""
    if proba.shape[1] < 2:
        return np.ones(len(proba), proba.dtype)
    top = np.partition(proba, -2, axis=1)[:, -2:]  # (n, 2), ascending
    return top[:, 1] - top[:, 0]
