"""How many people may use the dashboard at once; whoever comes later is told so."""

from __future__ import annotations

import os
import threading

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

VARIABLE = "DIGITREC_MAX_SESSIONS"
DEFAULT_LIMIT = 100  # 20 that draw at once need half a core
RETRY_SECONDS = 15.0
_lock = threading.Lock()
_admitted: set[str] = set()  # ids of the sessions let in; those that have left go when somebody comes


def read_limit() -> int:
    """The most sessions at a time, by the environment; 0: no limit.

    Raises:
        ValueError: it is not a whole number from 0.
    """
    text = os.environ.get(VARIABLE, "").strip() or str(DEFAULT_LIMIT)
    if not (text.isdecimal() and len(text) < 7):
        raise ValueError(f"{VARIABLE} is {text!r}: expected a whole number, 0 for no limit.")
    return int(text)


def admit() -> bool:
    """Whether this session may use the dashboard: it was let in before, or there is room."""
    limit, context = read_limit(), get_script_run_ctx()
    if not limit or context is None or not runtime.exists():
        return True
    server = runtime.get_instance()
    with _lock:
        _admitted.intersection_update([each for each in _admitted if server.is_active_session(each)])
        if context.session_id not in _admitted and len(_admitted) >= limit:
            return False
        _admitted.add(context.session_id)
        return True


def show_full() -> None:
    """The page of a session that was not let in; it enters as soon as there is room."""
    st.title("The server is full")
    words = f"All places are taken ({read_limit()}). Leave this page open: it goes on when one is free."
    st.write(f"{words} Or come back later.")
    st.fragment(_try_again, run_every=RETRY_SECONDS)()


def _try_again() -> None:
    if admit():
        st.rerun()
