"""The Models page: the table of runs, of which one is chosen, and the curves of comparable runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from digitrec.evaluation import RunSummary
from digitrec.reporting import format_duration
from digitrec.runs import Run, Status
from digitrec.ui import pickers, state
from digitrec.ui.models import compare

STATUS_ICONS = {
    Status.QUEUED: "○",
    Status.TRAINING: "▶",
    Status.PAUSED: "⏸",
    Status.FINISHED: "✓",
    Status.STOPPED: "■",
    Status.FAILED: "✗",
    Status.INTERRUPTED: "⚠",
}
N_COMPARED = 4  # so many of the newest comparable runs are drawn at first
_TABLE = "models-table"  # key of the table
_CHANGED = "models-changed"  # in the session: a row was just chosen
_COMPARED, _COMPARED_FOR = "models-compared", "models-compared-for"  # the runs drawn, and what they have in common


def run_table(overviews: Sequence[RunSummary]) -> None:
    """All runs in one table; the chosen one is selected, by click or keyboard."""
    names = [found.run.name for found in overviews]
    _select_chosen(names)
    validation, test = (
        st.column_config.NumberColumn(format="%.2f%%", help=f"Share of the {images} images right", width=96)
        for images in ("validation", "test")
    )
    st.dataframe(
        [_row(found) for found in overviews],
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "Name": st.column_config.TextColumn(width=150),
            "Validation": validation,
            "Status": st.column_config.TextColumn(width=110),
            "Test": test,
            "Tags": st.column_config.ListColumn(),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Date": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        key=_TABLE,
        on_select=partial(_choose, [found.run for found in overviews]),
        selection_mode=["single-row-required", "single-cell"],
        alt="All runs with accuracies, status, data set, network, parameters, tags and date",
    )


def _select_chosen(names: Sequence[str]) -> None:
    """Select the row of the run that is chosen on this page."""
    chosen = st.session_state.get(state.MODELS_MODEL)
    rows = [names.index(chosen)] if chosen in names else []
    before = st.session_state.get(_TABLE)
    if before is None or list(before["selection"]["rows"]) != rows:
        cells = [(row, "Name") for row in rows]  # where the arrow keys go on from
        st.session_state[_TABLE] = {"selection": {"rows": rows, "columns": [], "cells": cells}}


def _choose(runs: Sequence[Run]) -> None:
    """Choose the run of the row, or of the cell, that was just selected, on all pages."""
    selection = st.session_state[_TABLE]["selection"]
    now = [*selection["rows"], *(row for row, _ in selection["cells"])]
    chosen = st.session_state.get(state.MODELS_MODEL)
    changed = [runs[row] for row in now if row < len(runs) and runs[row].name != chosen]
    if changed:
        st.session_state[state.MODELS_MODEL] = changed[-1].name
        pickers.share_choice(changed[-1])
        st.session_state[_CHANGED] = True


def rerun_when_chosen() -> None:
    """Run the whole page again after a choice in the table, which runs only a part of it."""
    if st.session_state.pop(_CHANGED, False):
        st.rerun()


def compare_runs(overviews: Sequence[RunSummary], run: Run) -> None:
    """The learning curves of a run and of comparable ones over each other, or of those that a person chooses."""
    trained = [found.run for found in overviews if found.epochs]
    if not trained:
        st.caption("No run has finished an epoch yet.")
        return
    _suggest(trained, run)
    by_name = {each.name: each for each in trained}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect("Runs", list(by_name), key=_COMPARED, persist_state="session")
        metric = st.segmented_control(
            "Metric",
            ("accuracy", "loss"),
            format_func=str.capitalize,
            default="accuracy",
            required=True,
            key="models-metric",
            persist_state="session",
        )
    if not chosen:
        st.caption("Choose one or more runs.")
        return
    if len({_comparable_by(by_name[name]) for name in chosen}) > 1:
        st.caption(
            ":material/warning: These runs have different validation images, so their curves cannot be compared."
        )
    from digitrec.charts.live_curves import compare_curves  # Altair and pandas take 0.3 s

    histories = {name: by_name[name].history() for name in by_name if name in chosen}
    chart = compare_curves(histories, metric)
    st.altair_chart(chart, key="compare", alt=f"{metric.capitalize()} of {', '.join(chosen)} over the epochs")
    compare.show_differences([found for found in overviews if found.run.name in chosen])


def _suggest(trained: Sequence[Run], run: Run) -> None:
    """Choose the run and the newest comparable ones, unless a person has chosen others for such runs."""
    names, common = [each.name for each in trained], _comparable_by(run)
    if st.session_state.get(_COMPARED_FOR) != common or _COMPARED not in st.session_state:
        alike = [each.name for each in trained if _comparable_by(each) == common and each != run]
        first = [run.name] if run.name in names else []
        st.session_state[_COMPARED] = (first + alike)[:N_COMPARED]
    before = st.session_state[_COMPARED]
    if not set(before) <= set(names):
        st.session_state[_COMPARED] = [name for name in before if name in names]  # without deleted runs
    st.session_state[_COMPARED_FOR] = common


def _comparable_by(run: Run) -> tuple[object, ...]:
    """What two runs share if they have the same validation images."""
    config = run.config
    return config.dataset, config.validation_share, config.seed, run.class_names


def _row(found: RunSummary) -> dict[str, Any]:
    run = found.run
    return {
        "Name": run.name,
        "Validation": _to_percent(found.val_accuracy),
        "Status": f"{STATUS_ICONS[found.status]} {found.status}",
        "Test": _to_percent(found.test_accuracy),
        "Data set": run.config.dataset,
        "Network": run.config.network,
        "Parameters": found.parameters,
        "Epochs": f"{found.epochs} of {run.config.epochs}",
        "Time": None if found.seconds is None else format_duration(found.seconds),
        "Tags": list(run.notes.tags),
        "Date": found.created,
    }


def _to_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
