"""A finished training's curves as a Plotly figure, for the report; while it goes on, `curves` draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from digitrec.charts.style import BLUE, GRID_COLOUR, VERMILLION, apply_style


def history_figure(history: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Accuracy above loss after each epoch, on training and validation images; beside it a phone has no room.

    Args:
        history: rows of `Run.history`, with at least one epoch.
    """
    rows = [row for row in history if row["kind"] == "epoch"]
    epochs = [row["epoch"] for row in rows]
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08)
    for place, (metric, scale) in enumerate((("accuracy", 100), ("loss", 1)), start=1):
        for prefix, name, look in (
            ("", "training", (BLUE, "circle", "solid")),
            ("val_", "validation", _VALIDATION_STYLE),
        ):
            values = [None if row[prefix + metric] is None else scale * row[prefix + metric] for row in rows]
            if any(value is not None for value in values):
                figure.add_trace(_draw_curve(epochs, values, name, look), row=place, col=1)
    figure.update_traces(showlegend=False, row=2)
    figure.update_xaxes(tick0=0, dtick=max(1, round(len(rows) / 8)), gridcolor=GRID_COLOUR, zeroline=False)
    figure.update_xaxes(title_text="Epoch", row=2)
    figure.update_yaxes(title_text="Accuracy (%)", gridcolor=GRID_COLOUR, row=1, col=1)
    figure.update_yaxes(title_text="Loss (nats, log scale)", type="log", gridcolor=GRID_COLOUR, row=2, col=1)
    return apply_style(figure, height=560)


_VALIDATION_STYLE = (VERMILLION, "diamond", "dash")


def _draw_curve(
    epochs: Sequence[int], values: Sequence[float | None], name: str, look: tuple[str, str, str]
) -> go.Scatter:
    colour, symbol, dash = look
    return go.Scatter(
        x=epochs,
        y=values,
        name=name,
        legendgroup=name,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2},
        marker={"color": colour, "symbol": symbol, "size": 7},
        hovertemplate=f"epoch %{{x}}, {name}: %{{y:.4g}}<extra></extra>",
    )
