"""Figures of robustness: accuracy over corruptions and severities, and over the steps of an attack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from digitrec.charts.style import AMBER, BLUE, GRID_COLOUR, TRANSPARENT, VERMILLION, apply_style
from digitrec.metrics import Estimate

# From all right to none: light enough everywhere for black numbers, in light and dark.
_MISREAD_COLOURS = ["#FDF6E7", "#FBE6BF", AMBER, "#E8803C"]
_SAMPLE_WIDTH = 0.46  # of a cell's width, its left


class AttackCurve(NamedTuple):
    """Accuracies over the steps of an attack."""

    name: str
    estimates: Sequence[Estimate]  # (e,)


def robustness_figure(
    shares: NDArray[np.float64],
    words: Sequence[Sequence[str]],
    *,
    titles: Sequence[str],
    paper: Sequence[int],
    samples: Sequence[Sequence[str]],
) -> go.Figure:
    """The accuracy on each corruption at each severity, beside a corrupted sample.

    A click on a cell selects a point of the last trace (`on_select`): `divmod(point_index, s)` is its (corruption,
    severity - 1) pair.

    Args:
        shares: float (k, s), from 0 to 1.
        words: the hover text of each cell (k, s).
        titles: the k corruptions.
        paper: the severity, from 1, that is framed and bold in each row.
        samples: the data URI of an image for each cell (k, s).
    """
    rows, severities = shares.shape
    figure = go.Figure([_heatmap(shares), _number_layer(shares, paper), _click_layer(words)])
    images = [_layout_sample(samples[row][column], row, column) for row, column in np.ndindex(rows, severities)]
    # All at once: Plotly copies those that are there with each one that is added.
    figure.update_layout(images=images, shapes=[_frame(row, paper[row]) for row in range(rows)])
    fixed = {"fixedrange": True, "showgrid": False, "zeroline": False, "tickmode": "array", "tickangle": 0}
    named = {"tickvals": list(range(severities)), "ticktext": [str(i + 1) for i in range(severities)]}
    figure.update_xaxes(
        title_text="Severity (in the cells: accuracy in %)", range=[-0.5, severities - 0.5], **named, **fixed
    )
    figure.update_yaxes(range=[rows - 0.5, -0.5], tickvals=list(range(rows)), ticktext=list(titles), **fixed)
    figure.update_layout(hovermode="closest", hoverdistance=-1, dragmode=False, clickmode="event+select")
    return apply_style(figure, height=38 * rows + 90)


def attack_figure(epsilons: Sequence[int], curves: Sequence[AttackCurve]) -> go.Figure:
    """Accuracy over the step of an attack, with intervals; the curves differ in colour, line and symbol.

    Args:
        epsilons: the steps (e,), in levels of 255.
        curves: the accuracy at each step.
    """
    looks = ((VERMILLION, "solid", "circle"), (BLUE, "dash", "square"))
    figure = go.Figure(
        [
            go.Scatter(
                name=curve.name,
                x=list(epsilons),
                y=[100 * step.value for step in curve.estimates],
                error_y=_error_bars(curve),
                mode="lines+markers",
                line={"color": colour, "dash": dash},
                marker={"symbol": symbol, "size": 8},
                customdata=[(100 * step.low, 100 * step.high) for step in curve.estimates],
                hovertemplate="step of %{x} levels: accuracy %{y:.1f}%<br>95% interval %{customdata[0]:.1f} to "
                f"%{{customdata[1]:.1f}}%<extra>{curve.name}</extra>",
            )
            for curve, (colour, dash, symbol) in zip(curves, looks, strict=True)
        ]
    )
    figure.update_xaxes(title_text="Step of each pixel (levels of 255)", gridcolor=GRID_COLOUR, fixedrange=True)
    figure.update_yaxes(title_text="Accuracy (%)", range=[0, 103], gridcolor=GRID_COLOUR, fixedrange=True)
    return apply_style(figure.update_layout(dragmode=False), height=360)


def _error_bars(curve: AttackCurve) -> dict[str, object]:
    above = [100 * (step.high - step.value) for step in curve.estimates]
    below = [100 * (step.value - step.low) for step in curve.estimates]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "width": 3}


def _heatmap(shares: NDArray[np.float64]) -> go.Heatmap:
    scale = {"zmin": 0, "zmax": 1, "colorscale": _MISREAD_COLOURS, "showscale": False}
    return go.Heatmap(z=1 - shares, hoverinfo="skip", xgap=2, ygap=2, **scale)


def _number_layer(shares: NDArray[np.float64], paper: Sequence[int]) -> go.Scatter:
    rows, columns = np.indices(shares.shape).reshape(2, -1)
    texts = ["100.0" if share == 1 else f"{min(100 * share, 99.9):.1f}" for share in shares.ravel()]
    bold = np.asarray(paper)[rows] - 1 == columns
    texts = [f"<b>{text}</b>" if is_bold else text for text, is_bold in zip(texts, bold, strict=True)]
    look = {"mode": "text", "textfont": {"color": "#000000", "size": 12}}
    look["unselected"] = {"textfont": {"color": "#000000"}}  # else a click fades the numbers of all other cells
    # To the right of the sample.
    return go.Scatter(
        x=columns + _SAMPLE_WIDTH / 2, y=rows, text=texts, hoverinfo="skip", showlegend=False, **look
    )


def _click_layer(words: Sequence[Sequence[str]]) -> go.Scatter:
    # Plotly heatmaps emit no selection, so invisible squares above them take the clicks and the hovering.
    columns = np.tile(np.arange(len(words[0])), len(words))
    return go.Scatter(
        x=columns,
        y=np.repeat(np.arange(len(words)), len(words[0])),
        mode="markers",
        marker={"symbol": "square", "size": 34, "color": TRANSPARENT, "line": {"width": 0}},
        text=[text for row in words for text in row],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _frame(row: int, severity: int) -> dict[str, object]:
    # Within the cell: around it, a dark page would swallow the frame.
    box = {"x0": severity - 1.46, "x1": severity - 0.54, "y0": row - 0.42, "y1": row + 0.42}
    return {"type": "rect", "line": {"color": BLUE, "width": 3}, **box}


def _layout_sample(address: str, row: int, column: int) -> dict[str, object]:
    where = {"x": column - 0.47, "y": row, "sizex": _SAMPLE_WIDTH, "sizey": 0.84}
    anchors = {"xref": "x", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    return {"source": address, "sizing": "contain", "layer": "above", **where, **anchors}
