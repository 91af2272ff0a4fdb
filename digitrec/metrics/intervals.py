"""How far a number could have come out otherwise: percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

The images are drawn anew with replacement, as many as there are, and the number is computed of each draw; the
middle 95% of what comes out is the interval. What was never seen, such as a first mistake, no draw can hold: then
the interval shrinks to a point, and only Wilson's (`classification.wilson_interval`) tells how little is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

RESAMPLES = 1000
RESAMPLING_SEED = 0  # the same answers give the same interval
_MAX_INDICES_AT_ONCE = 2_000_000  # drawn indices in memory at a time


class Estimate(NamedTuple):
    """A number and the 95% interval around it; all NaN where there is nothing to count."""

    value: float
    low: float
    high: float


def percentile_interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle 95% of draws (b, ...): low (...) and high (...). A draw that is NaN is passed over."""
    unknown = np.isnan(draws).all(0)
    known = np.where(unknown, 0.0, draws)  # NumPy warns of a slice that is NaN alone
    low, high = np.nanquantile(known, [0.025, 0.975], axis=0)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def bootstrap_estimates(values: np.ndarray, draws: np.ndarray) -> list[Estimate]:
    """Numbers (k,) with the intervals that their draws (b, k) give."""
    low, high = percentile_interval(draws)
    return [Estimate(*map(float, row)) for row in zip(values, low, high, strict=True)]


def resample_confusions(
    confusion: np.ndarray, *, draws: int = RESAMPLES, seed: int = RESAMPLING_SEED
) -> np.ndarray:
    """Confusion matrices of as many images drawn with replacement: int64 (b, c, c).

    Drawing images is drawing cells, so it takes one multinomial draw each and no look at the images.
    """
    n = confusion.sum()
    if not n:
        return np.zeros((draws, *confusion.shape), np.int64)
    cells = np.random.default_rng(seed).multinomial(n, confusion.reshape(-1) / n, size=draws)
    return cells.reshape(draws, *confusion.shape)  # (b, c * c) -> (b, c, c)


def resample_means(values: np.ndarray, *, draws: int = RESAMPLES, seed: int = RESAMPLING_SEED) -> np.ndarray:
    """Means over as many images drawn with replacement: float64 (b, k) of values (n, k); n is at least 1."""
    columns = np.ascontiguousarray(values.T, np.float64)  # (k, n)
    return resample(
        len(values),
        lambda chosen: np.stack([column[chosen].mean(1) for column in columns], axis=1),  # (b', n) -> (b', k)
        draws=draws,
        seed=seed,
    )


def resample(
    n: int, count: Callable[[np.ndarray], np.ndarray], *, draws: int = RESAMPLES, seed: int = RESAMPLING_SEED
) -> np.ndarray:
    """What `count` says of images drawn with replacement.

    Args:
        n: how many images there are, at least 1.
        count: makes (b', ...) of indices (b', n), a row for each draw.
        draws: how many draws b.
        seed: which they are.

    Returns:
        The rows of all draws: (b, ...).
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _MAX_INDICES_AT_ONCE // n)  # all draws of 60,000 images at once would take 240 MB
    sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    return np.concatenate([count(rng.integers(0, n, (size, n), np.int32)) for size in sizes])
