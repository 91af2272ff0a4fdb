"""What is seen of a training while it runs and afterwards: curves, pinned digits, its network, its health."""

from __future__ import annotations

import dataclasses

import streamlit as st

from digitrec.evaluation import MEASURES
from digitrec.reporting import health_texts
from digitrec.runs import Health, History, Run, pins, snapshots
from digitrec.ui.train import coach, curves, pinned, replay


def show_progress(run: Run, *, is_live: bool) -> None:
    """The curves of a training, the coach, the answers to pinned digits, and the network after its latest epoch.

    Args:
        run: one that trains, or has ended.
        is_live: whether it trains. Of one that has ended a slider chooses the epoch.
    """
    history, key = run.history(), "live" if is_live else "ended"
    curves.show_curves(run, history, key=key)
    if is_live:
        coach.show_findings(run, history)
    stored = snapshots.epochs(run)
    epoch = stored[-1] if stored else None
    if not is_live:
        epoch = replay.choose_epoch(run, key=f"{key} epoch {run.name}")
    is_last = epoch is None or epoch == stored[-1]
    _show_pinned(run, history, None if is_last else epoch)
    replay.show_snapshot(run, epoch, is_last=is_last)
    _show_health(history, until=None if is_last else epoch)


def _show_pinned(run: Run, history: History, until: int | None) -> None:
    """The answers to the pinned digits, up to an epoch or all of them."""
    rows = tuple(row for row in history.pinned if until is None or row.done <= until)
    pinned.show_pinned(pins.load(run), dataclasses.replace(history, pinned=rows), run.class_names)


def _show_health(history: History, *, until: int | None = None) -> None:
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
            "Update-to-weight ratio": "frozen" if layer.update_ratio is None else f"{layer.update_ratio:.2%}",
            "Dead units": "–" if layer.dead is None else f"{layer.dead:.0%}",
        }
        for layer in row.layers
    ]
