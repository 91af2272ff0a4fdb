"""The places of the Draw page: the paper, the answer beside it, and the panel that a person chooses.

`draw.css` says where they stand: on a phone below each other, on a wide screen all three side by side. Each place
has its height before anything is said in it, so that nothing moves with an answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


class Stage(NamedTuple):
    """The places, in the order in which a screen reader comes to them."""

    ways: DeltaGenerator  # to give a digit: the row above the paper
    sheet: DeltaGenerator  # the paper, its controls, and what comes in its place to give a picture
    answer: DeltaGenerator
    recent: DeltaGenerator  # drawings, below the paper
    panel: DeltaGenerator


def style() -> None:
    """Load the styles of the Draw page."""
    st.html(Path(__file__).with_name("draw.css"))


def heading(title: str) -> DeltaGenerator:
    """Show the page's title, and return the place beside it."""
    with st.container(key="draw-head", horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False)
        return st.container(key="draw-model-place")


def stage() -> Stage:
    """Make the places of the page."""
    with st.container(key="draw-room"), st.container(key="draw-stage"):
        left, answer = st.container(key="draw-left", gap=None), st.container(key="draw-right", gap=None)
        recent, panel = st.container(key="draw-kept"), st.container(key="draw-below")
    with left:
        ways = st.container(key="draw-ways", horizontal=True, vertical_alignment="center", gap="small")
        sheet = st.container(key="draw-sheet", gap=None)
    return Stage(ways, sheet, answer, recent, panel)
