"""Figures of an evaluation: classes with intervals, ROC and precision-recall, calibration, coverage.

Every difference in colour is a difference in shape, dash or place as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from digitrec.charts.style import BLUE, GREEN, GREY, GRID_COLOUR, ORANGE, SERIES, SKY, apply_style
from digitrec.metrics import ClassEstimates, Curve, Estimate, OperatingPoint, ReliabilityDiagram, RiskCoverageCurve

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")  # five and seven: no two of 35 classes look the same
_PAIR_STYLES = ((BLUE, "circle", "solid"), (ORANGE, "square", "dash"))  # for two series at a time
_FIXED_AXIS = {"fixedrange": True, "gridcolor": GRID_COLOUR, "zeroline": False}


def class_intervals_figure(estimates: Sequence[ClassEstimates], class_names: Sequence[str]) -> go.Figure:
    """Precision, recall and F1 of each class with their 95% intervals; unknown ones are left out.

    Args:
        estimates: for each of the c classes.
        class_names: the c names.
    """
    looks = {
        "Precision": ("precision", SKY, "triangle-up", -0.22),
        "Recall": ("recall", ORANGE, "square", 0.0),
        "F1": ("f1", GREEN, "circle", 0.22),
    }
    places = np.arange(len(class_names), dtype=np.float64)
    figure = go.Figure(
        [
            _interval_points(
                [getattr(one, field) for one in estimates], places + shift, name=name, look=(colour, symbol)
            ).update(customdata=list(class_names))
            for name, (field, colour, symbol, shift) in looks.items()
        ]
    )
    figure.update_xaxes(
        title_text="Class", tickvals=places, ticktext=list(class_names), tickangle=0, **_FIXED_AXIS
    )
    figure.update_yaxes(title_text="Share (%)", **_FIXED_AXIS)
    return apply_style(figure, height=380).update_layout(dragmode=False)


def roc_figure(curves: Mapping[str, Curve], side: float) -> go.Figure:
    """ROC curves by the names of their classes, in a corner of this side (1: the whole diagram)."""
    figure = _plot_curves(curves, shape="linear", hover="recall %{y:.3f} %, false positive rate %{x:.3f} %")
    if side == 1:
        figure.add_scatter(x=[0, 100], y=[0, 100], name="guessing", **_reference_line())
    room = 2 * side
    figure.update_xaxes(title_text="False positive rate (%)", range=[-room, 100 * side + room], **_FIXED_AXIS)
    figure.update_yaxes(
        title_text="True positive rate (%)", range=[100 - 100 * side - room, 100 + room], **_FIXED_AXIS
    )
    return apply_style(figure, height=440).update_layout(dragmode=False)


def precision_recall_figure(curves: Mapping[str, Curve], side: float) -> go.Figure:
    """Precision-recall curves by the names of their classes, in a corner of this side (1: the whole diagram)."""
    figure = _plot_curves(curves, shape="vh", hover="precision %{y:.3f} %, recall %{x:.2f} %")
    room = 2 * side
    ends = [100 - 100 * side - room, 100 + room]
    figure.update_xaxes(title_text="Recall (%)", range=ends, **_FIXED_AXIS)
    figure.update_yaxes(title_text="Precision (%)", range=ends, **_FIXED_AXIS)
    return apply_style(figure, height=440).update_layout(dragmode=False)


def reliability_figure(diagrams: Mapping[str, ReliabilityDiagram]) -> go.Figure:
    """Accuracy over confidence, and below it the number of answers in each range of confidence.

    Args:
        diagrams: at most two, by their names.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.72, 0.28])
    figure.add_scatter(x=[0, 100], y=[0, 100], name="perfectly calibrated", **_reference_line(), row=1, col=1)
    for (name, found), (colour, symbol, _) in zip(diagrams.items(), _PAIR_STYLES, strict=False):
        trace = _interval_points(found.accuracy, 100 * found.bins.confidence, name=name, look=(colour, symbol))
        trace.update(customdata=found.bins.counts, legendgroup=name)
        trace.hovertemplate = (
            f"{name}<br>%{{customdata:,}} answers, confidence %{{x:.1f}} %, accuracy %{{y:.1f}} %<extra></extra>"
        )
        figure.add_trace(trace, row=1, col=1)
        figure.add_trace(_count_bars(found, name, colour), row=2, col=1)
    figure.update_xaxes(range=[-2, 102], **_FIXED_AXIS)
    figure.update_xaxes(title_text="Confidence (%)", row=2, col=1)
    figure.update_yaxes(title_text="Accuracy (%)", range=[-4, 104], **_FIXED_AXIS, row=1, col=1)
    figure.update_yaxes(title_text="Answers", type="log", **_FIXED_AXIS, dtick=1, tickformat="~s", row=2, col=1)
    return apply_style(figure, height=480).update_layout(dragmode=False, barmode="group")


def coverage_figure(curves: Mapping[str, RiskCoverageCurve], chosen: Mapping[str, OperatingPoint]) -> go.Figure:
    """Accuracy of the answers over the share of images answered, and the point that a threshold gives on each.

    Args:
        curves: at most two, by their names.
        chosen: the point of the threshold on each.
    """
    figure = go.Figure()
    for (name, curve), (colour, symbol, dash) in zip(curves.items(), _PAIR_STYLES, strict=False):
        figure.add_scatter(
            x=100 * curve.coverage,
            y=100 * curve.accuracy,
            customdata=100 * curve.threshold,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate=f"{name}<br>%{{x:.2f}} % answered, accuracy %{{y:.3f}} %<br>"
            "from confidence %{customdata:.4f} %<extra></extra>",
        )
        if (selection := chosen[name]).answered:
            figure.add_scatter(
                x=[100 * selection.coverage.value],
                y=[100 * selection.accuracy.value],
                name=f"{name}, as chosen",
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 14, "line": {"width": 2, "color": GREY}},
                hovertemplate="%{x:.2f} % answered, accuracy %{y:.3f} %<extra>as chosen</extra>",
            )
    # Without mistakes the curve is a straight line: only its end is shown.
    first = min((100 * curve.coverage[curve.wrong > 0].min(initial=1.0) for curve in curves.values()), default=100)
    figure.update_xaxes(title_text="Images answered (%)", range=[max(first - 10, 0), 100.5], **_FIXED_AXIS)
    figure.update_yaxes(title_text="Accuracy of the answers (%)", **_FIXED_AXIS)
    return apply_style(figure, height=400).update_layout(dragmode=False)


def _interval_points(
    estimates: Sequence[Estimate], places: NDArray[np.float64], *, name: str, look: tuple[str, str]
) -> go.Scatter:
    values, low, high = 100 * np.array(estimates, float).reshape(-1, 3).T  # (3, k)
    colour, symbol = look
    above, below = np.maximum(high - values, 0), np.maximum(values - low, 0)
    return go.Scatter(
        name=name,
        x=places,
        y=values,
        error_y={"type": "data", "array": above, "arrayminus": below, "thickness": 1.5, "width": 3},
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 8, "line": {"width": 1, "color": GREY}},
        text=[f"{a:.2f} to {b:.2f} %" for a, b in zip(low, high, strict=True)],
        hovertemplate=f"%{{customdata}}, {name}: %{{y:.2f}} %<br>95% interval %{{text}}<extra></extra>",
    )


def _plot_curves(curves: Mapping[str, Curve], *, shape: str, hover: str) -> go.Figure:
    looks = itertools.cycle(zip(itertools.cycle(SERIES), itertools.cycle(_DASHES), strict=False))
    return go.Figure(
        [
            go.Scatter(
                name=name,
                x=100 * curve.x,
                y=100 * curve.y,
                mode="lines",
                line={"color": colour, "dash": dash, "shape": shape, "width": 2},
                hovertemplate=f"{name}: {hover}<extra></extra>",
            )
            for (name, curve), (colour, dash) in zip(curves.items(), looks, strict=False)
        ]
    )


def _count_bars(found: ReliabilityDiagram, name: str, colour: str) -> go.Bar:
    counts = found.bins.counts
    middles = 100 * (np.arange(len(counts)) + 0.5) / len(counts)
    bars = {"color": colour, "pattern": {"shape": "" if colour == _PAIR_STYLES[0][0] else "/"}}
    hover = f"{name}<br>%{{y:,}} answers<extra></extra>"
    return go.Bar(
        x=middles, y=counts, marker=bars, name=name, legendgroup=name, showlegend=False, hovertemplate=hover
    )


def _reference_line() -> dict[str, object]:
    return {"mode": "lines", "line": {"color": GREY, "dash": "dot", "width": 1.5}, "hoverinfo": "skip"}
