"""Where the boxes of a form are on a straight page: by their printed lines, as paper is bent and prints differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitrec.imaging import Floats, Gray

PixelBox = tuple[float, float, float, float]  # left, top, right and bottom on the straight page
_COARSE = 8  # pixels of the page for each at which the light of the paper is looked for
_PAPER_WINDOW = 13  # of these
_REACH = 0.28  # of a cell's shorter side: how far a box may lie beside its place
_SLACK = 2  # pixels by which two sides of one box may differ
_MIN_DARK = 0.05  # of the paper's light, that is missing in the palest line
_WITHIN = 0.12  # of a side, at both ends, that does not count
_BROKEN = 0.3  # share of a side in which its line may be missing
_OWN = 0.06  # of a cell's shorter side: a box farther from where its neighbours say is not believed
_MIN_BOX = 3  # pixels of a side
_QUADRATIC, _LINEAR = 14, 5  # boxes, from which on their places follow a surface of this degree


class Places(NamedTuple):
    """The boxes of the n cells of a page.

    Attributes:
        boxes: float (n, 4), left, top, right and bottom in the straight page's pixels.
        printed: bool (n,), whether the lines of a box were found.
        thickness: float (n, 4), how many pixels of each side's line are dark; 0 where there is none.
    """

    boxes: Floats
    printed: NDArray[np.bool_]
    thickness: Floats


def missing_light(page: Gray) -> Floats:
    """The share of the paper's light that is missing at each pixel, float32 (height, width); about 0 on paper."""
    small = np.asarray(Image.fromarray(page).reduce(_COARSE))
    paper = ndimage.percentile_filter(small, 70, _PAPER_WINDOW)
    light = Image.fromarray(paper).resize(page.shape[::-1], Image.Resampling.BILINEAR)
    paper = np.maximum(np.asarray(light, np.float32), 1.0)
    return np.asarray((paper - page) / paper, np.float32)


def snap_boxes(missing: Floats, boxes: Sequence[PixelBox]) -> list[PixelBox]:
    """Boxes that were drawn by hand, each side moved to the printed line near it, if there is one.

    Args:
        missing: float32 (height, width), by `missing_light`, of the page on which they were drawn.
        boxes: left, top, right and bottom in its pixels.
    """
    across, down = ndimage.maximum_filter1d(missing, 3, 1), ndimage.maximum_filter1d(missing, 3, 0).T
    found: list[PixelBox] = []
    for left, top, right, bottom in boxes:
        reach = max(3, round(_REACH * min(right - left, bottom - top)))
        sides = [left, top, right, bottom]
        for side in range(4):
            light, ends = (across, (top, bottom)) if side % 2 == 0 else (down, (left, right))
            profile = _profile(light, sides[side], ends, reach)
            if profile.size and profile.max() >= _MIN_DARK:
                near = np.flatnonzero(profile > 0.7 * profile.max())
                sides[side] = round(sides[side]) - reach + float(near.mean())
        is_box = sides[2] - sides[0] > _MIN_BOX and sides[3] - sides[1] > _MIN_BOX
        found.append((sides[0], sides[1], sides[2], sides[3]) if is_box else (left, top, right, bottom))
    return found


def find_places(missing: Floats, boxes: Sequence[PixelBox], has_lines: NDArray[np.bool_] | None = None) -> Places:
    """Find the printed lines of boxes near to where they should be.

    Args:
        missing: float32 (height, width), by `missing_light`.
        boxes: where they should be, on that page.
        has_lines: bool (n,), which of them have printed lines; None: any may.
    """
    wanted = np.array(boxes, np.float64).reshape(-1, 4)
    units = np.minimum(wanted[:, 2] - wanted[:, 0], wanted[:, 3] - wanted[:, 1])
    across = ndimage.maximum_filter1d(missing, 3, 1)  # a line may lean
    down = ndimage.maximum_filter1d(missing, 3, 0).T
    shifts = np.full((len(wanted), 2), np.nan)
    thickness = np.zeros((len(wanted), 4))
    for at, (box, unit) in enumerate(zip(wanted, units, strict=True)):
        if has_lines is not None and not has_lines[at]:
            continue
        left, top, right, bottom = box
        for axis, (light, sides, ends) in enumerate(
            ((across, (left, right), (top, bottom)), (down, (top, bottom), (left, right)))
        ):
            shift, thick = _find_pair(light, sides, ends, max(3, round(_REACH * unit)))
            shifts[at, axis] = shift
            thickness[at, axis], thickness[at, axis + 2] = thick
    printed = np.isfinite(shifts).all(1)
    middles = (wanted[:, :2] + wanted[:, 2:]) / 2 / max(missing.shape)
    fitted = np.stack([_fit(middles, shifts[:, axis], printed, units) for axis in (0, 1)], 1)
    near = printed & (np.abs(shifts - fitted) < np.maximum(2.0, _OWN * units)[:, None]).all(1)
    moved = np.where(near[:, None], shifts, fitted)
    return Places(wanted + np.tile(moved, 2), printed, np.where(near[:, None], thickness, 0))


def _find_pair(
    light: Floats, sides: tuple[float, float], ends: tuple[float, float], reach: int
) -> tuple[float, tuple[float, float]]:
    """How far the lines of two opposite sides lie beside their places, NaN without lines; and their thickness."""
    profiles = [_profile(light, side, ends, reach) for side in sides]
    if not all(profile.size for profile in profiles):
        return np.nan, (0.0, 0.0)
    wide = [ndimage.maximum_filter1d(profile, 2 * _SLACK + 1) for profile in profiles]
    offsets = np.arange(-reach, reach + 1)
    score = np.minimum(*wide) * (1 - 0.2 * np.abs(offsets) / reach)
    best = int(score.argmax())
    if score[best] < _MIN_DARK:
        return np.nan, (0.0, 0.0)
    plateau = np.flatnonzero(score > 0.7 * score[best])
    plateau = plateau[np.abs(plateau - best) <= 2 * _SLACK + 3]
    middle = round(float(plateau.mean()))
    thick = [_thickness(profile, middle) for profile in profiles]
    return float(offsets[middle]), (thick[0], thick[1])


def _profile(light: Floats, side: float, ends: tuple[float, float], reach: int) -> Floats:
    """How dark each column beside a side is, in all but a part of its rows: float (2 reach + 1,), or empty."""
    room = _WITHIN * (ends[1] - ends[0])
    rows = slice(max(0, round(ends[0] + room)), max(0, round(ends[1] - room)))
    first = round(side) - reach
    strip = light[rows, max(0, first) : max(0, round(side) + reach + 1)]
    if not strip.size:
        return np.zeros(0)
    at = int(_BROKEN * (len(strip) - 1))
    profile = np.partition(strip, at, axis=0)[at]
    before, missing = max(0, -first), 2 * reach + 1 - strip.shape[1]
    return np.asarray(np.pad(profile, (before, max(0, missing - before)))[: 2 * reach + 1])


def _thickness(profile: Floats, at: int) -> float:
    """How many pixels around a place are dark, in a row; as far as they belong to the line there."""
    near = slice(max(0, at - _SLACK - 1), at + _SLACK + 2)
    dark = profile > 0.4 * max(float(profile[near].max()), _MIN_DARK)
    labels, _ = ndimage.label(dark)
    peak = near.start + int(profile[near].argmax())
    return float((labels == labels[peak]).sum()) if labels[peak] else 0.0


def _fit(middles: Floats, shifts: Floats, printed: NDArray[np.bool_], units: Floats) -> Floats:
    """Where all boxes lie beside their places by the surface through those that were found, float (n,)."""
    count = int(printed.sum())
    if not count:
        return np.zeros(len(shifts))
    x, y = middles.T
    one = np.ones_like(x)
    terms = [one] if count < _LINEAR else [one, x, y]
    if count >= _QUADRATIC:
        terms += [x * x, x * y, y * y]
    matrix, values = np.stack(terms, 1), shifts[printed]
    weights = np.ones(count)
    solution: Floats = np.zeros(len(terms))
    for _step in range(6):  # of reweighting: one wrong box does not pull the others
        solution = np.linalg.lstsq(matrix[printed] * weights[:, None], values * weights, rcond=None)[0]
        errors = np.abs(matrix[printed] @ solution - values)
        weights = 1 / np.sqrt(1 + (errors / (0.03 * units[printed] + 0.5)) ** 2)
    return np.asarray(matrix @ solution)
