"""The networks as plain data: what each is for, and its layers.

Both the Keras network (`networks.build`) and its summary (`summarise`) are made from these layers, so the server
counts parameters without TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

IMAGE_SIDE = 28  # pixels of an image's side


@dataclass(frozen=True)
class Conv:
    """A convolution, optionally batch-normalised; `depthwise` filters each channel on its own."""

    filters: int
    kernel: int = 3
    strides: int = 1
    padding: str = "same"
    activation: str | None = "relu"
    norm: bool = False
    depthwise: bool = False


@dataclass(frozen=True)
class Pool:
    """Pooling over squares of `size`; `size` 0 pools the whole map to one value a channel."""

    kind: str = "max"
    size: int = 2


@dataclass(frozen=True)
class Residual:
    """Layers whose input is added to their output; a 1x1 convolution fits the shapes where they differ."""

    layers: tuple[Conv, ...]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer."""

    units: int
    activation: str | None = "relu"
    norm: bool = False


@dataclass(frozen=True)
class Crop:
    """Leaves out so many pixels at each side of the image: MNIST's digits have paper there."""

    pixels: int


@dataclass(frozen=True)
class Standardize:
    """Each image minus its mean, divided by its deviation: grey paper and low contrast make no difference."""


@dataclass(frozen=True)
class Flatten:
    """All values in one row."""


@dataclass(frozen=True)
class Dropout:
    """Dropout at the config's rate; no layer where the rate is 0."""


Layer = Conv | Pool | Residual | Dense | Crop | Standardize | Flatten | Dropout


class Network(NamedTuple):
    """A network: what it is for, where it comes from, and its layers up to the embedding.

    The output of the last layer is the embedding; dropout and the softmax over the classes follow it.
    """

    purpose: str
    source: str
    layers: tuple[Layer, ...]


def _separable_block(filters: int, strides: int = 1) -> tuple[Conv, Conv]:
    return Conv(0, 3, strides, norm=True, depthwise=True), Conv(filters, 1, norm=True)


def _residual_block(filters: int, strides: int = 1) -> Residual:
    return Residual((Conv(filters, 3, strides, norm=True), Conv(filters, 3, activation=None, norm=True)))


NETWORKS: dict[str, Network] = {
    "mlp": Network(
        "The simplest: dense layers, which see pixels and not shapes.",
        "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors",
        (Flatten(), Dense(256), Dropout(), Dense(128)),
    ),
    "cnn": Network(
        "A classic convolutional network with one wide dense layer: robust, and good for letters too.",
        "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition",
        (Conv(32, padding="valid"), Pool(), Conv(32, padding="valid"), Pool(), Flatten(), Dense(512)),
    ),
    "cnn-dropout": Network(
        "Two convolutions with dropout: the textbook network, which hardly overfits.",
        "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
        (Conv(32, padding="valid"), Pool(), Conv(64, padding="valid"), Pool(), Dropout(), Flatten()),
    ),
    "lenet5": Network(
        "The network that read bank cheques in the 1990s: for history, and for very small devices.",
        "LeCun, Bottou, Bengio and Haffner 1998, section II.B (full connections in C3, softmax at the end)",
        (
            Conv(6, 5, activation="tanh"),
            Pool("average"),
            Conv(16, 5, padding="valid", activation="tanh"),
            Pool("average"),
            Flatten(),
            Dense(120, "tanh"),
            Dense(84, "tanh"),
        ),
    ),
    "resnet": Network(
        "Residual blocks sized for 28 x 28: accurate, and slow to train.",
        "He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition",
        (
            Conv(32, strides=2, norm=True),
            _residual_block(32),
            _residual_block(64, 2),
            _residual_block(64),
            _residual_block(96, 2),
            Pool("average", 0),
        ),
    ),
    "resnet-fine": Network(
        "As resnet, but the first block sees all 28 x 28 pixels: the most accurate network here, and the slowest.",
        "He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition, section 4.2",
        (
            Conv(16, norm=True),
            _residual_block(16),
            _residual_block(32, 2),
            _residual_block(32),
            _residual_block(64, 2),
            _residual_block(64),
            _residual_block(96, 2),
            Pool("average", 0),
        ),
    ),
    "mobilenet": Network(
        "Depthwise-separable blocks sized for 28 x 28: accurate for its size, for phones.",
        "Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision applications",
        (
            Conv(32, strides=2, norm=True),
            *_separable_block(64),
            *_separable_block(96, 2),
            *_separable_block(96),
            *_separable_block(128, 2),
            Pool("average", 0),
        ),
    ),
    "fast": Network(
        "Small and batch-normalised: above 99% after three epochs, in about a minute on two cores.",
        "Ioffe and Szegedy 2015, Batch normalization; trained on a one-cycle schedule (Smith 2018)",
        (
            Conv(24, 5, 2, norm=True),
            Conv(48, norm=True),
            Pool(),
            Conv(96, norm=True),
            Pool("max", 0),
        ),
    ),
    "strided": Network(
        "Strides instead of pooling, and no margin: above 99% in seconds, for a first look at an idea.",
        "Springenberg et al. 2015, Striving for simplicity: the all convolutional net, arXiv 1412.6806",
        (
            Crop(2),
            Conv(24, 6, 3, padding="valid", norm=True),
            Conv(32, padding="valid", norm=True),
            Conv(64, padding="valid", norm=True),
            Flatten(),
        ),
    ),
    "strided-deep": Network(
        "Five convolutions over images brought to one contrast: accurate, and quick to train and to read with.",
        "Springenberg et al. 2015, as strided; the first layer after Ulyanov et al. 2016, arXiv 1607.08022",
        (
            Standardize(),
            Conv(32, 5, 2, norm=True),
            Conv(64, padding="valid", norm=True),
            Conv(96, strides=2, norm=True),
            Conv(128, padding="valid", norm=True),
            Conv(160, padding="valid", norm=True),
            Pool("average", 0),
        ),
    ),
}


class SummaryRow(NamedTuple):
    """One layer of a summary: its output shape without the batch, and its number of parameters."""

    layer: str
    output_shape: tuple[int, ...]
    parameters: int


def summarise(network: str, classes: int, *, dropout: float = 0.0) -> list[SummaryRow]:
    """The layers of a network with their output shapes and parameter counts.

    Args:
        network: a name in `NETWORKS`.
        classes: number of classes c.
        dropout: share of units switched off at random during training; 0 leaves the dropout layers out.
    """
    rows = [SummaryRow("Input, scaled to [0, 1]", (IMAGE_SIDE, IMAGE_SIDE, 1), 0)]
    shape: tuple[int, ...] = (IMAGE_SIDE, IMAGE_SIDE, 1)
    layers = (*NETWORKS[network].layers, Dropout())  # the last is between embedding and softmax
    for layer in (layer for layer in layers if dropout or not isinstance(layer, Dropout)):
        for row in _summary_rows(layer, shape):
            rows.append(row)
            shape = row.output_shape
    rows.append(SummaryRow(f"Dense {classes}, softmax", (classes,), (shape[-1] + 1) * classes))
    return rows


def count_parameters(network: str, classes: int) -> int:
    """The parameters of a network with this many classes, moving averages of batch normalisation included."""
    return sum(row.parameters for row in summarise(network, classes))


def _summary_rows(layer: Layer, shape: tuple[int, ...]) -> Iterator[SummaryRow]:
    match layer:
        case Conv():
            yield _conv_row(layer, shape)
        case Pool(kind, 0):
            yield SummaryRow(f"Global {kind} pooling", shape[-1:], 0)
        case Pool(kind, size):
            yield SummaryRow(
                f"{kind.capitalize()} pooling {size} x {size}", _output_shape(shape, size, size, "valid"), 0
            )
        case Crop(pixels):
            rows, columns, channels = shape
            yield SummaryRow(f"Crop {pixels} pixels", (rows - 2 * pixels, columns - 2 * pixels, channels), 0)
        case Standardize():
            yield SummaryRow("Each image to mean 0, deviation 1", shape, 0)
        case Flatten():
            yield SummaryRow("Flatten", (math.prod(shape),), 0)
        case Dense(units, activation, norm):
            parameters = (math.prod(shape) + 1) * units + 4 * units * norm
            yield SummaryRow(f"Dense {units}{_suffix(norm, activation)}", (units,), parameters)
        case Residual(layers):
            yield _residual_row(layers, shape)
        case Dropout():
            yield SummaryRow("Dropout", shape, 0)


def _conv_row(conv: Conv, shape: tuple[int, ...]) -> SummaryRow:
    channels = shape[-1]
    filters = channels if conv.depthwise else conv.filters
    weights = conv.kernel**2 * (channels if conv.depthwise else channels * filters)
    # Batch normalisation has an offset, so a normalised convolution has no bias.
    parameters = weights + (4 * filters if conv.norm else filters)
    kind = "Depthwise conv" if conv.depthwise else f"Conv {filters}"
    name = f"{kind} {conv.kernel} x {conv.kernel}{f' stride {conv.strides}' if conv.strides > 1 else ''}"
    out = (*_output_shape(shape, conv.kernel, conv.strides, conv.padding)[:2], filters)
    return SummaryRow(name + _suffix(conv.norm, conv.activation), out, parameters)


def _residual_row(layers: tuple[Conv, ...], shape: tuple[int, ...]) -> SummaryRow:
    parameters, out = 0, shape
    for conv in layers:
        row = _conv_row(conv, out)
        parameters, out = parameters + row.parameters, row.output_shape
    if out != shape:
        parameters += shape[-1] * out[-1] + 4 * out[-1]
    name = f"Residual block of {len(layers)} conv {out[-1]}, relu"
    return SummaryRow(name, out, parameters)


def _output_shape(shape: tuple[int, ...], kernel: int, strides: int, padding: str) -> tuple[int, ...]:
    reach = 0 if padding == "same" else kernel - 1
    return (*(math.ceil((side - reach) / strides) for side in shape[:2]), shape[-1])


def _suffix(norm: bool, activation: str | None) -> str:
    return "".join(f", {part}" for part in ("batch norm" if norm else None, activation) if part)
