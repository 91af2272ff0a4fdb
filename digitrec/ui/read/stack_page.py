"""A stack on the Read page: its progress, and the views in which it is checked and given out."""

from __future__ import annotations

import contextlib

import streamlit as st

from digitrec.stacks import Stack, work
from digitrec.ui.read import check, stacks

CHECK, WALL = "Check", "Side by side"
_VIEWS = (CHECK, WALL)


def go_on() -> None:
    """Go on with stacks whose reading ended with the server."""
    with contextlib.suppress(OSError):  # the stack itself says what is wrong once it is opened
        work.go_on()


def show(stack: Stack) -> None:
    """All of a stack."""
    stacks.show_status(stack)
    if not any(page.fields for page in stack.pages):
        return
    view = st.segmented_control(
        "View", _VIEWS, default=CHECK, required=True, key="read-stack-view", label_visibility="collapsed"
    )
    if view == CHECK:
        check.show_queue(stack)
    elif view == WALL:
        check.show_wall(stack)
