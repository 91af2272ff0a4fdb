"""ROC and precision-recall curves against scikit-learn: ties, absent classes, many classes."""

import math

import numpy as np
import pytest
from sklearn import metrics as oracle

from digitrec.metrics.curves import (
    class_curves,
    precision_recall_corner,
    precision_recall_curve,
    roc_corner,
    roc_curve,
    thin_curve,
)

SCORES = {
    "smooth": lambda rng, positive: rng.normal(size=len(positive)) + positive,
    "ties": lambda rng, positive: (rng.normal(size=len(positive)) + positive).round(),
    "float32 at its ends": lambda rng, positive: rng.integers(0, 2, len(positive)).astype(np.float32),
    "constant": lambda rng, positive: np.full(len(positive), 0.1, np.float32),
    "perfect": lambda rng, positive: positive.astype(float),
    "upside down": lambda rng, positive: -positive.astype(float),
}


def given(kind: str, seed: int, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.3
    return positive, SCORES[kind](rng, positive)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SCORES)
def test_areas_are_scikit_learns(kind, seed):
    positive, scores = given(kind, seed)
    assert roc_curve(positive, scores).area == pytest.approx(oracle.roc_auc_score(positive, scores))
    expected = oracle.average_precision_score(positive, scores)
    assert precision_recall_curve(positive, scores).area == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SCORES)
def test_the_roc_curve_goes_through_scikit_learns_points(kind, seed):
    positive, scores = given(kind, seed)
    curve = roc_curve(positive, scores)
    x, y, _ = oracle.roc_curve(positive, scores, drop_intermediate=False)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert {*zip(curve.x, curve.y, strict=True)} <= {*zip(x, y, strict=True)}
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(curve.area)  # nothing was lost with the other points


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SCORES)
def test_the_precision_recall_curve_goes_through_scikit_learns_points(kind, seed):
    positive, scores = given(kind, seed)
    curve = precision_recall_curve(positive, scores)
    precision, recall, _ = oracle.precision_recall_curve(positive, scores)
    points = {*zip(recall, precision, strict=True)}
    assert {*zip(curve.x[1:], curve.y[1:], strict=True)} <= points
    assert (curve.x[0], curve.x[-1], curve.y[0]) == (0, 1, curve.y[1])
    assert np.diff(curve.x) @ curve.y[1:] == pytest.approx(curve.area)


def test_a_class_that_is_absent_or_alone_has_no_roc():
    scores = np.array([0.1, 0.9])
    nobody = roc_curve(np.zeros(2, bool), scores)
    assert math.isnan(nobody.area) and not len(nobody.x)
    assert math.isnan(roc_curve(np.ones(2, bool), scores).area)
    assert math.isnan(precision_recall_curve(np.zeros(2, bool), scores).area)
    assert precision_recall_curve(np.ones(2, bool), scores).area == 1


def test_no_images_have_no_curve():
    assert math.isnan(roc_curve(np.zeros(0, bool), np.zeros(0)).area)
    assert all(math.isnan(one.share) for one in class_curves(np.zeros(0, np.int64), np.zeros((0, 3), np.float32)))


@pytest.mark.parametrize("classes", [2, 10, 26])
def test_each_class_is_ranked_against_all_others(classes):
    rng = np.random.default_rng(classes)
    y_true, proba = rng.integers(0, classes - 1, 500), rng.dirichlet(np.ones(classes), 500).astype(np.float32)
    found = class_curves(y_true, proba)
    assert len(found) == classes
    for label, one in enumerate(found[:-1]):
        assert one.share == (y_true == label).mean()
        if one.share < 1:
            assert one.roc.area == pytest.approx(oracle.roc_auc_score(y_true == label, proba[:, label]))
    assert found[-1].share == 0 and math.isnan(found[-1].roc.area)


def test_a_thinned_curve_keeps_its_ends_and_its_area():
    curve = precision_recall_curve(*given("smooth", 0, 5000))
    few = thin_curve(curve, 100)
    assert len(curve.x) > 100 >= len(few.x)
    assert few.area == curve.area
    assert (few.x[0], few.x[-1], few.y[-1]) == (curve.x[0], curve.x[-1], curve.y[-1])
    assert thin_curve(few, 100) is few


def test_the_corner_is_small_for_a_good_network_and_everything_for_guessing():
    positive = np.arange(2000) % 10 == 0
    good = positive + np.random.default_rng(0).normal(scale=0.25, size=2000)
    guessing = np.random.default_rng(0).random(2000)
    corners = [roc_corner([roc_curve(positive, scores)]) for scores in (positive.astype(float), good, guessing)]
    assert corners[0] == 0.001 < corners[1] < corners[2] == 1
    curves = [precision_recall_curve(positive, scores) for scores in (positive.astype(float), good, guessing)]
    assert precision_recall_corner(curves[:1]) == 0.001
    assert precision_recall_corner(curves[1:]) == precision_recall_corner([]) / 0.001 == 1
    best = roc_corner([roc_curve(positive, good)])
    assert np.interp(best / 2, *roc_curve(positive, good)[:2]) >= 1 - best / 2
