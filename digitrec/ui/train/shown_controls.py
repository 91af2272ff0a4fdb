"""Which of the settings' controls the page shows: all, or those that the address names, as a teacher wants it."""

from __future__ import annotations

import dataclasses

import streamlit as st

from digitrec.runs import TrainConfig

SHOW = "show"  # in the address
NAMES = tuple(f.name for f in dataclasses.fields(TrainConfig))
_SHOWN = "train-shown"  # in the session: the names of the controls, () for all


def read() -> tuple[str, ...]:
    """The settings whose controls are shown, by the address with which the browser came; none: all."""
    asked = st.query_params.get(SHOW)
    if asked is not None:
        st.session_state[_SHOWN] = parse(asked)
    shown: tuple[str, ...] = st.session_state.get(_SHOWN, ())
    if shown and asked is None:
        st.query_params[SHOW] = ",".join(shown)  # back from another page
    return shown


def parse(text: str) -> tuple[str, ...]:
    """The names of settings in a text, in their own order; what is no setting is passed over."""
    asked = {name.strip() for name in text.split(",")}
    return tuple(name for name in NAMES if name in asked)


def show_all() -> None:
    """Show all controls from now on; for callbacks."""
    st.session_state[_SHOWN] = ()
    if SHOW in st.query_params:
        del st.query_params[SHOW]
