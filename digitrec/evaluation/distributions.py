"""Distributions of a measure: by class, and in two data sets, with the test for a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from digitrec.metrics import Labels

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)  # of `Quantiles`
MIN_COMPARED_IMAGES = 5  # in each of two sets; of fewer, no test can tell anything
ERROR_RATE = 0.05  # of all tests together
# Vargha and Delaney (2000, "A Critique and Improvement of the CL Common Language Effect Size Statistics", J. Educ.
# Behav. Stat. 25): from these shares of pairs on, a difference is small, medium or large.
EFFECTS = ((0.71, "large"), (0.64, "medium"), (0.56, "small"))


class Quantiles(NamedTuple):
    """Where 5, 25, 50, 75 and 95 per cent of n values lie below; NaN without values."""

    n: int
    low: float
    first: float
    median: float
    third: float
    high: float


class Difference(NamedTuple):
    """Two samples of one measure compared.

    Attributes:
        n: values in the first and in the second sample.
        medians: of the first and the second.
        distance: the Kolmogorov-Smirnov statistic: the largest distance between the two cumulative distributions.
        superiority: the share of pairs in which the second value is larger; ties count half. 0.5 if neither is.
        p: of the two-sample Kolmogorov-Smirnov test, as if it were the only one.
        corrected_p: after Holm, for all tests made together.
    """

    n: tuple[int, int]
    medians: tuple[float, float]
    distance: float
    superiority: float
    p: float
    corrected_p: float

    @property
    def is_significant(self) -> bool:
        """Whether the samples differ by more than chance explains, given the number of tests."""
        return self.corrected_p < ERROR_RATE

    @property
    def effect(self) -> str:
        """How large the difference is: "large", "medium", "small", or "" if the values are about as large."""
        share = max(self.superiority, 1 - self.superiority)
        return next((name for least, name in EFFECTS if share >= least), "")


def summarise_by_class(values: NDArray[Any], labels: Labels, classes: int) -> list[Quantiles]:
    """The quantiles of values (n,) in each class of labels int64 (n,)."""
    return [summarise(values[labels == label]) for label in range(classes)]


def summarise(values: NDArray[Any]) -> Quantiles:
    """The quantiles of values (n,)."""
    if not len(values):
        return Quantiles(0, *[float("nan")] * len(SHARES))
    return Quantiles(len(values), *np.quantile(values, SHARES).tolist())


def compare_samples(pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> list[Difference | None]:
    """Compare pairs of samples (n,) and (m,) by the two-sample Kolmogorov-Smirnov test.

    The p-values are corrected for the number of pairs (Holm 1979, "A Simple Sequentially Rejective Multiple Test
    Procedure"). A test assumes independent values: images by the same writer are not, so p is rather too small.

    Returns:
        A difference for each pair; None where a sample has too few values.
    """
    found = [_compare(*pair) if min(map(len, pair)) >= MIN_COMPARED_IMAGES else None for pair in pairs]
    tested = [each for each in found if each is not None]
    corrected = iter(correct_holm([each.p for each in tested]))
    return [None if each is None else each._replace(corrected_p=next(corrected)) for each in found]


def correct_holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected after Holm, in the same order: below 0.05 with an error rate of 5% over all tests."""
    order = np.argsort(p_values)
    factors = np.arange(len(order), 0, -1)
    ascending = np.minimum(np.maximum.accumulate(np.asarray(p_values, float)[order] * factors), 1)
    corrected = np.empty(len(order))
    corrected[order] = ascending
    return corrected.tolist()


def share_histograms(
    samples: Sequence[NDArray[Any]], bins: int
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """The shares of each sample (n,) in bins that are the same for all, and the edges of the bins.

    The bins go over the middle 99.8% of all values, so that an outlier does not press them together; what lies
    beyond counts in the outermost ones.

    Args:
        samples: none of them empty.
        bins: their number.

    Returns:
        float64 (bins,) for each sample, with sum 1, and float64 (bins + 1,).
    """
    limits = np.array([np.quantile(sample, (0.001, 0.999)) for sample in samples])
    low, high = float(limits[:, 0].min()), float(limits[:, 1].max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    clipped = [np.clip(sample, edges[0], edges[-1]) for sample in samples]
    return [np.histogram(values, edges)[0] / len(values) for values in clipped], edges


def _compare(first: NDArray[Any], second: NDArray[Any]) -> Difference:
    test = stats.ks_2samp(first, second)
    ranks = stats.rankdata(np.concatenate([first, second]))[len(first) :]
    n, m = len(first), len(second)
    larger = (float(ranks.sum()) - m * (m + 1) / 2) / (n * m)
    medians = float(np.median(first)), float(np.median(second))
    return Difference((n, m), medians, float(test.statistic), larger, float(test.pvalue), float(test.pvalue))
