"""Whether the ink of a box is a digit, a struck-out digit, a stain or notes, by a small network.

It sees the directions of the strokes, as the number reader does, and measures of the ink: how large, thick and
dark it is. `scripts/fit_cells` makes content_kinds.npz again.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from digitrec.forms.contents import INK
from digitrec.forms.numbers.segments import SegmentNetwork
from digitrec.imaging import Floats, Ink, InkError, count_loops, label_components, to_mnist
from digitrec.inference import compute_directions

CONTENT_KINDS = ("digit", "struck out", "stain", "notes")
_CONSTANTS = Path(__file__).with_name("content_kinds.npz")
_MIN_LOOP = 0.002  # of a box's square: a smaller loop is a gap between strokes


def measure_inks(inks: Sequence[Ink], units: Sequence[float]) -> Floats:
    """What the network sees of n boxes: float32 (n, m).

    Args:
        inks: uint8 (height, width) of each box, with or without the room around it.
        units: length of each box's shorter side, in pixels.
    """
    if not inks:
        return np.zeros((0, 1), np.float32)
    images = []
    for ink in inks:
        try:
            images.append(to_mnist(ink))
        except InkError:
            images.append(np.zeros((28, 28), np.uint8))
    measures = np.array([_measure(ink, unit) for ink, unit in zip(inks, units, strict=True)], np.float32)
    return np.concatenate([compute_directions(np.stack(images)), measures], 1)


def find_kinds(inks: Sequence[Ink], units: Sequence[float]) -> Floats:
    """The probability of each of `CONTENT_KINDS`, float (n, 4); see `measure_inks`."""
    return load_network().predict_proba(measure_inks(inks, units)) if inks else np.zeros((0, len(CONTENT_KINDS)))


def _measure(ink: Ink, unit: float) -> list[float]:
    mask = ink > INK
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return [0.0] * 11
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask, ink = np.pad(mask[inside], 1), np.pad(ink[inside], 1)
    high, wide, area = len(mask) / unit, mask.shape[1] / unit, float(mask.sum())
    depth = ndimage.distance_transform_cdt(mask, "chessboard")
    edges = float((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())
    _, parts = label_components(mask)
    inner = ink[mask]
    return [
        high,
        wide,
        area / unit**2,
        area / (high * wide * unit**2),
        float(depth.max()) / unit,
        2 * area / (0.785 * edges) / unit,
        edges / unit,
        float(count_loops(mask, min_area=max(2, round(_MIN_LOOP * unit**2)))),
        float(parts),
        float(inner.mean()) / 255,
        float(np.quantile(inner, 0.9)) / 255,
    ]


@functools.cache
def load_network() -> SegmentNetwork:
    """The fitted network that is shipped."""
    with np.load(io.BytesIO(_CONSTANTS.read_bytes()), allow_pickle=False) as file:
        return SegmentNetwork(*(file[name].astype(np.float32) for name in SegmentNetwork._fields))


def pack_network(network: SegmentNetwork) -> bytes:
    """The bytes of the file that `load_network` reads."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(array, np.float16) for name, array in network._asdict().items()}
    arrays |= {"mean": network.mean.astype(np.float32), "scale": network.scale.astype(np.float32)}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
