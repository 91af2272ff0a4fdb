"""A trained network as an HDF5 file that both Keras 2 and Keras 3 load.

Keras 3 writes HDF5 files whose layers Keras 2 does not understand (`batch_shape`, data type policies, another form
of the connections). Keras 3 still reads the older description, so the file gets that one. The weights are the same
in both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from digitrec.runs import IMAGE_SIDE

VERSION = "2.15.0"  # of Keras, whose description of layers this is: the last Keras 2
TOLERANCE = 1e-5  # largest difference of a probability between the network and the file
_CHECK_IMAGES = 64

# What Keras 2 is told of each kind of layer. Initialisers and the like are left out: the weights are in the file.
_CONV = ("kernel_size", "strides", "padding", "use_bias")
_POOL = ("pool_size", "strides", "padding")
_SETTINGS = {
    "Activation": ("activation",),
    "Add": (),
    "AveragePooling2D": _POOL,
    "BatchNormalization": ("momentum", "epsilon"),
    "Conv2D": ("filters", "activation", *_CONV),
    "Cropping2D": ("cropping",),
    "Dense": ("units", "activation", "use_bias"),
    "DepthwiseConv2D": ("activation", *_CONV),
    "Dropout": ("rate",),
    "Flatten": (),
    "GlobalAveragePooling2D": (),
    "GlobalMaxPooling2D": (),
    "LayerNormalization": ("epsilon", "center", "scale"),
    "MaxPooling2D": _POOL,
    "Rescaling": ("scale", "offset"),
    "Reshape": ("target_shape",),
}


class Hdf5Error(Exception):
    """A network cannot be written so that Keras 2 loads it: the message says why."""


def write(model: keras.Model, path: Path) -> None:
    """Write a network of one input and one output as an HDF5 file, and check that the file answers the same.

    Raises:
        Hdf5Error: it has a layer that Keras 2 is not told of, or the file answers otherwise.
        OSError: the file cannot be written.
    """
    description = describe(model)
    model.save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(description).encode()
        file.attrs["keras_version"] = VERSION
    images = np.random.default_rng(0).integers(0, 256, (_CHECK_IMAGES, IMAGE_SIDE, IMAGE_SIDE)).astype(np.uint8)
    answers = (each.predict(images, verbose=0) for each in (model, keras.models.load_model(path, compile=False)))
    difference = float(np.abs(np.subtract(*answers)).max())
    if not difference <= TOLERANCE:  # a NaN fails as well
        raise Hdf5Error(f"the HDF5 file and the network differ by {difference:g}: expected at most {TOLERANCE:g}.")


def describe(model: keras.Model) -> dict[str, Any]:
    """The layers of a functional network and their connections, as Keras 2 describes them.

    Raises:
        Hdf5Error: it has a layer that Keras 2 is not told of.
    """
    layers = [_describe_layer(layer) for layer in model.get_config()["layers"]]
    ends = {"input_layers": [[model.inputs[0].name, 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": model.name, "layers": layers, **ends}}


def _describe_layer(layer: Mapping[str, Any]) -> dict[str, Any]:
    kind, config, name = layer["class_name"], layer["config"], layer["name"]
    if kind == "InputLayer":
        settings = {"batch_input_shape": config["batch_shape"], "dtype": config["dtype"]}
    elif kind == "Identity":  # which only the last versions of Keras 2 have
        kind, settings = "Activation", {"activation": "linear", "dtype": "float32"}
    elif kind in _SETTINGS:
        settings = {"dtype": "float32"} | {key: config[key] for key in _SETTINGS[kind]}
    else:
        known = ", ".join(_SETTINGS)
        raise Hdf5Error(f"the layer {name!r} is a {kind}: expected one of {known}. Export it as .keras instead.")
    connections = [[[*tensor, {}] for tensor in _find_tensors(node["args"])] for node in layer["inbound_nodes"]]
    return {"class_name": kind, "name": name, "config": {"name": name, **settings}, "inbound_nodes": connections}


def _find_tensors(arguments: object) -> Iterator[list[Any]]:
    """The layer, its call and its output, by number, for each tensor that a layer takes."""
    if isinstance(arguments, Mapping):
        yield arguments["config"]["keras_history"]
    elif isinstance(arguments, list | tuple):
        for each in arguments:
            yield from _find_tensors(each)
