"""Measures of a written character: thickness, slant, ink, aspect, connected components, loops, specks and lines.

Whatever counts or measures shapes does it here, in one of two masks: `stroke_mask` or `unbroken_mask`.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.imaging.arrays import Floats, Images, Ink, Mask

_CHUNK_IMAGES = 2000  # images at a time: the moments are counted in 8 bytes a pixel
_CHUNK_PIXELS = 500_000  # pixels thinned at a time: they stay in the processor's cache
_EIGHT_CONNECTED = np.ones((3, 3), bool)  # ink is connected at corners, too; the paper around it then is not
_FOUR_CONNECTED = ndimage.generate_binary_structure(2, 1)
_APART = np.zeros((3, 3), bool)  # each image of a stack by itself
_UNBROKEN_SHARE = 0.3  # of the darkest pixel: the lower limit of `unbroken_mask`
# Row and column of the eight neighbours, clockwise from the one above, in the order of a code's bits.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_MAX_SPECK_SIDE = 1.5  # thicknesses of a stroke: a longer component is a stroke itself
_MAX_SPECK_SHARE = 0.05  # of all ink: a component with more is no speck


class Measures(NamedTuple):
    """The measures of n images, each float32 (n,); all 0 for a blank image.

    Attributes:
        thickness: of the strokes, in pixels.
        slant: in degrees from upright, positive if the top leans to the right.
        ink: share of the ink that a black image would have.
        aspect: width over height of the bounding box.
        pieces: number of connected components.
    """

    thickness: NDArray[np.float32]
    slant: NDArray[np.float32]
    ink: NDArray[np.float32]
    aspect: NDArray[np.float32]
    pieces: NDArray[np.float32]


def measure(images: Images) -> Measures:
    """Measure images, or ink of any other size; the unit of length is their own pixel.

    Shapes are measured in `stroke_mask`, so faint ink counts like full ink.

    Args:
        images: uint8 (n, height, width), 0 = paper.
    """
    parts = [
        _measure_chunk(images[start : start + _CHUNK_IMAGES]) for start in range(0, len(images), _CHUNK_IMAGES)
    ]
    if not parts:
        return Measures(*np.zeros((len(Measures._fields), 0), np.float32))
    return Measures(*(np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)))


def stroke_mask(images: Images) -> Mask:
    """Which pixels belong to strokes, bool (n, height, width): those at least half as dark as the darkest."""
    darkest = images.max((1, 2), initial=0)[:, None, None]
    mask: Mask = (images > 0) & (2 * images.astype(np.uint16) >= darkest)
    return mask


def unbroken_mask(images: Images) -> Mask:
    """The same with a lower limit, 30% of the darkest pixel, so that thin strokes do not break.

    The verdict counts components, loops and ends in it. It cannot use `stroke_mask`: the shipped models'
    reference.npz were fitted to features of this mask, and `norms.json` to measures of the other.
    """
    mask: Mask = images > np.maximum(_UNBROKEN_SHARE * images.max((1, 2), keepdims=True, initial=0), 0.5)
    return mask


def label_components(mask: Mask | Ink) -> tuple[NDArray[np.int32], int]:
    """Number the connected components of a mask; pixels that touch at a corner are connected.

    Args:
        mask: (height, width), not 0 where there is ink.

    Returns:
        int32 (height, width), 0 for paper and k for component k; and their number.
    """
    labels, count = ndimage.label(mask, structure=_EIGHT_CONNECTED)
    return labels, int(count)


def component_areas(mask: Mask | Ink) -> NDArray[np.int64]:
    """The areas of a mask's connected components, int64 (k,), in pixels, the largest first."""
    labels, count = label_components(mask)
    return np.sort(np.bincount(labels.ravel(), minlength=count + 1)[1:])[::-1]


def component_areas_each(masks: Mask) -> list[NDArray[np.int64]]:
    """`component_areas` of each of masks (n, height, width)."""
    labels, owners = _label_stack(masks, _EIGHT_CONNECTED)
    areas = np.bincount(labels.ravel(), minlength=len(owners) + 1)[1:]
    order = np.lexsort((-areas, owners))
    return np.split(areas[order], np.searchsorted(owners[order], np.arange(1, len(masks))))


def count_loops_each(masks: Mask) -> NDArray[np.int64]:
    """`count_loops` of each of masks (n, height, width), int64 (n,)."""
    _, owners = _label_stack(~np.pad(masks, ((0, 0), (1, 1), (1, 1))), _FOUR_CONNECTED)
    return np.bincount(owners, minlength=len(masks)) - 1  # the paper around is no loop


def count_loops(mask: Mask, *, min_area: int = 1) -> int:
    """How many areas of paper a mask (height, width) encloses; paper is connected along edges, not corners."""
    labels, count = ndimage.label(~np.pad(mask, 1))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return int((areas >= min_area).sum()) - 1  # the paper around is no loop


def largest_component(ink: Ink) -> Ink:
    """The ink, uint8 (height, width), of the connected component that holds the most of it."""
    labels, count = label_components(ink)
    masses = _component_masses(ink, labels, count)
    return np.where(labels == 1 + masses.argmax(), ink, 0).astype(np.uint8)


def remove_small_components(ink: Ink, min_share: float) -> Ink:
    """The ink without the connected components whose mass is less than this share of the largest one's."""
    labels, count = label_components(ink)
    if count < 2:
        return ink
    masses = _component_masses(ink, labels, count)
    return _select_components(ink, labels, masses >= min_share * masses.max())


def remove_specks(ink: Ink) -> tuple[Ink, int]:
    """The ink without specks, and how many of them were about as dark as the strokes.

    A speck is a connected component no longer than a stroke is thick and with little of the ink.

    Args:
        ink: uint8 (height, width).
    """
    labels, count = label_components(ink)
    if count < 2:
        return ink, 0
    masses = _component_masses(ink, labels, count)
    # The largest component tells how thick strokes are: many specks would lower the mean.
    thickness = float(measure(np.where(labels == 1 + masses.argmax(), ink, 0).astype(np.uint8)[None]).thickness[0])
    sides = np.array([max(side.stop - side.start for side in box) for box in ndimage.find_objects(labels)])
    is_speck = (sides <= _MAX_SPECK_SIDE * thickness) & (masses <= _MAX_SPECK_SHARE * masses.sum())
    dark = np.unique(labels[stroke_mask(ink[None])[0]]) - 1
    return _select_components(ink, labels, ~is_speck), int(is_speck[dark].sum())


def box_fill(mask: Mask) -> float:
    """The share of its bounding box that a mask (height, width) covers; 0 if it is empty."""
    masks = mask[None]
    height, width = int(_extent(masks, 2)[0]), int(_extent(masks, 1)[0])
    return float(mask.sum() / max(height * width, 1))


def aspect_ratio(masks: Mask) -> Floats:
    """Width over height of the bounding boxes of masks (n, height, width), float64 (n,); 0 if one is empty."""
    return _extent(masks, 1) / np.maximum(_extent(masks, 2), 1)


def box_sizes(images: Images) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Widths and heights of the bounding boxes of the strokes in images uint8 (n, height, width), in pixels.

    Returns:
        Two int64 (n,); 0 for a blank image.
    """
    masks = stroke_mask(images)
    return _extent(masks, 1), _extent(masks, 2)


def _component_masses(ink: Ink, labels: NDArray[np.int32], count: int) -> NDArray[Any]:
    """The sum of the ink of each connected component, float64 (count,)."""
    return np.bincount(labels.ravel(), ink.ravel(), minlength=count + 1)[1:]


def _select_components(ink: Ink, labels: NDArray[np.int32], selected: Mask) -> Ink:
    """The ink of some connected components, by a bool (k,) for each."""
    return np.where(np.append(False, selected)[labels], ink, 0).astype(np.uint8)


def _measure_chunk(images: Images) -> tuple[NDArray[Any], ...]:
    masks = stroke_mask(images)
    ink = images.mean((1, 2)) / 255
    return _thickness(images, masks), _slant(images), ink, aspect_ratio(masks), _count_components(masks)


def _thickness(images: Images, masks: Mask) -> Floats:
    """The thickness t at which strokes along the thinned lines hold as much ink as the image.

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
    thickness: Floats = 2 * area / np.maximum(length + root, 1e-9)
    return thickness  # the positive root of quarter t^2 + length t = area


def _slant(images: Images) -> Floats:
    """The angle of the shear that makes the image upright, from second moments (Teague 1980)."""
    values = images.astype(np.float32)
    rows, columns = np.arange(images.shape[1]), np.arange(images.shape[2])
    mass = np.maximum(values.sum((1, 2), dtype=np.float64), 1e-9)
    by_row = values.sum(2, dtype=np.float64)  # (n, height)
    y = by_row @ rows / mass
    x = values.sum(1, dtype=np.float64) @ columns / mass
    down = rows - y[:, None]  # (n, height)
    vertical = (by_row * down**2).sum(1) / mass
    mixed = ((values @ columns.astype(np.float32) - by_row * x[:, None]) * down).sum(1) / mass
    angle: Floats = np.degrees(np.arctan2(-mixed, np.maximum(vertical, 1e-9)))
    return angle + 0.0  # no -0


def _extent(masks: Mask, across: int) -> NDArray[np.int64]:
    """Width (across axis 1) or height (across axis 2) of the boxes of masks (n, height, width), int64 (n,)."""
    inked: Mask = np.asarray(masks.any(across))  # (n, k)
    last = inked.shape[1] - inked[:, ::-1].argmax(1)
    return np.where(inked.any(1), last - inked.argmax(1), 0)


def _count_components(masks: Mask) -> NDArray[np.int64]:
    return np.bincount(_label_stack(masks, _EIGHT_CONNECTED)[1], minlength=len(masks))


def _label_stack(masks: Mask, connected: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the connected components of masks (n, height, width), none over two images; and the image of each."""
    labels, count = ndimage.label(masks, structure=np.stack([_APART, connected, _APART]))
    places = np.flatnonzero(labels)
    image_of = np.zeros(count + 1, np.int64)
    image_of[labels.reshape(-1)[places]] = places // max(1, masks[0].size)
    return labels, image_of[1:]


def thin(masks: Mask) -> Mask:
    """Thin shapes to lines one pixel wide with the same connections (Guo and Hall 1989, algorithm A1).

    Args:
        masks: bool (n, height, width); nothing beyond the border belongs to a shape.

    Returns:
        bool of the same shape, a part of each mask.
    """
    step = max(1, _CHUNK_PIXELS // max(1, masks[0].size)) if len(masks) else 1
    parts = [_thin_chunk(masks[start : start + step]) for start in range(0, len(masks), step)]
    return np.concatenate(parts) if parts else masks.copy()


def line_lengths(lines: Mask) -> NDArray[np.float64]:
    """The lengths of thinned lines, float64 (n,), in pixels, from the middle of the first to that of the last one.

    Args:
        lines: bool (n, height, width), as by `thin`.
    """
    across, down = lines[:, :, :-1] & lines[:, :, 1:], lines[:, :-1] & lines[:, 1:]
    corner = across[:, :-1] | across[:, 1:] | down[:, :, :-1] | down[:, :, 1:]  # a 2 x 2 block is joined already
    falling, rising = lines[:, :-1, :-1] & lines[:, 1:, 1:], lines[:, 1:, :-1] & lines[:, :-1, 1:]
    straight = across.sum((1, 2)) + down.sum((1, 2))
    lengths: NDArray[np.float64] = straight + np.sqrt(2) * ((falling | rising) & ~corner).sum((1, 2))
    return lengths


def line_ends(lines: Mask) -> Mask:
    """The pixels at the ends of thinned lines, bool (n, height, width): those with at most one neighbour.

    Two neighbours that touch each other count as one.

    Args:
        lines: bool (n, height, width), as by `thin`.
    """
    return lines & _ENDS[_neighbour_codes(_frame(lines))]


def _thin_chunk(masks: Mask) -> Mask:
    """All masks are one number with a bit for each pixel: an operation on it is done for all pixels at once."""
    n, height, width = masks.shape
    row = -(-(width + 2) // 8) * 8  # bits, with a frame
    framed = np.zeros((n, height + 2, row), bool)
    framed[:, 1:-1, 1 : width + 1] = masks
    bits, last = int.from_bytes(np.packbits(framed).tobytes(), "big"), -1
    while bits != last:
        last = bits
        for is_second in (False, True):
            bits &= ~_removable(bits, row, is_second=is_second)
    flat = np.frombuffer(bits.to_bytes(framed.size // 8, "big"), np.uint8)
    return np.unpackbits(flat).reshape(framed.shape)[:, 1:-1, 1 : width + 1].astype(bool)


def _removable(bits: int, row: int, *, is_second: bool) -> int:
    """The pixels that one half of a round may take away; others have no meaning."""
    north, south, west, east = bits >> row, bits << row, bits >> 1, bits << 1
    north_east, north_west, south_east, south_west = north << 1, north >> 1, south << 1, south >> 1
    first, second = (north_east | east) & ~north, (south_east | south) & ~east
    third, fourth = (south_west | west) & ~south, (north_west | north) & ~west
    crosses_once = (first ^ second ^ third ^ fourth) & ~(first & second | third & fourth)
    with_right = north | north_east, east | south_east, south | south_west, west | north_west
    with_left = north_west | north, north_east | east, south_east | south, south_west | west
    some = _at_least_two(*with_right) & _at_least_two(*with_left)
    many = functools.reduce(operator.and_, (*with_right, *with_left))
    stays = (north | north_east | ~south_east) & east if is_second else (south | south_west | ~north_west) & west
    return crosses_once & some & ~many & ~stays


def _at_least_two(a: int, b: int, c: int, d: int) -> int:
    return a & b | c & d | (a | b) & (c | d)


def _frame(masks: Mask) -> NDArray[np.uint8]:
    return np.pad(masks.astype(np.uint8), ((0, 0), (1, 1), (1, 1)))


def _neighbour_codes(framed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Which neighbours are set, a bit for each: uint8 (n, height, width) of masks with a frame."""
    _, height, width = framed.shape
    codes = np.zeros((len(framed), height - 2, width - 2), np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        codes |= framed[:, 1 + row : height - 1 + row, 1 + column : width - 1 + column] << bit
    return codes


def _build_ends() -> Mask:
    """For each code, whether a line ends there: bool (256,)."""
    set_ = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)  # (256, 8)
    pairs = [
        sum((set_[:, (at + shift) % 8] | set_[:, (at + shift + 1) % 8]).astype(int) for at in range(0, 8, 2))
        for shift in (0, 1)
    ]
    return np.asarray(np.minimum(*pairs) <= 1)


_ENDS = _build_ends()
