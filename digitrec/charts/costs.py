"""Accuracy against cost: a point for each network, and the frontier of those that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import altair as alt
import pandas as pd

from digitrec.charts.style import BLUE, GREY
from digitrec.metrics import Estimate

_ACCURACY = "Validation accuracy (%)"
_SCALE = alt.Scale(zero=False, padding=16)  # room for the names above the intervals
_ON, _OFF = "on the frontier", "beaten by another"


class CostPoint(NamedTuple):
    """A network in the chart."""

    name: str
    cost: float
    accuracy: Estimate
    is_on_frontier: bool


def cost_chart(points: Sequence[CostPoint], title: str) -> alt.LayerChart:
    """Accuracy with its interval against cost, on a logarithmic axis; a stepped line joins the frontier.

    Args:
        points: at least one.
        title: of the cost, with its unit.
    """
    rows = [
        {
            "run": point.name,
            "cost": point.cost,
            "accuracy": point.accuracy.value,
            "low": point.accuracy.low,
            "high": point.accuracy.high,
            "kind": _ON if point.is_on_frontier else _OFF,
        }
        for point in points
    ]
    frame = pd.DataFrame(rows)
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=[_ON, _OFF], range=[BLUE, GREY]), legend=alt.Legend()
    )
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=[_ON, _OFF], range=["circle", "square"]))
    percent = alt.Axis(format=".1~%")
    accuracy = alt.Y("accuracy:Q", title=_ACCURACY, axis=percent, scale=_SCALE)
    low, high = min(frame["cost"]) / 1.6, max(frame["cost"]) * 1.6
    cost = alt.X(
        "cost:Q",
        title=f"{title}, log scale",
        axis=alt.Axis(format="~s", tickCount=5),
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
    )
    tooltip = [
        alt.Tooltip("run:N", title="Run"),
        alt.Tooltip("cost:Q", title=title, format=",.4~g"),
        alt.Tooltip("accuracy:Q", title="Accuracy", format=".2%"),
        alt.Tooltip("low:Q", title="95% interval from", format=".2%"),
        alt.Tooltip("high:Q", title="to", format=".2%"),
    ]
    base = alt.Chart(frame).encode(x=cost)
    layers = [
        base.transform_filter(alt.datum.kind == _ON)
        .mark_line(interpolate="step-after", strokeDash=[5, 4], color=BLUE, strokeWidth=1.5)
        .encode(y=accuracy, order=alt.Order("cost:Q")),
        base.mark_rule(strokeWidth=1.5).encode(
            y=alt.Y("low:Q", title=_ACCURACY, axis=percent, scale=_SCALE),
            y2="high:Q",
            color=colour,
        ),
        base.mark_point(filled=True, size=90, opacity=1).encode(
            y=accuracy, color=colour, shape=shape, tooltip=tooltip
        ),
        base.mark_text(align="center", baseline="bottom", dy=-3, fontSize=12).encode(
            y=alt.Y("high:Q", title=_ACCURACY, axis=percent, scale=_SCALE), text="run:N", color=colour
        ),
    ]
    return alt.layer(*layers, height=340, background="transparent").configure_legend(orient="bottom")
