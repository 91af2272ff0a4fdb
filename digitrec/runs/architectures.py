"""The named networks as plain data: what each is for, and its layers.

Both the Keras network (`networks.build`) and its summary (`summarise`) are made from these layers, so the server
counts parameters without TensorFlow. `TrainConfig.architecture` is the network of a training, named or own.
"""

from __future__ import annotations

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
    """Layers whose input is added to their output, before the activation.

    A 1x1 convolution with the stride of the first layer fits the shapes where they differ, normalised as the last
    layer is.
    """

    layers: tuple[Conv, ...]
    activation: str | None = "relu"


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
    """A network: its name, what it is for, where it comes from, and its layers up to the embedding.

    The output of the last layer is the embedding; dropout and the softmax over the classes follow it.
    """

    name: str
    purpose: str
    source: str
    layers: tuple[Layer, ...]


def count_layers(network: Network) -> int:
    """How many layers with weights a network has, the last one over the classes too; a residual block is one."""
    return sum(has_weights(layer) for layer in network.layers) + 1


def has_weights(layer: Layer) -> bool:
    """Whether a layer learns."""
    return isinstance(layer, Conv | Dense | Residual)


def _separable_block(filters: int, strides: int = 1) -> tuple[Conv, Conv]:
    return Conv(0, 3, strides, norm=True, depthwise=True), Conv(filters, 1, norm=True)


def _residual_block(filters: int, strides: int = 1) -> Residual:
    return Residual((Conv(filters, 3, strides, norm=True), Conv(filters, 3, activation=None, norm=True)))


_NAMED = (
    Network(
        "mlp",
        "The simplest: dense layers, which see pixels and not shapes.",
        "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors",
        (Flatten(), Dense(256), Dropout(), Dense(128)),
    ),
    Network(
        "cnn",
        "A classic convolutional network with one wide dense layer: robust, and good for letters too.",
        "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition",
        (Conv(32, padding="valid"), Pool(), Conv(32, padding="valid"), Pool(), Flatten(), Dense(512)),
    ),
    Network(
        "cnn-dropout",
        "Two convolutions with dropout: the textbook network, which hardly overfits.",
        "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
        (Conv(32, padding="valid"), Pool(), Conv(64, padding="valid"), Pool(), Dropout(), Flatten()),
    ),
    Network(
        "lenet5",
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
    Network(
        "resnet",
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
    Network(
        "resnet-fine",
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
    Network(
        "mobilenet",
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
    Network(
        "fast",
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
    Network(
        "strided",
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
    Network(
        "strided-deep",
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
)
NETWORKS = {network.name: network for network in _NAMED}
