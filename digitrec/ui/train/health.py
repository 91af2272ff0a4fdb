"""How a network learns: the length of its gradient, its dead units, and how fast each layer changes."""

from __future__ import annotations

import streamlit as st

from digitrec.evaluation import MEASURES
from digitrec.reporting import health_texts
from digitrec.runs import Health, History


def show_health(history: History, *, until: int | None = None) -> None:
    """The health after the latest epoch, or after an earlier one, in words and over the epochs.

    Args:
        history: of a training; an older one has no such rows, and nothing is shown.
        until: the epoch to look back at.
    """
    rows = [row for row in history.health if until is None or row.epoch <= until]
    if not rows:
        return
    st.subheader("Health", anchor=False, help=health_texts.HELP)
    columns = st.columns(3, gap="large")
    for column, measure in zip(columns, MEASURES, strict=True):
        values = [value for row in rows if (value := measure.read(row)) is not None]
        with column:
            if not values:
                st.caption(f"{health_texts.title(measure)}: the network has none.")
                continue
            st.metric(
                health_texts.title(measure),
                health_texts.format_measure(measure, values[-1]),
                chart_data=values if len(values) > 1 else None,
                chart_type="line",
            )
            st.caption(health_texts.describe_measure(measure, rows[-1]))
    with st.expander("By layer"):
        st.table(_list_layers(rows[-1]), border="horizontal", hide_index=True, alt="Health of each layer")


def _list_layers(row: Health) -> list[dict[str, str]]:
    return [
        {
            "Layer": layer.name,
            "Update to weights": "frozen" if layer.update_ratio is None else f"{layer.update_ratio:.2%}",
            "Dead units": "–" if layer.dead is None else f"{layer.dead:.0%}",
        }
        for layer in row.layers
    ]
