"""Labels that are likely wrong, by confident learning on out-of-sample probabilities.

Northcutt, Jiang and Chuang 2021, Confident learning: estimating uncertainty in dataset labels, Journal of
Artificial Intelligence Research 70, arXiv 1911.00068; computed by cleanlab.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.metrics import Labels, Proba


class LabelIssues(NamedTuple):
    """The labels that the network does not agree with, the likeliest to be wrong first.

    Attributes:
        rows: int64 (m,), places among the n images.
        suggested: int64 (m,), the classes that the network answers.
        shares: float (m,), their probabilities.
        given_shares: float (m,), the probabilities of the given labels.
        estimate: how many of the n labels are wrong, estimated.
    """

    rows: NDArray[np.int64]
    suggested: Labels
    shares: NDArray[np.float64]
    given_shares: NDArray[np.float64]
    estimate: int


def find_label_issues(labels: Labels, proba: Proba, *, most: int) -> LabelIssues:
    """Rank the labels int64 (n,) that differ from the network's answer.

    The rank is by the probability of the given label, less what is usual for its class: the paper's threshold, the
    mean probability of a class among the images that have it as their label. The estimate is the paper's confident
    joint off its diagonal.

    Args:
        labels: as they are given.
        proba: float (n, c), by networks that did not learn from these images.
        most: how many are returned at most.
    """
    nothing = np.empty(0, np.int64)
    present = np.unique(labels)
    if len(present) < 2:
        return LabelIssues(nothing, nothing, np.empty(0), np.empty(0), 0)
    from cleanlab import count, rank  # takes seconds

    # cleanlab wants each class to have an image: those without one are left out.
    codes, known = np.searchsorted(present, labels), proba[:, present].astype(np.float64)
    known /= np.maximum(known.sum(1, keepdims=True), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as few images of a class
        quality = rank.get_label_quality_scores(codes, known, method="self_confidence", adjust_pred_probs=True)
        estimate = count.num_label_issues(codes, known, estimation_method="off_diagonal_calibrated")
    answers = known.argmax(1)
    rows = np.flatnonzero(answers != codes)
    rows = rows[np.argsort(quality[rows], kind="stable")][:most]
    return LabelIssues(
        rows, present[answers[rows]], known[rows, answers[rows]], known[rows, codes[rows]], int(estimate)
    )
