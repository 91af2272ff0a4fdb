"""The figures of an evaluation's numbers carry what they were given, and tell things apart by more than colour."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from digitrec.charts import metrics as charts
from digitrec.metrics.calibration import reliability_diagram
from digitrec.metrics.classification import estimate_per_class
from digitrec.metrics.curves import class_curves, operating_point, risk_coverage_curve

NAMES = list("abcdefg")


def answers() -> tuple[np.ndarray, np.ndarray]:
    """Labels (n,) and proba (n, 7), about half right; the last class never occurs."""
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 6, 400)
    scores = np.exp(rng.normal(size=(400, 7)) + 2 * np.eye(7)[y_true])
    return y_true, (scores / scores.sum(1, keepdims=True)).astype(np.float32)


Y_TRUE, PROBA = answers()
CLASSES = estimate_per_class(np.diag([9, 8, 7, 6, 5, 4, 0]) + np.eye(7, k=1, dtype=int) * [1, 1, 1, 1, 1, 0, 0])
RANKED = dict(zip(NAMES[:6], class_curves(Y_TRUE, PROBA), strict=False))
ROC = {name: one.roc for name, one in RANKED.items()}
PRECISION_RECALL = {name: one.precision_recall for name, one in RANKED.items()}
DIAGRAMS = {
    "before": reliability_diagram(PROBA, Y_TRUE),
    "after": reliability_diagram(PROBA**2 / (PROBA**2).sum(1)[:, None], Y_TRUE),
}
CURVE = risk_coverage_curve(PROBA.argmax(1) == Y_TRUE, PROBA.max(1))
CURVES = {"Validation images": CURVE, "Test images": CURVE}


def every_figure() -> dict[str, go.Figure]:
    return {
        "classes": charts.class_intervals_figure(CLASSES, NAMES),
        "roc": charts.roc_figure(ROC, 0.1),
        "precision and recall": charts.precision_recall_figure(PRECISION_RECALL, 1.0),
        "reliability": charts.reliability_figure(DIAGRAMS),
        "coverage": charts.coverage_figure(CURVES, {name: operating_point(CURVE, 0.5) for name in CURVES}),
    }


@pytest.mark.parametrize("name", every_figure())
def test_every_figure_is_transparent_titled_fixed_and_ready_for_the_browser(name):
    layout = every_figure()[name].layout
    axes = [layout[axis] for axis in layout if axis.startswith(("xaxis", "yaxis"))]
    assert any(axis.title.text for axis in axes[:2]) and all(axis.fixedrange for axis in axes)
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)" and layout.font.color is None
    assert json.loads(every_figure()[name].to_json())["data"]


def test_each_class_has_its_numbers_with_bars_from_low_to_high():
    _, recall, _ = charts.class_intervals_figure(CLASSES, NAMES).data
    found = np.array([recall.y - recall.error_y.arrayminus, recall.y, recall.y + recall.error_y.array])
    expected = 100 * np.array([[one.recall.low, one.recall.value, one.recall.high] for one in CLASSES]).T
    np.testing.assert_allclose(found, expected)
    assert np.isnan(recall.y[-1]) and list(recall.customdata) == NAMES


def test_precision_recall_and_f1_stand_beside_each_other_in_shapes_of_their_own():
    traces = charts.class_intervals_figure(CLASSES, NAMES).data
    assert len({trace.marker.symbol for trace in traces}) == len({trace.x[0] for trace in traces}) == 3


@pytest.mark.parametrize(("figure", "curves"), [("roc", ROC), ("precision and recall", PRECISION_RECALL)])
def test_every_curve_is_drawn_whole_in_a_look_of_its_own(figure, curves):
    traces = [trace for trace in every_figure()[figure].data if trace.name in curves]
    for trace, curve in zip(traces, curves.values(), strict=True):
        np.testing.assert_allclose(trace.x, 100 * curve.x)
        np.testing.assert_allclose(trace.y, 100 * curve.y)
    assert len({(trace.line.color, trace.line.dash) for trace in traces}) == len(curves)


def test_the_corner_is_what_is_asked_for():
    roc, both = charts.roc_figure(ROC, 0.1), charts.precision_recall_figure(PRECISION_RECALL, 0.1)
    assert np.allclose(roc.layout.xaxis.range, [-0.2, 10.2]) and np.allclose(roc.layout.yaxis.range, [89.8, 100.2])
    assert np.allclose([both.layout.xaxis.range, both.layout.yaxis.range], [89.8, 100.2])


def test_the_whole_roc_diagram_has_the_line_of_guessing_and_a_corner_has_not():
    (line,) = (trace for trace in charts.roc_figure(ROC, 1).data if trace.name == "guessing")
    assert (list(line.x), list(line.y)) == ([0, 100], [0, 100])
    assert len(charts.roc_figure(ROC, 0.1).data) == len(ROC)


def test_perfect_calibration_is_the_diagonal():
    (line,) = (trace for trace in charts.reliability_figure(DIAGRAMS).data if trace.name == "perfectly calibrated")
    assert (list(line.x), list(line.y)) == ([0, 100], [0, 100])


def test_the_reliability_diagram_shows_accuracy_over_confidence_and_how_many():
    figure = charts.reliability_figure(DIAGRAMS)
    for name, found in DIAGRAMS.items():
        points, bars = (trace for trace in figure.data if trace.name == name)
        np.testing.assert_allclose(points.x, 100 * found.bins.confidence)
        np.testing.assert_allclose(points.y, 100 * found.bins.accuracy)
        np.testing.assert_array_equal(bars.y, found.bins.counts)
    points, bars = (
        [one for one in figure.data if one.name in DIAGRAMS and one.type == kind] for kind in ("scatter", "bar")
    )
    assert len({one.marker.symbol for one in points}) == len({one.marker.pattern.shape for one in bars}) == 2


def test_the_chosen_threshold_is_marked_on_each_curve_and_no_mark_where_nothing_is_answered():
    figure = charts.coverage_figure(
        CURVES, {"Validation images": operating_point(CURVE, 0.5), "Test images": operating_point(CURVE, 2)}
    )
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    (mark,) = (trace for trace in figure.data if trace.mode == "markers")
    assert [line.name for line in lines] == list(CURVES) and lines[0].line.dash != lines[1].line.dash
    np.testing.assert_allclose(lines[0].y, 100 * CURVE.accuracy)
    chosen = operating_point(CURVE, 0.5)
    assert (mark.x[0], mark.y[0]) == (100 * chosen.coverage.value, 100 * chosen.accuracy.value)


def test_of_the_stretch_without_a_mistake_only_an_end_is_shown():
    half = risk_coverage_curve(np.arange(100) < 50, np.linspace(1, 0.5, 100))
    figure = charts.coverage_figure({"Test images": half}, {"Test images": operating_point(half, 0.9)})
    assert figure.layout.xaxis.range == (41, 100.5)
    flawless = risk_coverage_curve(np.ones(9, bool), np.linspace(1, 0.5, 9))
    figure = charts.coverage_figure({"Test images": flawless}, {"Test images": operating_point(flawless, 0.9)})
    assert figure.layout.xaxis.range == (90, 100.5)
