"""When to say "not sure": how many images are answered, and how well, if a network is silent below a confidence.

Selective classification by the greatest probability (Geifman and El-Yaniv 2017, "Selective Classification for
Deep Neural Networks"). A threshold is a setting: it is chosen on validation images, never on a test set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics.estimates import Estimate, proportion

# Where a person may put the threshold; networks are mostly very sure, so it is finest there.
THRESHOLD_CHOICES = (
    0,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.85,
    0.9,
    0.92,
    0.94,
    0.95,
    0.96,
    0.97,
    0.98,
    0.985,
    0.99,
    0.992,
)
THRESHOLD_CHOICES += (0.994, 0.995, 0.996, 0.997, 0.998, 0.9985, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999)


class OperatingPoint(NamedTuple):
    """What a threshold does to a split."""

    threshold: float  # answered is what is at least so sure
    answered: int  # images
    wrong: int  # of those answered
    images: int

    @property
    def coverage(self) -> Estimate:
        """The share that is answered."""
        return proportion(self.answered, self.images)

    @property
    def accuracy(self) -> Estimate:
        """The share of right answers among those given; NaN where none is given."""
        return proportion(self.answered - self.wrong, self.answered)


class RiskCoverageCurve(NamedTuple):
    """Every choice that a split offers, by falling threshold: a point for each confidence that occurs."""

    threshold: np.ndarray  # float64 (m,), falling
    answered: np.ndarray  # int64 (m,), rising
    wrong: np.ndarray  # int64 (m,), of those answered
    images: int

    @property
    def coverage(self) -> np.ndarray:
        """The share answered at each point: float64 (m,)."""
        return self.answered / max(self.images, 1)

    @property
    def accuracy(self) -> np.ndarray:
        """The share of right answers at each point: float64 (m,)."""
        return 1 - self.wrong / self.answered


def risk_coverage_curve(right: np.ndarray, confidence: np.ndarray) -> RiskCoverageCurve:
    """The choices that these answers offer.

    Args:
        right: bool (n,), which answers are right.
        confidence: float (n,), how sure each is.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1) if len(ordered) else np.empty(0, int)
    wrong = np.cumsum(~right[order], dtype=np.int64)[last]
    return RiskCoverageCurve(ordered[last].astype(np.float64), last + 1, wrong, len(right))


def operating_point(curve: RiskCoverageCurve, threshold: float) -> OperatingPoint:
    """What happens if only answers at least so sure are given."""
    given = int((curve.threshold >= threshold).sum())
    if not given:
        return OperatingPoint(threshold, 0, 0, curve.images)
    return OperatingPoint(threshold, int(curve.answered[given - 1]), int(curve.wrong[given - 1]), curve.images)


def max_coverage_without_errors(curve: RiskCoverageCurve) -> OperatingPoint:
    """The most that can be answered without a single mistake on these images."""
    return _lowest_threshold(curve, curve.wrong == 0)


def max_coverage_for_accuracy(curve: RiskCoverageCurve, accuracy: float) -> OperatingPoint:
    """The most that can be answered if at least this share of the answers is to be right."""
    return _lowest_threshold(curve, curve.accuracy >= accuracy)


def thin_risk_coverage_curve(curve: RiskCoverageCurve, points: int = 600) -> RiskCoverageCurve:
    """The curve by about so many of its points, for the eye: those before and at each mistake come first."""
    if len(curve.threshold) <= points:
        return curve
    mistakes = np.flatnonzero(np.diff(curve.wrong))  # the last points before
    corners = np.concatenate([mistakes, mistakes + 1, [0, len(curve.threshold) - 1]])
    spread = np.linspace(0, len(curve.threshold) - 1, points).round().astype(int)
    kept = np.union1d(corners, spread) if len(corners) <= points else spread
    return RiskCoverageCurve(curve.threshold[kept], curve.answered[kept], curve.wrong[kept], curve.images)


def _lowest_threshold(curve: RiskCoverageCurve, good: np.ndarray) -> OperatingPoint:
    places = np.flatnonzero(good)
    if not len(places):
        return OperatingPoint(np.inf, 0, 0, curve.images)
    place = places[-1]
    return OperatingPoint(
        float(curve.threshold[place]), int(curve.answered[place]), int(curve.wrong[place]), curve.images
    )
