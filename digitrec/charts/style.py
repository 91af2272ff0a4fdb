"""The look of all figures: transparent, texts in the theme's own colour, so light and dark both work.

The colours are Okabe and Ito's (2008, Color Universal Design), which colour-blind people can tell apart; without
their black and their yellow, which vanish on a dark or a light page. Sky, orange and purple are darker than
theirs: each colour has a contrast of 3 : 1 or more to both pages (WCAG 2.2, 1.4.11). Streamlit's boxes have the
same colours, by `.streamlit/config.toml`.
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go  # slow to import, and the colours are used without it

BLUE, SKY, PURPLE = "#0072B2", "#2E93CF", "#BC6797"
ORANGE, VERMILLION, GREEN = "#BE7F00", "#D55E00", "#009E73"
GREY = "#858585"
AMBER = "#E69F00"  # Okabe and Ito's own orange: in cells under black numbers
SERIES = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, GREY)  # of curves, in this order
# Of up to ten classes; what has such colours also has their names.
CLASSES = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, "#7566C9", "#8F6B4E", "#6F8A1E", GREY)
GRID_COLOUR = "rgba(128, 128, 128, 0.25)"
TRANSPARENT = "rgba(0, 0, 0, 0)"
EMPTY_COLOUR = "rgba(128, 128, 128, 0.08)"
NO_TOOLBAR = {"displayModeBar": False}  # it lies on the legend, on a phone always


def apply_style(figure: go.Figure, *, height: int) -> go.Figure:
    """The figure with small margins, no background, and its legend above."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )


def class_colours(n: int) -> list[str]:
    """A colour for each of n classes; of more than ten, neighbours in the list differ most."""
    if n <= len(CLASSES):
        return list(CLASSES[:n])
    parts = ((i * 0.618034 % 1, 0.42 if i % 2 else 0.54) for i in range(n))  # the golden section spreads the hues
    return ["#" + "".join(f"{round(255 * v):02X}" for v in colorsys.hls_to_rgb(h, low, 0.6)) for h, low in parts]


def to_rgb(colour: str) -> NDArray[np.float64]:
    """A colour such as "#0072B2" as red, green and blue from 0 to 255: float64 (3,)."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
