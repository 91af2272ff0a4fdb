"""The look that all Plotly figures share: transparent, texts in the theme's own colour, so light and dark work."""

from __future__ import annotations

import plotly.graph_objects as go

GRID_COLOUR = "rgba(128, 128, 128, 0.25)"
TRANSPARENT = "rgba(0, 0, 0, 0)"
EMPTY_COLOUR = "rgba(128, 128, 128, 0.08)"


def apply_style(figure: go.Figure, *, height: int) -> go.Figure:
    """The figure with small margins, no background, and its legend above."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )
