"""A learning rate from a range test: the loss while the rate rises (Smith 2017, arXiv 1506.01186, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.metrics.inputs import Floats, MetricsError

MIN_POINTS = 8
_WINDOW = 1 / 12  # of the points, on either side: what a smoothed loss is the mean over
_MIN_FALL = 0.05  # of the first loss: a curve that falls less has no slope to go by
# Times below the rate of the lowest loss, where the loss is about to rise. Chosen with `benchmarks/range_test.py
# --grid` on validation images of MNIST: in 60 steps, strided learns best at 0.8 to 2.5 times the rate of the
# lowest loss (one-cycle), cnn-dropout at 0.7 times (cosine). A rate that is held for long has to be lower.
_BELOW_MINIMUM = 3.0


class RateSuggestion(NamedTuple):
    """What a range test offers.

    Attributes:
        rate: the learning rate that is offered.
        steepest: where the smoothed loss falls fastest.
        minimum: where it is lowest.
    """

    rate: float
    steepest: float
    minimum: float


def smooth_losses(losses: Sequence[float]) -> Floats:
    """The losses, each the mean over its neighbours: float64 (n,).

    The window has the same width on both sides, so that a slope is not moved to higher rates, as a running mean
    would move it.
    """
    values = np.asarray(losses, float)
    reach = _reach(len(values))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    width = np.minimum(reach, np.minimum(at, len(values) - 1 - at))  # smaller at the ends, and still symmetric
    return (sums[at + width + 1] - sums[at - width]) / (2 * width + 1)


def _reach(points: int) -> int:
    return max(1, round(_WINDOW * points))


def suggest_rate(
    rates: Sequence[float], losses: Sequence[float], *, is_peak: bool = False
) -> RateSuggestion | None:
    """The learning rate that a range test offers; None where its curve does not fall.

    Args:
        rates: (n,), rising by one factor from step to step.
        losses: (n,), of the steps.
        is_peak: whether the schedule reaches the rate for a moment only, as one-cycle does: then it is the rate of
            the lowest loss (Smith 2018, arXiv 1803.09820, section 4.1).

    Raises:
        MetricsError: the two have different lengths.
    """
    if len(rates) != len(losses):
        raise MetricsError(f"there are {len(rates)} rates and {len(losses)} losses: expected one each.")
    if len(rates) < MIN_POINTS:
        return None
    smooth = smooth_losses(losses)
    lowest = int(smooth.argmin())
    if smooth[0] - smooth[lowest] < _MIN_FALL * smooth[0]:
        return None
    # The logarithms of the rates are evenly spaced. Smoothed twice, as a slope of one step is mostly noise; not at
    # the beginning, where the window is small.
    slopes, begin = np.gradient(smooth_losses(smooth.tolist())), min(_reach(len(rates)), lowest)
    steepest = float(rates[begin + int(slopes[begin : lowest + 1].argmin())])
    minimum = float(rates[lowest])
    return RateSuggestion(minimum if is_peak else minimum / _BELOW_MINIMUM, steepest, minimum)
