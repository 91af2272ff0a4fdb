"""A canvas on which samples are drawn: each stroke stores the sample that is being drawn."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, drawn_samples
from digitrec.imaging import Ink, InkError, to_mnist
from digitrec.ui.components import canvas
from digitrec.ui.components.digits import escape_markdown

HINT = "Each stroke is saved. Enter: the next sample."


def style() -> None:
    """Load the styles of the Teach page."""
    st.html(Path(__file__).with_name("teach.css"))


def sample_canvas(name: str, label: int | None, class_name: str = "") -> None:
    """Show a canvas; what is drawn on it is a sample of this class, stored with each stroke.

    Args:
        name: of the collection; it names the canvas as well.
        label: index of the class; None: nothing can be drawn yet, and nothing is stored.
        class_name: of the class, as the page shows it.
    """
    key = canvas_key(name)
    ink = canvas.digit_canvas(key, HINT)
    st.session_state[f"{key}-class"] = None if label is None else (label, class_name)
    if label is not None:
        _store(name, ink, label, class_name)
    with st.container(horizontal=True, gap="small", key=f"{key}-buttons"):
        st.button(
            "Next sample",
            key=f"{key}-next",
            type="primary",
            icon=":material/arrow_forward:",
            shortcut="Enter",
            disabled=ink is None,
            on_click=finish,
            args=(name,),
        )
        _undo_button(name, key)
    if problem := st.session_state.get(f"{key}-problem") or st.session_state.pop(f"{key}-lost", None):
        st.error(escape_markdown(problem), icon=":material/warning:")


def canvas_key(name: str) -> str:
    """The key of the canvas of a collection."""
    return f"teach-{name}"


def current_sample(name: str) -> int | None:
    """The number of the sample that is on the paper; None if the paper is blank."""
    number: int | None = st.session_state.get(f"{canvas_key(name)}-sample", (None, None))[0]
    return number


def is_drawing(name: str) -> bool:
    """Whether a sample is on the paper: it may get more strokes."""
    return current_sample(name) is not None


def finish(name: str) -> None:
    """Blank paper for another sample; the last one is stored, with what was drawn just now. For callbacks.

    A quick click comes with the last stroke, or with the whole drawing. It belongs to the class of that time.
    """
    key = canvas_key(name)
    ink, drawn_for = canvas.start_over(key), st.session_state.get(f"{key}-class")
    st.session_state.pop(f"{key}-problem", None)
    if ink is not None and drawn_for is not None:
        _store(name, ink, *drawn_for)
        if problem := st.session_state.pop(f"{key}-problem", None):
            st.session_state[f"{key}-lost"] = problem
    st.session_state[f"{key}-sample"] = None, None


def discard(name: str) -> None:
    """Blank paper; what is drawn on it belongs to no class any more, or was deleted."""
    key = canvas_key(name)
    canvas.start_over(key)
    st.session_state[f"{key}-sample"] = None, None
    st.session_state.pop(f"{key}-problem", None)


def delete(name: str, number: int) -> None:
    """Delete a sample; the button beside the canvas brings it back. For callbacks."""
    key = canvas_key(name)
    try:
        samples = drawn_samples.load(name)
        chosen = np.flatnonzero(samples.numbers == number)
        if chosen.size:
            label = int(samples.labels[chosen[0]])
            st.session_state[f"{key}-deleted"] = samples.images[chosen[0]], label, samples.class_names[label]
            drawn_samples.delete(name, number)
    except DatasetError as error:
        st.session_state[f"{key}-problem"] = str(error)
        return
    if current_sample(name) == number:  # it is the one on the paper
        discard(name)


def _undo_button(name: str, key: str) -> None:
    deleted = st.session_state.get(f"{key}-deleted")
    if deleted is not None:
        st.button(
            "Restore the deleted sample",
            key=f"{key}-restore",
            icon=":material/undo:",
            on_click=functools.partial(_restore, name, key),
        )


def _restore(name: str, key: str) -> None:
    image, label, class_name = st.session_state.pop(f"{key}-deleted")
    try:
        drawn_samples.put(name, image, label, class_name=class_name)
    except DatasetError as error:
        st.session_state[f"{key}-lost"] = f"The sample cannot be restored: {error}"


def rename_deleted(name: str, before: Sequence[str], now: Sequence[str]) -> None:
    """Let the sample that can be restored know the new name of its class."""
    key = f"{canvas_key(name)}-deleted"
    if (deleted := st.session_state.get(key)) is None or deleted[2] in now or deleted[2] not in before:
        return
    place = list(before).index(deleted[2])
    st.session_state[key] = deleted[0], place, now[place]


def _store(name: str, ink: Ink | None, label: int, class_name: str) -> None:
    """Store what is on the paper, where it has changed: a new sample, a new state of it, or none any more."""
    key = canvas_key(name)
    number, last = st.session_state.get(f"{key}-sample", (None, None))
    try:
        if ink is None:
            if number is not None:
                drawn_samples.delete(name, number)
                st.session_state[f"{key}-sample"] = None, None
        elif last is None or not np.array_equal(last, ink):
            number = drawn_samples.put(name, to_mnist(ink), label, number, class_name=class_name or None)
            st.session_state[f"{key}-sample"] = number, ink
        st.session_state.pop(f"{key}-problem", None)
    except (DatasetError, InkError) as error:
        st.session_state[f"{key}-problem"] = f"The drawing is not saved: {error}"
