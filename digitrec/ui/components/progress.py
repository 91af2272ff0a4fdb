"""A long measurement on the screen: the button that starts it, how far it is, its end, or why it failed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

import streamlit as st

from digitrec.evaluation.overview import format_duration
from digitrec.runs import jobs, measurements
from digitrec.runs.measurements import Progress
from digitrec.runs.store import Run

POLL_SECONDS = 1.0


class Measurement(NamedTuple):
    """What a process is to measure of a run."""

    kind: str  # the command's name
    run: Run
    dataset: str
    split: str

    @property
    def key(self) -> Hashable:
        """Names it for `background`."""
        return self.kind, str(self.run.path), self.dataset, self.split

    def arguments(self, images: int) -> list[str]:
        """Those of the command line."""
        options = {"--dataset": self.dataset, "--split": self.split, "--images": str(images)}
        return [self.kind, self.run.name, *(f"{name}={value}" for name, value in options.items())]


def measurement_control(measurement: Measurement, label: str, images: int) -> None:
    """The button that starts a measurement on so many images, 0 for all; while it lasts, its progress instead."""
    state = measurements.progress(measurement.key)
    name = " ".join(map(str, measurement.key))
    if state is not None and state.is_live:
        st.fragment(_watch_measurement, run_every=POLL_SECONDS)(measurement, name)
        return
    if state is not None and state.error:
        st.error(f"The measurement failed: {state.error}", icon=":material/error:")
    beside = " It and the training in work slow each other down." if jobs.queue() else ""
    st.button(
        label,
        key=f"measure {name}",
        on_click=measurements.start,
        args=(measurement.key, measurement.arguments(images), measurement.run.path.parent),
        icon=":material/play_arrow:",
        help=f"It goes on while you do other things, and is kept with the model.{beside}",
    )


def format_progress(state: Progress) -> str:
    """How far a measurement is, for a person."""
    if state.is_waiting:
        return "Waits until another measurement is done ..."
    if not state.done:
        return "Getting ready ..."
    left = "" if state.seconds_left is None else f" · {format_duration(state.seconds_left)} left"
    return f"{state.done / state.of:.0%} done{left}"


def _watch_measurement(measurement: Measurement, name: str) -> None:
    state = measurements.progress(measurement.key)
    if state is None or not state.is_live:
        st.rerun()  # the whole page, once: it shows what was found
    st.progress(state.done / state.of if state.of else 0.0, text=format_progress(state))
    cancel, key = measurements.cancel, f"cancel {name}"
    st.button("Cancel", key=key, on_click=cancel, args=(measurement.key,), icon=":material/close:")
