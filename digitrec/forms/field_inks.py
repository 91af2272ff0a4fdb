"""The writing in each box of a straight page, without the lines of the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.forms.contents import INK, is_content
from digitrec.forms.field_places import Places, find_places, missing_light
from digitrec.imaging import Floats, Gray, Ink, label_components

_ROOM = 0.16  # of a cell's shorter side, around it, into which writing may reach
_CROSS = 2  # pixels beside a line, on both of its sides, that are ink where writing crosses it
_MIN_CONTRAST = 0.08  # of the paper's light: with less, nothing is written
_MIN_STROKE = 0.25  # of the ink's darkness: fainter pixels are blur
_FAINT, _DARKEST, _MARGIN = 0.1, 0.97, 0.2  # as in a grid: light missing in the darkest part of the middle
_SAMPLES = 400_000  # pixels by which the darkness of the ink is judged


class CellInk(NamedTuple):
    """What is written in a box.

    Attributes:
        ink: uint8 (height, width) of the box.
        faint: whether something pale is in its middle.
    """

    ink: Ink
    faint: bool


def cut_fields(page: Gray, boxes: Sequence[tuple[int, int, int, int]]) -> list[Ink]:
    """The ink of each box of a straight page.

    Args:
        page: uint8 (height, width).
        boxes: left, top, right and bottom in pixels.
    """
    missing = missing_light(page)
    places = find_places(missing, [(left, top, right, bottom) for left, top, right, bottom in boxes])
    return [cell.ink for cell in cut_inks(missing, places)]


def cut_inks(missing: Floats, places: Places) -> list[CellInk]:
    """The ink of each cell of a page.

    Args:
        missing: float32 (height, width), by `field_places.missing_light`.
        places: of the cells on that page.
    """
    smooth = ndimage.gaussian_filter(missing, 1.0)
    strength, floor = _measure_ink(smooth, places)
    found = []
    for box, thickness in zip(places.boxes, places.thickness, strict=True):
        left, top, right, bottom = (round(float(value)) for value in box)
        unit = min(right - left, bottom - top)
        room = round(_ROOM * unit)
        seen = _crop(smooth, (left - room, top - room, right + room, bottom + room))
        ink = np.zeros(seen.shape, np.uint8)
        if strength:
            dark = np.where(seen > floor, seen / strength, 0)
            ink = np.rint(255 * np.clip(dark, 0, 1)).astype(np.uint8)
        inside = (room, room, room + right - left, room + bottom - top)
        ink = _keep_content(_erase_lines(ink, inside, thickness), inside)
        found.append(CellInk(ink, _is_faint(_crop(missing, (left, top, right, bottom)))))
    return found


def _measure_ink(smooth: Floats, places: Places) -> tuple[float, float]:
    """How dark ink is on this page, and how dark a pixel has to be to be ink; 0 if nothing is written."""
    parts = []
    for left, top, right, bottom in places.boxes:
        x, y = 0.15 * (right - left), 0.15 * (bottom - top)
        inside = (left + x, top + y, right - x, bottom - y)
        parts.append(_crop(smooth, tuple(round(float(value)) for value in inside)).ravel())
    values = np.concatenate(parts) if parts else np.zeros(0)
    values = values[:: max(1, len(values) // _SAMPLES)]
    if not values.size:
        return 0.0, 1.0
    low, middle = np.quantile(values, [0.16, 0.5])
    noise = float(middle - low)
    least = max(_MIN_CONTRAST, 5 * noise)
    ink = values[values > least]
    if ink.size < 8:
        return 0.0, 1.0
    strength = float(np.quantile(ink[ink > 0.5 * np.quantile(ink, 0.95)], 0.75))
    return strength, max(_MIN_STROKE * strength, 4 * noise)


def _crop(values: Floats, box: tuple[int, ...]) -> Floats:
    """A part of a page; what lies beyond the page is paper."""
    left, top, right, bottom = box
    high, wide = values.shape
    part = values[max(0, top) : max(0, min(bottom, high)), max(0, left) : max(0, min(right, wide))]
    before, after = (max(0, -top), max(0, -left)), (max(0, bottom - high), max(0, right - wide))
    if not any(before + after):
        return part
    padded = np.zeros((max(1, bottom - top), max(1, right - left)), values.dtype)
    padded[before[0] : before[0] + part.shape[0], before[1] : before[1] + part.shape[1]] = part
    return padded


def _erase_lines(ink: Ink, inside: tuple[int, int, int, int], thickness: Floats) -> Ink:
    """Ink without the lines of the box, but for where writing crosses them."""
    found = ink.copy()
    for side, (place, thick) in enumerate(zip(inside, thickness, strict=True)):
        if not thick:
            continue
        half = thick / 2 + 1.5
        turned, was = (found, ink) if side % 2 else (found.T, ink.T)  # lines across, or down
        first, last = max(0, round(place - half)), min(turned.shape[0], round(place + half) + 1)
        outside, within = (first - _CROSS, last + _CROSS - 1) if side < 2 else (last + _CROSS - 1, first - _CROSS)
        if min(outside, within) < 0 or max(outside, within) >= turned.shape[0]:
            turned[first:last] = 0
            continue
        crossing = (was[outside] > INK) & (was[within] > INK)
        crossing = ndimage.binary_dilation(crossing, iterations=2)
        turned[first:last, ~crossing] = 0
    return found


def _keep_content(ink: Ink, inside: tuple[int, int, int, int]) -> Ink:
    """The components that belong to a box, uint8 (height, width) of the ink; no specks and rests of lines."""
    left, top, right, bottom = inside
    labels, count = label_components(ink > INK)
    kept = np.zeros(count + 1, bool)
    for number, at in enumerate(ndimage.find_objects(labels), 1):
        y, x = at
        middle = (y.start + y.stop) / 2, (x.start + x.stop) / 2
        if not (top <= middle[0] < bottom and left <= middle[1] < right):
            continue
        kept[number] = is_content(labels[at] == number, at, (top, left, bottom - top, right - left))
    if not kept.any():
        return np.zeros_like(ink)
    mine = kept[labels]
    soft = ndimage.binary_dilation(mine, np.ones((3, 3))) & (mine | (labels == 0))
    return np.where(soft, ink, 0).astype(np.uint8)


def _is_faint(missing: Floats) -> bool:
    high, wide = missing.shape
    margin = round(_MARGIN * min(high, wide))
    middle = missing[margin : high - margin, margin : wide - margin]
    return bool(middle.size and np.quantile(ndimage.gaussian_filter(middle, 1), _DARKEST) > _FAINT)
