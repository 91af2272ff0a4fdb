"""One picture of a network: the maps of all its layers for a drawing, each to be enlarged with its sum."""

from __future__ import annotations

import functools
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from digitrec.explain import Layer, MapSum, explain_map, mean_activations
from digitrec.imaging import data_uri
from digitrec.inference import Operation
from digitrec.ui.components.digits import figure_html, map_picture
from digitrec.ui.draw.maps import describe_strongest, full_brightness

MAX_MAPS = 8  # of each layer in the picture: the strongest
SIZE = 150  # pixels of an enlarged map on the screen
PATCH_SIZE = 84  # and of a filter, and of what lies under it


def network_picture(key: str, operations: Sequence[Operation], layers: Sequence[Layer]) -> None:
    """Show the strongest maps of all layers in one picture, and the one that a person chooses enlarged.

    Args:
        key: names the picture.
        operations: of the network, as `Classifier.trace` gives them.
        layers: of the network.
    """
    chosen = _find_chosen(key, layers)
    data = {
        "label": f"The {len(layers)} layers of the network, each with its {MAX_MAPS} strongest maps",
        "layers": [_layer_data(index, layer) for index, layer in enumerate(layers)],
        "chosen": chosen,
    }
    _network_component()(key=f"{key}-network", data=data, on_chosen_change=functools.partial(_choose, key))
    number, index = chosen
    st.html(_enlarged_html(number, layers[number], index, explain_map(operations, layers[number], index)))


def _find_chosen(key: str, layers: Sequence[Layer]) -> tuple[int, int]:
    """Layer and map that a person chose; the strongest map of the first layer, if none of this network."""
    number, index = st.session_state.get(f"{key}-map", (0, -1))
    if number < len(layers) and 0 <= index < layers[number].maps.shape[-1]:
        return number, index
    return 0, int(mean_activations(layers[0].maps).argmax())


def _choose(key: str) -> None:
    if chosen := st.session_state[f"{key}-network"].get("chosen"):
        st.session_state[f"{key}-map"] = tuple(int(each) for each in chosen)
        st.session_state[f"{key}-layer"] = int(chosen[0])  # the list below shows all maps of that layer


def _layer_data(number: int, layer: Layer) -> dict[str, Any]:
    full, signed = full_brightness(layer.maps), bool((layer.maps < 0).any())
    order = np.argsort(-mean_activations(layer.maps), kind="stable")[:MAX_MAPS]
    height, width, count = layer.maps.shape
    return {
        "title": f"{number + 1}. {count} × {width}²" if width == height else f"{number + 1}. {count} maps",
        "maps": [
            {
                "map": int(index),
                "src": data_uri(map_picture(layer.maps[..., index], full, signed=signed)),
                "alt": f"Layer {number + 1}, map {index + 1} of {count}",
            }
            for index in order
        ],
    }


def _enlarged_html(number: int, layer: Layer, index: int, found: MapSum | None) -> str:
    """A map, and how its strongest activation is computed."""
    values = layer.maps[..., index]
    picture = map_picture(values, full_brightness(layer.maps), signed=bool((layer.maps < 0).any()))
    title = f"Layer {number + 1}: {layer.name}, map {index + 1}"
    figure = figure_html(picture, f"Strongest {describe_strongest(values)}", title, SIZE)
    words = _sum_html(found, layer) if found else _no_sum_html(layer, float(np.abs(values).max()))
    return (
        f'<section class="digit-enlarged"><h3 class="digit-title">{html.escape(title)}</h3><div>{figure}'
        f"<div>{words}</div></div></section>"
    )


def _no_sum_html(layer: Layer, strongest: float) -> str:
    if layer.operation is None:
        return "<p>The sum of two layers: of what the block computed, and of what came into it.</p>"
    return f"<p>{'No activation above 0' if strongest else 'No activation'} for this drawing.</p>"


def _sum_html(found: MapSum, layer: Layer) -> str:
    """The inputs under the filter, its weights, and the sum."""
    full_input = float(np.abs(found.patches).max())
    full_weight = float(np.abs(found.weights).max())
    rows = "".join(
        f"<li>{_pair_html(patch, weights, (full_input, full_weight), source)}<span>= {part:+.2f}</span></li>"
        for source, patch, weights, part in zip(
            found.sources, found.patches, found.weights, found.parts, strict=True
        )
    )
    channels = layer.operation.weights.shape[-1] if layer.operation and layer.operation.weights is not None else 1
    others = f" {_added(found.rest)} from the other input maps" if channels > len(found.sources) else ""
    text = (
        f"Its strongest activation is {found.value:.2f}. It is the sum over what lies under the filter, times the "
        f"filter's weights: {found.parts.sum():.2f}{others} {_added(found.bias)} (bias)."
    )
    legend = "Blue is above zero, orange below."
    return f'<p>{html.escape(text)}</p><ol>{rows}</ol><p class="digit-legend">{legend}</p>'


def _added(number: float) -> str:
    """A number after a sum: "+ 0.50", "- 0.02"."""
    return f"{'-' if number < 0 else '+'} {abs(number):.2f}"


def _pair_html(patch: Any, weights: Any, full: tuple[float, float], source: int) -> str:
    what = f"input map {source + 1}"
    figures = (
        figure_html(
            map_picture(patch, full[0], signed=True),
            "Under it",
            f"What lies under the filter in {what}",
            PATCH_SIZE,
        ),
        figure_html(
            map_picture(weights, full[1], signed=True), "Filter", f"The filter's weights for {what}", PATCH_SIZE
        ),
    )
    return "<span>×</span>".join(figures)


@functools.cache
def _network_component() -> Any:
    script = Path(__file__).with_name("network.js").read_text()
    html_text = '<ol class="digit-network"></ol>'
    return st.components.v2.component("digitrec_network", html=html_text, js=script, isolate_styles=False)
