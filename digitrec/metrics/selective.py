"""When to say "not sure": how many images are answered, and how well, if a network is silent below a confidence.

Selective classification by the greatest probability (Geifman and El-Yaniv 2017, "Selective Classification for
Deep Neural Networks"). A threshold is a setting: it is chosen on validation images, never on a test set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.metrics.estimates import Estimate, share

# Where a person may put the threshold; networks are mostly very sure, so it is finest there.
THRESHOLDS = (0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.992)
THRESHOLDS += (0.994, 0.995, 0.996, 0.997, 0.998, 0.9985, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999)


class Selection(NamedTuple):
    """What a threshold does to a split."""

    threshold: float  # answered is what is at least so sure
    answered: int  # images
    wrong: int  # of those answered
    images: int

    @property
    def coverage(self) -> Estimate:
        """The share that is answered."""
        return share(self.answered, self.images)

    @property
    def accuracy(self) -> Estimate:
        """The share of right answers among those given; NaN where none is given."""
        return share(self.answered - self.wrong, self.answered)


class CoverageCurve(NamedTuple):
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


def coverage_curve(right: np.ndarray, confidence: np.ndarray) -> CoverageCurve:
    """The choices that these answers offer.

    Args:
        right: bool (n,), which answers are right.
        confidence: float (n,), how sure each is.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1) if len(ordered) else np.empty(0, int)
    wrong = np.cumsum(~right[order], dtype=np.int64)[last]
    return CoverageCurve(ordered[last].astype(np.float64), last + 1, wrong, len(right))


def select(curve: CoverageCurve, threshold: float) -> Selection:
    """What happens if only answers at least so sure are given."""
    given = int((curve.threshold >= threshold).sum())
    if not given:
        return Selection(threshold, 0, 0, curve.images)
    return Selection(threshold, int(curve.answered[given - 1]), int(curve.wrong[given - 1]), curve.images)


def without_error(curve: CoverageCurve) -> Selection:
    """The most that can be answered without a single mistake on these images."""
    return _lowest(curve, curve.wrong == 0)


def for_accuracy(curve: CoverageCurve, accuracy: float) -> Selection:
    """The most that can be answered if at least this share of the answers is to be right."""
    return _lowest(curve, curve.accuracy >= accuracy)


def thinned(curve: CoverageCurve, points: int = 600) -> CoverageCurve:
    """The curve by about so many of its points, for the eye: those before and at each mistake come first."""
    if len(curve.threshold) <= points:
        return curve
    mistakes = np.flatnonzero(np.diff(curve.wrong))  # the last points before
    corners = np.concatenate([mistakes, mistakes + 1, [0, len(curve.threshold) - 1]])
    spread = np.linspace(0, len(curve.threshold) - 1, points).round().astype(int)
    kept = np.union1d(corners, spread) if len(corners) <= points else spread
    return CoverageCurve(curve.threshold[kept], curve.answered[kept], curve.wrong[kept], curve.images)


def _lowest(curve: CoverageCurve, good: np.ndarray) -> Selection:
    places = np.flatnonzero(good)
    if not len(places):
        return Selection(np.inf, 0, 0, curve.images)
    place = places[-1]
    return Selection(
        float(curve.threshold[place]), int(curve.answered[place]), int(curve.wrong[place]), curve.images
    )
