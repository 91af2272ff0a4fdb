"""How well a class's probability tells it from all others, whatever the threshold: ROC and precision-recall.

Both follow one walk down the images, surest first: after each group of equal probabilities it is noted how many of
the class are found and how many others came along. (Fawcett 2006, "An introduction to ROC analysis"; Davis and
Goadrich 2006, "The relationship between Precision-Recall and ROC curves".)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.metrics.classification import proportion
from digitrec.metrics.intervals import Estimate


class Curve(NamedTuple):
    """A curve and what its area says; empty, with an area of NaN, where there is nothing to tell apart."""

    x: np.ndarray  # float64 (m,), ascending
    y: np.ndarray  # float64 (m,)
    area: float


class ClassCurves(NamedTuple):
    """How one class is told from the others."""

    roc: Curve  # x: others taken for it, y: found, each a share; the area is the AUC
    precision_recall: Curve  # x: recall, y: precision; the area is the average precision
    share: float  # of the images that are of this class: the average precision of guessing


_ZOOM_SIDES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of corners that a good network needs zoomed
_EMPTY_CURVE = Curve(np.empty(0), np.empty(0), float("nan"))


def class_curves(y_true: np.ndarray, proba: np.ndarray) -> list[ClassCurves]:
    """The curves of each class against all others.

    Args:
        y_true: int64 (n,).
        proba: float32 (n, c).
    """
    return [_class_curves(y_true == label, proba[:, label]) for label in range(proba.shape[1])]


def roc_curve(positive: np.ndarray, scores: np.ndarray) -> Curve:
    """Receiver operating characteristic, with the corners alone; its area by trapezoids.

    The area is the chance that a random image of the class scores above a random other one, ties counting half.

    Args:
        positive: bool (n,), which images are of the class.
        scores: float (n,), greater where the class is likelier.
    """
    found, others = _cumulative_counts(positive, scores)
    if not found[-1] or not others[-1]:
        return _EMPTY_CURVE
    x, y = np.append(0, others / others[-1]), np.append(0, found / found[-1])
    area = float(np.trapezoid(y, x))
    kept = _corner_mask(x, y)
    return Curve(x[kept], y[kept], area)


def precision_recall_curve(positive: np.ndarray, scores: np.ndarray) -> Curve:
    """Precision over recall, as steps; the area is the average precision, without interpolation.

    A point holds for the recalls up to its own: draw it vertical first, then horizontal. The first point repeats
    the precision of the surest images at recall 0.

    Args:
        positive: bool (n,), which images are of the class.
        scores: float (n,), greater where the class is likelier.
    """
    found, others = _cumulative_counts(positive, scores)
    if not found[-1]:
        return _EMPTY_CURVE
    recall, precision = found / found[-1], found / (found + others)
    area = float(np.diff(recall, prepend=0) @ precision)
    rising = np.diff(recall, prepend=-1) > 0  # where recall stands still, only precision is lost
    x, y = np.append(0, recall[rising]), np.append(precision[rising][0], precision[rising])
    kept = _corner_mask(x, y)
    return Curve(x[kept], y[kept], area)


def roc_corner(curves: Sequence[Curve]) -> float:
    """The side of the upper left corner of the diagram in which all these ROC curves bend; 1 is all of it."""
    fits = (side for side in _ZOOM_SIDES if all(np.interp(side / 2, c.x, c.y) >= 1 - side / 2 for c in curves))
    return next(fits, 1.0)


def precision_recall_corner(curves: Sequence[Curve]) -> float:
    """The same of the upper right corner, for precision-recall curves."""
    fits = (
        side
        for side in _ZOOM_SIDES
        if all(c.y[np.searchsorted(c.x, 1 - side / 2)] >= 1 - side / 2 for c in curves)
    )
    return next(fits, 1.0)


def thin_curve(curve: Curve, points: int = 400) -> Curve:
    """The curve by at most so many of its points, its ends among them, for the eye; the area stays."""
    if len(curve.x) <= points:
        return curve
    kept = np.unique(np.linspace(0, len(curve.x) - 1, points).round().astype(int))
    return Curve(curve.x[kept], curve.y[kept], curve.area)


def _class_curves(positive: np.ndarray, scores: np.ndarray) -> ClassCurves:
    share = float(positive.mean()) if len(positive) else float("nan")
    return ClassCurves(roc_curve(positive, scores), precision_recall_curve(positive, scores), share)


def _cumulative_counts(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of the class, and of the others, score at least so much: int64 (m,) each, m different scores."""
    if not len(scores):
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # of each group of equal scores
    found = np.cumsum(positive[order], dtype=np.int64)[last]
    return found, last + 1 - found


def _corner_mask(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """bool (m,): the first, the last, and the points where the direction changes between level and upright."""
    level, upright = np.diff(y) == 0, np.diff(x) == 0
    straight = (level[:-1] & level[1:]) | (upright[:-1] & upright[1:])
    return np.concatenate([[True], ~straight, [True]])


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
