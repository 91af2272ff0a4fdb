"""The arrays that the metrics are computed from: names for their types, and checks of labels and probabilities."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Labels: TypeAlias = NDArray[np.int64]  # (n,), indices of classes
Proba: TypeAlias = NDArray[np.floating[Any]]  # (n, c), each row sums to 1
Confusion: TypeAlias = NDArray[np.int64]  # (c, c), rows are true classes, columns are answers
Counts: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

_MAX_ROW_ERROR = 1e-3  # a row's sum may differ from 1 by so much: float32 rounds


class MetricsError(ValueError):
    """Labels and probabilities have no metrics: the message says which value is wrong and what was expected."""


def check_labels(labels: NDArray[Any], classes: int) -> None:
    """Check that labels are whole numbers (n,) from 0 to classes - 1.

    Raises:
        MetricsError: they are not.
    """
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise MetricsError(f"the labels are {labels.dtype} {labels.shape}: expected whole numbers (n,).")
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside):
        raise MetricsError(f"a label is {outside[0]}: expected 0 to {classes - 1}, for {classes} classes.")


def check_answers(y_true: NDArray[Any], proba: NDArray[Any]) -> None:
    """Check labels (n,) and probabilities (n, c): each row holds numbers from 0 to 1 and sums to 1.

    Raises:
        MetricsError: they are something else.
    """
    if proba.ndim != 2 or proba.dtype.kind != "f" or not proba.shape[1]:
        raise MetricsError(f"the probabilities are {proba.dtype} {proba.shape}: expected float32 (n, c).")
    check_labels(y_true, proba.shape[1])
    if len(y_true) != len(proba):
        raise MetricsError(
            f"{len(y_true)} labels but {len(proba)} rows of probabilities: expected one row a label."
        )
    # A comparison with NaN is false, so that NaN is an error as well.
    wrong = np.flatnonzero(~((proba >= 0).all(1) & (np.abs(proba.sum(1) - 1) < _MAX_ROW_ERROR)))
    if len(wrong):
        raise MetricsError(
            f"row {wrong[0]} of the probabilities is {proba[wrong[0]].tolist()}: expected numbers from 0 to 1 "
            "that sum to 1. The network is damaged. Train it again."
        )


def check_finite(labels: NDArray[Any], proba: NDArray[Any]) -> None:
    """Check labels (n,) and numbers (n, c) whose rows need not sum to 1.

    Raises:
        MetricsError: the shapes differ, a number is not finite, or a label is not 0 to c - 1.
    """
    if proba.ndim != 2 or labels.shape != proba.shape[:1] or labels.dtype.kind not in "iu":
        raise MetricsError(
            f"the probabilities are {proba.shape} and the labels {labels.dtype} {labels.shape}: expected (n, c) "
            "and whole numbers (n,)."
        )
    if not np.isfinite(proba).all():
        raise MetricsError("a probability is not a number: expected numbers from 0 to 1.")
    check_labels(labels, proba.shape[1])
