"""The Train page's previews: the layers of the network, and training images as the network sees them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, loading
from digitrec.imaging import augment
from digitrec.runs import NETWORKS, TrainConfig, count_parameters, summarise
from digitrec.ui import pickers, state
from digitrec.ui.components.digits import escape_markdown


def show_network(network: str, classes: int) -> None:
    """The purpose and source of a network, and its layers with their parameters."""
    found = NETWORKS[network]
    st.markdown(f"**{network}**, {count_parameters(network, classes):,} parameters. {found.purpose}")
    st.caption(f"Source: {found.source}")
    rows = [
        {"Layer": row.layer, "Output": " × ".join(map(str, row.output_shape)), "Parameters": f"{row.parameters:,}"}
        for row in summarise(network, classes)
    ]
    st.table(rows, border="horizontal", hide_index=True)  # unlike a data frame it breaks long names on a phone


def show_preview(config: TrainConfig, *, seed: int, columns: int = 6) -> None:
    """Some training images, and augmented versions below each."""
    if problem := _preview_problem(config.dataset):
        st.caption(escape_markdown(problem))
        return
    if not config.augments:
        st.caption("Augmentation is off: the network sees the original images.")
        return
    rng = np.random.default_rng(seed)
    images = pickers.load_with_progress(config.dataset).train.images
    chosen = images[rng.integers(len(images), size=columns)]  # (columns, 28, 28)
    rows = [chosen, augment(chosen, config.augmentation, rng), augment(chosen, config.augmentation, rng)]
    # One picture, each pixel drawn as 4 x 4 so that the browser does not blur it.
    picture = np.vstack([np.hstack([np.pad(image, 1) for image in row]) for row in rows])
    st.image(picture.repeat(4, 0).repeat(4, 1), width="stretch", alt="Training images and augmented versions")
    st.caption("First row: original images. Below: augmented versions, as the network sees them.")


def _preview_problem(dataset: str) -> str | None:
    """Why there is no preview of a data set, in a sentence, or None."""
    try:
        loading.check_trainable(dataset)
        if loading.find_folder(dataset):
            pickers.load_with_progress(dataset)
            return None
    except DatasetError as error:
        return f"No preview: {error}"
    return f"No preview: {loading.title(dataset)} is not on this machine. The training downloads it."


def show_other_previews() -> None:
    """Preview other images."""
    st.session_state[state.TRAIN_PREVIEW_SEED] = st.session_state.get(state.TRAIN_PREVIEW_SEED, 0) + 1
