"""Saving drawings as a test set: a person says on the Draw page which class each shows."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import streamlit as st

from digitrec.data import DatasetError, user_drawings
from digitrec.imaging import Image
from digitrec.runs import Pin, pins
from digitrec.ui import state
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.header import is_read_only

MAX_BUTTONS = 12  # classes that are shown as buttons; more are a list
LIST_WIDTH = 180  # pixels of that list


def save_drawing(key: str, image: Image | None, class_names: Sequence[str]) -> str | None:
    """Let a person choose the class of the drawing, and save both to a test set.

    Args:
        key: names the widgets.
        image: uint8 (28, 28), of the drawing; None while there is none.
        class_names: the c names to choose among.

    Returns:
        The name of that data set, if the person asks to see the saved drawings; else None.
    """
    if is_read_only("save drawings"):
        return None
    names = tuple(class_names)
    label_key = f"{key}-keep-as {st.session_state.setdefault(f'{key}-keep-round', 0)}"
    with st.popover("Save to my test set", icon=":material/bookmark_add:", key=f"{key}-keep"):
        label = _label_picker(label_key, names)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Save",
                key=f"{key}-keep-it",
                icon=":material/bookmark_add:",
                disabled=label is None or image is None,
                on_click=functools.partial(_save_to_set, key, image, names, label_key),
                help="Your drawings become a test set for Explore and Evaluate. They stay on this machine.",
            )
            st.button(
                "Pin it on Train",
                key=f"{key}-pin-it",
                icon=":material/keep:",
                disabled=image is None,
                on_click=functools.partial(_pin, key, image, label_key),
                help="The next training shows how its answer to this drawing changes as it learns.",
            )
            wants = _see_drawings_button(key, names)
        _show_result(key)
    return user_drawings.dataset_name(names) if wants else None


def _label_picker(key: str, names: tuple[str, ...]) -> int | None:
    label = "Save to my test set as"
    if len(names) <= MAX_BUTTONS:
        return st.pills(label, range(len(names)), format_func=lambda index: escape_markdown(names[index]), key=key)
    return st.selectbox(
        label, range(len(names)), index=None, format_func=lambda index: names[index], key=key, width=LIST_WIDTH
    )


def _see_drawings_button(key: str, names: tuple[str, ...]) -> bool:
    """A button that leads to the saved drawings, with their number: whether it was clicked."""
    try:
        count = user_drawings.count(names)
    except DatasetError as error:
        st.warning(escape_markdown(str(error)), icon=":material/warning:")
        return False
    if not count:
        return False
    return st.button(f"See your drawings ({count:,})", key=f"{key}-keep-see", type="tertiary")


def _show_result(key: str) -> None:
    """Show whether the last drawing was saved."""
    words, is_error = st.session_state.pop(f"{key}-keep-said", (None, False))
    if words:
        show = st.error if is_error else st.success
        show(words, icon=":material/warning:" if is_error else ":material/check:")


def _pin(key: str, image: Image | None, label_key: str) -> None:
    """Pin the drawing for the next training; a second click changes nothing."""
    if image is None:
        return
    pin = Pin(image, "own drawing", st.session_state.get(label_key))
    others = [each for each in st.session_state.get(state.TRAIN_PINS, []) if each.key != pin.key]
    if len(others) >= pins.MAX_PINS:
        words = (
            f"{len(others)} digits are pinned already: expected fewer than {pins.MAX_PINS}. Remove one on Train."
        )
        st.session_state[f"{key}-keep-said"] = words, True
        return
    st.session_state[state.TRAIN_PINS] = [*others, pin]
    st.session_state[f"{key}-keep-said"] = "Pinned: the next training on Train answers it.", False


def _save_to_set(key: str, image: Image | None, names: tuple[str, ...], label_key: str) -> None:
    label = st.session_state.get(label_key)
    if label is None or image is None:
        return
    try:
        added = user_drawings.save(image, label, names)
    except DatasetError as error:
        st.session_state[f"{key}-keep-said"] = f"The drawing was not saved: {escape_markdown(str(error))}", True
        return
    name = escape_markdown(names[label])
    words = {None: f"Saved as {name}.", names[label]: f"Already saved as {name}."}
    said = words.get(added.was, f"Relabelled from {escape_markdown(added.was or '')} to {name}.")
    st.session_state[f"{key}-keep-said"] = said, False
    st.session_state[f"{key}-keep-round"] += 1  # the next drawing is another digit: nothing is chosen for it
