"""Two classifiers on the same images: which answers differ in being right, and whether that may be chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics.inputs import Labels, Mask, MetricsError


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
