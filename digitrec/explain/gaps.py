"""Where strokes nearly meet: between pieces that lie apart, and at the mouths of loops that are nearly closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage

EIGHT_CONNECTED = np.ones((3, 3))  # pieces touch by corners too; the paper around them then does not
MIN_BAY_RATIO = 2.0  # a loop is nearly closed if the disc that fits in it is so many times as wide as its mouth
_MOUTH_WIDTHS = 12  # widths of mouths that are told apart


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

    start: np.ndarray  # int (k, 2)
    end: np.ndarray  # int (k, 2)
    width: np.ndarray  # float (k,)


def find_gaps(strokes: np.ndarray, *, longest: float) -> list[Gap]:
    """The gaps of a drawing, those between pieces first, each by width.

    Args:
        strokes: bool (height, width).
        longest: width in pixels of the widest gap that counts as one.
    """
    framed = np.pad(strokes, 1)  # paper leads around everything
    if not framed.any():
        return []
    distance, nearest = ndimage.distance_transform_edt(~framed, return_indices=True)
    brinks = _find_facing_pairs(distance, nearest)
    return [*_find_joining_gaps(framed, brinks, longest), *_find_mouths(framed, distance, brinks, longest)]


def _find_facing_pairs(distance: np.ndarray, nearest: np.ndarray) -> _FacingPairs:
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


def _find_joining_gaps(framed: np.ndarray, brinks: _FacingPairs, longest: float) -> list[Gap]:
    """The shortest gaps that join all pieces that can be joined (Kruskal 1956)."""
    pieces, count = ndimage.label(framed, structure=EIGHT_CONNECTED)
    group = np.arange(count + 1)
    found = []
    starts, ends = pieces[tuple(brinks.start.T)], pieces[tuple(brinks.end.T)]
    for at in np.flatnonzero((starts != ends) & (brinks.width <= longest)):
        one, other = group[starts[at]], group[ends[at]]
        if one != other:
            group[group == other] = one
            found.append(_make_gap(brinks, at, joins=True))
    return found


def _find_mouths(framed: np.ndarray, distance: np.ndarray, brinks: _FacingPairs, longest: float) -> list[Gap]:
    """The gaps at which a bay of paper, a loop that is nearly closed, opens to the paper around."""
    found: list[Gap] = []
    step = longest / 2 / _MOUTH_WIDTHS
    for radius in step * np.arange(
        1, _MOUTH_WIDTHS + 1
    ):  # beyond it from the ink, bays with narrow mouths are islands
        islands, count = ndimage.label(distance > radius)
        depths = np.zeros(count + 1)
        np.maximum.at(depths, islands, distance)
        for island in np.flatnonzero(depths >= MIN_BAY_RATIO * radius):
            if island in (0, islands[0, 0]):
                continue
            inside = np.unravel_index(np.argmax(np.where(islands == island, distance, 0)), distance.shape)
            if _is_open(framed, inside):
                mouths = _narrowest_pairs(brinks, distance, (2 * (radius - step) - 2, 2 * radius + 1))
                closing = next(
                    (at for at in mouths if not _is_open(_draw_bridge(framed, brinks, at), inside)), None
                )
                if closing is not None:
                    found.append(_make_gap(brinks, closing, joins=False))
                    framed = _draw_bridge(framed, brinks, closing)
    return sorted(found, key=lambda gap: gap.width)


def _narrowest_pairs(brinks: _FacingPairs, distance: np.ndarray, widths: tuple[float, float]) -> Iterator[int]:
    """Brinks of these widths that face each other, as the sides of a mouth do where it is narrowest."""
    low, high = np.searchsorted(brinks.width, widths)
    middles = (brinks.start[low:high] + brinks.end[low:high]) // 2
    facing = distance[tuple(middles.T)] >= 0.45 * brinks.width[low:high]
    tried = np.zeros(distance.shape, bool)
    for at, (row, column) in zip(low + np.flatnonzero(facing), middles[facing], strict=True):
        if not tried[row, column]:
            tried[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = True
            yield int(at)


def _is_open(ink: np.ndarray, inside: tuple[int, ...]) -> bool:
    """Whether the paper at a place is joined to that around the drawing."""
    paper, _ = ndimage.label(~ink)
    return bool(paper[inside] == paper[0, 0])


def _draw_bridge(ink: np.ndarray, brinks: _FacingPairs, at: int) -> np.ndarray:
    steps = int(np.abs(brinks.start[at] - brinks.end[at]).max()) + 1
    line = np.rint(np.linspace(brinks.start[at], brinks.end[at], steps)).astype(int)
    bridged = ink.copy()
    bridged[tuple(line.T)] = True
    return bridged


def _make_gap(brinks: _FacingPairs, at: int, *, joins: bool) -> Gap:
    start, end = (tuple(int(place) - 1 for place in side[at]) for side in (brinks.start, brinks.end))  # no frame
    return Gap(start, end, float(brinks.width[at]), joins)
