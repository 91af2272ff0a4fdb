"""Runs of pieces that may be one symbol: their images, their place in the line, and how likely each symbol is.

A run is judged twice. A small network that was trained on made strings says how likely the run is each digit,
another sign, a part of a digit, or several digits. The run's classifier says which digit it is, if it is one.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from digitrec.forms.numbers.segmentation import Pieces
from digitrec.imaging import Floats, Images, InkError, Proba, thicken, to_mnist
from digitrec.inference import compute_directions

DIGITS = "0123456789"
SIGNS = (".", ",", "-")
SYMBOLS = (*DIGITS, *SIGNS, "mark", "part", "several")  # what the small network tells apart
MARK, PART, SEVERAL = (SYMBOLS.index(name) for name in ("mark", "part", "several"))
GEOMETRY = 11  # numbers that say where a run stands
MAX_PIECES = 6  # in a run
MAX_WIDTH, MAX_GAP = 1.5, 0.45  # of a digit's height: of a run, and between two pieces of it
MAX_THIN = 0.09  # of a digit's height: strokes that may have to be thickened
MIN_DIGIT_PROBA = 0.002  # by the small network: less probable runs are not shown to the classifier
_CONSTANTS = Path(__file__).with_name("numbers.npz")


class Predictor(Protocol):
    """What predicts images: a calibrated classifier whose classes are the ten digits."""

    def predict_proba(self, images: Images) -> Proba:
        """The probabilities, float32 (n, 10), for images uint8 (n, 28, 28)."""
        ...


class Segments(NamedTuple):
    """The n runs of a line's pieces.

    Attributes:
        spans: int (n, 2), the first piece of each run, and the one after its last.
        images: uint8 (n, 28, 28).
        geometry: float32 (n, GEOMETRY), see `_measure`.
    """

    spans: NDArray[np.int64]
    images: Images
    geometry: Floats


class SegmentNetwork(NamedTuple):
    """A perceptron with one hidden layer of h units, over m features; float32."""

    mean: Floats  # (m,)
    scale: Floats  # (m,)
    hidden: Floats  # (m, h)
    hidden_bias: Floats  # (h,)
    output: Floats  # (h, len(SYMBOLS))
    output_bias: Floats  # (len(SYMBOLS),)

    def predict_proba(self, features: Floats) -> Floats:
        """The probabilities of `SYMBOLS`, float (n, 16), for features (n, m)."""
        inner = np.maximum(((features - self.mean) / self.scale) @ self.hidden + self.hidden_bias, 0)
        logits = inner @ self.output + self.output_bias
        shifted = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(shifted / shifted.sum(1, keepdims=True))


def find_segments(pieces: Pieces) -> Segments:
    """All runs of a line's pieces that are neither too wide nor torn apart."""
    spans, images, geometry = [], [], []
    boxes, high = pieces.boxes, pieces.digit_height
    for first in range(len(boxes)):
        for last in range(first, min(first + MAX_PIECES, len(boxes))):
            inside = boxes[first : last + 1]
            gap = _largest_gap(inside)
            if last > first and (
                inside[:, 3].max() - inside[:, 2].min() > MAX_WIDTH * high or gap > MAX_GAP * high
            ):
                break
            try:
                images.append(_image(pieces, first, last))
            except InkError:  # too fine to be seen at 28 pixels
                continue
            spans.append((first, last + 1))
            geometry.append(_measure(pieces, first, last, gap))
    return Segments(
        np.array(spans, np.int64).reshape(-1, 2),
        np.stack(images) if images else np.zeros((0, 28, 28), np.uint8),
        np.array(geometry, np.float32).reshape(-1, GEOMETRY),
    )


def segment_features(segments: Segments) -> Floats:
    """What the small network sees: float32 (n, m), the directions of the strokes and the geometry."""
    return np.concatenate([compute_directions(segments.images), segments.geometry], 1)


def score_segments(segments: Segments, network: SegmentNetwork, classifier: Predictor) -> tuple[Floats, Floats]:
    """The probabilities by the small network, float (n, 16), and by the classifier, float (n, 10).

    A run that is hardly a digit is not shown to the classifier: its ten digits are equally likely.
    """
    if not len(segments.spans):
        return np.zeros((0, len(SYMBOLS))), np.zeros((0, len(DIGITS)))
    by_network = network.predict_proba(segment_features(segments))
    by_classifier = np.full((len(segments.spans), len(DIGITS)), 1 / len(DIGITS))
    likely = by_network[:, : len(DIGITS)].sum(1) >= MIN_DIGIT_PROBA
    if likely.any():
        by_classifier[likely] = classifier.predict_proba(segments.images[likely])
    return by_network, by_classifier


def _image(pieces: Pieces, first: int, last: int) -> NDArray[np.uint8]:
    box = pieces.boxes[first : last + 1]
    place = np.s_[box[:, 0].min() : box[:, 1].max(), box[:, 2].min() : box[:, 3].max()]
    labels = pieces.labels[place]
    ink = np.where((labels > first) & (labels <= last + 1), pieces.ink[place], 0).astype(np.uint8)
    return to_mnist(thicken(ink) if pieces.thickness < MAX_THIN * pieces.digit_height else ink)


def _largest_gap(boxes: NDArray[np.int64]) -> float:
    """The widest strip without ink between boxes (k, 4) from left to right, in pixels."""
    reach = np.maximum.accumulate(boxes[:, 3])
    return float(max(0, (boxes[1:, 2] - reach[:-1]).max())) if len(boxes) > 1 else 0.0


def _measure(pieces: Pieces, first: int, last: int, gap: float) -> list[float]:
    """Size and place of a run, in heights of a digit, its cuts, and the room beside it."""
    boxes, high = pieces.boxes, pieces.digit_height
    box = boxes[first : last + 1]
    top, bottom, left, right = box[:, 0].min(), box[:, 1].max(), box[:, 2].min(), box[:, 3].max()
    base = float(np.polyval(pieces.base, (left + right) / 2))
    before = float(left - boxes[:first, 3].max()) if first else high
    after = float(boxes[last + 1 :, 2].min() - right) if last + 1 < len(boxes) else high
    cut_after = float(pieces.crossed[last + 1]) if last + 1 < len(boxes) else 0.0
    return [
        float(np.log((bottom - top) / high)),
        float(np.log((right - left) / high)),
        (base - bottom) / high,
        (base - top) / high,
        gap / high,
        last - first + 1.0,
        float(pieces.areas[first : last + 1].sum()) / high**2,
        float(pieces.crossed[first]),
        cut_after,
        float(np.clip(before / high, -1, 1)),
        float(np.clip(after / high, -1, 1)),
    ]


class Constants(NamedTuple):
    """What was fitted to made strings and is stored in numbers.npz."""

    network: SegmentNetwork
    weights: Floats  # of `lattice.edge_terms`
    mixture: Floats  # weights of the lattice and of the network that reads the line as a whole
    calibration: Floats  # slope and offset of the logit of a string's confidence, then of a digit's
    threshold: float  # a string's confidence, from which on it is sure


@functools.cache
def load_constants() -> Constants:
    """The fitted constants that are shipped."""
    with np.load(io.BytesIO(_CONSTANTS.read_bytes()), allow_pickle=False) as file:
        network = SegmentNetwork(*(file[name].astype(np.float32) for name in SegmentNetwork._fields))
        return Constants(network, file["weights"], file["mixture"], file["calibration"], float(file["threshold"]))


def pack_constants(constants: Constants) -> bytes:
    """The bytes of the file that `load_constants` reads."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        name: np.asarray(array, np.float16) for name, array in constants.network._asdict().items()
    }
    arrays |= {
        "mean": constants.network.mean.astype(np.float32),
        "scale": constants.network.scale.astype(np.float32),
    }
    arrays |= {"weights": constants.weights, "mixture": constants.mixture, "calibration": constants.calibration}
    np.savez_compressed(buffer, threshold=np.float64(constants.threshold), **arrays)
    return buffer.getvalue()
