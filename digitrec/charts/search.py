"""Charts of a search: its trials' curves, how much each setting matters, all settings side by side, the frontier.

Altair, because they grow while the search runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from digitrec.charts.style import BLUE, GREY, ORANGE, SKY, VERMILLION

BEST, FIRST, COMPLETE, PRUNED = "best", "first settings", "complete", "pruned"
KINDS = (PRUNED, COMPLETE, FIRST, BEST)  # in the order in which they are drawn: the last is on top
_COLOURS = {PRUNED: ORANGE, COMPLETE: SKY, FIRST: VERMILLION, BEST: BLUE}
_WIDTHS = {PRUNED: 1.2, COMPLETE: 1.2, FIRST: 3.0, BEST: 3.0}
_OPACITIES = {PRUNED: 0.5, COMPLETE: 1.0, FIRST: 1.0, BEST: 1.0}  # of the lines: most trials are pruned
_SHAPES = {PRUNED: "cross", COMPLETE: "circle", FIRST: "diamond", BEST: "square"}
_BAR_HEIGHT = 26  # pixels
_MAX_TICKS = 12  # epochs that are all named at the axis


class Line(NamedTuple):
    """A trial in a chart.

    Attributes:
        name: such as "trial 7".
        kind: one of `KINDS`.
        points: x and y.
    """

    name: str
    kind: str
    points: Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """An axis of the parallel coordinates, with the texts at its lower and its upper end."""

    title: str
    low: str
    high: str


class Path(NamedTuple):
    """A trial across the axes: where it crosses each, 0 to 1 or None, and its values as texts."""

    name: str
    kind: str
    places: Sequence[float | None]
    texts: Sequence[str]


def trial_curves(lines: Sequence[Line], title: str) -> alt.LayerChart:
    """What pruning compares, over the epochs, for each trial; a curve that was pruned ends early.

    Args:
        lines: epochs and values, above 0.
        title: of the values.
    """
    frame = _to_frame(lines)
    last = max(1.0, float(frame["x"].max())) if len(frame) else 1.0
    ticks: dict[str, Any] = {"values": list(range(1, int(last) + 1))} if last <= _MAX_TICKS else {}
    x_axis = alt.Axis(tickMinStep=1, format="d", **ticks)
    y_axis = alt.Axis(format="~g", tickCount=5)
    shared: dict[str, Any] = {
        "x": alt.X("x:Q", title="Epochs", axis=x_axis, scale=alt.Scale(domain=[0.9, last + 0.1], nice=False)),
        "y": alt.Y(
            "y:Q", title=f"{title} (log scale)", axis=y_axis, scale=alt.Scale(type="log", nice=False, padding=8)
        ),
        "detail": alt.Detail("name:N"),
        "color": _colour(),
        "tooltip": [
            alt.Tooltip("name:N", title="Trial"),
            alt.Tooltip("kind:N", title="Kind"),
            alt.Tooltip("x:Q", title="Epoch"),
            alt.Tooltip("y:Q", title=title, format=".4f"),
        ],
    }
    dots = alt.MarkDef(type="point", filled=True, size=40, opacity=1)
    points = alt.Chart(mark=dots, encoding=alt.FacetedEncoding(shape=_shape()))
    return _layer([*map(_lines, KINDS), points], data=frame, encoding=alt.SharedEncoding(**shared))


def importance_bars(shares: Mapping[str, float]) -> alt.Chart:
    """How much each setting matters, the largest first.

    Args:
        shares: of 1, by the name of the setting.
    """
    names = sorted(shares, key=lambda name: -shares[name])
    frame = pd.DataFrame([(name, shares[name]) for name in names], columns=["setting", "share"])
    percent = alt.Axis(format=".0%", tickCount=5)
    return alt.Chart(
        data=frame,
        mark=alt.MarkDef(type="bar", color=BLUE, height=_BAR_HEIGHT * 0.6),
        encoding=alt.FacetedEncoding(
            x=alt.X("share:Q", title="Importance", axis=percent),
            y=alt.Y("setting:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
            tooltip=[
                alt.Tooltip("setting:N", title="Setting"),
                alt.Tooltip("share:Q", title="Importance", format=".1%"),
            ],
        ),
        height=_BAR_HEIGHT * max(len(shares), 1) + 20,
        background="transparent",
    )


def parallel_coordinates(axes: Sequence[Axis], paths: Sequence[Path]) -> alt.LayerChart:
    """Each trial as a line across the settings and its result, which is the last axis.

    Args:
        axes: from left to right.
        paths: for each trial; a place that is None is left out.
    """
    rows = [
        (axis.title, place, path.name, path.kind, text)
        for path in paths
        for axis, place, text in zip(axes, path.places, path.texts, strict=True)
        if place is not None
    ]
    frame = pd.DataFrame(rows, columns=["axis", "place", "name", "kind", "text"])
    top = alt.Axis(labelAngle=0, labelLimit=110, grid=True, orient="top", domain=False, ticks=False)
    x = alt.X("axis:N", title=None, sort=[axis.title for axis in axes], axis=top)
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.12, 1.12], nice=False))
    shared: Any = {
        "x": x,
        "y": y,
        "detail": alt.Detail("name:N"),
        "color": _colour(),
        "tooltip": [
            alt.Tooltip("name:N", title="Trial"),
            alt.Tooltip("axis:N", title="Setting"),
            alt.Tooltip("text:N", title="Value"),
        ],
    }
    lines = alt.LayerChart(
        data=frame, layer=[*map(_lines, KINDS), _hover_dots()], encoding=alt.SharedEncoding(**shared)
    )
    return _layer([lines, _axis_ends(axes, x, y)])


def _axis_ends(axes: Sequence[Axis], x: alt.X, y: alt.Y) -> alt.Chart:
    """The texts below and above each axis."""
    rows = [(axis.title, place, text) for axis in axes for place, text in ((-0.08, axis.low), (1.08, axis.high))]
    return alt.Chart(
        data=pd.DataFrame(rows, columns=["axis", "place", "text"]),
        mark=alt.MarkDef(type="text", fontSize=11, color=GREY),
        encoding=alt.FacetedEncoding(x=x, y=y, text=alt.Text("text:N")),
    )


def _hover_dots() -> alt.Chart:
    """Small points where a line crosses an axis: they have the values."""
    return alt.Chart(mark=alt.MarkDef(type="point", filled=True, size=25, opacity=1))


def frontier_chart(
    points: Sequence[Line], frontier: Sequence[tuple[float, float]], *, cost: str, goal: str
) -> alt.LayerChart:
    """Each complete trial by its cost and its accuracy; a line joins those that no other beats in both.

    Args:
        points: one point each: cost, and share of images right.
        frontier: the points of the line, in order.
        cost: title of the cost, with its unit.
        goal: title of the accuracy.
    """
    x_axis = alt.Axis(format=".3~r", tickCount=6)
    x = alt.X("x:Q", title=cost, scale=alt.Scale(zero=False, padding=10), axis=x_axis)
    y_axis = alt.Axis(format=".1~%", tickCount=6)
    y = alt.Y("y:Q", title=goal, scale=alt.Scale(zero=False, padding=10), axis=y_axis)
    tooltip = [
        alt.Tooltip("name:N", title="Trial"),
        alt.Tooltip("x:Q", title=cost, format=".3g"),
        alt.Tooltip("y:Q", title=goal, format=".2%"),
    ]
    look: dict[str, Any] = {"interpolate": "step-after", "color": GREY, "strokeWidth": 1.5, "strokeDash": [5, 4]}
    steps = alt.Chart(
        data=pd.DataFrame(list(frontier), columns=["x", "y"]).astype(float),
        mark=alt.MarkDef(type="line", **look),
        encoding=alt.FacetedEncoding(x=x, y=y),
    )
    dots = alt.Chart(
        data=_to_frame(points),
        mark=alt.MarkDef(type="point", filled=True, size=80, opacity=1),
        encoding=alt.FacetedEncoding(x=x, y=y, color=_colour(), shape=_shape(), tooltip=tooltip),
    )
    return _layer([steps, dots])


def _to_frame(lines: Sequence[Line]) -> pd.DataFrame:
    rows = [(*point, line.name, line.kind) for line in lines for point in line.points]
    # Without points pandas cannot infer the types.
    return pd.DataFrame(rows, columns=["x", "y", "name", "kind"]).astype({"x": float, "y": float})


def _layer(layers: Sequence[Any], **options: Any) -> alt.LayerChart:
    legend = alt.LegendConfig(orient="bottom", columns=2, symbolStrokeWidth=2, symbolOpacity=1, labelLimit=200)
    config = alt.Config(legend=legend)
    return alt.LayerChart(layer=layers, height=360, background="transparent", config=config, **options)


def _lines(kind: str) -> alt.Chart:
    """The lines of one kind of trial: a layer of its own, so that the best is on top."""
    dash = [5, 4] if kind == PRUNED else [1, 0]
    mark = alt.MarkDef(
        type="line", strokeWidth=_WIDTHS[kind], opacity=_OPACITIES[kind], strokeDash=dash, clip=True
    )
    return alt.Chart(mark=mark, transform=[alt.FilterTransform(filter=f"datum.kind == '{kind}'")])


def _colour() -> alt.Color:
    scale = alt.Scale(domain=list(KINDS), range=[_COLOURS[kind] for kind in KINDS])
    return alt.Color("kind:N", title=None, scale=scale)


def _shape() -> alt.Shape:
    scale = alt.Scale(domain=list(KINDS), range=[_SHAPES[kind] for kind in KINDS])
    return alt.Shape("kind:N", title=None, scale=scale)
