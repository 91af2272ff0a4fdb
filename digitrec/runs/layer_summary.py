"""A network's layers with their shapes and costs, counted without TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digitrec.runs.architectures import (
    IMAGE_SIDE,
    Conv,
    Crop,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Pool,
    Residual,
    Standardize,
)

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer cannot take what comes into it: the message names the layer, its input shape and the way out."""


class SummaryRow(NamedTuple):
    """One layer of a summary.

    Attributes:
        layer: what it is, in words.
        output_shape: without the batch.
        parameters: as Keras counts them, the averages of batch normalisation included.
        multiply_adds: of weights and values, for one image. Pooling, activations and sums are not counted, and
            batch normalisation is part of the weights once the network is trained.
        weights: the numbers that a `.tflite` file holds for it, batch normalisation folded into them.
        operations: of the `.tflite` file, about; batch normalisation counts, as its names stay in the file.
        kind: "conv", "residual", "pool", "dense", or "other" for what has no weights and pools nothing.
    """

    layer: str
    output_shape: Shape
    parameters: int = 0
    multiply_adds: int = 0
    weights: int = 0
    operations: int = 0
    kind: str = "other"


class Size(NamedTuple):
    """What a network costs."""

    parameters: int
    multiply_adds: int  # for one image
    tflite_bytes: int  # estimated


def summarise(network: Network, classes: int, *, dropout: float = 0.0) -> list[SummaryRow]:
    """The layers of a network with their output shapes and costs.

    Args:
        network: the network.
        classes: number of classes c.
        dropout: share of units switched off at random during training; 0 leaves the dropout layers out.

    Raises:
        ShapeError: a layer cannot take what comes into it.
    """
    return list(iterate_rows(network, classes, dropout=dropout))


def iterate_rows(network: Network, classes: int, *, dropout: float = 0.0) -> Iterator[SummaryRow]:
    """The rows of `summarise`, one by one: those before the layer that cannot take its input come as well.

    Raises:
        ShapeError: at the first layer that cannot take what comes into it.
    """
    row = SummaryRow("Input, scaled to [0, 1]", (IMAGE_SIDE, IMAGE_SIDE, 1), operations=3)
    yield row
    # The last two are between the embedding and the classes.
    for layer in (*network.layers, Dropout(), Dense(classes, "softmax")):
        if dropout or not isinstance(layer, Dropout):
            row = summarise_layer(layer, row.output_shape)
            yield row


def count_parameters(network: Network, classes: int) -> int:
    """The parameters of a network with this many classes, moving averages of batch normalisation included."""
    return sum(row.parameters for row in summarise(network, classes))


# Bytes of a `.tflite` file beside its weights, fitted to 25 random networks by `benchmarks/tflite_sizes.py`. On 25
# others and the named networks the estimate is at most 1.7 kB wrong.
_FILE_BYTES, _OPERATION_BYTES = 1700, 300


def measure_size(rows: Sequence[SummaryRow]) -> Size:
    """What the network costs whose layers `summarise` gave."""
    weights, operations = sum(row.weights for row in rows), sum(row.operations for row in rows)
    return Size(
        sum(row.parameters for row in rows),
        sum(row.multiply_adds for row in rows),
        4 * weights + _FILE_BYTES + _OPERATION_BYTES * operations,
    )


def summarise_layer(layer: Layer, shape: Shape) -> SummaryRow:
    """A layer that gets values of this shape.

    Raises:
        ShapeError: it cannot take them.
    """
    match layer:
        case Conv():
            return _conv_row(layer, shape)
        case Pool(kind, 0):
            return SummaryRow(f"Global {kind} pooling", shape[-1:], operations=1, kind="pool")
        case Pool():
            return _pool_row(layer, shape)
        case Crop(pixels):
            rows, columns, channels = shape
            inner = (rows - 2 * pixels, columns - 2 * pixels, channels)
            return SummaryRow(f"Crop {pixels} pixels", inner, operations=1)
        case Standardize():
            return SummaryRow("Each image to mean 0, deviation 1", shape, operations=9)
        case Flatten():
            return SummaryRow("Flatten", (math.prod(shape),), operations=1)
        case Dense():
            return _dense_row(layer, shape)
        case Residual():
            return _residual_row(layer, shape)
        case Dropout():
            return SummaryRow("Dropout", shape)


def format_shape(shape: Shape) -> str:
    """A shape in words: "28 x 28 x 16", or "512 values"."""
    return " x ".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]:,} values"


def _dense_row(dense: Dense, shape: Shape) -> SummaryRow:
    values, units = math.prod(shape), dense.units
    return SummaryRow(
        f"Dense {units}{_suffix(dense.norm, dense.activation)}",
        (units,),
        (values + 1) * units + 4 * units * dense.norm,
        multiply_adds=values * units,
        weights=(values + 1) * units,
        operations=1 + dense.norm + _is_operation(dense.activation),
        kind="dense",
    )


def _pool_row(pool: Pool, shape: Shape) -> SummaryRow:
    name = f"{pool.kind.capitalize()} pooling {pool.size} x {pool.size}"
    if min(shape[:2]) < pool.size:
        raise ShapeError(
            f"{name} gets {format_shape(shape)}: there is too little left to pool. Leave out this pooling, or a "
            "stride, a pooling or a valid padding before it."
        )
    return SummaryRow(name, _output_shape(shape, pool.size, pool.size, "valid"), operations=1, kind="pool")


def _conv_row(conv: Conv, shape: Shape) -> SummaryRow:
    channels = shape[-1]
    filters = channels if conv.depthwise else conv.filters
    weights = conv.kernel**2 * (channels if conv.depthwise else channels * filters)
    kind = "Depthwise conv" if conv.depthwise else f"Conv {filters}"
    name = f"{kind} {conv.kernel} x {conv.kernel}{f' stride {conv.strides}' if conv.strides > 1 else ''}"
    if conv.padding == "valid" and min(shape[:2]) < conv.kernel:
        raise ShapeError(
            f"{name} gets {format_shape(shape)}: its filter is larger than that. Take a smaller kernel or the "
            "padding same, or leave out a stride or a pooling before it."
        )
    out = (*_output_shape(shape, conv.kernel, conv.strides, conv.padding)[:2], filters)
    return SummaryRow(
        name + _suffix(conv.norm, conv.activation),
        out,
        # Batch normalisation has an offset, so a normalised convolution has no bias.
        weights + (4 * filters if conv.norm else filters),
        multiply_adds=weights * math.prod(out[:2]),
        weights=weights + filters,
        operations=1 + conv.norm + _is_operation(conv.activation),
        kind="conv",
    )


def _residual_row(residual: Residual, shape: Shape) -> SummaryRow:
    convs, rows = residual.layers, list[SummaryRow]()
    for conv in convs:
        rows.append(_conv_row(conv, rows[-1].output_shape if rows else shape))
    out = rows[-1].output_shape
    name = f"Residual block of {len(convs)} conv {out[-1]}"
    if out != shape:
        rows.append(_conv_row(fit_shortcut(residual), shape))
    if rows[-1].output_shape != out:
        raise ShapeError(
            f"{name} gets {format_shape(shape)} and makes {format_shape(out)}: a link cannot add the two. "
            "Take the padding same, or leave out the residual link."
        )
    name += _suffix(False, residual.activation)
    return _add_rows(name, out, rows, operations=1 + _is_operation(residual.activation))


def fit_shortcut(residual: Residual) -> Conv:
    """The convolution that fits a residual block's input to its output, where their shapes differ."""
    first, last = residual.layers[0], residual.layers[-1]
    return Conv(last.filters, 1, first.strides, activation=None, norm=last.norm)


def _add_rows(name: str, out: Shape, rows: Sequence[SummaryRow], *, operations: int) -> SummaryRow:
    return SummaryRow(
        name,
        out,
        sum(row.parameters for row in rows),
        sum(row.multiply_adds for row in rows),
        sum(row.weights for row in rows),
        operations + sum(row.operations for row in rows),
        "residual",
    )


def _output_shape(shape: Shape, kernel: int, strides: int, padding: str) -> Shape:
    reach = 0 if padding == "same" else kernel - 1
    return (*(math.ceil((side - reach) / strides) for side in shape[:2]), shape[-1])


def _is_operation(activation: str | None) -> bool:
    """Whether an activation is an operation of its own in a `.tflite` file: relu is part of the one before."""
    return activation not in (None, "relu")


def _suffix(norm: bool, activation: str | None) -> str:
    return "".join(f", {part}" for part in ("batch norm" if norm else None, activation) if part)
