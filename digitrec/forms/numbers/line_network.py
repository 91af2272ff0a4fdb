"""A network that reads a line of symbols as a whole, without dividing it: a strip of ink -> texts.

It says for each step along the strip which symbol is there, or none, and was trained by connectionist temporal
classification (Graves et al. 2006): the probability of a text is that of all ways to spread it over the steps.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from digitrec.forms.numbers.segmentation import Pieces
from digitrec.forms.numbers.segments import DIGITS, SIGNS
from digitrec.imaging import Floats, Ink

STRIP_HEIGHT, STRIP_DIGIT, STRIP_BASE = 32, 20, 25  # pixels: of a strip, of a digit in it, and its base line's row
STRIP_ROOM = 8  # pixels left and right of the ink
MAX_STRIP = 1600  # pixels
STRIDE = 2  # pixels for each step
LABELS = (*DIGITS, *SIGNS)  # what a step may say; the last output is "nothing"
BEAM = 8  # texts that are followed from step to step
_MIN_LABEL = 1e-3  # probability of a label that is followed
_MIN_TEXT = 1e-4  # of the best text's probability: of a text that is said
_FLOOR = -60.0  # logarithm of the probability of a text that cannot be
DILATIONS = (1, 2, 4)  # of the layers that look along the strip
_STRIDES = ((2, STRIDE), (2, 1), (2, 1))  # of the first layers: rows and columns
_MODEL = Path(__file__).with_name("lines.npz")


class Layer(NamedTuple):
    """A convolution: float32 (rows, columns, inputs, outputs), and (outputs,)."""

    kernel: Floats
    bias: Floats


class LineNetwork(NamedTuple):
    """Convolutions that make a strip smaller until one row is left, and others that look along it.

    The small ones, one that takes all rows that are left, those with `DILATIONS`, and one that says the labels.
    Kernels hold the batch normalisation that they were trained with. As `training.line_fit.build`, in NumPy:
    LiteRT cannot run dilated convolutions over a width that is not known before.
    """

    small: tuple[Layer, ...]
    rows: Layer
    along: tuple[Layer, ...]
    labels: Layer

    def run(self, strip: Ink) -> Floats:
        """The logits of `LABELS` and of nothing, float32 (t, c), for a strip uint8 (STRIP_HEIGHT, width).

        t is width / STRIDE, rounded up.
        """
        steps = -(-strip.shape[1] // STRIDE)
        # Paper at the right end, as between the strips of a batch: 16 columns, and one if their number is odd.
        x: Floats = np.pad(strip, ((0, 0), (0, 16 + strip.shape[1] % 2)))[:, :, None].astype(np.float32) / 255
        for layer, (down, right) in zip(self.small, _STRIDES, strict=True):
            x = _convolve(_pad(x, layer, (down, right)), layer, (down, right))
        x = _convolve(np.pad(x, ((0, 0), (1, 1), (0, 0))), self.rows)
        for layer, dilation in zip(self.along, DILATIONS, strict=True):
            reach = dilation * (layer.kernel.shape[1] // 2)
            x = x + _convolve(np.pad(x, ((0, 0), (reach, reach), (0, 0))), layer, dilation=dilation)
        return np.asarray(x[0, :steps] @ self.labels.kernel[0, 0] + self.labels.bias)


def to_strip(pieces: Pieces) -> Ink:
    """The ink of a line, uint8 (STRIP_HEIGHT, width), with digits `STRIP_DIGIT` high on a level base line."""
    columns = np.flatnonzero(pieces.ink.any(0))
    ink = pieces.ink[:, columns[0] : columns[-1] + 1]
    scale = STRIP_DIGIT / max(pieces.digit_height, 1.0)
    width = min(max(1, round(ink.shape[1] * scale)), MAX_STRIP)
    height = max(1, round(ink.shape[0] * scale))
    small = Image.fromarray(ink).resize((width, height), Image.Resampling.BOX)
    slope, offset = (float(value) for value in pieces.base)
    start = (slope * float(columns[0]) + offset) * scale  # of the base line, in rows of the small picture
    # Row and column of the small picture for each of the strip's: columns move by the room, rows by the base line.
    matrix = (1, 0, -STRIP_ROOM, slope, 1, start - STRIP_BASE - slope * STRIP_ROOM)
    size = width + 2 * STRIP_ROOM, STRIP_HEIGHT
    return np.asarray(small.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))


@functools.cache
def load_network() -> LineNetwork:
    """The network that is shipped."""
    with np.load(io.BytesIO(_MODEL.read_bytes()), allow_pickle=False) as file:
        layers = [
            Layer(file[f"kernel{k}"].astype(np.float32), file[f"bias{k}"].astype(np.float32))
            for k in range(len(file.files) // 2)
        ]
    return to_network(layers)


def to_network(layers: Sequence[Layer]) -> LineNetwork:
    """The network of its layers, from the first to the last."""
    few = len(_STRIDES)
    return LineNetwork(tuple(layers[:few]), layers[few], tuple(layers[few + 1 : -1]), layers[-1])


def pack_network(network: LineNetwork) -> bytes:
    """The bytes of the file that `load_network` reads: float16."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {}
    for k, layer in enumerate((*network.small, network.rows, *network.along, network.labels)):
        arrays |= {f"kernel{k}": layer.kernel.astype(np.float16), f"bias{k}": layer.bias.astype(np.float16)}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def log_probabilities(outputs: Floats) -> Floats:
    """The logarithms of the probabilities of `LABELS` and of nothing at each step, float64 (t, c), from logits."""
    logits = outputs.astype(np.float64)
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def score_texts(logs: Floats, texts: Sequence[str]) -> Floats:
    """The logarithm of each text's probability, float (n,), at most `_FLOOR` below zero.

    Args:
        logs: float (t, len(LABELS) + 1), see `log_probabilities`.
        texts: n texts of `LABELS`.
    """
    longest = max((len(text) for text in texts), default=0)
    blank, n = len(LABELS), len(texts)
    # Nothing, the first symbol, nothing, the second symbol, and so on.
    codes = np.full((n, 2 * longest + 1), blank, np.int64)
    for row, text in enumerate(texts):
        codes[row, 1 : 2 * len(text) : 2] = [LABELS.index(symbol) for symbol in text]
    may_skip = np.zeros(codes.shape, bool)  # from the symbol before to another one, with nothing between
    may_skip[:, 2:] = (codes[:, 2:] != blank) & (codes[:, 2:] != codes[:, :-2])
    may_skip[:, 1:2] = True  # a line may begin with its first symbol
    outside = np.full((n, 2), -np.inf)
    ways = np.full((n, 2 * longest + 3), -np.inf)
    ways[:, 1] = 0.0  # before the first step, and never again
    for row in logs:
        skip = np.where(may_skip, ways[:, :-2], -np.inf)
        ways = np.concatenate(
            [outside, np.logaddexp(np.logaddexp(ways[:, 2:], ways[:, 1:-1]), skip) + row[codes]], 1
        )
    ends = np.array([2 * len(text) + 2 for text in texts], np.int64)
    rows = np.arange(n)
    last = np.where(ends > 2, ways[rows, ends - 1], -np.inf)
    return np.asarray(np.maximum(np.logaddexp(ways[rows, ends], last), _FLOOR))


def find_texts(logs: Floats) -> list[str]:
    """The likeliest texts, the first the best, by a beam search over prefixes.

    Args:
        logs: float (t, len(LABELS) + 1), see `log_probabilities`.
    """
    blank = len(LABELS)
    # For each prefix, the logarithms of the ways that end with nothing, and with its last symbol.
    beam: dict[str, tuple[float, float]] = {"": (0.0, -np.inf)}
    least = np.log(_MIN_LABEL)
    for row in logs:
        likely = [int(code) for code in np.flatnonzero(row[:blank] > least)]
        grown: dict[str, tuple[float, float]] = {}
        for text, (quiet, spoken) in beam.items():
            both = np.logaddexp(quiet, spoken)
            _add(grown, text, both + row[blank], spoken + row[LABELS.index(text[-1])] if text else -np.inf)
            for code in likely:
                before = quiet if text and LABELS[code] == text[-1] else both
                _add(grown, text + LABELS[code], -np.inf, before + row[code])
        beam = dict(sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))[:BEAM])
    scores = {text: float(np.logaddexp(*ends)) for text, ends in beam.items()}
    lowest = max(scores.values()) + np.log(_MIN_TEXT)
    return [text for text, score in scores.items() if score >= lowest]


def _add(beam: dict[str, tuple[float, float]], text: str, quiet: float, spoken: float) -> None:
    known = beam.get(text, (-np.inf, -np.inf))
    beam[text] = float(np.logaddexp(known[0], quiet)), float(np.logaddexp(known[1], spoken))


def _pad(x: Floats, layer: Layer, strides: tuple[int, int]) -> Floats:
    """Zeros around, so that a convolution's output is as large as its input divided by the strides."""
    room = []
    for size, kernel, stride in zip(x.shape[:2], layer.kernel.shape[:2], strides, strict=True):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        room.append((total // 2, total - total // 2))
    return np.pad(x, (*room, (0, 0)))


def _convolve(x: Floats, layer: Layer, strides: tuple[int, int] = (1, 1), *, dilation: int = 1) -> Floats:
    """A convolution over (rows, columns, inputs), without what is below zero; the dilation is of columns."""
    rows, columns, inputs, outputs = layer.kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (rows, (columns - 1) * dilation + 1), (0, 1))
    seen = windows[:: strides[0], :: strides[1], :, :, ::dilation]  # (down, right, inputs, rows, columns)
    flat = seen.reshape(-1, inputs * rows * columns)
    made = flat @ layer.kernel.transpose(2, 0, 1, 3).reshape(-1, outputs) + layer.bias
    return np.maximum(made, 0).reshape(*seen.shape[:2], outputs)
