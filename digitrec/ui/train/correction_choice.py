"""The tick on Train that uses the corrections which a person made on Explore."""

from __future__ import annotations

import streamlit as st

from digitrec.data import DatasetError, corrections
from digitrec.data.corrections import LATEST, Counts
from digitrec.runs import TrainConfig


def to_state(config: TrainConfig) -> str:
    """What the session keeps for a config: the newest version stays the newest after further decisions."""
    version = config.corrections
    return LATEST if version and version == corrections.find_version(config.dataset) else version


def read(key: str, dataset: str) -> str:
    """The chosen version of the corrections of a data set; "" for none."""
    chosen: str = st.session_state.get(key, "")
    return corrections.find_version(dataset) if chosen == LATEST else chosen


def show(key: str, dataset: str, help_text: str) -> None:
    """The tick, where there are corrections of this data set; an older version, and the way to the newest."""
    chosen, newest = st.session_state.get(key, ""), corrections.find_version(dataset)
    is_old = chosen not in ("", LATEST, newest)
    if not newest and not is_old:
        return
    counts = _count(dataset, chosen if is_old else LATEST)
    words = describe(counts) if counts else f"version {chosen}, not on this machine"
    tick = f"{key} tick"
    st.session_state[tick] = bool(chosen)
    st.checkbox(f"Use my corrections ({words})", key=tick, on_change=_choose, args=(key, tick), help=help_text)
    if is_old and newest:
        now = _count(dataset, LATEST)
        st.caption(f"This is an older version. The newest: {describe(now or Counts())}.")
        st.button("Use the newest", key=f"{key} newest", on_click=_use_newest, args=(key,))


def describe(counts: Counts) -> str:
    """How many training images are corrected, in words."""
    return f"{counts.relabelled:,} relabelled, {counts.left_out:,} left out"


def _count(dataset: str, version: str) -> Counts | None:
    try:
        return corrections.count(corrections.load_version(dataset, version))
    except DatasetError:
        return None


def _choose(key: str, tick: str) -> None:
    st.session_state[key] = LATEST if st.session_state[tick] else ""


def _use_newest(key: str) -> None:
    st.session_state[key] = LATEST
