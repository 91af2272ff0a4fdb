"""The digit that draws itself on the first visit, and is read as a person's would be."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from digitrec.imaging import Ink, pen_drawing
from digitrec.ui.components.canvas import SIDE, is_untouched

WIDTH = 20  # pixels of the brush
SEVEN = ((80, 72), (140, 74), (200, 70), (188, 100), (168, 140), (148, 182), (130, 226))  # x and y, on the paper
WORDS = "This 7 drew itself. Now draw yours."


def demonstration(canvas: str) -> Ink | None:
    """The ink of the digit that drew itself, uint8 (280, 280), until anything else is on this canvas."""
    key, fresh = f"{canvas}-demo", is_untouched(canvas)
    _demo_component()(
        key=key,
        data={"container": f"{canvas}-paper", "fresh": fresh, "points": SEVEN, "width": WIDTH, "words": WORDS},
        on_drawn_change=functools.partial(_note_drawn, canvas),
    )
    return _demo_ink() if fresh and st.session_state.get(f"{key}-drawn") else None


def _note_drawn(canvas: str) -> None:
    st.session_state[f"{canvas}-demo-drawn"] = True


@functools.cache
def _demo_ink() -> Ink:
    ink = pen_drawing.render([np.array(SEVEN, np.float32)], width=WIDTH, side=SIDE)
    ink.flags.writeable = False  # all sessions share it
    return ink


@functools.cache
def _demo_component() -> Any:
    return st.components.v2.component("digitrec_demo", js=Path(__file__).with_name("demo.js").read_text())
