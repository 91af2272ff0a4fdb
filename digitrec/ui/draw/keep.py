"""Keeping drawings as a data set: what each is meant to be is said on the Draw page."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitrec.data import user_drawings
from digitrec.data.catalogue import DatasetError
from digitrec.ui.components.digits import escape_markdown

MAX_BUTTONS = 12  # classes that are offered as buttons; more as a list
LIST_WIDTH = 180  # pixels of that list


def keep_drawing(key: str, image: np.ndarray, class_names: Sequence[str]) -> str | None:
    """Let a person say what the drawing is meant to be, and keep it.

    Args:
        key: names the widgets.
        image: uint8 (28, 28), what was drawn.
        class_names: the c names to choose among.

    Returns:
        The name of the data set to look at, where the person asks to see the drawings that are kept.
    """
    names = tuple(class_names)
    label_key = f"{key}-keep-as {st.session_state.setdefault(f'{key}-keep-round', 0)}"
    with st.container(key=f"{key}-keep", gap="small"):
        label = _label_picker(label_key, names)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Keep",
                key=f"{key}-keep-it",
                icon=":material/bookmark_add:",
                disabled=label is None,
                on_click=functools.partial(_save_drawing, key, image, names, label_key),
                help="Kept drawings become a data set, for Explore and Evaluate. They stay on this machine.",
            )
            wants = _see_drawings_button(key, names)
        _show_result(key)
    return user_drawings.dataset_name(names) if wants else None


def _label_picker(key: str, names: tuple[str, ...]) -> int | None:
    about = {"label": "Keep it as", "format_func": lambda index: escape_markdown(names[index]), "key": key}
    if len(names) <= MAX_BUTTONS:
        return st.pills(options=range(len(names)), **about)
    plainly = about | {"format_func": lambda index: names[index]}
    return st.selectbox(options=range(len(names)), index=None, width=LIST_WIDTH, **plainly)


def _see_drawings_button(key: str, names: tuple[str, ...]) -> bool:
    """How many are kept, and a button that leads to them: whether it was clicked."""
    try:
        count = user_drawings.count(names)
    except DatasetError as error:
        st.warning(escape_markdown(str(error)), icon=":material/warning:")
        return False
    if not count:
        return False
    return st.button(f"See your drawings ({count:,})", key=f"{key}-keep-see", type="tertiary")


def _show_result(key: str) -> None:
    """What became of the last drawing that was to be kept."""
    words, is_error = st.session_state.pop(f"{key}-keep-said", (None, False))
    if words:
        show = st.error if is_error else st.success
        show(words, icon=":material/warning:" if is_error else ":material/check:")


def _save_drawing(key: str, image: np.ndarray, names: tuple[str, ...], label_key: str) -> None:
    label = st.session_state.get(label_key)
    if label is None:
        return
    try:
        added = user_drawings.save(image, label, names)
    except DatasetError as error:
        st.session_state[f"{key}-keep-said"] = f"The drawing was not kept: {escape_markdown(str(error))}", True
        return
    name = escape_markdown(names[label])
    words = {None: f"Kept as {name}.", names[label]: f"It is kept already, as {name}."}
    said = words.get(added.was, f"It was kept as {escape_markdown(added.was or '')}: now it is a {name}.")
    st.session_state[f"{key}-keep-said"] = said, False
    st.session_state[f"{key}-keep-round"] += 1  # the next drawing is another digit: nothing is chosen for it
