"""The lines of symbols in the ink of a picture: which connected components stand side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.forms.numbers.segmentation import label_ink
from digitrec.imaging import Ink, Mask

MIN_HEIGHT = 10  # pixels: what is smaller is dirt, if the picture is larger than that
MAX_COMPONENTS = 4000  # by their area: a picture with more is a texture
_MIN_SHARE, _MAX_SHARE = 0.45, 2.5  # of the usual height: a symbol that makes a line
_MAX_GAP, _MAX_SIGN_GAP = 1.1, 3.0  # of the usual height, between neighbours in a line; with a sign between them
_WIDE, _MAX_WIDE = (
    1.5,
    3.5,
)  # times the median gap, and of the usual height: what is far apart everywhere is joined
_BAR = 4  # times as wide as high
_MAX_SLOPE = 0.12  # of a frame's line
_NEAR, _ALONG = 0.03, 0.8  # of a box: how far a frame's line may be from straight, on how much of its side
_LEAST_FRAMED = 64  # pixels: a lower picture is a strip without a frame
_MIN_GAPS = 3  # that say how far apart symbols stand
_MIN_OVERLAP = 0.45  # of the lower of two neighbours' heights
_REACH_SIDE, _REACH_DOWN = 0.6, 0.35  # of the usual height: how far a small sign is from its line
_MIN_SIGN_AREA = 0.0015  # of the usual height, squared; a point is as small as this where a line is 30 pixels high


class Line(NamedTuple):
    """Symbols that stand side by side.

    Attributes:
        ink: uint8 (height, width), of these symbols only.
        top: and
        left: where it lies in the picture's ink.
    """

    ink: Ink
    top: int
    left: int


def find_lines(ink: Ink) -> list[Line]:
    """The lines of a picture's ink, uint8 (height, width), from top to bottom and left to right.

    Frames and what is much larger or smaller than the other components are left out.
    """
    labels, count = label_ink(ink)
    if not count:
        return []
    boxes, areas = _measure(labels, count)
    heights, widths = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    frames = _find_frames(labels, boxes, areas)
    usual = _usual_height(np.where(frames, 0, heights), areas)
    bars = (widths > _BAR * heights) & (areas > 0.5 * widths * heights)  # a dash alone is no digit
    tall = ~frames & ~bars & (heights >= _MIN_SHARE * usual) & (heights <= _MAX_SHARE * usual)
    if tall.sum() > MAX_COMPONENTS or not tall.any():
        return []
    small = np.flatnonzero(~frames & ~tall & (heights < usual) & (areas >= _MIN_SIGN_AREA * usual**2))
    groups = _join(boxes, np.flatnonzero(tall), small, usual)
    _attach(boxes, groups, small, usual)
    return _sort([_crop(ink, labels, boxes, group) for group in groups], usual)


def _measure(labels: NDArray[np.int32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Top, bottom, left and right, int (k, 4), and the area of each component, int (k,)."""
    boxes = np.array([[y.start, y.stop, x.start, x.stop] for y, x in ndimage.find_objects(labels)], np.int64)
    return boxes, np.bincount(labels.ravel(), minlength=count + 1)[1:]


def _find_frames(labels: NDArray[np.int32], boxes: NDArray[np.int64], areas: NDArray[np.int64]) -> Mask:
    """Which components are lines of a frame: long and thin, or straight along the sides of most of the picture."""
    high, wide = labels.shape
    heights, widths = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    long, short = np.maximum(heights, widths), np.minimum(heights, widths)
    around = (heights > 0.7 * high) & (widths > 0.7 * wide) & (areas < 0.12 * heights * widths)
    for each in np.flatnonzero(around):
        top, bottom, left, right = boxes[each]
        around[each] = _has_straight_sides(labels[top:bottom, left:right] == each + 1)
    level = (widths > 0.6 * wide) & (short < 0.06 * long) & (widths > 4 * heights)
    upright = (heights > 0.85 * high) & (short < 0.06 * long)
    frames = level | ((around | upright) & (high > _LEAST_FRAMED))
    # A thin 1 alone is as high as its picture.
    return frames if (~frames & (heights > _MIN_SHARE * heights.max())).any() else frames & ~upright


def _has_straight_sides(component: Mask) -> bool:
    """Whether a component, (h, w), runs straight along three sides of its box, as no thin digit does."""
    views = (component, component[::-1], component.T, component.T[::-1])
    return sum(_is_straight(np.argmax(view, 0), len(view)) for view in views) >= 3


def _is_straight(depths: NDArray[np.int64], size: int) -> bool:
    """Whether most of a side, given by its distances (n,) from the box, is one line that hardly leans."""
    n = len(depths)
    ends = np.median(depths[: n // 3]), np.median(depths[-(n // 3) :])
    slope = (ends[1] - ends[0]) / (n * 2 / 3)
    line = ends[0] + slope * (np.arange(n) - n / 6)
    near = np.abs(depths - line) <= max(_NEAR * size, 2)
    return bool(abs(slope) <= _MAX_SLOPE and near.mean() >= _ALONG)


def _usual_height(heights: NDArray[np.int64], areas: NDArray[np.int64]) -> float:
    """The height at which half of the ink belongs to lower components; specks hardly count."""
    order = np.argsort(heights, kind="stable")
    mass = np.cumsum(np.where(heights[order] > 0, areas[order], 0))
    middle = float(heights[order][np.searchsorted(mass, mass[-1] / 2)]) if mass[-1] else 1.0
    like = heights[(heights > 0.5 * middle) & (heights < 2 * middle)]
    return max(float(np.median(like)) if like.size else middle, 1.0)


def _join(
    boxes: NDArray[np.int64], members: NDArray[np.int64], signs: NDArray[np.int64], usual: float
) -> list[list[int]]:
    """Components that stand side by side, joined through their neighbours; a sign between may part them more."""
    parent = {int(i): int(i) for i in members}

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    ordered = members[np.argsort(boxes[members, 2], kind="stable")]
    heights = boxes[:, 1] - boxes[:, 0]
    sides = [_beside(boxes, heights, ordered[at:]) for at in range(len(ordered))]
    usual_gap = _usual_gap(boxes, ordered, sides)
    for i, beside in zip(ordered, sides, strict=True):
        reach = max(_reach(boxes[signs], boxes[i], usual), min(_WIDE * usual_gap, _MAX_WIDE * usual))
        for j in beside[boxes[beside, 2] <= boxes[i, 3] + reach]:
            parent[root(int(j))] = root(int(i))
    groups: dict[int, list[int]] = {}
    for i in ordered:
        groups.setdefault(root(int(i)), []).append(int(i))
    return list(groups.values())


def _beside(boxes: NDArray[np.int64], heights: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the components that stand at the height of the first of them."""
    i, after = ordered[0], ordered[1:]
    overlap = np.minimum(boxes[after, 1], boxes[i, 1]) - np.maximum(boxes[after, 0], boxes[i, 0])
    return after[overlap >= _MIN_OVERLAP * np.minimum(heights[after], heights[i])]


def _usual_gap(boxes: NDArray[np.int64], ordered: NDArray[np.int64], sides: list[NDArray[np.int64]]) -> float:
    """The median gap between a component and the next beside it, in pixels; 0 where too few gaps tell."""
    gaps = [boxes[beside[0], 2] - boxes[i, 3] for i, beside in zip(ordered, sides, strict=True) if beside.size]
    return max(float(np.median(gaps)), 0.0) if len(gaps) >= _MIN_GAPS else 0.0


def _reach(signs: NDArray[np.int64], box: NDArray[np.int64], usual: float) -> float:
    """How far to the right a component's neighbour may be, in pixels: farther if a small sign is between."""
    top, bottom, _, right = box
    y, gap = signs[:, :2].mean(1), signs[:, 2] - right
    between = (gap > 0) & (gap < _MAX_GAP * usual) & (y >= top) & (y <= bottom + _REACH_DOWN * usual)
    behind = float((signs[between, 3] - right).max()) if between.any() else 0.0
    return min(behind + _MAX_GAP * usual, _MAX_SIGN_GAP * usual)


def _attach(boxes: NDArray[np.int64], groups: list[list[int]], small: NDArray[np.int64], usual: float) -> None:
    """Add points, commas and minus signs to the line in or beside which they stand."""
    around = [
        (boxes[group, 0].min(), boxes[group, 1].max(), boxes[group, 2].min(), boxes[group, 3].max())
        for group in groups
    ]
    for i in small:
        y, x = boxes[i, :2].mean(), boxes[i, 2:].mean()
        for group, (top, bottom, left, right) in zip(groups, around, strict=True):
            down, side = _REACH_DOWN * usual, _REACH_SIDE * usual
            if top - 0.1 * usual <= y <= bottom + down and left - side <= x <= right + side:
                group.append(int(i))
                break


def _crop(ink: Ink, labels: NDArray[np.int32], boxes: NDArray[np.int64], group: list[int]) -> Line:
    top, left = int(boxes[group, 0].min()), int(boxes[group, 2].min())
    place = np.s_[top : int(boxes[group, 1].max()), left : int(boxes[group, 3].max())]
    chosen = np.isin(labels[place], np.array(group) + 1)
    # The blurred edge of a stroke lies outside of its component.
    soft = ndimage.binary_dilation(chosen, np.ones((3, 3))) & (chosen | (labels[place] == 0))
    return Line(np.where(soft, ink[place], 0).astype(np.uint8), top, left)


def _sort(lines: list[Line], usual: float) -> list[Line]:
    """From top to bottom; lines at about the same height from left to right, also in rows that lean."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.left):
        near = [row for row in rows if abs(_middle(row[-1]) - _middle(line)) < 0.6 * usual]
        if near:
            min(near, key=lambda row: abs(_middle(row[-1]) - _middle(line))).append(line)
        else:
            rows.append([line])
    return [line for row in sorted(rows, key=lambda row: np.mean([_middle(line) for line in row])) for line in row]


def _middle(line: Line) -> float:
    return line.top + line.ink.shape[0] / 2
