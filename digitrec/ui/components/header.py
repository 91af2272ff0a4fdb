"""The top of each page: its title, a help icon, and at the right what the page is about or does."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def style() -> None:
    """Load what Streamlit's theme cannot say about the look of all pages; once a page."""
    st.html(Path(__file__).with_name("look.css"))


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
