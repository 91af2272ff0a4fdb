"""Figures of a data set: its class balance and the intensities of its pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from digitrec.charts.style import BLUE, GREEN, GRID_COLOUR, ORANGE, apply_style


def class_balance(counts: Mapping[str, NDArray[np.int64]], class_names: Sequence[str]) -> go.Figure:
    """How many images each class has in each split, side by side.

    Args:
        counts: for each split's name, int64 (c,).
        class_names: the c names.
    """
    looks = itertools.cycle(zip((BLUE, ORANGE, GREEN), ("", "/", "x"), strict=True))
    figure = go.Figure(
        [
            go.Bar(
                name=split,
                x=list(class_names),
                y=values,
                marker={"color": colour, "pattern": {"shape": pattern}, "line": {"color": colour, "width": 1}},
                hovertemplate=f"%{{x}}, {split}: %{{y:,}} images<extra></extra>",
            )
            for (split, values), (colour, pattern) in zip(counts.items(), looks, strict=False)
        ]
    )
    figure.update_xaxes(title_text="Class", type="category")
    figure.update_yaxes(title_text="Images", gridcolor=GRID_COLOUR, tickformat=",")
    figure.update_layout(barmode="group")
    return apply_style(figure, height=340)


def intensity_histogram(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> go.Figure:
    """How many pixels have each intensity, on a logarithmic scale: most of every image is paper.

    Args:
        counts: int64 (b,), pixels per bin.
        edges: (b + 1,), the bins' borders, as `numpy.histogram` gives them.
    """
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            marker_color=BLUE,
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f}: %{y:,} pixels<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Pixel intensity (0 = paper, 255 = ink)", range=[edges[0], edges[-1]])
    seen = counts[counts > 0] if np.any(counts) else [1]
    decades = [math.floor(math.log10(min(seen))), math.log10(max(seen)) + 0.1]
    figure.update_yaxes(title_text="Pixels (log scale)", type="log", range=decades, dtick=1, tickformat="~s")
    return apply_style(figure.update_yaxes(gridcolor=GRID_COLOUR), height=340)
