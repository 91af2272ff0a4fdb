"""Accuracy on groups of images as a figure whose points can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from digitrec.charts.style import BLUE, GREY, GRID_COLOUR, VERMILLION, apply_style
from digitrec.evaluation import Slice

_ROW_HEIGHT = 22  # pixels of a group
_TITLE_SHIFT = -75  # pixels from the axis: a title begins among the labels, so that a phone has room for all of it


class SliceRow(NamedTuple):
    """One group as it is drawn."""

    label: str  # at its left
    part: Slice
    is_worst: bool = False
    is_chosen: bool = False


def slices_figure(groups: Sequence[tuple[str, Sequence[SliceRow]]], accuracy: float) -> go.Figure:
    """A point with its 95% interval for each group, under the title of its quality; a line for all images.

    A click on a group selects a point of the first trace (`on_select="rerun"`): its `point_index` counts the
    groups from the top. The worst group is a diamond with another colour, the chosen one has a ring.

    Args:
        groups: title of a quality, and its groups from the top; none of them empty.
        accuracy: on all images.
    """
    places: list[int] = []
    ticks: list[str] = []
    titles: list[tuple[int, str]] = []
    at = 0
    for title, rows in groups:
        titles.append((at, title))
        places += range(at + 1, at + 1 + len(rows))
        ticks += [row.label for row in rows]
        at += len(rows) + 1
    rows = [row for _, group in groups for row in group]
    figure = go.Figure([_points(rows, places), _rings(rows, places)])
    figure.add_vline(x=100 * accuracy, line={"color": GREY, "width": 1, "dash": "dash"})
    for place, title in titles:
        figure.add_annotation(
            x=0,
            xref="paper",
            y=place,
            text=f"<b>{title}</b>",
            showarrow=False,
            xanchor="left",
            xshift=_TITLE_SHIFT,
            yshift=-2,
        )
    figure.update_xaxes(title_text="Accuracy (%), dashed: all images", gridcolor=GRID_COLOUR, fixedrange=True)
    figure.update_yaxes(
        tickvals=places, ticktext=ticks, range=[at - 0.3, -0.6], showgrid=False, zeroline=False, fixedrange=True
    )
    figure.update_layout(
        showlegend=False, hovermode="closest", hoverdistance=-1, dragmode=False, clickmode="event+select"
    )
    return apply_style(figure, height=_ROW_HEIGHT * at + 70)


def _points(rows: Sequence[SliceRow], places: Sequence[int]) -> go.Scatter:
    colours = [VERMILLION if row.is_worst else BLUE for row in rows]
    accuracy = [100 * row.part.accuracy.value for row in rows]
    look = {"color": colours, "size": 9, "symbol": ["diamond" if row.is_worst else "circle" for row in rows]}
    full = {"marker": {"opacity": 1}}  # a selection shows in the ring, and outlives the figure
    return go.Scatter(
        x=accuracy,
        y=list(places),
        mode="markers",
        marker=look,
        selected=full,
        unselected=full,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (row.part.accuracy.high - row.part.accuracy.value) for row in rows],
            "arrayminus": [100 * (row.part.accuracy.value - row.part.accuracy.low) for row in rows],
            "thickness": 1.5,
            "width": 3,
            "color": GREY,
        },
        text=[_hover_text(row) for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _rings(rows: Sequence[SliceRow], places: Sequence[int]) -> go.Scatter:
    chosen = [
        (100 * row.part.accuracy.value, place) for row, place in zip(rows, places, strict=True) if row.is_chosen
    ]
    return go.Scatter(
        x=[x for x, _ in chosen],
        y=[y for _, y in chosen],
        mode="markers",
        marker={"symbol": "circle-open", "size": 18, "color": GREY, "line": {"width": 3}},
        hoverinfo="skip",
    )


def _hover_text(row: SliceRow) -> str:
    part = row.part
    return (
        f"{row.label}{', the worst' if row.is_worst else ''}<br>{part.accuracy.value:.2%} of {part.n:,} images, "
        f"95% interval {part.accuracy.low:.2%} to {part.accuracy.high:.2%}<br>{part.n - part.right:,} misread"
    )
