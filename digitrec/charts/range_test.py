"""The curve of a learning-rate range test."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from digitrec.charts.style import BLUE, SKY, VERMILLION

_ROOM = 1.3  # times the first loss: what is above it only rises


def range_curve(
    rates: Sequence[float], losses: Sequence[float], smooth: Sequence[float], offered: float | None
) -> alt.LayerChart:
    """The loss of each step, as points and smoothed as a line, against the rate; a line at the rate offered.

    Args:
        rates: (n,), at least one.
        losses: (n,).
        smooth: (n,), the losses smoothed.
        offered: the rate; None draws no line.
    """
    frame = pd.DataFrame({"rate": rates, "loss": losses, "smooth": smooth}).astype(float)
    ticks = [10.0**power for power in range(-5, 1)]
    x = alt.X(
        "rate:Q",
        title="Learning rate, log scale",
        axis=alt.Axis(values=ticks, format="~g"),
        scale=alt.Scale(type="log", domain=[min(rates), max(rates)], nice=False),
    )
    room = alt.Scale(domain=[0.9 * min(losses), _ROOM * max(smooth[0], min(losses))], clamp=True)
    tooltip = [
        alt.Tooltip("rate:Q", title="Learning rate", format=".2g"),
        alt.Tooltip("smooth:Q", title="Loss, smoothed", format=".3f"),
        alt.Tooltip("loss:Q", title="Loss", format=".3f"),
    ]
    base = alt.Chart(frame).encode(x=x, tooltip=tooltip)
    layers = [
        base.mark_point(filled=True, size=14, color=SKY, opacity=0.7).encode(
            y=alt.Y("loss:Q", title="Loss", scale=room)
        ),
        base.mark_line(color=BLUE, strokeWidth=2.5, clip=True).encode(y=alt.Y("smooth:Q", scale=room)),
    ]
    if offered is not None:
        mark = alt.Chart(pd.DataFrame({"rate": [offered]})).encode(x="rate:Q")
        layers += [
            mark.mark_rule(color=VERMILLION, strokeWidth=2, strokeDash=[6, 4]),
            mark.mark_text(color=VERMILLION, align="left", baseline="top", dx=5, fontSize=13).encode(
                y=alt.value(4), text=alt.value("offered")
            ),
        ]
    return alt.LayerChart(layer=layers, height=230, background="transparent")
