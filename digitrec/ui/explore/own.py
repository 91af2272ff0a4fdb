"""Mending the kept drawings on the Explore page: one that was labelled wrong, or should not be there."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.data import loading, user_drawings
from digitrec.data.catalogue import DatasetError, Description
from digitrec.ui.components.digits import escape_markdown, figure_html

DRAWING_SIZE = 112  # pixels of the drawing on the screen
MESSAGE_KEY = "own-said"


def fix_label_form(known: Description) -> None:
    """Let a person choose a kept drawing by its number, and give it another label or remove it.

    Raises:
        DatasetError: the drawings cannot be read.
    """
    images, labels = loading.load(known.name).test
    count, names = len(labels), known.class_names
    with st.popover("Mend one", icon=":material/edit:"):
        # Another number of drawings is another widget: what was chosen before may be beyond its range.
        index = st.number_input(
            "Number, as below it", 0, count - 1, count - 1, key=f"own-number {known.name} {count}"
        )
        image, name = images[index], names[labels[index]]
        st.html(figure_html(image, f"{name} · #{index}", f"Drawing {index}, a {name}", DRAWING_SIZE))
        label = st.selectbox(
            "It is",
            range(len(names)),
            int(labels[index]),
            format_func=lambda each: names[each],
            key=f"own-label {known.name} {count} {index} {labels[index]}",
        )
        with st.container(horizontal=True, gap="small"):
            change = functools.partial(_change_label, image, label, names)
            st.button("Change its label", key="own-change", disabled=label == labels[index], on_click=change)
            remove = functools.partial(_remove, image, names)
            st.button("Remove it", key="own-remove", icon=":material/delete:", on_click=remove)
    if words := st.session_state.pop(MESSAGE_KEY, None):
        st.error(words, icon=":material/warning:")


def _change_label(image: np.ndarray, label: int, names: tuple[str, ...]) -> None:
    try:
        user_drawings.save(image, label, names)
    except DatasetError as error:
        st.session_state[MESSAGE_KEY] = escape_markdown(str(error))


def _remove(image: np.ndarray, names: tuple[str, ...]) -> None:
    try:
        user_drawings.remove(image, names)
    except DatasetError as error:
        st.session_state[MESSAGE_KEY] = escape_markdown(str(error))
