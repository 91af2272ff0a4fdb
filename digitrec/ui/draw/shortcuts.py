"""The keys of the Draw page, and the classes that are chosen by their bars."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

from digitrec.runs import Run
from digitrec.ui.draw.panels import panel_key
from digitrec.ui.draw.samples import place_sample


def shortcuts(canvas: str, run: Run) -> int | None:
    """Listen to the keys and to the bars of the classes.

    Args:
        canvas: the canvas's key.
        run: whose classes they are.

    Returns:
        The index of the class that is chosen, to see what speaks for it; None if none is.
    """
    key = f"{canvas}-shortcuts"
    _shortcuts_component()(
        key=key,
        data={"canvas": canvas, "names": [name for name in run.class_names if len(name) == 1]},
        on_sample_change=functools.partial(_place_sample, canvas, run),
        on_chosen_change=functools.partial(_choose_class, canvas),
    )
    chosen = st.session_state.get(_class_key(canvas))
    return chosen if chosen is not None and chosen < len(run.class_names) else None


def _class_key(canvas: str) -> str:
    return f"{canvas}-class"


def _place_sample(canvas: str, run: Run) -> None:
    if name := st.session_state[f"{canvas}-shortcuts"].get("sample"):
        place_sample(canvas, run, name)


def _choose_class(canvas: str) -> None:
    """Show what speaks for the class; a second click on its bar chooses none."""
    index = st.session_state[f"{canvas}-shortcuts"].get("chosen")
    if index is None:
        return
    was = st.session_state.get(_class_key(canvas))
    st.session_state[_class_key(canvas)] = None if was == index else int(index)
    st.session_state[panel_key(canvas)] = "Why"


@functools.cache
def _shortcuts_component() -> Any:
    script = Path(__file__).with_name("shortcuts.js").read_text()
    return st.components.v2.component("digitrec_draw_shortcuts", js=script)
