"""Brings a place into view after a choice: on a phone, what was chosen above stands far below."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st


def request(key: str) -> None:
    """Bring the place with this key into view when it is shown next; for callbacks."""
    st.session_state[_token(key)] = st.session_state.get(_token(key), 0) + 1


def place(key: str) -> None:
    """The place that is brought into view, if that was requested and it is not seen."""
    _component()(key=f"reveal {key}", data={"key": key, "token": st.session_state.get(_token(key), 0)})


def _token(key: str) -> str:
    return f"reveal-token {key}"


@functools.cache
def _component() -> Any:
    script = Path(__file__).with_name("reveal.js").read_text()
    return st.components.v2.component("digitrec_reveal", html="<span></span>", js=script)
