"""A popover that the page can close: what was done in it is done, and what came of it is to be seen."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def popover(label: str, *, key: str, **options: Any) -> DeltaGenerator:
    """A popover that `close` closes.

    Args:
        label: of the button that opens it.
        key: of the popover.
        options: of `st.popover`.
    """
    if st.session_state.pop(_closes(key), False):
        st.session_state[key] = False
    return st.popover(label, key=key, on_change="rerun", **options)


def close(key: str) -> None:
    """Close a popover the next time that it is shown. For callbacks and scripts alike."""
    st.session_state[_closes(key)] = True


def _closes(key: str) -> str:
    return f"{key}-closes"
