"""The panel of a figure: the rectangle with the digit, without the axes, labels and colour bar around it.

A panel is filled (a dark image on a white page) or framed (an image, or the answer box of a form, in thin lines).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.imaging.arrays import Floats, Mask
from digitrec.imaging.paper import otsu_threshold
from digitrec.imaging.shape import label_components

MIN_SIDE = 0.25  # of the picture's: a narrower rectangle is a colour bar or a letter
MIN_PIXELS = 8  # of each side, to tell a rectangle from a blob
MIN_PICTURE = 32  # pixels of the shorter side: a smaller picture is the digit itself, whose loop may be angular
MIN_SOLID = 0.75  # share of a row that belongs to the panel's upper or lower side: tick marks cover less
MAX_TICK = 0.06  # of the panel's side: how far tick marks stick out
MIN_OUTLINE = 0.95  # share of each side that is drawn: a handwritten 0 has round corners
MAX_FRAME = 0.06  # of a panel's shorter side: a thicker outline is a filled panel
MIN_CONTENT = 0.2  # of the panel's height: what is smaller is no digit
MAX_CONTENT = 0.5  # share of the panel that is ink
MAX_CONTENT_FILL = 0.9  # share of its box that a digit covers
MAX_OTHER_AREA = 0.25  # of the panel's: a figure with another panel as large shows several digits
_BLUR = 2  # pixels at the edge of a panel that are neither panel nor page

Box = tuple[slice, slice]


class _Panel(NamedTuple):
    outline: Box
    inside: Box
    framed: bool  # by a thin line, not filled


def crop_to_panel(values: Floats) -> Floats:
    """The inside of a figure's innermost panel; the picture itself if it has none, or several.

    Args:
        values: float (height, width), brightness from 0 to 255.
    """
    inside = _inside_largest(values) if min(values.shape) >= MIN_PICTURE else None
    return values if inside is None else crop_to_panel(values[inside])


def _inside_largest(values: Floats) -> Box | None:
    threshold = otsu_threshold(values)
    panels = [panel for mask in (values < threshold, values >= threshold) for panel in _find_panels(mask)]
    if not panels:  # the frame may be fainter than the digit
        masks = (
            values < _split_above(values, threshold),
            255 - values < _split_above(255 - values, 255 - threshold),
        )
        panels = [panel for mask in masks for panel in _find_panels(mask) if panel.framed]
    if not panels:
        return None
    panels.sort(key=lambda panel: _area(panel.outline), reverse=True)
    largest = panels[0]
    outside = (panel for panel in panels[1:] if not _contains(largest.outline, panel.outline))
    several = any(_area(panel.outline) > MAX_OTHER_AREA * _area(largest.outline) for panel in outside)
    return None if several else largest.inside


def _split_above(values: Floats, threshold: float) -> float:
    """The threshold between faint marks and paper, among the values above that between ink and paper."""
    light = values[values >= threshold]
    return otsu_threshold(light - threshold) + threshold if light.size else threshold


def _find_panels(mask: Mask) -> list[_Panel]:
    labels, _ = label_components(mask)
    panels = []
    least = [max(MIN_SIDE * length, MIN_PIXELS) for length in mask.shape]
    for label, found in enumerate(ndimage.find_objects(labels), 1):
        if all(side.stop - side.start >= length for side, length in zip(found, least, strict=True)):
            box = _trim_ticks(labels[found] == label, found)
            if box and (inside := _inside(labels, label, box)):
                panels.append(_Panel(box, *inside))
    return panels


def _trim_ticks(body: Mask, box: Box) -> Box | None:
    """The box of a component without the marks that stick out of it; None if it has no straight sides."""
    rows, columns = np.flatnonzero(body.mean(1) > MIN_SOLID), np.flatnonzero(body.mean(0) > MIN_SOLID)
    if len(rows) < 2 or len(columns) < 2:
        return None
    sides = tuple(slice(int(at[0]), int(at[-1]) + 1) for at in (rows, columns))
    for side, length in zip(sides, body.shape, strict=True):
        if max(side.start, length - side.stop) > max(_BLUR, MAX_TICK * length):
            return None
    (top, bottom), (left, right) = (
        (whole.start + side.start, whole.start + side.stop) for whole, side in zip(box, sides, strict=True)
    )
    return slice(top, bottom), slice(left, right)


def _inside(labels: NDArray[np.int32], label: int, box: Box) -> tuple[Box, bool] | None:
    """The inside of a rectangle, or of its outline, with something in it; and whether it is an outline."""
    body = labels[box] == label
    if min(_outline(body, 0, 2)) < MIN_OUTLINE:
        return None
    thickest = max(2, round(MAX_FRAME * min(body.shape)))
    thickness = next((d for d in range(1, thickest + 1) if max(_outline(body, d, d + 1)) < 0.5), None)
    ends = [
        end for side, length in zip(box, labels.shape, strict=True) for end in (side.start, length - side.stop)
    ]
    if thickness is None and sum(end <= _BLUR for end in ends) > 2:
        return None  # the page itself, or the part of it that lies beside a shadow
    inset = _BLUR + (thickness or 0)
    inside = tuple(slice(side.start + inset, side.stop - inset) for side in box)
    if min(labels[inside].shape) < MIN_PIXELS:
        return None
    # In a frame ink is drawn beside the frame; in a filled panel it is left out of it.
    body = labels[inside] == label
    content = (labels[inside] > 0) & ~body if thickness else ~body
    if content.mean() >= MAX_CONTENT or not _holds_digit(content):
        return None
    return (inside[0], inside[1]), thickness is not None


def _holds_digit(content: Mask) -> bool:
    """Whether something in a panel is as large as a digit, and no rectangle as in an angular 0."""
    labels, _ = label_components(content)
    return any(
        box[0].stop - box[0].start >= MIN_CONTENT * content.shape[0]
        and (labels[box] == label).mean() < MAX_CONTENT_FILL
        for label, box in enumerate(ndimage.find_objects(labels), 1)
    )


def _outline(body: Mask, start: int, stop: int) -> tuple[float, float, float, float]:
    """The share of each side on which the body has a pixel at these distances from the side."""
    sides = (body, body[::-1], body.T, body.T[::-1])
    top, bottom, left, right = (float(side[start:stop].any(0).mean()) for side in sides)
    return top, bottom, left, right


def _area(box: Box) -> int:
    return int((box[0].stop - box[0].start) * (box[1].stop - box[1].start))


def _contains(outer: Box, inner: Box) -> bool:
    return all(a.start <= b.start and b.stop <= a.stop for a, b in zip(outer, inner, strict=True))
