"""Figures of how a measure of images is distributed: by class, and in two data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from digitrec.charts.style import BLUE, GRID_COLOUR, ORANGE, apply_style
from digitrec.evaluation import Quantiles

_DASHES = ("solid", "dash")  # so that two lines differ without colour, too


def class_boxes(quantiles: Sequence[Quantiles], class_names: Sequence[str], axis: str) -> go.Figure:
    """A box for each class: the line is the median, the box half of the images, the whiskers 5 to 95 per cent.

    A click on a class selects a point of the second trace (`on_select="rerun"`): its `point_index` is the class.

    Args:
        quantiles: of the c classes; those without images have no box.
        class_names: the c names.
        axis: the measure with its unit.
    """
    names = list(class_names)
    box = go.Box(
        x=names,
        q1=[each.first for each in quantiles],
        median=[each.median for each in quantiles],
        q3=[each.third for each in quantiles],
        lowerfence=[each.low for each in quantiles],
        upperfence=[each.high for each in quantiles],
        marker_color=BLUE,
        hoverinfo="skip",
        showlegend=False,
    )
    full = {"marker": {"opacity": 1}}
    points = go.Scatter(
        x=names,
        y=[each.median for each in quantiles],
        mode="markers",
        marker={"color": ORANGE, "size": 9, "symbol": "diamond"},
        selected=full,
        unselected=full,
        showlegend=False,
        text=[
            f"{name}: median {each.median:.1f}, half of the images {each.first:.1f} to {each.third:.1f}, "
            f"90% {each.low:.1f} to {each.high:.1f}"
            for name, each in zip(names, quantiles, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    figure = go.Figure([box, points])
    figure.update_xaxes(title_text="Class", type="category", fixedrange=True)
    figure.update_yaxes(title_text=axis, gridcolor=GRID_COLOUR, zeroline=False, fixedrange=True)
    figure.update_layout(hovermode="closest", hoverdistance=-1, dragmode=False, clickmode="event+select")
    return apply_style(figure, height=380)


def overlaid_histograms(
    shares: Mapping[str, NDArray[np.float64]], edges: NDArray[np.float64], axis: str
) -> go.Figure:
    """The shares of two data sets in the same bins, as two outlines over each other.

    Args:
        shares: by the title of the data set, float64 (b,).
        edges: float64 (b + 1,).
        axis: the measure with its unit.
    """
    figure = go.Figure()
    for (title, values), colour, dash in zip(shares.items(), (BLUE, ORANGE), _DASHES, strict=False):
        figure.add_scatter(
            x=edges,
            y=100 * np.append(values, values[-1]),
            name=title,
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hv", "dash": dash},
            fill="tozeroy",
            hovertemplate=f"{title}: %{{y:.1f}}% from %{{x:.1f}} on<extra></extra>",
        )
    figure.update_xaxes(title_text=axis, fixedrange=True)
    figure.update_yaxes(title_text="Images (%)", gridcolor=GRID_COLOUR, rangemode="tozero", fixedrange=True)
    figure.update_layout(hovermode="x unified", dragmode=False)
    return apply_style(figure, height=300)
