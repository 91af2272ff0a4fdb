"""A network that a person builds: written in one line, read back, and checked layer by layer.

The line has parts, separated by commas: what is done to the image, one to five blocks of convolutions, how the
maps become one row of values, and dense layers. All but the blocks can be left out.

    crop 2, standardize, conv 32 5x5 stride 2 norm, conv 64 times 2 norm residual max 2 dropout, global average,
    dense 128 tanh

The words of a block may stand in any order. `write` gives the one form in which a line is stored, so equal
networks have equal lines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
from digitrec.runs.layer_summary import Shape, ShapeError, format_shape, summarise_layer

OWN = "own"  # the name of every network that a person builds
ACTIVATIONS = ("relu", "elu", "tanh", "sigmoid", "linear")
SHRINKS = ("", "stride 2", "stride 3", "max 2", "max 3", "average 2", "average 3")
ENDS = ("flatten", "global max", "global average")
MAX_BLOCKS, MAX_DENSE = 5, 3
MAX_FILTERS, MAX_KERNEL, MAX_TIMES, MAX_UNITS, MAX_CROP = 256, 7, 3, 1024, 8
# Values of the embedding. When the network is not sure is learnt from their covariances: with 10,000 images that
# takes 10 s and 0.6 GB for 2,048 values (measured on one core), 53 s and 1.3 GB for twice as many.
MAX_EMBEDDING = 2048
MAX_PARAMETERS = 20_000_000  # a file of 80 MB; with Adam's averages, a training holds four times that
EXAMPLE = "conv 16 max 2 norm, conv 32 max 2 norm, flatten, dense 64"
# The named networks that have no more than one can build: to begin with.
COPIES = {
    "cnn": "conv 32 max 2 valid, conv 32 max 2 valid, flatten, dense 512",
    "cnn-dropout": "conv 32 max 2 valid, conv 64 max 2 valid dropout, flatten",
    "lenet5": (
        "conv 6 5x5 average 2 tanh, conv 16 5x5 average 2 valid tanh, flatten, dense 120 tanh, dense 84 tanh"
    ),
    "resnet": (
        "conv 32 stride 2 norm, conv 32 times 2 norm residual, conv 64 times 2 stride 2 norm residual, "
        "conv 64 times 2 norm residual, conv 96 times 2 stride 2 norm residual, global average"
    ),
    "fast": "conv 24 5x5 stride 2 norm, conv 48 max 2 norm, conv 96 norm, global max",
    "strided": "crop 2, conv 24 6x6 stride 3 valid norm, conv 32 valid norm, conv 64 valid norm, flatten",
    "strided-deep": (
        "standardize, conv 32 5x5 stride 2 norm, conv 64 valid norm, conv 96 stride 2 norm, conv 128 valid norm, "
        "conv 160 valid norm, global average"
    ),
}


class LayersError(ValueError):
    """A line describes no network that can be built: the message says which part, and the way out."""


@dataclass(frozen=True)
class Block:
    """Convolutions of one size: the first has the stride, and pooling and dropout follow the last."""

    filters: int = 32
    kernel: int = 3
    times: int = 1  # how many convolutions
    shrink: str = ""  # one of SHRINKS
    padding: str = "same"
    norm: bool = False
    activation: str = "relu"
    residual: bool = False
    dropout: bool = False

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the block."""
        kind, size = _split_shrink(self.shrink)
        first = Conv(
            self.filters, self.kernel, padding=self.padding, activation=_layer_activation(self), norm=self.norm
        )
        convs = (replace(first, strides=size if kind == "stride" else 1), *([first] * (self.times - 1)))
        inner: tuple[Layer, ...] = convs
        if self.residual:  # the activation comes after the sum
            inner = (Residual((*convs[:-1], replace(convs[-1], activation=None)), _layer_activation(self)),)
        pool = (Pool(kind, size),) if kind in ("max", "average") else ()
        return (*inner, *pool, *([Dropout()] if self.dropout else []))


@dataclass(frozen=True)
class DenseBlock:
    """A dense layer, and dropout after it."""

    units: int = 64
    norm: bool = False
    activation: str = "relu"
    dropout: bool = False

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the block."""
        dense = Dense(self.units, _layer_activation(self), self.norm)
        return (dense, *([Dropout()] if self.dropout else []))


class Part(NamedTuple):
    """A part of a network, as it is named to a person, and its layers."""

    title: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class OwnNetwork:
    """A network that a person builds."""

    blocks: tuple[Block, ...]
    end: str = "flatten"  # one of ENDS
    dense: tuple[DenseBlock, ...] = ()
    crop: int = 0  # pixels at each side of the image
    standardize: bool = False

    @property
    def parts(self) -> list[Part]:
        """The parts in order."""
        found = [Part(f"crop {self.crop}", (Crop(self.crop),))] if self.crop else []
        found += [Part("standardize", (Standardize(),))] if self.standardize else []
        found += [Part(f"block {i} ({_write_block(each)})", each.layers) for i, each in enumerate(self.blocks, 1)]
        kind = self.end.removeprefix("global ")
        found.append(Part(self.end, (Flatten() if self.end == "flatten" else Pool(kind, 0),)))
        return found + [Part(_write_dense(each), each.layers) for each in self.dense]

    @property
    def network(self) -> Network:
        """The same as the layers that Keras and the summaries are made from."""
        layers = itertools.chain.from_iterable(part.layers for part in self.parts)
        return Network(OWN, "You have built it.", "", tuple(layers))


def check(own: OwnNetwork) -> None:
    """Refuse a network that cannot be built or is too large.

    Raises:
        LayersError: the message says which part, what comes into it, and the way out.
    """
    shape: Shape = (IMAGE_SIDE, IMAGE_SIDE, 1)
    parameters = 0
    for part in own.parts:
        for layer in part.layers:
            try:
                row = summarise_layer(layer, shape)
            except ShapeError as error:
                raise LayersError(f"{part.title}: {error}") from None
            parameters += row.parameters
            if parameters > MAX_PARAMETERS:
                raise LayersError(
                    f"{part.title}: it gets {format_shape(shape)} and makes the network larger than "
                    f"{MAX_PARAMETERS:,} parameters. Take fewer filters or units, or pool more before it."
                )
            shape = row.output_shape
    if shape[-1] > MAX_EMBEDDING:
        raise LayersError(
            f"{own.parts[-1].title}: the last row has {shape[-1]:,} values, expected at most {MAX_EMBEDDING:,}. "
            "Add a dense layer, end with global max or global average, or pool more before it."
        )


# --- a network as a line ---


def write(own: OwnNetwork) -> str:
    """The line that `parse` reads."""
    parts = [f"crop {own.crop}"] if own.crop else []
    parts += ["standardize"] if own.standardize else []
    parts += [_write_block(each) for each in own.blocks]
    return ", ".join([*parts, own.end, *(_write_dense(each) for each in own.dense)])


def _write_block(block: Block) -> str:
    words = [f"conv {block.filters}", f"{block.kernel}x{block.kernel}" if block.kernel != Block.kernel else ""]
    words += [f"times {block.times}" if block.times > 1 else "", block.shrink]
    words += ["valid" if block.padding == "valid" else "", *_common_words(block)]
    words += ["residual" if block.residual else "", "dropout" if block.dropout else ""]
    return " ".join(filter(None, words))


def _write_dense(dense: DenseBlock) -> str:
    words = [f"dense {dense.units}", *_common_words(dense), "dropout" if dense.dropout else ""]
    return " ".join(filter(None, words))


def _common_words(block: Block | DenseBlock) -> list[str]:
    return ["norm" if block.norm else "", block.activation if block.activation != "relu" else ""]


def parse(text: str) -> OwnNetwork:
    """The network that a line describes; `check` says whether it can be built.

    Raises:
        LayersError: a part or a word is unknown, or a number out of its range.
    """
    parts = [words for each in text.split(",") if (words := " ".join(each.split()))]
    kinds = [_kind(part) for part in parts]
    if kinds != sorted(kinds, key=_ORDER.index) or any(kinds.count(kind) > most for kind, most in _MOST.items()):
        most = f"1 to {MAX_BLOCKS} blocks conv ..., one of {', '.join(ENDS)}, at most {MAX_DENSE} dense ..."
        raise LayersError(f"the parts are {', '.join(kinds)}: expected, in this order, crop, standardize, {most}.")
    found = {kind: [part for part, each in zip(parts, kinds, strict=True) if each == kind] for kind in _ORDER}
    if not found["conv"]:
        raise LayersError(f'there is no convolution: expected 1 to {MAX_BLOCKS} blocks, such as "{EXAMPLE}".')
    return OwnNetwork(
        tuple(_parse_block(part) for part in found["conv"]),
        end=found["end"][0] if found["end"] else "flatten",
        dense=tuple(_parse_dense(part) for part in found["dense"]),
        crop=sum(_number("crop", part.split(), MAX_CROP) for part in found["crop"]),
        standardize=bool(found["standardize"]),
    )


_ORDER = ("crop", "standardize", "conv", "end", "dense")
_MOST = {"crop": 1, "standardize": 1, "conv": MAX_BLOCKS, "end": 1, "dense": MAX_DENSE}


def _kind(part: str) -> str:
    first = part.split()[0]
    if part in ENDS:
        return "end"
    if first in ("crop", "conv", "dense") or part == "standardize":
        return first
    expected = f"crop, standardize, conv, {', '.join(ENDS)} or dense"
    raise LayersError(f"the part {part!r} is unknown: expected it to begin with {expected}.")


def _parse_block(part: str) -> Block:
    words = part.split()
    values: dict[str, Any] = {"filters": _number(part, words, MAX_FILTERS)}
    words = words[2:]
    while words:
        word = words[0]
        if kernel := re.fullmatch(r"(\d+)x\1", word):
            _put(values, "kernel", _number(part, ["kernel", kernel[1]], MAX_KERNEL), part)
        elif word == "times":
            _put(values, "times", _number(part, words, MAX_TIMES), part)
        elif word in ("stride", "max", "average"):
            size = _number(part, words, 3, low=2)
            _put(values, "shrink", f"{word} {size}", part)
        elif word in ("same", "valid"):
            _put(values, "padding", word, part)
        elif word in ("residual", "dropout"):
            _put(values, word, True, part)
        else:
            _put_common(values, word, part, _BLOCK_WORDS)
        words = words[2 if word in ("times", "stride", "max", "average") else 1 :]
    return Block(**values)


def _parse_dense(part: str) -> DenseBlock:
    words = part.split()
    values: dict[str, Any] = {"units": _number(part, words, MAX_UNITS)}
    for word in words[2:]:
        if word == "dropout":
            _put(values, word, True, part)
        else:
            _put_common(values, word, part, "norm, an activation, dropout")
    return DenseBlock(**values)


_BLOCK_WORDS = (
    "a kernel such as 5x5, times 2, stride 2, max 2, average 2, valid, norm, an activation, residual, dropout"
)


def _put_common(values: dict[str, Any], word: str, part: str, expected: str) -> None:
    if word == "norm":
        _put(values, "norm", True, part)
    elif word in ACTIVATIONS:
        _put(values, "activation", word, part)
    else:
        raise LayersError(
            f"the word {word!r} in {part!r} is unknown: expected {expected}. "
            f"The activations are {', '.join(ACTIVATIONS)}."
        )


def _put(values: dict[str, Any], name: str, value: Any, part: str) -> None:
    if name in values:
        kind = "pooling or stride" if name == "shrink" else name
        raise LayersError(f"the part {part!r} says its {kind} twice: expected it once.")
    values[name] = value


def _number(part: str, words: Sequence[str], high: int, *, low: int = 1) -> int:
    """The number that follows the first of these words of a part."""
    text = words[1] if len(words) > 1 else ""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not low <= int(text) <= high:
        found = repr(text) if text else "nothing"
        raise LayersError(f"{part!r} has {found} after {words[0]}: expected a number from {low} to {high}.")
    return int(text)


def _split_shrink(shrink: str) -> tuple[str, int]:
    kind, _, size = shrink.partition(" ")
    return kind, int(size or 1)


def _layer_activation(block: Block | DenseBlock) -> str | None:
    return None if block.activation == "linear" else block.activation
