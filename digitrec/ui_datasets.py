"""Data sets on the screen: loaded with a bar where that takes time."""

from __future__ import annotations

import time

import streamlit as st

from digitrec import datasets
from digitrec.datasets import Dataset

_STEP = 0.2  # seconds between two drawings of the bar


def loaded(name: str) -> Dataset:
    """The data set with this name; while it is downloaded or drawn, a bar says how far that is.

    Raises:
        DatasetError: it cannot be had.
    """
    place, told = st.empty(), 0.0

    def report(what: str, share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _STEP:
            told = time.monotonic()
            place.progress(share, text=f"{what}: {share:.0%}")

    try:
        return datasets.load(name, report)
    finally:
        place.empty()
