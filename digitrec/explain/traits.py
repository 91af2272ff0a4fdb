"""The traits of a drawing: its size and place on the paper, its strokes, gaps, loops and separate parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.imaging import (
    Floats,
    Image,
    Ink,
    Mask,
    count_loops,
    fit_to_square,
    label_components,
    measure,
    remove_specks,
    stroke_mask,
    to_mnist,
)

SIDE = 280  # pixels of the sheet that a drawing is brought to: ten for each of an image's
SCALE = SIDE // 28
_GAP_DOWNSCALE = 2  # gaps are looked for on a sheet so many times smaller: four times as fast, and fine enough
MAX_GAP = 5  # pixels of an image, of which a digit measures 20: pieces farther apart are not meant to meet
MAX_MOUTH = 8  # the same for the mouth of a loop: 40 pixels of the canvas are so wide in a digit half as large
MIN_GAP = 0.4  # pixels of an image: the network hardly sees a narrower one


class Traits(NamedTuple):
    """The traits of a drawing, measured without its specks.

    Attributes:
        size: the longer side of the ink, as a share of the paper's shorter side.
        offset: from the paper's middle to the ink's centre of mass, as a share of the paper's shorter side.
        specks: dots too small to be part of a character, but about as dark.
        level: how dark its strokes are where they are dark, of 255.
        thickness: of its strokes once it is an image, in pixels.
        slant: in degrees from upright, positive where the top leans to the right.
        gaps: where its strokes nearly meet, in pixels of `sheet`.
        loops: how many loops are closed.
        pieces: how many pieces there would be if all gaps were closed.
        sheet: the drawing without specks, uint8 (280, 280), as large and placed as an image's character.
    """

    size: float
    offset: float
    specks: int
    level: int
    thickness: float
    slant: float
    gaps: tuple[Gap, ...]
    loops: int
    pieces: int
    sheet: Ink


def measure_traits(ink: Ink, image: Image | None = None) -> Traits:
    """Measure a drawing.

    Args:
        ink: uint8 (height, width) of any size, such as a canvas or an image.
        image: uint8 (28, 28), the ink by `to_mnist`, if it is there already.

    Raises:
        InkError: as by `to_mnist`.
    """
    if image is None:
        image = to_mnist(ink)
    clean, specks = remove_specks(ink)
    if clean is not ink:
        image = to_mnist(clean)
    found = measure(image[None])
    sheet = fit_to_square(clean, SIDE)
    gaps, loops, pieces = _measure_layout(sheet)
    size, offset = _measure_place(clean)
    thickness, slant = float(found.thickness[0]), float(found.slant[0])
    return Traits(size, offset, specks, ink_level(clean), thickness, slant, gaps, loops, pieces, sheet)


def ink_level(ink: Ink) -> int:
    """How dark the strokes of ink, uint8 (height, width), are where they are dark, of 255."""
    return int(np.quantile(ink[stroke_mask(ink[None])[0]], 0.9))


def _measure_layout(sheet: Ink) -> tuple[tuple[Gap, ...], int, int]:
    """Gaps, closed loops, and pieces when the gaps are closed, of a drawing without specks."""
    small = (
        sheet.reshape(SIDE // _GAP_DOWNSCALE, _GAP_DOWNSCALE, SIDE // _GAP_DOWNSCALE, _GAP_DOWNSCALE)
        .mean((1, 3))
        .astype(np.uint8)
    )
    strokes = stroke_mask(small[None])[0]
    scale = SCALE // _GAP_DOWNSCALE
    found = find_gaps(strokes, longest=MAX_GAP * scale, widest_mouth=MAX_MOUTH * scale)
    loops = count_loops(strokes, min_area=scale**2)  # smaller than a pixel of an image: the network cannot see it
    pieces = label_components(strokes)[1] - sum(gap.joins for gap in found)
    return tuple(_enlarge_gap(gap) for gap in found if gap.width >= MIN_GAP * scale), loops, int(pieces)


def _enlarge_gap(gap: Gap) -> Gap:
    start, end = ((_GAP_DOWNSCALE * row, _GAP_DOWNSCALE * column) for row, column in (gap.start, gap.end))
    return gap._replace(start=start, end=end, width=_GAP_DOWNSCALE * gap.width)


def _measure_place(ink: Ink) -> tuple[float, float]:
    """Size and offset."""
    profiles = [ink.sum(axis, dtype=np.float64) for axis in (1, 0)]
    inked = [np.flatnonzero(profile) for profile in profiles]
    longest = max(places[-1] - places[0] + 1 for places in inked)
    away = [profile @ np.arange(profile.size) / profile.sum() - (profile.size - 1) / 2 for profile in profiles]
    return float(longest / min(ink.shape)), float(np.hypot(*away) / min(ink.shape))


# A loop is nearly closed if the disc that fits in it is so many times as wide as its mouth. Chosen on MNIST's
# training images and on drawn 0s that are open by 40 pixels: at 2 it misses narrow 0s, and at 1.3 one in a hundred
# of MNIST's 0s has a mouth of 4 pixels of an image, so that such an opening would be usual.
MIN_BAY_RATIO = 1.5
_MOUTH_STEP = 1.0  # pixels between the widths of mouths that are told apart


class Gap(NamedTuple):
    """A stretch of paper between two pixels of ink, each (row, column).

    Attributes:
        start: a pixel of ink at the gap's one side.
        end: the pixel at its other side.
        width: of the paper between them, in pixels.
        joins: whether ink across it would join two pieces; else it would close a loop.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    width: float
    joins: bool


class _FacingPairs(NamedTuple):
    """Neighbouring pixels of paper whose nearest ink lies at different places: both places, and their distance."""

    start: NDArray[np.intp]  # int (k, 2)
    end: NDArray[np.intp]  # int (k, 2)
    width: Floats  # float (k,)


def find_gaps(strokes: Mask, *, longest: float, widest_mouth: float | None = None) -> list[Gap]:
    """The gaps of a drawing, those between pieces first, each by width.

    Args:
        strokes: bool (height, width).
        longest: width in pixels of the widest gap between pieces that counts as one.
        widest_mouth: the same for the mouth of a loop; `longest` if not given.
    """
    framed = np.pad(strokes, 1)  # paper leads around everything
    if not framed.any():
        return []
    distance, nearest = ndimage.distance_transform_edt(~framed, return_indices=True)
    pairs = _find_facing_pairs(distance, nearest)
    mouths = _find_mouths(framed, distance, pairs, longest if widest_mouth is None else widest_mouth)
    return [*_find_joining_gaps(framed, pairs, longest), *mouths]


def _find_facing_pairs(distance: Floats, nearest: NDArray[np.intp]) -> _FacingPairs:
    places = np.moveaxis(nearest, 0, -1)  # (height, width, 2)
    parts = []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        starts, ends = places[here], places[there]
        paper = np.minimum(distance[here], distance[there]) > 0
        at = paper & (np.abs(starts - ends).max(-1) > 1)
        parts.append((starts[at], ends[at]))
    start, end = (np.concatenate(part) for part in zip(*parts, strict=True))
    width = np.hypot(*(start - end).T) - 1
    order = np.argsort(width, kind="stable")
    return _FacingPairs(start[order], end[order], width[order])


def _find_joining_gaps(framed: Mask, pairs: _FacingPairs, longest: float) -> list[Gap]:
    """The shortest gaps that join all pieces that can be joined (Kruskal 1956)."""
    pieces, count = label_components(framed)
    group = np.arange(count + 1)
    found = []
    starts, ends = pieces[tuple(pairs.start.T)], pieces[tuple(pairs.end.T)]
    for at in np.flatnonzero((starts != ends) & (pairs.width <= longest)):
        one, other = group[starts[at]], group[ends[at]]
        if one != other:
            group[group == other] = one
            found.append(_make_gap(pairs, int(at), joins=True))
    return found


def _find_mouths(framed: Mask, distance: Floats, pairs: _FacingPairs, longest: float) -> list[Gap]:
    """The gaps at which a bay of paper, a loop that is nearly closed, opens to the paper around."""
    found: list[Gap] = []
    step = _MOUTH_STEP / 2
    for radius in np.arange(step, longest / 2 + step, step):
        # Farther from the ink than half a mouth's width, the bay behind it is an island.
        for inside in _find_deepest(distance, radius):
            if _is_open(framed, inside):
                mouths = _narrowest_pairs(pairs, distance, (2 * (radius - step) - 2, 2 * radius + 1))
                closing = next(
                    (at for at in mouths if not _is_open(_draw_bridge(framed, pairs, at), inside)), None
                )
                if closing is not None and pairs.width[closing] <= longest:
                    found.append(_make_gap(pairs, closing, joins=False))
                    framed = _draw_bridge(framed, pairs, closing)
    return sorted(found, key=lambda gap: gap.width)


def _find_deepest(distance: Floats, radius: float) -> list[tuple[int, ...]]:
    """The deepest place of each bay that is an island at this distance from the ink, and wide enough there."""
    islands, _ = ndimage.label(distance > radius)
    deepest = []
    for island, box in enumerate(ndimage.find_objects(islands), start=1):
        if island != islands[0, 0]:
            depths = np.where(islands[box] == island, distance[box], 0)
            inside = np.unravel_index(depths.argmax(), depths.shape)
            if depths[inside] >= MIN_BAY_RATIO * radius:
                deepest.append(tuple(int(at) + side.start for at, side in zip(inside, box, strict=True)))
    return deepest


def _narrowest_pairs(pairs: _FacingPairs, distance: Floats, widths: tuple[float, float]) -> Iterator[int]:
    """Pairs of these widths that face each other, as the sides of a mouth do where it is narrowest."""
    low, high = np.searchsorted(pairs.width, widths)
    middles = (pairs.start[low:high] + pairs.end[low:high]) // 2
    facing = distance[tuple(middles.T)] >= 0.45 * pairs.width[low:high]
    tried = np.zeros(distance.shape, bool)
    for at, (row, column) in zip(low + np.flatnonzero(facing), middles[facing], strict=True):
        if not tried[row, column]:
            tried[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = True
            yield int(at)


def _is_open(ink: Mask, inside: tuple[int, ...]) -> bool:
    """Whether the paper at a place is joined to that around the drawing."""
    paper, _ = ndimage.label(~ink)
    return bool(paper[inside] == paper[0, 0])


def _draw_bridge(ink: Mask, pairs: _FacingPairs, at: int) -> Mask:
    steps = int(np.abs(pairs.start[at] - pairs.end[at]).max()) + 1
    line = np.rint(np.linspace(pairs.start[at], pairs.end[at], steps)).astype(int)
    bridged = ink.copy()
    bridged[tuple(line.T)] = True
    return bridged


def _make_gap(pairs: _FacingPairs, at: int, *, joins: bool) -> Gap:
    sides = (pairs.start[at], pairs.end[at])
    start, end = ((int(row) - 1, int(column) - 1) for row, column in sides)  # without the frame
    return Gap(start, end, float(pairs.width[at]), joins)
