"""A stack on the Read page: its progress, and the views in which it is checked and given out."""

from __future__ import annotations

import contextlib

import streamlit as st

from digitrec.stacks import Stack, work
from digitrec.ui.read import check, rules_form, stack_files, stack_pages, stacks

CHECK, WALL, RULES, PAGES, FILES = "Check", "Side by side", "Rules", "Pages", "Files"
_VIEWS = {
    CHECK: check.show_queue,
    WALL: check.show_wall,
    RULES: rules_form.show_rules,
    PAGES: stack_pages.show_pages,
    FILES: stack_files.show_files,
}


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
        "View", list(_VIEWS), default=CHECK, required=True, key="read-stack-view", label_visibility="collapsed"
    )
    _VIEWS[str(view)](stack)
