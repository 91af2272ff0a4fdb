"""A long measurement on the page: the button that starts it, its progress, and why it failed."""

from __future__ import annotations

import streamlit as st

from digitrec import files
from digitrec.reporting import format_duration
from digitrec.runs import Measurable, Measurement, Progress, jobs, measurements
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.header import is_read_only

POLL_SECONDS = 1.0


def measurement_control(
    measurement: Measurable,
    label: str,
    images: int,
    *,
    text: str = "Runs in the background. The result is saved with the model.",
    is_ready: bool = True,
) -> None:
    """The button that starts a measurement on so many images, 0 for all; while it lasts, its progress instead.

    A page that has such buttons for a `Measurement` says once where they run, by `clusters.show_place`, or that
    the server only reads.

    Args:
        measurement: what is measured.
        label: of the button.
        images: how many; 0 for all.
        text: help of the button.
        is_ready: whether it can be started.
    """
    state = measurements.progress(measurement)
    if state is not None and state.is_live:
        st.fragment(_watch_measurement, run_every=POLL_SECONDS)(measurement)
        return
    problem = st.session_state.pop(_key("problem", measurement), None) or (state and state.error)
    if problem:
        st.error(f"The measurement failed: {problem}", icon=":material/error:")
    if isinstance(measurement, Measurement):
        if files.is_read_only():
            return
        is_ready = clusters.is_ready() and is_ready
    elif is_read_only("start a measurement"):
        return
    beside = " A training is running: each slows the other down." if jobs.queue() else ""
    st.button(
        label,
        key=_key("measure", measurement),
        on_click=_start,
        args=(measurement, images),
        icon=":material/play_arrow:",
        disabled=not is_ready,
        help=f"{text}{beside}",
    )


def format_progress(state: Progress) -> str:
    """How far a measurement is, in words."""
    if state.is_waiting:
        return "Queued: another measurement is running ..."
    if not state.done:
        return "Starting ..."
    left = "" if state.seconds_left is None else f" · {format_duration(state.seconds_left)} left"
    return f"{state.done / state.of:.0%} done{left}"


def _start(measurement: Measurable, images: int) -> None:
    try:
        measurements.start(measurement, images)
    except OSError as error:
        st.session_state[_key("problem", measurement)] = f"it could not be started ({error.strerror or error})."


def _watch_measurement(measurement: Measurable) -> None:
    state = measurements.progress(measurement)
    if state is None or not state.is_live:
        st.rerun()  # the whole page, once: it shows the result
    is_starting = state.is_waiting and not measurements.waits_for_another(measurement)
    place = clusters.describe_place(measurement.folder)
    if place and not state.done:
        text = f"Starting {place} ..."
    else:
        text = "Starting ..." if is_starting else format_progress(state)
        text += f" · {place}" if place else ""
    text = escape_markdown(text)
    st.progress(state.done / state.of if state.of else 0.0, text=text)
    if files.is_read_only():
        return
    key = _key("cancel", measurement)
    st.button("Cancel", key=key, on_click=measurements.cancel, args=(measurement,), icon=":material/close:")


def _key(what: str, measurement: Measurable) -> str:
    return f"{what} {measurement.folder.path.name} {measurement.folder.path}"
