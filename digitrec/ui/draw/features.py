"""The feature maps of a network's layers for the drawing, on the screen, and the filters of the first layer."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.explain import Layer, describe_filter, feature_layers, first_filters, mean_activations
from digitrec.imaging import Floats, Image
from digitrec.inference import Classifier, ClassifierError
from digitrec.ui.components.digits import digit_gallery, map_picture
from digitrec.ui.draw.maps import describe_strongest, full_brightness
from digitrec.ui.draw.network import network_picture

SIZE = 64  # pixels of a map on the screen
MAX_FIRST_MAPS = 12  # maps that are shown until a person wants all
WIDTH = 420  # pixels of the layer's picker, where there is room
NO_CONVOLUTION_TEXT = (
    "This network has no convolution, so it has no feature maps: each unit of its dense layers is connected to "
    "every pixel. Choose a convolutional network, such as the built-in one."
)


def features(key: str, model: Classifier, image: Image) -> None:
    """Show the feature maps of each layer for an image uint8 (28, 28)."""
    try:
        operations = model.trace(image)
    except ClassifierError as error:
        st.warning(str(error))
        return
    layers = feature_layers(operations)
    if not layers:
        st.info(NO_CONVOLUTION_TEXT)
        return
    network_picture(key, operations, layers)
    number, most = _choose_layer(key, layers)
    order = np.argsort(-mean_activations(layers[number].maps), kind="stable")[:most]
    _show_maps(layers[number], order)
    if number == 0 and (filters := first_filters(operations)) is not None:
        _show_filters(filters, order)


def _choose_layer(key: str, layers: list[Layer]) -> tuple[int, int]:
    """The layer that a person chooses, and how many of its maps are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        number = st.selectbox(
            "Layer",
            range(len(layers)),
            format_func=lambda index: _layer_title(index, layers[index]),
            key=f"{key}-layer",
            persist_state="session",
            width=WIDTH,
        )
        count = layers[number].maps.shape[-1]
        if count <= MAX_FIRST_MAPS:
            return number, count
        every = st.toggle(f"All {count} maps", key=f"{key}-all-maps", persist_state="session")
    return number, count if every else MAX_FIRST_MAPS


def _layer_title(index: int, layer: Layer) -> str:
    height, width, count = layer.maps.shape
    return f"{index + 1}. {layer.name}: {count} maps of {width} × {height}"


def _show_maps(layer: Layer, order: NDArray[np.intp]) -> None:
    strength, full = mean_activations(layer.maps), full_brightness(layer.maps)
    signed = bool((layer.maps < 0).any())
    maps = [layer.maps[..., i] for i in order]
    alts = [
        f"Map {i + 1} of {len(strength)}: strength {strength[i]:.2f}, strongest {describe_strongest(values)}"
        if strength[i]
        else f"Map {i + 1} of {len(strength)}: no activation"
        for i, values in zip(order, maps, strict=True)
    ]
    pictures = [map_picture(values, full, signed=signed) for values in maps]
    digit_gallery(pictures, [f"{i + 1}: {strength[i]:.2f}" for i in order], alts=alts, size=SIZE)
    st.html(f'<p class="digit-legend">{html.escape(_legend_text(strength, full, signed=signed))}</p>')


def _legend_text(strength: Floats, full: float, *, signed: bool) -> str:
    mean = "mean absolute activation" if signed else "mean activation"
    size = f"{full:.2g} or more"
    colours = f"Blue is above zero, orange below, brightest at {size}" if signed else f"White is {size}"
    silent = np.count_nonzero(strength == 0)
    zero = f" {silent} of {len(strength)} maps have no activation for this drawing." if silent else ""
    return (
        f"Strongest first. Each map has its number and its {mean}. {colours}; black is zero. The scale is the "
        f"same in all maps of this layer.{zero}"
    )


def _show_filters(filters: Floats, order: NDArray[np.intp]) -> None:
    """The filters (k, height, width) of the first layer, in the order of its maps."""
    says = [describe_filter(filters[i]) for i in order]
    st.html('<h3 class="digit-title">The filters that made these maps</h3>')
    digit_gallery(
        [map_picture(filters[i], float(np.abs(filters[i]).max()), signed=True) for i in order],
        [f"{i + 1}: {say}" for i, say in zip(order, says, strict=True)],
        alts=[f"Filter {i + 1} looks for {say}" for i, say in zip(order, says, strict=True)],
        size=SIZE,
    )
    legend = (
        "A filter responds to ink where it is blue and to paper where it is orange; black does not matter. Each "
        "has its own scale. The words name the most similar pattern."
    )
    st.html(f'<p class="digit-legend">{legend}</p>')
