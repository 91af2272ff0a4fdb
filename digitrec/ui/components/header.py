"""The top of each page: its title, a help icon, and at the right what the page is about or does."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec import files


def style() -> None:
    """Load what Streamlit's theme cannot say about the look of all pages; once a page."""
    st.html(Path(__file__).with_name("look.css"))


def is_read_only(what: str) -> bool:
    """Whether this server only reads; if so, a line says what cannot be done here, such as "train"."""
    if not files.is_read_only():
        return False
    st.info(f"This server only reads: you cannot {what} here.", icon=":material/lock:")
    return True


def stop_if_read_only(what: str) -> None:
    """End a page that only changes something, with a line that says so; see `is_read_only`."""
    if is_read_only(what):
        st.stop()


def page_header(title: str, help: str) -> DeltaGenerator:
    """Show a page's title with its help, and return the place for pickers and actions beside it.

    On a phone the place is below the title.

    Args:
        title: of the page.
        help: what a person can do here, Markdown.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title(title, anchor=False, help=help, width="content")
        return st.container(
            horizontal=True, vertical_alignment="bottom", gap="small", width="content", key="page-pickers"
        )
