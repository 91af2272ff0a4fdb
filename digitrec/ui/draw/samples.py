"""A real image as a start: the way to give a digit without drawing, by the keyboard as well."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.data import DATASETS, DatasetError, Description, catalogue, loading
from digitrec.imaging import InkError
from digitrec.runs import Run, provenance
from digitrec.ui.components.canvas import place, refuse
from digitrec.ui.components.digits import escape_markdown

ANY = "any"  # class
WIDTH = 84  # pixels of the choice of a class


def sample_picker(canvas: str, run: Run) -> None:
    """Let a person put a random image, of any class or a chosen one, on the canvas of this key.

    Args:
        canvas: the canvas's key.
        run: whose network is to read it: the images are of what it has learnt.
    """
    try:
        dataset = find_sample_dataset(run)
    except DatasetError as error:
        st.caption(escape_markdown(f"No samples: {error}"))
        return
    noun = "digit" if dataset.class_names == catalogue.DIGITS else "class"
    st.button(
        "Sample",
        key=f"{canvas}-sample",
        on_click=_place_sample,
        args=(canvas, dataset),
        help=f"Put an image of {dataset.title} on the paper. Keys: the {noun} itself.",
    )
    st.selectbox(
        f"of the {noun}",
        [ANY, *dataset.class_names],
        key=f"{canvas}-sample-class",
        persist_state="session",
        width=WIDTH,
        label_visibility="collapsed",
        on_change=_place_class_sample,  # by the keyboard a digit and Enter are enough
        args=(canvas, dataset),
    )


def place_sample(canvas: str, run: Run, name: str) -> None:
    """Put a random image of a class on a canvas, as if it had been chosen; nothing if the class has no name so."""
    try:
        dataset = find_sample_dataset(run)
    except DatasetError as error:
        refuse(canvas, error)
        return
    if name in dataset.class_names:
        st.session_state[f"{canvas}-sample-class"] = name
        _place_sample(canvas, dataset)


def find_sample_dataset(run: Run) -> Description:
    """The data set with images of what a run's network has learnt.

    The public data sets have the same classes: where one is not on this machine, its replacement is taken.

    Raises:
        DatasetError: there is none on this machine.
    """
    try:
        return provenance.find_learnt_dataset(run)
    except DatasetError:
        replacement = DATASETS[loading.default_name()]
        if not _is_public(run.config.dataset) or replacement.class_names != run.class_names:
            raise
        return replacement


def _is_public(name: str) -> bool:
    try:
        catalogue.describe(name)
    except DatasetError:
        return False
    return True


def _place_class_sample(canvas: str, dataset: Description) -> None:
    if st.session_state[f"{canvas}-sample-class"] in dataset.class_names:
        _place_sample(canvas, dataset)


def _place_sample(canvas: str, description: Description) -> None:
    try:
        dataset = loading.load(description)
    except DatasetError as error:
        refuse(canvas, error)
        return
    # A data set may be for training only.
    title, (images, labels) = ("Test", dataset.test) if len(dataset.test.labels) else ("Training", dataset.train)
    names, chosen = dataset.class_names, st.session_state.get(f"{canvas}-sample-class")
    found = np.arange(len(labels)) if chosen not in names else np.flatnonzero(labels == names.index(chosen))
    if not len(found):
        refuse(canvas, f"{dataset.title} has no {title.lower()} image of {chosen}. Choose another class.")
        return
    index = int(np.random.default_rng().choice(found))
    name = names[labels[index]]
    try:
        place(canvas, images[index], f"{title} image {index:,} of {dataset.title}, labelled {name}.")
    except InkError as error:  # an imported image may be blank
        refuse(canvas, error)
