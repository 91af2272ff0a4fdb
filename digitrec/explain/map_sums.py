"""The sum behind one activation of a feature map: which inputs under the filter make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.explain.feature_maps import Layer
from digitrec.imaging import Floats
from digitrec.inference import Operation

MAX_SOURCES = 3  # input maps that are told one by one

_MAX_TRIED_PLACES = 36  # of a map, to tell strides from each other


class MapSum(NamedTuple):
    """A map's strongest activation, as the sum that the convolution computes.

    Attributes:
        place: row and column of the activation in its map.
        value: the activation: `parts` and `rest` and `bias` together.
        sources: numbers of the input maps with the largest parts, the largest first; (0,) in the first layer.
        patches: float32 (s, height, width), their values under the filter; 0 beyond the border.
        weights: float32 (s, height, width), the filter's weights for them.
        parts: float32 (s,), the sums of their products.
        rest: the sum of the products of all other input maps.
        bias: what the convolution adds, batch normalisation included.
    """

    place: tuple[int, int]
    value: float
    sources: tuple[int, ...]
    patches: Floats
    weights: Floats
    parts: Floats
    rest: float
    bias: float


def explain_map(operations: Sequence[Operation], layer: Layer, number: int) -> MapSum | None:
    """The sum behind the strongest activation of a map.

    Args:
        operations: of the network, as `Classifier.trace` gives them.
        layer: one of its layers, as `feature_layers` gives them.
        number: of the map, from 0.

    Returns:
        None if the layer is no convolution, or the map has no activation above 0.
    """
    operation = layer.operation
    source = next((each for each in operations if operation and each.output in operation.inputs), None)
    values = layer.maps[..., number]
    if operation is None or operation.weights is None or source is None or values.max() <= 0:
        return None
    row, column = (int(at) for at in np.unravel_index(values.argmax(), values.shape))
    is_depthwise = operation.kind == "DEPTHWISE_CONV_2D"
    # LiteRT has (k, height, width, channels), and (1, height, width, k) for a depthwise convolution.
    weights = operation.weights[0][..., number : number + 1] if is_depthwise else operation.weights[number]
    inputs = source.value[..., number : number + 1] if is_depthwise else source.value  # (h, w, channels)
    steps = _find_steps(operation, source.value)
    patch = _patch_under(inputs, weights.shape[:2], steps, (row, column))
    products = (patch * weights).sum((0, 1))  # (channels,)
    order = np.argsort(-np.abs(products), kind="stable")[:MAX_SOURCES]
    total, value = float(products.sum()), float(operation.value[row, column, number])
    return MapSum(
        (row, column),
        value,
        tuple(number if is_depthwise else int(index) for index in order),
        np.moveaxis(patch[..., order], -1, 0),
        np.moveaxis(weights[..., order], -1, 0),
        products[order],
        total - float(products[order].sum()),
        value - total,
    )


class _Step(NamedTuple):
    """How a filter goes along an axis: from value to value of the map, and the padding before the inputs."""

    stride: int
    before: int


_Steps = tuple[_Step, _Step]  # down and across


def _patch_under(inputs: Floats, filter_shape: tuple[int, ...], steps: _Steps, place: tuple[int, int]) -> Floats:
    """The inputs (h, w, c) under a filter at a place of the map: (height, width, c), 0 beyond the border."""
    starts, patch = [], inputs
    for axis, (stride, before) in enumerate(steps):
        kernel = filter_shape[axis]
        starts.append(place[axis] * stride - before + kernel)  # in the inputs padded by a kernel on each side
        around = [(kernel, kernel) if each == axis else (0, 0) for each in range(3)]
        patch = np.pad(patch, around)
    return patch[starts[0] : starts[0] + filter_shape[0], starts[1] : starts[1] + filter_shape[1]]


def _find_steps(operation: Operation, inputs: Floats) -> _Steps:
    """The steps of a convolution's filters over its inputs (h, w, c).

    On small maps several strides fit the shapes. Then the right one is that with which the values of each map and
    the products differ by the same everywhere: by what the convolution adds.
    """
    values, kernel = operation.value, operation.weights.shape[1:3] if operation.weights is not None else (1, 1)
    down, across = (_list_steps(inputs.shape[axis], kernel[axis], values.shape[axis]) for axis in range(2))
    fitting = [(one, other) for one in down for other in across if one.stride == other.stride]
    if len(fitting) == 1:
        return fitting[0]
    return min(fitting, key=lambda steps: _spread_of_rests(operation, inputs, steps))


def _spread_of_rests(operation: Operation, inputs: Floats, steps: _Steps) -> float:
    """How much the rests of values and products differ within each map, summed over the maps."""
    weights, values = operation.weights, operation.value
    assert weights is not None
    places = list(np.ndindex(values.shape[:2]))[:_MAX_TRIED_PLACES]
    patches = [_patch_under(inputs, weights.shape[1:3], steps, place) for place in places]
    if operation.kind == "DEPTHWISE_CONV_2D":
        products = np.stack([(patch * weights[0]).sum((0, 1)) for patch in patches])  # (places, k)
    else:
        products = np.stack([np.tensordot(weights, patch, 3) for patch in patches])
    found = np.stack([values[place] for place in places])
    seen = found > 0  # a ReLU may have cut off the others
    rests = found - products
    spreads = np.where(seen, rests, -np.inf).max(0) - np.where(seen, rests, np.inf).min(0)
    return float(spreads[seen.any(0)].sum())


def _list_steps(side: int, kernel: int, count: int) -> list[_Step]:
    """The steps of a convolution that fit its shapes, the smallest stride first.

    TensorFlow's "same" pads so that a map has ceil(side / stride) values, the odd pixel at the end; "valid" pads
    nothing.
    """
    found = []
    for stride in range(1, side + 1):
        if count == -(-side // stride):
            found.append(_Step(stride, max((count - 1) * stride + kernel - side, 0) // 2))
        if side >= kernel and count == (side - kernel) // stride + 1:
            found.append(_Step(stride, 0))
    if not found:
        raise ValueError(f"no stride makes {count} values of {side} with a filter of {kernel}.")
    return list(dict.fromkeys(found))
