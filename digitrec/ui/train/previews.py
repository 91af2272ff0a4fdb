"""The Train page's previews: the layers of the network, and training images as the network sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, loading
from digitrec.imaging import augment
from digitrec.runs import Network, ShapeError, SummaryRow, TrainConfig, iterate_rows, measure_size
from digitrec.ui import pickers, state
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train.diagram import show_diagram


def show_network(network: Network, classes: int, dropout: float) -> None:
    """What a network is for and what it costs, a diagram, and its layers one by one."""
    rows, problem = _summarise(network, classes, dropout)
    if problem:
        st.markdown("These are the layers before the one that cannot be built.")
    else:
        st.markdown(f"**{network.name}**: {describe_size(rows)} {network.purpose}")
    if network.source:
        st.caption(f"Source: {network.source}")
    show_diagram(rows)
    with st.expander("Layers one by one", expanded=True):
        # Unlike a data frame, a table breaks long names on a phone.
        st.table([_layer_row(row) for row in rows], border="horizontal", hide_index=True)


def _summarise(network: Network, classes: int, dropout: float) -> tuple[list[SummaryRow], bool]:
    """The layers, up to the first that cannot be built, and whether there is one."""
    rows: list[SummaryRow] = []
    try:
        rows.extend(iterate_rows(network, classes, dropout=dropout))
    except ShapeError:
        return rows, True
    return rows, False


def describe_size(rows: Sequence[SummaryRow]) -> str:
    """What a network costs, in a sentence."""
    size = measure_size(rows)
    megabytes = size.tflite_bytes / 1e6
    return (
        f"{size.parameters:,} parameters, {size.multiply_adds / 1e6:,.2f} million multiply-adds an image, about "
        f"{megabytes:,.{2 if megabytes >= 0.1 else 3}f} MB as a `.tflite` file."
    )


def _layer_row(row: SummaryRow) -> dict[str, str]:
    return {
        "Layer": row.layer,
        "Output": "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}".join(map(str, row.output_shape)),
        "Parameters": f"{row.parameters:,}",
        "Multiply-adds": f"{row.multiply_adds:,}",
    }


def show_preview(config: TrainConfig, *, seed: int, columns: int = 6) -> None:
    """Some training images, and augmented versions below each."""
    if problem := _preview_problem(config.dataset):
        st.caption(escape_markdown(problem))
        pickers.offer_download(config.dataset)
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
