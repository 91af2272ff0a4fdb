"""Feature maps of a convolutional network for an image, and the filters of its first layer.

They come from the operations of the exported LiteRT file (`Classifier.trace`), so every run has them, however old.
Batch normalisation is part of the filters: the converter folds it into the convolution before it (Jacob et al.
2018, section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.imaging import Floats
from digitrec.inference import Operation

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
ACTIVATIONS = ("RELU", "TANH", "LOGISTIC", "RELU6", "ELU")
MIN_PATTERN_LENGTH = 1e-6  # below it a pattern is nothing but rounding
MIN_PATTERN_COSINE = 0.6  # with the most similar pattern: below, a filter is a mixture


class Layer(NamedTuple):
    """One layer's maps for one image."""

    name: str  # what it does, in words
    maps: Floats  # float32 (h, w, k)
    operation: Operation | None = None  # the convolution that makes them, if it is one


def feature_layers(operations: Sequence[Operation]) -> list[Layer]:
    """The layers of a network that make maps, in order; none where it has no convolution.

    An activation function belongs to the layer before it; the sum that ends a residual block is a layer as well.
    """
    convolutions = {operation.output for operation in operations if operation.kind in CONVOLUTIONS}
    found = []
    for operation in operations:
        if operation.kind in CONVOLUTIONS:
            maps = _activation_output(operation, operations)
            found.append(Layer(_layer_name(operation), maps, operation))
        elif operation.kind == "ADD" and convolutions.intersection(operation.inputs) and operation.weights is None:
            found.append(Layer("End of a residual block", _activation_output(operation, operations)))
    return found


def mean_activations(maps: Floats) -> Floats:
    """The strength of each map of (h, w, k), float64 (k,): the mean of its activations' absolute values.

    After a ReLU, where no activation is below zero, that is the mean activation.
    """
    return np.abs(maps).mean(axis=(0, 1), dtype=np.float64)


def first_filters(operations: Sequence[Operation]) -> Floats | None:
    """The filters of the first convolution over the image's one channel, float32 (k, height, width), or None."""
    first = next((operation for operation in operations if operation.kind in CONVOLUTIONS), None)
    if first is None or first.weights is None:
        return None
    # LiteRT has (k, height, width, channels), and (1, height, width, k) for a depthwise convolution.
    return first.weights[..., 0] if first.kind == "CONV_2D" else np.moveaxis(first.weights[0], -1, 0)


def describe_filter(weights: Floats) -> str:
    """The name of the pattern that a filter (height, width) responds to most."""
    length = np.linalg.norm(weights)
    if not length:
        return "nothing"
    cosines = {name: float((each * weights).sum() / length) for name, each in _patterns(weights.shape).items()}
    name = max(cosines, key=lambda name: cosines[name])
    return name if cosines[name] >= MIN_PATTERN_COSINE else "a mixture"


def _patterns(shape: tuple[int, ...]) -> dict[str, Floats]:
    """Simple patterns by their names, each (height, width) of length 1."""
    y, x = (axis - (side - 1) / 2 for axis, side in zip(np.indices(shape), shape, strict=True))
    found: dict[str, Floats] = {"any ink": np.ones(shape), "blank paper": -np.ones(shape)}
    sides = {"right": x, "left": -x, "below": y, "above": -y}
    sides |= {"lower right": x + y, "upper left": -x - y, "upper right": x - y, "lower left": y - x}
    found |= {f"an edge, ink {side}": slope for side, slope in sides.items()}
    bumps = {"a level": y**2, "an upright": x**2, "a rising": (x + y) ** 2 / 2, "a falling": (x - y) ** 2 / 2}
    for name, distance in bumps.items():
        line = np.exp(-distance)
        found |= {f"{name} line": line - line.mean(), f"{name} gap": line.mean() - line}
    dot = np.exp(-(x**2) - y**2)
    found |= {"a dot": dot - dot.mean(), "a hole": dot.mean() - dot}
    # In a filter of one or two pixels a side, some have no slope and no line.
    lengths = {name: float(np.linalg.norm(pattern)) for name, pattern in found.items()}
    return {name: pattern / lengths[name] for name, pattern in found.items() if lengths[name] > MIN_PATTERN_LENGTH}


def _layer_name(operation: Operation) -> str:
    height, width = operation.weights.shape[1:3] if operation.weights is not None else (0, 0)
    if operation.kind == "DEPTHWISE_CONV_2D":
        return f"Depthwise convolution {height} × {width}"
    return f"Convolution {height} × {width}"


def _activation_output(operation: Operation, operations: Sequence[Operation]) -> Floats:
    """The output of an operation, (h, w, k), after its activation function if that is an operation of its own."""
    users = [other for other in operations if operation.output in other.inputs]
    return users[0].value if len(users) == 1 and users[0].kind in ACTIVATIONS else operation.value
