"""The Models page: the table of runs, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from digitrec.evaluation import RunSummary
from digitrec.reporting import format_duration
from digitrec.runs import IMPORTED, Run, Status, store
from digitrec.ui import pickers, state

STATUS_ICONS = {
    Status.QUEUED: "○",
    Status.TRAINING: "▶",
    Status.PAUSED: "⏸",
    Status.FINISHED: "✓",
    Status.STOPPED: "■",
    Status.PRUNED: "✂",
    Status.FAILED: "✗",
    Status.INTERRUPTED: "⚠",
}
_TABLE = "models-table"  # key of the table
_SEARCH = "models-search"  # in the session: name of the search whose trials are listed
_MIN_NAME, _MAX_NAME = 100, 300  # pixels of the column of names
_CHANGED = "models-changed"  # in the session: a row was just chosen


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
            "Name": st.column_config.TextColumn(width=_name_width([_name(found.run) for found in overviews])),
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


def pick_search() -> str | None:
    """Let a person ask for the trials of a search; None: the runs that are no trials."""
    names = store.list_searches()
    if not names:
        return None
    if st.session_state.get(_SEARCH) not in names:  # nothing was chosen yet, or it was deleted
        st.session_state[_SEARCH] = None
    return st.selectbox(
        "Trials of",
        names,
        key=_SEARCH,
        placeholder="No search: all other runs",
        persist_state="session",
        width=pickers.PICKER_WIDTH,
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


def _row(found: RunSummary) -> dict[str, Any]:
    run = found.run
    return {
        "Name": _name(run),
        "Validation": _to_percent(found.val_accuracy),
        "Status": f"{STATUS_ICONS[found.status]} {found.status}",
        "Test": _to_percent(found.test_accuracy),
        "Data set": run.config.dataset,
        "Network": run.config.network,
        "Parameters": found.parameters,
        "Epochs": "" if run.config.network == IMPORTED else f"{found.epochs} of {run.config.epochs}",
        "Time": None if found.seconds is None else format_duration(found.seconds),
        "Tags": list(run.notes.tags),
        "Date": found.created,
    }


def _name(run: Run) -> str:
    """The run's name; of a trial only what tells it from the other trials, which begin with the search's name."""
    if run.search is None or not run.name.startswith(f"{run.search} "):
        return run.name
    return f"Trial {run.name.removeprefix(run.search).lstrip(' 0') or '0'}"


def _name_width(names: Sequence[str]) -> int:
    """The width of the column, in pixels: the longest name fits, if it is not very long."""
    return min(_MAX_NAME, max(_MIN_NAME, 24 + 7 * max(map(len, names), default=0)))


def _to_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
