"""Data sets on the screen: loaded with a bar where that takes time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import streamlit as st

from digitrec.data import loading
from digitrec.data.loading import Dataset

_REDRAW_SECONDS = 0.2  # seconds between two drawings of the bar


def load_with_progress(name: str) -> Dataset:
    """The data set with this name; while it is downloaded or drawn, a bar says how far that is.

    Raises:
        DatasetError: it cannot be had.
    """
    with progress_bar() as report:
        return loading.load(name, report)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """What tells, on a bar that goes at the end, what is done and how far that is, 0 to 1."""
    place, last = st.empty(), 0.0

    def report(what: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _REDRAW_SECONDS:
            last = time.monotonic()
            place.progress(share, text=f"{what}: {share:.0%}")

    try:
        yield report
    finally:
        place.empty()
