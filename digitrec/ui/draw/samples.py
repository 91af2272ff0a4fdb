"""A real test image as a start: the way to give a digit without drawing, by the keyboard as well."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.data import DATASETS, DatasetError, loading
from digitrec.ui.components.canvas import place

ANY_CLASS = "any digit"
WIDTH = 130  # pixels of the choice of a class


def sample_picker(canvas: str) -> None:
    """Let a person put a random test image, of any class or a chosen one, on the canvas of this key."""
    names = DATASETS[loading.default_name()].class_names
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            "Show a sample",
            icon=":material/casino:",
            key=f"{canvas}-sample",
            on_click=_place_sample,
            args=(canvas,),
        )
        st.selectbox(
            "of the digit",
            [ANY_CLASS, *names],
            key=f"{canvas}-sample-class",
            persist_state="session",
            width=WIDTH,
            on_change=_place_class_sample,  # by the keyboard a digit and Enter are enough
            args=(canvas,),
        )
    if message := st.session_state.pop(f"{canvas}-sample-error", None):
        st.error(message)


def _place_class_sample(canvas: str) -> None:
    if st.session_state[f"{canvas}-sample-class"] != ANY_CLASS:
        _place_sample(canvas)


def _place_sample(canvas: str) -> None:
    try:
        dataset = loading.load(loading.default_name())
    except DatasetError as error:
        st.session_state[f"{canvas}-sample-error"] = str(error)
        return
    chosen = st.session_state.get(f"{canvas}-sample-class", ANY_CLASS)
    labels, names = dataset.test.labels, dataset.class_names
    found = np.arange(len(labels)) if chosen not in names else np.flatnonzero(labels == names.index(chosen))
    index = int(np.random.default_rng().choice(found))
    name = names[labels[index]]
    place(canvas, dataset.test.images[index], f"Test image {index:,} of {dataset.title}, labelled {name}.")
