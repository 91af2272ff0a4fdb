"""Numbers with their 95% intervals: Wilson's for shares, the percentile bootstrap for everything else.

The bootstrap (Efron and Tibshirani 1993, chapter 13) draws the images with replacement, as many as there are, and
computes the number of each draw. The middle 95% of the draws is the interval. Where no answer is wrong, no draw
has a mistake and the bootstrap's interval is a point. Wilson's interval has a width there too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.metrics.inputs import Confusion, Counts, Floats, MetricsError

Z_95 = 1.959964  # standard normal quantile of a two-sided 95% interval
RESAMPLES = 1000
RESAMPLING_SEED = 0  # the same answers give the same interval
_MAX_INDICES_AT_ONCE = 2_000_000  # drawn indices in memory


class Estimate(NamedTuple):
    """A number and its 95% interval; all three are NaN where nothing was counted."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(math.nan, math.nan, math.nan)


def wilson_interval(successes: int, n: int, *, z: float = Z_95) -> Estimate:
    """The share of successes and its score interval (Wilson 1927, J. Am. Stat. Assoc. 22).

    Unlike the textbook's p +- z s it never leaves [0, 1] and holds where nearly all answers are right. Without
    observations the share is NaN and the interval is 0 to 1.

    Args:
        successes: how many, from 0 to n.
        n: how many observations.
        z: standard normal quantile of the interval; 95% unless given.

    Raises:
        MetricsError: `successes` is not between 0 and n.
    """
    if not 0 <= successes <= n:
        raise MetricsError(f"{successes} successes of {n}: expected 0 to {n}.")
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # With no successes, or nothing else, one end is exactly 0 or 1; rounding would miss it.
    low, high = 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half
    return Estimate(share, low, high)


def proportion(successes: int, n: int) -> Estimate:
    """The share of successes with its Wilson interval; `UNKNOWN` without observations.

    Raises:
        MetricsError: `successes` is not between 0 and n.
    """
    return wilson_interval(successes, n) if n else UNKNOWN


def percentile_interval(draws: Floats) -> tuple[Floats, Floats]:
    """The middle 95% of draws (b, ...): low (...) and high (...). Draws that are NaN are left out."""
    unknown = np.isnan(draws).all(0)
    known = np.where(unknown, 0.0, draws)  # NumPy warns where a whole slice is NaN
    low, high = np.nanquantile(known, [0.025, 0.975], axis=0)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def bootstrap_estimates(values: Floats, draws: Floats) -> list[Estimate]:
    """Numbers (k,) with the percentile intervals of their draws (b, k)."""
    low, high = percentile_interval(draws)
    return [Estimate(*map(float, row)) for row in zip(values, low, high, strict=True)]


def resample_confusions(confusion: Confusion, *, draws: int = RESAMPLES, seed: int = RESAMPLING_SEED) -> Counts:
    """Confusion matrices of images drawn with replacement: int64 (b, c, c).

    Drawing images is drawing cells: one multinomial draw each, without the images.
    """
    n = confusion.sum()
    if not n:
        return np.zeros((draws, *confusion.shape), np.int64)
    cells = np.random.default_rng(seed).multinomial(n, confusion.reshape(-1) / n, size=draws)
    return cells.reshape(draws, *confusion.shape)  # (b, c * c) -> (b, c, c)


def resample_means(values: Floats, *, draws: int = RESAMPLES, seed: int = RESAMPLING_SEED) -> Floats:
    """Means over images drawn with replacement: float64 (b, k) of values (n, k); n is at least 1."""
    columns = np.ascontiguousarray(values.T, np.float64)  # (k, n)
    return resample(
        len(values),
        lambda chosen: np.stack([column[chosen].mean(1) for column in columns], axis=1),  # (b', n) -> (b', k)
        draws=draws,
        seed=seed,
    )


def resample(
    n: int,
    statistic: Callable[[NDArray[np.int32]], NDArray[Any]],
    *,
    draws: int = RESAMPLES,
    seed: int = RESAMPLING_SEED,
) -> NDArray[Any]:
    """A statistic of images drawn with replacement.

    Args:
        n: how many images there are, at least 1.
        statistic: (b', ...) of indices (b', n), a row for each draw.
        draws: how many draws b.
        seed: of the draws.

    Returns:
        The rows of all draws: (b, ...).
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _MAX_INDICES_AT_ONCE // n)  # all draws of 60,000 images at once would take 240 MB
    sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    return np.concatenate([statistic(rng.integers(0, n, (size, n), np.int32)) for size in sizes])
