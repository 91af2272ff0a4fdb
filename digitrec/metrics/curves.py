"""Curves over every threshold: ROC, precision-recall, and risk-coverage.

ROC and precision-recall curves count the images of a class and the others, from the highest score down (Fawcett
2006, "An introduction to ROC analysis"; Davis and Goadrich 2006, "The relationship between Precision-Recall and
ROC curves"). A risk-coverage curve counts answers and mistakes of a network that answers only above a confidence
(Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks"). A threshold is a setting: choose
it on validation images, never on test images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitrec.metrics.inputs import Counts, Floats, Labels, Mask, Proba
from digitrec.metrics.intervals import Estimate, proportion

_Scores: TypeAlias = NDArray[np.floating[Any]]  # (n,)


class Curve(NamedTuple):
    """A curve and the area under it; empty, with an area of NaN, where one of the two sides has no images."""

    x: Floats  # (m,), ascending
    y: Floats  # (m,)
    area: float


class ClassCurves(NamedTuple):
    """The curves of one class against all others."""

    roc: Curve  # x: false positive rate, y: true positive rate; the area is the AUC
    precision_recall: Curve  # x: recall, y: precision; the area is the average precision
    share: float  # of the images in this class: the average precision of guessing


class OperatingPoint(NamedTuple):
    """Answers and mistakes at one threshold."""

    threshold: float  # on the confidence: lower ones are not answered
    answered: int  # images
    wrong: int  # of those answered
    images: int

    @property
    def coverage(self) -> Estimate:
        """The share of images that are answered."""
        return proportion(self.answered, self.images)

    @property
    def accuracy(self) -> Estimate:
        """The share of right answers among the answered images; NaN without any."""
        return proportion(self.answered - self.wrong, self.answered)


class RiskCoverageCurve(NamedTuple):
    """Answers and mistakes at every threshold, by falling threshold: a point for each confidence that occurs."""

    threshold: Floats  # (m,), falling
    answered: Counts  # (m,), rising
    wrong: Counts  # (m,), of those answered
    images: int

    @property
    def coverage(self) -> Floats:
        """The share of images answered at each point: float64 (m,)."""
        share: Floats = self.answered / max(self.images, 1)
        return share

    @property
    def accuracy(self) -> Floats:
        """The share of right answers at each point: float64 (m,)."""
        share: Floats = 1 - self.wrong / self.answered
        return share


# Thresholds on the confidence to choose from; most networks are very confident, so the steps are smallest there.
# fmt: off
THRESHOLD_CHOICES = (
    0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.992, 0.994,
    0.995, 0.996, 0.997, 0.998, 0.9985, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999,
)
# fmt: on
_ZOOM_SIDES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of the corner to zoom into
_EMPTY_CURVE = Curve(np.empty(0), np.empty(0), float("nan"))


def class_curves(y_true: Labels, proba: Proba) -> list[ClassCurves]:
    """The curves of each class against all others.

    Args:
        y_true: int64 (n,).
        proba: float32 (n, c).
    """
    return [_class_curves(y_true == label, proba[:, label]) for label in range(proba.shape[1])]


def roc_curve(positive: Mask, scores: _Scores) -> Curve:
    """The receiver operating characteristic, reduced to its corners; its area by trapezoids.

    The area is the probability that a random image of the class scores above a random other one; ties count half.

    Args:
        positive: bool (n,), which images are of the class.
        scores: float (n,), greater where the class is likelier.
    """
    hits, others = _cumulative_counts(positive, scores)
    if not hits[-1] or not others[-1]:
        return _EMPTY_CURVE
    x, y = np.append(0, others / others[-1]), np.append(0, hits / hits[-1])
    area = float(np.trapezoid(y, x))
    corners = _corner_mask(x, y)
    return Curve(x[corners], y[corners], area)


def precision_recall_curve(positive: Mask, scores: _Scores) -> Curve:
    """Precision over recall in steps; the area is the average precision, without interpolation.

    A point holds for the recalls up to its own: draw vertical lines first, then horizontal ones. The first point
    repeats the precision at the highest score for a recall of 0.

    Args:
        positive: bool (n,), which images are of the class.
        scores: float (n,), greater where the class is likelier.
    """
    hits, others = _cumulative_counts(positive, scores)
    if not hits[-1]:
        return _EMPTY_CURVE
    recall, precision = hits / hits[-1], hits / (hits + others)
    area = float(np.diff(recall, prepend=0) @ precision)
    rising = np.diff(recall, prepend=-1) > 0  # at equal recall, only precision falls
    x, y = np.append(0, recall[rising]), np.append(precision[rising][0], precision[rising])
    corners = _corner_mask(x, y)
    return Curve(x[corners], y[corners], area)


def roc_corner(curves: Sequence[Curve]) -> float:
    """The side of the upper left corner that shows the bends of all these ROC curves; 1 is the whole diagram."""
    fits = (side for side in _ZOOM_SIDES if all(np.interp(side / 2, c.x, c.y) >= 1 - side / 2 for c in curves))
    return next(fits, 1.0)


def precision_recall_corner(curves: Sequence[Curve]) -> float:
    """The side of the upper right corner that shows the bends of all these precision-recall curves."""
    fits = (
        side
        for side in _ZOOM_SIDES
        if all(c.y[np.searchsorted(c.x, 1 - side / 2)] >= 1 - side / 2 for c in curves)
    )
    return next(fits, 1.0)


def thin_curve(curve: Curve, points: int = 400) -> Curve:
    """The curve reduced to at most `points` points for drawing, with its ends; the area stays."""
    if len(curve.x) <= points:
        return curve
    chosen = np.unique(np.linspace(0, len(curve.x) - 1, points).round().astype(int))
    return Curve(curve.x[chosen], curve.y[chosen], curve.area)


def _class_curves(positive: Mask, scores: _Scores) -> ClassCurves:
    share = float(positive.mean()) if len(positive) else float("nan")
    return ClassCurves(roc_curve(positive, scores), precision_recall_curve(positive, scores), share)


def _cumulative_counts(positive: Mask, scores: _Scores) -> tuple[Counts, Counts]:
    """How many images of the class, and how many others, score at least each of the m scores: int64 (m,) each."""
    if not len(scores):
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # of each group of equal scores
    hits = np.cumsum(positive[order], dtype=np.int64)[last]
    return hits, last + 1 - hits


def _corner_mask(x: Floats, y: Floats) -> Mask:
    """bool (m,): the first and last point, and the points between a horizontal and a vertical line."""
    level, upright = np.diff(y) == 0, np.diff(x) == 0
    straight = (level[:-1] & level[1:]) | (upright[:-1] & upright[1:])
    return np.concatenate([[True], ~straight, [True]])


def risk_coverage_curve(right: Mask, confidence: _Scores) -> RiskCoverageCurve:
    """Answers and mistakes at every threshold.

    Args:
        right: bool (n,), which answers are right.
        confidence: float (n,), of each answer.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1) if len(ordered) else np.empty(0, int)
    wrong = np.cumsum(~right[order], dtype=np.int64)[last]
    return RiskCoverageCurve(ordered[last].astype(np.float64), last + 1, wrong, len(right))


def operating_point(curve: RiskCoverageCurve, threshold: float) -> OperatingPoint:
    """Answers and mistakes if every answer below this confidence is left out."""
    given = int((curve.threshold >= threshold).sum())
    if not given:
        return OperatingPoint(threshold, 0, 0, curve.images)
    return OperatingPoint(threshold, int(curve.answered[given - 1]), int(curve.wrong[given - 1]), curve.images)


def max_coverage_without_errors(curve: RiskCoverageCurve) -> OperatingPoint:
    """The lowest threshold without a mistake on these images."""
    return _lowest_threshold(curve, curve.wrong == 0)


def max_coverage_for_accuracy(curve: RiskCoverageCurve, accuracy: float) -> OperatingPoint:
    """The lowest threshold at which at least this share of the answers is right."""
    return _lowest_threshold(curve, curve.accuracy >= accuracy)


def cheapest_threshold(curve: RiskCoverageCurve, price: float) -> OperatingPoint:
    """The threshold at which refusals and mistakes together cost least.

    See Chow 1970, "On Optimum Recognition Error and Reject Tradeoff". Only steps of 0.025 from 0.5 on are tried:
    finer ones would follow single images. If several thresholds cost the same, it is the lowest of them.

    Args:
        curve: of validation images.
        price: of a wrong answer, in images that are not answered.
    """
    points = [operating_point(curve, at / 40) for at in range(20, 40)]
    return min(points, key=lambda point: curve.images - point.answered + price * point.wrong)


def thin_risk_coverage_curve(curve: RiskCoverageCurve, points: int = 600) -> RiskCoverageCurve:
    """The curve reduced to about `points` points for drawing; the points at mistakes are chosen first."""
    if len(curve.threshold) <= points:
        return curve
    mistakes = np.flatnonzero(np.diff(curve.wrong))  # the points before each mistake
    corners = np.concatenate([mistakes, mistakes + 1, [0, len(curve.threshold) - 1]])
    spread = np.linspace(0, len(curve.threshold) - 1, points).round().astype(int)
    chosen = np.union1d(corners, spread) if len(corners) <= points else spread
    return RiskCoverageCurve(curve.threshold[chosen], curve.answered[chosen], curve.wrong[chosen], curve.images)


def _lowest_threshold(curve: RiskCoverageCurve, allowed: Mask) -> OperatingPoint:
    places = np.flatnonzero(allowed)
    if not len(places):
        return OperatingPoint(np.inf, 0, 0, curve.images)
    place = places[-1]
    return OperatingPoint(
        float(curve.threshold[place]), int(curve.answered[place]), int(curve.wrong[place]), curve.images
    )
