"""The ink of a line of digits, divided into pieces from left to right, of which runs may be digits.

Connected components come first. Two digits that touch are one component, so components are cut as well where a
path from top to bottom crosses little ink. Most cuts are wrong: the lattice chooses among them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitrec.imaging import Floats, Ink, label_components

HEIGHT = 40  # pixels of a digit while a line is divided
MAX_ENLARGEMENT = 4.0
_LEAST_STROKE = 3.0  # pixels of a stroke while a line is divided
MIN_CUT_WIDTH = 0.3  # of a digit's height: a narrower component is not cut
MIN_PIECE = 0.12  # of a digit's height: how far apart two cuts are, in the mean
MAX_CROSSED = 2.8  # thicknesses of a stroke that a cut crosses
CUTS_PER_WIDTH = 4.5  # at most, for each height of a digit in the component's width
_BAND = 0.22  # of a digit's height: how far a path leaves its column
_SLOPE_COST, _LENGTH_COST = 0.12, 0.02  # of a path, in pixels of ink
_MIN_AREA = 0.0015  # of a digit's height, squared: what is smaller is dirt
_RULE_LENGTH, _RULE_BREADTH, _RULE_THICKNESS = 1.6, 0.3, 0.12  # of a digit's height
_INK, _FAINT_INK = 100, 45  # of 255, from which on a pixel is ink; if nothing darker touches it


class Pieces(NamedTuple):
    """A line of digits in pieces.

    Attributes:
        ink: uint8 (height, width), with digits about `HEIGHT` pixels high.
        labels: int32 (height, width), 0 for paper and k for the piece k - 1; they rise from left to right.
        boxes: int (n, 4), the top, bottom, left and right of each piece.
        areas: int (n,) pixels of ink.
        crossed: float (n,), thicknesses of a stroke that the cut on the left of each piece crosses; 0 where the
            piece before is another component.
        scale: pixels of `ink` for each pixel of the line.
        digit_height: of a usual digit, in pixels of `ink`.
        base: float (2,), slope and offset of the base line.
        thickness: of a stroke, in pixels of `ink`.
    """

    ink: Ink
    labels: NDArray[np.int32]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    crossed: Floats
    scale: float
    digit_height: float
    base: Floats
    thickness: float


def divide(line: Ink, *, cut: bool = True, digit_height: float | None = None) -> Pieces:
    """Divide the ink of a line, uint8 (height, width), into pieces.

    Args:
        line: holds ink.
        cut: whether to cut components.
        digit_height: of a usual digit in pixels of the line; by default as high as its larger components.
    """
    labels, count = label_ink(line)
    if not count:
        labels, count = label_components(line > 0)
    high = digit_height or _usual_height(ndimage.find_objects(labels))
    scale = min(HEIGHT / max(high, 1.0), MAX_ENLARGEMENT)
    scale = 1.0 if 0.8 < scale < 1.25 else scale
    ink = enlarge(_thicken(line, _LEAST_STROKE / scale - _thickness(labels)), scale)
    labels, count = label_ink(ink)
    if not count:  # the ink is faint or too fine to be resized
        ink, scale = line, 1.0
        labels, count = label_components(ink > 0)
    boxes = ndimage.find_objects(labels)
    high = (digit_height or _usual_height(boxes) / scale) * scale
    thickness = _thickness(labels)
    pieces = np.zeros(ink.shape, np.int32)
    found: list[tuple[float, int, float]] = []  # centre, number in `pieces`, crossed ink on the left
    masks = [labels[box] == number for number, box in enumerate(boxes, 1)]
    whole = [
        (box, mask)
        for box, mask in zip(boxes, masks, strict=True)
        if mask.sum() >= _MIN_AREA * high**2 and not _is_rule(mask, high)
    ]
    cuts = _cut_components([np.where(mask, ink[box], 0) for box, mask in whole], high, thickness if cut else 0.0)
    for (box, mask), (slabs, crossed) in zip(whole, cuts, strict=True):
        for slab in range(len(crossed) + 1):
            part = mask if slabs is None else mask & (slabs == slab)
            pieces[box][part] = len(found) + 1
            centre = box[1].start + float(np.flatnonzero(part.any(0)).mean())
            found.append((centre, len(found) + 1, crossed[slab - 1] if slab else 0.0))
    return _sort(ink, pieces, found, high)._replace(scale=scale, thickness=thickness)


def label_ink(ink: Ink) -> tuple[NDArray[np.int32], int]:
    """Number the connected components of ink, as `imaging.label_components` does.

    Faint ink counts where it stands by itself: a point is often written with less pressure than a digit. At the
    edge of a stroke it does not, where it would join digits that nearly touch.
    """
    labels, count = label_components(ink > _INK)
    faint, faint_count = label_components(ink > _FAINT_INK)
    has_dark = np.bincount(faint[labels > 0], minlength=faint_count + 1) > 0
    alone = (faint > 0) & ~has_dark[faint]
    names = np.cumsum(~has_dark[1:]) + count  # of the faint components that are kept
    return np.where(alone, np.append(0, names)[faint], labels).astype(np.int32), int(max(names, default=count))


def _sort(ink: Ink, pieces: NDArray[np.int32], found: list[tuple[float, int, float]], high: float) -> Pieces:
    """Number the pieces from left to right; a cut counts only between neighbours."""
    found.sort()
    order = np.zeros(len(found) + 1, np.int32)
    order[[number for _, number, _ in found]] = np.arange(1, len(found) + 1)
    labels = order[pieces]
    boxes = np.array(
        [[y.start, y.stop, x.start, x.stop] for y, x in ndimage.find_objects(labels)], np.int64
    ).reshape(-1, 4)
    # The soft edge of a stroke belongs to the piece beside it.
    labels = np.where((labels == 0) & (ink > 0), ndimage.grey_dilation(labels, size=(3, 3)), labels)
    areas = np.bincount(labels.ravel(), minlength=len(found) + 1)[1:]
    crossed = [
        cost if cost and i and found[i - 1][1] == number - 1 else 0.0 for i, (_, number, cost) in enumerate(found)
    ]
    return Pieces(ink, labels, boxes, areas, np.array(crossed), 1.0, high, _base_line(boxes, high), 0.0)


def _usual_height(boxes: list[tuple[slice, slice]]) -> float:
    """The median height of the components that are at least half as high as the second highest.

    Parts that lie above each other count as one.
    """
    spans: list[list[int]] = []  # left, right, top and bottom
    for y, x in sorted(boxes, key=lambda box: box[1].start):
        width = x.stop - x.start
        for span in spans:
            shared = min(span[1], x.stop) - max(span[0], x.start)
            if shared >= 0.6 * min(width, span[1] - span[0]) and width < 3 * (y.stop - y.start):
                span[:] = min(span[0], x.start), max(span[1], x.stop), min(span[2], y.start), max(span[3], y.stop)
                break
        else:
            spans.append([x.start, x.stop, y.start, y.stop])
    heights = np.sort([float(bottom - top) for _, _, top, bottom in spans])
    if not heights.size:
        return 1.0
    tall = heights[heights >= 0.5 * heights[max(0, len(heights) - 2)]]
    return float(np.median(tall))


def enlarge(line: Any, scale: float, *, exact: bool = False) -> Any:
    """A picture of a line so many times larger.

    Args:
        line: (height, width), uint8; int32 if exact.
        scale: 1 leaves it as it is.
        exact: whether the values are numbers of things, which must not be mixed.
    """
    if scale == 1:
        return line
    size = max(1, round(line.shape[1] * scale)), max(1, round(line.shape[0] * scale))
    smooth = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(line).resize(size, Image.Resampling.NEAREST if exact else smooth))


def _thicken(line: Ink, pixels: float) -> Ink:
    """Strokes so many pixels thicker, if any: what is made smaller must not break."""
    size = 1 + math.ceil(pixels)
    return np.asarray(ndimage.grey_dilation(line, size=(size, size))) if size > 1 else line


def _thickness(labels: NDArray[np.int32]) -> float:
    """In a long stroke the mean distance to its edge is a quarter of its thickness."""
    mask = np.pad(labels > 0, 1)
    return max(1.0, 4 * float(ndimage.distance_transform_edt(mask)[mask].mean()) - 1) if mask.any() else 1.0


def _base_line(boxes: NDArray[np.int64], high: float) -> Floats:
    """Slope and offset of the line below most of the high pieces."""
    tall = boxes[(boxes[:, 1] - boxes[:, 0]) > 0.6 * high] if len(boxes) else boxes
    if len(tall) < 3:
        return np.array([0.0, float(np.median(tall[:, 1])) if len(tall) else float(boxes[:, 1].max(initial=0))])
    x, y = tall[:, 2:].mean(1), tall[:, 1].astype(float)
    weights = np.ones(len(x))
    line = np.array([0.0, float(np.median(y))])
    for _ in range(3):
        line = np.polyfit(x, y, 1, w=weights)
        weights = 1 / (1 + (np.abs(y - np.polyval(line, x)) / (0.1 * high)) ** 2)
    return line if abs(line[0]) < 0.3 else np.array([0.0, float(np.median(y))])


def _is_rule(mask: NDArray[np.bool_], high: float) -> bool:
    """Whether a component is an underline or a line of a box: long, low and thin."""
    short, long = sorted(mask.shape)
    if long <= _RULE_LENGTH * high or short > _RULE_BREADTH * high:
        return False
    across = mask.sum(0 if mask.shape[1] == long else 1)  # the ink in each column, or row
    return float(np.median(across)) <= _RULE_THICKNESS * high


Cuts = tuple[NDArray[np.int64] | None, list[float]]


def _cut_components(inks: list[Ink], high: float, thickness: float) -> list[Cuts]:
    """For each component, which slab between cuts each pixel lies in, and the ink that each cut crosses.

    Args:
        inks: of the components.
        high: of a usual digit, in pixels.
        thickness: of a stroke; 0 if nothing is to be cut.
    """
    wide = [
        i
        for i, ink in enumerate(inks)
        if thickness and ink.shape[1] >= max(MIN_CUT_WIDTH * high, 6) and ink.shape[0] >= 0.25 * high
    ]
    cuts: list[Cuts] = [(None, []) for _ in inks]
    if wide:
        for i, (paths, costs) in zip(wide, _cheapest_paths([inks[i] for i in wide], high), strict=True):
            cuts[i] = _choose_cuts(inks[i] > 0, paths, costs / thickness, high)
    return cuts


def _choose_cuts(mask: NDArray[np.bool_], paths: NDArray[np.int64], crossed: Floats, high: float) -> Cuts:
    width = mask.shape[1]
    chosen: list[int] = []
    most = math.ceil(CUTS_PER_WIDTH * width / high)
    for k in np.argsort(crossed, kind="stable"):
        if crossed[k] > MAX_CROSSED or len(chosen) == most:
            break
        if not chosen or np.abs(paths[chosen] - paths[k]).mean(1).min() >= MIN_PIECE * high:
            chosen.append(int(k))
    chosen = _drop_slivers(mask, paths, chosen, _MIN_AREA * high**2)
    if not chosen:
        return None, []
    rows = np.sort(paths[chosen], axis=0)  # (k, height): so they do not cross
    slabs = (np.arange(width)[None, :, None] >= rows.T[:, None, :]).sum(2)
    return slabs, [float(crossed[k]) for k in chosen]


def _drop_slivers(
    mask: NDArray[np.bool_], paths: NDArray[np.int64], chosen: list[int], min_area: float
) -> list[int]:
    """The chosen paths from left to right, without those that cut off next to nothing."""
    columns = np.arange(mask.shape[1])[None, :]
    kept: list[int] = []
    before, total = 0, int(mask.sum())
    for k in sorted(chosen, key=lambda k: float(paths[k].mean())):
        left = int((mask & (columns < paths[k][:, None])).sum())
        if left - before >= min_area and total - left >= min_area:
            kept.append(k)
            before = left
    return kept


def _cheapest_paths(inks: list[Ink], high: float) -> list[tuple[NDArray[np.int64], Floats]]:
    """For each second column of each component, the path from top to bottom near it that crosses the least ink.

    Returns:
        for each component: int (k, height), the column of each path in each row; and the ink it crosses, in
        pixels, float (k,).
    """
    tallest, reach = max(ink.shape[0] for ink in inks), max(2, round(_BAND * high))
    centres = [np.arange(1, ink.shape[1] - 1, 2) for ink in inks]
    bands = [_band(ink, each, reach, tallest) for ink, each in zip(inks, centres, strict=True)]
    cost = np.concatenate(bands, 1)  # (tallest, k, band) of all components
    total, steps = cost[0], np.zeros(cost.shape, np.int8)
    edge = np.full((cost.shape[1], 1), 1e6, np.float32)
    for row in range(1, tallest):
        from_left = np.concatenate([edge, total[:, :-1]], 1) + _SLOPE_COST
        from_right = np.concatenate([total[:, 1:], edge], 1) + _SLOPE_COST
        sideways = np.minimum(from_left, from_right)
        steps[row] = np.where(total <= sideways, 0, np.where(from_left <= from_right, -1, 1))
        total = np.minimum(total, sideways) + cost[row]
    at, every = total.argmin(1), np.arange(cost.shape[1])
    offsets = np.empty((len(every), tallest), np.int64)
    for row in range(tallest - 1, -1, -1):
        offsets[:, row] = at - reach
        at = at + steps[row, every, at]
    found, start = [], 0
    for ink, each in zip(inks, centres, strict=True):
        height, width = ink.shape
        paths = np.clip(each[:, None] + offsets[start : start + len(each), :height], 0, width - 1)
        found.append((paths, (ink[np.arange(height), paths] / 255.0).sum(1)))
        start += len(each)
    return found


def _band(ink: Ink, centres: NDArray[np.int64], reach: int, tallest: int) -> Floats:
    """The cost of each pixel near each centre, float32 (tallest, k, band); nothing below the component."""
    height, width = ink.shape
    columns = centres[:, None] + np.arange(-reach, reach + 1)  # (k, band)
    cost = np.zeros((tallest, *columns.shape), np.float32)
    cost[:height] = (ink.astype(np.float32) / 255 + _LENGTH_COST)[:, np.clip(columns, 0, width - 1)]
    cost[:, (columns < 0) | (columns >= width)] = 1e6
    return cost
