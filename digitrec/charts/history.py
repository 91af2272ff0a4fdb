"""The curves of a finished training as a Plotly figure, for the report; see also `live_curves`."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from digitrec.charts.style import BLUE, GRID_COLOUR, VERMILLION, apply_style
from digitrec.runs import Epoch

_TRAINING_STYLE, _VALIDATION_STYLE = (BLUE, "circle", "solid"), (VERMILLION, "diamond", "dash")


def history_figure(epochs: Sequence[Epoch]) -> go.Figure:
    """Accuracy above loss after each epoch, on training and validation images; side by side, a phone has no room.

    Args:
        epochs: of one training, at least one.
    """
    numbers = [row.epoch for row in epochs]
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08)
    for place, (metric, scale) in enumerate((("accuracy", 100), ("loss", 1)), start=1):
        for prefix, name, style in (("", "training", _TRAINING_STYLE), ("val_", "validation", _VALIDATION_STYLE)):
            shares = [getattr(row, prefix + metric) for row in epochs]
            values = [None if value is None else scale * value for value in shares]
            if any(value is not None for value in values):
                figure.add_trace(_draw_curve(numbers, values, name, style), row=place, col=1)
    figure.update_traces(showlegend=False, row=2)
    figure.update_xaxes(tick0=0, dtick=max(1, round(len(epochs) / 8)), gridcolor=GRID_COLOUR, zeroline=False)
    figure.update_xaxes(title_text="Epoch", row=2)
    figure.update_yaxes(title_text="Accuracy (%)", gridcolor=GRID_COLOUR, row=1, col=1)
    figure.update_yaxes(title_text="Loss (log scale)", type="log", gridcolor=GRID_COLOUR, row=2, col=1)
    return apply_style(figure, height=560)


def _draw_curve(
    epochs: Sequence[int], values: Sequence[float | None], name: str, style: tuple[str, str, str]
) -> go.Scatter:
    colour, symbol, dash = style
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
