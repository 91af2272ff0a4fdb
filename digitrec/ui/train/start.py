"""The Train page's start of a training: name, tags and note of the run, and the button."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from digitrec.data import DatasetError, loading
from digitrec.runs import (
    ClusterError,
    ConfigError,
    Notes,
    Pin,
    RunError,
    TrainConfig,
    jobs,
    pins,
    places,
    starts,
    store,
)
from digitrec.ui import state
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train import settings

MAX_DOUBLE_CLICK_SECONDS = 1.5  # a second click on Start within this time is an accident
_NAME, _TAGS, _NOTE = "train-name", "train-tags", "train-note"  # of the next run
_STARTED = "train-started-at"  # in the session: when Start was last pressed


def name_run() -> None:
    """Let a person name the run that is about to start, and write tags and a note about it."""
    with st.popover("Name, tags, note", icon=":material/label:", width="stretch"):
        st.text_input(
            "Name", key=_NAME, placeholder="date, time and network", max_chars=64, persist_state="session"
        )
        tags = sorted({tag for run in store.list_runs() for tag in run.notes.tags})
        options = list(dict.fromkeys([*tags, *st.session_state.get(_TAGS, [])]))
        st.multiselect(
            "Tags", options, key=_TAGS, accept_new_options=True, placeholder="Type a tag", persist_state="session"
        )
        st.text_area("Note", key=_NOTE, max_chars=2000, placeholder="Why this run?", persist_state="session")


def start_button(*, is_ready: bool, is_queued: bool) -> None:
    """The button that starts the training, if the settings are ready; it is queued if another one runs."""
    st.button(
        "Start",
        key="start",
        on_click=start_training,
        type="primary",
        disabled=not is_ready,
        icon=":material/play_arrow:",
        help="Only one training runs at a time. This one will be queued." if is_queued else None,
        width="stretch",
    )


def is_queued() -> bool:
    """Whether a training that is started now waits for another one."""
    return places.dashboard_cluster() is None and bool(jobs.queue())


def start_training() -> None:
    """Start a training with the present settings; for the `on_click` of Start.

    Each access to the session is a place where Streamlit may drop this callback for a newer click or change. So
    all is read before the run is made, and from then until its worker is started the session is not touched.
    """
    before = st.session_state.get(_STARTED, -MAX_DOUBLE_CLICK_SECONDS)
    if time.monotonic() - before < MAX_DOUBLE_CLICK_SECONDS:
        return
    try:
        # Read from the widgets here: the script may have seen all but the last change.
        config, name = settings.read_config(), st.session_state.get(_NAME, "").strip() or None
        notes = Notes(tuple(st.session_state.get(_TAGS, ())), st.session_state.get(_NOTE, "").strip())
        pinned = st.session_state.get(state.TRAIN_PINS, [])
        clusters.check()
        st.session_state[_STARTED] = time.monotonic()  # after the check, which may take a second
        _create_and_start(config, name, notes, pinned)
        st.session_state.update({_NAME: "", _NOTE: ""})  # the next run is another; its tags may be the same
    except (ClusterError, ConfigError, DatasetError, RunError, OSError) as error:
        st.session_state[state.TRAIN_ERROR] = escape_markdown(f"The training could not be started: {error}")


def _create_and_start(config: TrainConfig, name: str | None, notes: Notes, pinned: Sequence[Pin]) -> None:
    description = loading.describe(config.dataset)
    loading.check_trainable(description)
    starts.open_starts(config)  # refuses what does not fit
    run = store.create(config, description.class_names, name)
    try:
        if notes != Notes():
            run.save_notes(notes)
        if pinned:
            pins.save(run, pinned)
        jobs.start(run)
    except OSError:
        store.delete(run)  # without a process it would be queued for ever
        raise
