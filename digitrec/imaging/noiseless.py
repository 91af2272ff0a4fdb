"""The ink of a small picture on paper of one value, such as an image saved as a file: the same as by `clean`.

There the grey of a pixel decides its ink, by one table for all pixels. Whatever `photos.clean` asks of a picture
is asked here by a condition that is cheaper and stricter. So a picture passes only if the steps of a photo would
change nothing: no panel, no uneven light, no printed lines, no noise, no blur.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Floats, Gray, Ink, Mask
from digitrec.imaging.paper import MIN_STROKE_DARKNESS

MIN_SIDE, MAX_SIDE = 16, 30  # pixels: from 32 on a picture may be a figure with a panel; a row is 32 bits here
_ROW = 32
_MAX_INK = 0.45  # of the area: paper has half of it for sure
_MIN_PAPER = 0.6  # of what is no ink: its median and its quantiles are the paper's value for sure
_MIN_SEPARATION = 0.86  # `paper` fits a surface below 0.85
_MAX_ERROR = 0.2  # of the contrast: `paper` takes the light for uneven above 0.25
_MAX_THICK = 0.2  # of the longer side: the radius of a circle of ink that `paper` takes for a shadow, and more
_BINS = 256


def find_strokes(gray: Gray, min_contrast: float) -> Ink | None:
    """The strokes of a small picture, before specks and pieces at the border are removed.

    Args:
        gray: uint8 (height, width).
        min_contrast: of the paper's brightness: with less, the sheet is empty.

    Returns:
        uint8 of the same shape; None where `photos.clean` has to look closer.
    """
    height, width = gray.shape
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        return None
    paper = int(gray[0, 0])
    if paper not in (0, 255):
        return None
    values = gray if not paper else 255 - gray  # 0 is paper
    counts = np.bincount(values.ravel(), minlength=256)
    most = int(np.flatnonzero(counts)[-1])
    if not most or values[0].any() or values[-1].any() or values[:, 0].any() or values[:, -1].any():
        return None
    least = _split(counts, most, is_dark=bool(paper))
    if least is None or not _is_even(values, counts, least):
        return None
    table = _make_table(counts, most, min_contrast)
    return None if table is None else table[values]


def _split(counts: NDArray[np.int64], most: int, *, is_dark: bool) -> int | None:
    """The least value of ink, as `paper._split` finds it, where even light explains the two groups; else None."""
    # That measures from the darkest pixel: from the paper for light ink, from the ink for dark ink.
    measured = counts[most::-1] if is_dark else counts[: most + 1]
    threshold = _threshold(measured, most)
    cut = int(np.searchsorted(np.arange(most + 1), threshold, "right"))  # values of the dark group
    least = most - cut + 1 if is_dark else cut
    grey = np.arange(256)
    total, ink = int(counts.sum()), int(counts[least:].sum())
    if not 0 < ink < _MAX_INK * total or counts[0] < _MIN_PAPER * (total - ink):
        return None
    mass, above = int(counts @ grey), int(counts[least:] @ grey[least:])
    high, low = above / ink, (mass - above) / (total - ink)
    mean, square = mass / total, int(counts @ grey**2)
    between = ink * (total - ink) / total**2 * (high - low) ** 2
    spread = (int(counts[:least] @ grey[:least] ** 2) / (total - ink) - low**2) ** 0.5
    if between < _MIN_SEPARATION * (square / total - mean**2) or spread > _MAX_ERROR * (high - low):
        return None
    faintest = least + int(np.flatnonzero(counts[least:])[0])
    return least if 2 * faintest >= high - low + 2 else None  # then ink beside paper has half of the contrast


def _is_even(values: Ink, counts: NDArray[np.int64], least: int) -> bool:
    """Whether the light is even and the paper under the ink is all of one value, by the shape of the ink."""
    ink, marks = _to_bits(values >= least), _to_bits(values > 0)
    near = _grow(ink)
    side = max(values.shape)
    window = side // 3 | 1  # a closing of this size fills less than 5/9 of its area
    if (marks & ~near).bit_count() * 9 >= 5 * window**2:
        return False
    edge = ink & _grow(_full(values.shape) & ~ink)
    lost = edge & ~_grow(_grow(_full(values.shape) & ~marks))  # no paper within two pixels
    if lost.bit_count() > 0.2 * (edge.bit_count() - 1) - 1:
        return False
    return not _erode(ink, 2 * int(_MAX_THICK * side / 2**0.5) + 1)


def _make_table(counts: NDArray[np.int64], most: int, min_contrast: float) -> NDArray[np.uint8] | None:
    """The ink of each value, uint8 (256,), as `photos._extract_strokes` makes it of a picture without noise."""
    missing = _missing_light()
    present = np.repeat(missing[: most + 1], counts[: most + 1])  # all pixels, sorted
    threshold = _threshold(counts[: most + 1], most, scaled=True)
    ink = present[present > threshold]
    if not ink.size or 2 * (counts[0] - 1) <= len(present) - len(ink):
        return None
    strength = _quantile(ink, 0.9)
    if strength < min_contrast:
        return None
    strokes = np.where(missing > MIN_STROKE_DARKNESS * strength, missing / strength, 0)
    return np.rint(np.minimum(strokes, 1) * 255).astype(np.uint8)


def _quantile(values: Floats, share: float) -> np.float32:
    """`numpy.quantile` of sorted values, float32 (k,), which takes ten times as long to sort them."""
    place = (len(values) - 1) * share
    part = place - int(place)
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    found: np.float32 = low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
    return found


@functools.cache
def _missing_light() -> Floats:
    """The share of the paper's light that is missing at each value, float32 (256,)."""
    white = np.float32(255)
    return (white - (white - np.arange(256, dtype=np.float32))) / white


def _threshold(counts: NDArray[np.int64], most: int, *, scaled: bool = False) -> float:
    """`paper.otsu_threshold` of values 0 to `most`, given how often each occurs; scaled: as shares of light."""
    bins, edges = _bins(most, scaled)
    filled = np.zeros(_BINS, np.int64)
    filled[bins] = counts
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(filled), np.cumsum(filled * centres)
    above = below[-1] - below
    means = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1:][np.argmax(below * above * (means[0] - means[1]) ** 2)])


@functools.cache
def _bins(most: int, scaled: bool) -> tuple[NDArray[np.int64], Floats]:
    """The bin that `numpy.histogram` counts each of the values 0 to `most` in, and the edges of the bins."""
    values = np.arange(most + 1, dtype=np.float32) if not scaled else _missing_light()[: most + 1]
    found, edges = np.histogram(values, _BINS, (0, float(values[-1])), weights=np.arange(1, most + 2))
    return np.flatnonzero(found), edges  # at most 256 values: each has a bin of its own


def _to_bits(mask: Mask) -> int:
    """A mask (height, width) as the bits of a number, 32 a row; nothing is set at its border."""
    height, width = mask.shape
    rows = np.zeros((height, _ROW), bool)
    rows[:, :width] = mask
    return int.from_bytes(np.packbits(rows).tobytes(), "big")


@functools.cache
def _full(shape: tuple[int, int]) -> int:
    return _to_bits(np.ones(shape, bool))


def _grow(bits: int) -> int:
    """A mask with the eight neighbours of its pixels."""
    wide = bits | bits << 1 | bits >> 1
    return wide | wide << _ROW | wide >> _ROW


def _erode(bits: int, side: int) -> int:
    """Where a square of ink of this side begins."""
    for step in (1, _ROW):
        kept = bits
        for shift in range(1, side):
            kept &= bits >> shift * step
        bits = kept
    return bits
