"""Classifiers compared: two on the same images, answer by answer; and any number, by accuracy against cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.metrics.inputs import Floats, Labels, Mask, MetricsError


class PairedCounts(NamedTuple):
    """How many images are read right by both of two classifiers, by one alone, or by neither."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def n(self) -> int:
        """How many images there are."""
        return sum(self)

    @property
    def p_value(self) -> float:
        """The chance of a difference as large as this, or larger, between classifiers that are equally good.

        McNemar's exact test: of the images that one alone reads right, each belongs to either with a chance of a
        half (McNemar 1947, Psychometrika 12; Dietterich 1998, Neural Computation 10).
        """
        differing = self.first_only + self.second_only
        if not differing:
            return 1.0
        from scipy.stats import binomtest  # takes half a second

        return float(binomtest(self.first_only, differing, 0.5).pvalue)


def count_paired(first_right: Mask, second_right: Mask) -> PairedCounts:
    """Count the images by who reads them right.

    Args:
        first_right: bool (n,), whether the first classifier is right.
        second_right: the same for the second, on the same images in the same order.

    Raises:
        MetricsError: the two have different lengths.
    """
    if first_right.shape != second_right.shape:
        counts = f"{len(first_right)} and {len(second_right)}"
        raise MetricsError(f"there are answers to {counts} images: expected the same images.")
    codes: Labels = 2 * (~first_right).astype(np.int64) + ~second_right
    both, first_only, second_only, neither = np.bincount(codes, minlength=4).tolist()
    return PairedCounts(both, first_only, second_only, neither)


def pareto_front(costs: Sequence[float], values: Sequence[float]) -> Mask:
    """Which of some classifiers no other one beats: bool (n,).

    One beats another if it costs no more and is worth no less, and differs in one of the two. So those that are
    equal in both are on the frontier together.

    Args:
        costs: (n,), less is better.
        values: (n,), such as accuracies: more is better.

    Raises:
        MetricsError: the two have different lengths.
    """
    if len(costs) != len(values):
        raise MetricsError(f"there are {len(costs)} costs and {len(values)} values: expected one each.")
    return find_unbeaten(np.c_[np.asarray(costs, float), -np.asarray(values, float)])


def find_unbeaten(numbers: Floats) -> Mask:
    """Which rows of numbers no other row beats: bool (n,).

    One row beats another if it is nowhere larger and somewhere smaller.

    Args:
        numbers: (n, k), less is better.
    """
    no_worse = (numbers[None] <= numbers[:, None]).all(-1)  # (n, n): column against row
    differs = (numbers[None] < numbers[:, None]).any(-1)
    unbeaten: Mask = np.sum(no_worse & differs, axis=1) == 0
    return unbeaten
