"""What can be measured of a written character: how thick, how slanted, how much ink, how wide, how many pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

_CHUNK_IMAGES = 2000  # images at a time: the moments are counted in 8 bytes a pixel
_EIGHT_CONNECTED_STACK = np.array(
    [np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))]
)  # corners touch; images do not


class Measures(NamedTuple):
    """What `measure` finds, each float32 (n,); all 0 for a blank image.

    Attributes:
        thickness: of the strokes, in pixels.
        slant: in degrees from upright, positive where the top leans to the right.
        ink: of all the ink that the image could hold, the share it holds.
        aspect: width over height of the ink's box.
        pieces: connected components.
    """

    thickness: np.ndarray
    slant: np.ndarray
    ink: np.ndarray
    aspect: np.ndarray
    pieces: np.ndarray


def measure(images: np.ndarray) -> Measures:
    """Measure images, or inks of any other size; the unit of length is their own pixel.

    A pixel belongs to a stroke from half of its image's darkest pixel on, so faint ink is measured like full ink.

    Args:
        images: uint8 (n, height, width), 0 = paper.
    """
    parts = [
        _measure_chunk(images[start : start + _CHUNK_IMAGES]) for start in range(0, len(images), _CHUNK_IMAGES)
    ]
    if not parts:
        return Measures(*np.zeros((len(Measures._fields), 0), np.float32))
    return Measures(*(np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)))


def stroke_mask(images: np.ndarray) -> np.ndarray:
    """Which pixels belong to strokes, bool (n, height, width): those at least half as dark as the darkest."""
    darkest = images.max((1, 2), initial=0)[:, None, None]
    return (images > 0) & (2 * images.astype(np.uint16) >= darkest)


def _measure_chunk(images: np.ndarray) -> Measures:
    masks = stroke_mask(images)
    ink = images.mean((1, 2)) / 255
    return Measures(_thickness(images, masks), _slant(images), ink, _aspect(masks), _count_components(masks))


def _thickness(images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The thickness t at which strokes as long as the lines found hold the ink there is.

    A line of length l with round ends covers l t + pi t^2 / 4; each free end has one half of that circle.
    """
    lines = thin(masks)
    length, half_circles = line_lengths(lines), line_ends(lines).sum((1, 2))
    darkest = np.maximum(images.max((1, 2), initial=0), 1)
    area = images.sum((1, 2), dtype=np.float64) / darkest
    # A dot's single pixel is both ends of its line.
    half_circles = np.maximum(half_circles, 2 * (length == 0))
    quarter = np.pi / 8 * half_circles
    root = np.sqrt(length**2 + 4 * quarter * area)
    return 2 * area / np.maximum(length + root, 1e-9)  # the positive root of quarter t^2 + length t = area


def _slant(images: np.ndarray) -> np.ndarray:
    """The shear that would undo it, from second moments (as Teague 1980 straightens images), as an angle."""
    values = images.astype(np.float32)
    rows, columns = np.arange(images.shape[1]), np.arange(images.shape[2])
    mass = np.maximum(values.sum((1, 2), dtype=np.float64), 1e-9)
    by_row = values.sum(2, dtype=np.float64)  # (n, height)
    y = by_row @ rows / mass
    x = values.sum(1, dtype=np.float64) @ columns / mass
    down = rows - y[:, None]  # (n, height)
    vertical = (by_row * down**2).sum(1) / mass
    mixed = ((values @ columns.astype(np.float32) - by_row * x[:, None]) * down).sum(1) / mass
    return np.degrees(np.arctan2(-mixed, np.maximum(vertical, 1e-9))) + 0.0  # no -0


def _aspect(masks: np.ndarray) -> np.ndarray:
    return _extent(masks.any(1)) / np.maximum(_extent(masks.any(2)), 1)


def _extent(inked: np.ndarray) -> np.ndarray:
    """From the first to the last that is inked: bool (n, k) -> int64 (n,)."""
    last = inked.shape[1] - inked[:, ::-1].argmax(1)
    return np.where(inked.any(1), last - inked.argmax(1), 0)


def _count_components(masks: np.ndarray) -> np.ndarray:
    components, count = ndimage.label(masks, structure=_EIGHT_CONNECTED_STACK)
    places = np.flatnonzero(components)
    image_of = np.zeros(count + 1, np.int64)
    image_of[components.reshape(-1)[places]] = places // max(1, masks[0].size)
    return np.bincount(image_of[1:], minlength=len(masks))


_CHUNK_PIXELS = 500_000  # pixels thinned at a time: they stay in the processor's cache
# Row and column of the eight neighbours, clockwise from the one above; their order is that of a code's bits.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def thin(masks: np.ndarray) -> np.ndarray:
    """Thin shapes to lines that join what they joined (Guo and Hall 1989, algorithm A1).

    Args:
        masks: bool (n, height, width); what lies beyond the border counts as not in the shape.

    Returns:
        bool of the same shape, part of the masks.
    """
    step = max(1, _CHUNK_PIXELS // max(1, masks[0].size)) if len(masks) else 1
    parts = [_thin_chunk(masks[start : start + step]) for start in range(0, len(masks), step)]
    return np.concatenate(parts) if parts else masks.copy()


def line_lengths(lines: np.ndarray) -> np.ndarray:
    """How long thinned lines are from the middle of their first pixel to that of the last, float64 (n,), pixels.

    Args:
        lines: bool (n, height, width), as `thinned` gives them.
    """
    across, down = lines[:, :, :-1] & lines[:, :, 1:], lines[:, :-1] & lines[:, 1:]
    corner = across[:, :-1] | across[:, 1:] | down[:, :, :-1] | down[:, :, 1:]  # a 2 x 2 block is joined already
    falling, rising = lines[:, :-1, :-1] & lines[:, 1:, 1:], lines[:, 1:, :-1] & lines[:, :-1, 1:]
    straight = across.sum((1, 2)) + down.sum((1, 2))
    return straight + np.sqrt(2) * ((falling | rising) & ~corner).sum((1, 2))


def line_ends(lines: np.ndarray) -> np.ndarray:
    """The pixels that thinned lines end at, bool (n, height, width): those with at most one neighbour.

    Two neighbours that touch each other count as one.

    Args:
        lines: bool (n, height, width), as `thinned` gives them.
    """
    return lines & _ENDS[_neighbour_codes(_frame(lines))]


def _thin_chunk(masks: np.ndarray) -> np.ndarray:
    framed = _frame(masks)
    inner = framed[:, 1:-1, 1:-1]
    kept, last = int(inner.sum()), -1
    while kept != last:
        for keeps in _KEEPS:
            inner &= keeps[_neighbour_codes(framed)]
        kept, last = int(inner.sum()), kept
    return inner.astype(bool)


def _frame(masks: np.ndarray) -> np.ndarray:
    return np.pad(masks.astype(np.uint8), ((0, 0), (1, 1), (1, 1)))


def _neighbour_codes(framed: np.ndarray) -> np.ndarray:
    """Which neighbours are set, a bit for each: uint8 (n, height, width) of masks with a frame."""
    _, height, width = framed.shape
    codes = np.zeros((len(framed), height - 2, width - 2), np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        codes |= framed[:, 1 + row : height - 1 + row, 1 + column : width - 1 + column] << bit
    return codes


def _build_tables() -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """For each code: whether a pixel stays in either half of a round; and whether a line ends there."""
    set_ = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)  # (256, 8)
    north, north_east, east, south_east, south, south_west, west, north_west = set_.T
    crossings = sum(
        (~one & (corner | after)).astype(int)
        for one, corner, after in (
            (north, north_east, east),
            (east, south_east, south),
            (south, south_west, west),
            (west, north_west, north),
        )
    )
    pairs = [
        sum((set_[:, (at + shift) % 8] | set_[:, (at + shift + 1) % 8]).astype(int) for at in range(0, 8, 2))
        for shift in (0, 1)
    ]
    neighbours = np.minimum(*pairs)
    removable = (crossings == 1) & (neighbours >= 2) & (neighbours <= 3)
    first = removable & ~((south | south_west | ~north_west) & west)
    second = removable & ~((north | north_east | ~south_east) & east)
    return ((~first).astype(np.uint8), (~second).astype(np.uint8)), neighbours <= 1


_KEEPS, _ENDS = _build_tables()
