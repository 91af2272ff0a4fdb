"""A photo of one character -> ink: paper and shadows become 0, strokes bright, for dark and for light strokes.

The chain: the panel of a figure, the light of the paper, printed lines, strokes, pieces at the border, thin pens.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.imaging import noiseless
from digitrec.imaging.arrays import Floats, Gray, Ink, Mask
from digitrec.imaging.borders import drop_border_pieces
from digitrec.imaging.panels import crop_to_panel
from digitrec.imaging.paper import MIN_STROKE_DARKNESS, even_light, otsu_threshold, shrink
from digitrec.imaging.pictures import PictureError
from digitrec.imaging.rules import remove_rules
from digitrec.imaging.shape import count_loops, remove_small_components

WORKING_SIDE = 1024  # pixels of the longer side while a photo is cleaned: more adds noise, not shape
MIN_COMPONENT_MASS = 0.02  # of the largest component's mass: a smaller one is dirt
BOX = 20  # pixels of an image on the longer side of a digit
MIN_THICKNESS, THICKENED = 1.2, 1.6  # pixels of an image: thinner strokes are thickened; MNIST's have 2 to 4
MAX_GAP = 0.6  # pixels of an image: a narrower gap in a stroke is not seen in it, a wider one belongs to the digit
SMALL_LOOP = 1, 12  # pixels of an image: least and largest area, that of a circle four pixels wide
STROKES_SIDE = 2048  # the same for a picture of many characters
MAX_BLUR = 1.0  # pixels by which it is smoothed, at most: its digits may be small
MIN_CONTRAST = 0.08  # of the paper's brightness: with less, the sheet is empty


class CleanedPhoto(NamedTuple):
    """A photo on its way to ink; each step is uint8 of the same shape.

    Attributes:
        evened: the light that is missing from the paper, without shadows; paper is black.
        unruled: the same without printed lines.
        rules: number of printed lines found.
        ink: the strokes.
    """

    evened: Gray
    unruled: Gray
    rules: int
    ink: Ink


def to_ink(gray: Gray) -> Ink:
    """The ink of a photo of one character: the last step of `clean`.

    Args:
        gray: uint8 (height, width), 0 = black.

    Returns:
        ink: uint8 of the same shape, shrunk to 1,024 pixels on the longer side, or of the panel's shape if it is a
            figure; all 0 if the sheet is empty.

    Raises:
        PictureError: the array is not a grey picture.
    """
    _check(gray)
    strokes = noiseless.find_strokes(gray, MIN_CONTRAST)
    return clean(gray).ink if strokes is None else _drop_dirt(strokes)


def clean(gray: Gray) -> CleanedPhoto:
    """Clean a photo of one character, step by step.

    The panel of a figure is cut out. Each pixel becomes the share of the paper's light that is missing there, so
    shadows do not count. Then printed lines are removed, marks too faint for a stroke, specks, and pieces at the
    border that are no digit. Strokes too thin for an image are thickened.

    Raises:
        PictureError: as by `to_ink`.
    """
    _check(gray)
    missing = even_light(crop_to_panel(shrink(gray.astype(np.float32), WORKING_SIDE)))
    unruled, rules = remove_rules(missing)
    ink = _drop_dirt(_extract_strokes(unruled))
    return CleanedPhoto(_to_uint8(missing), _to_uint8(unruled), rules, ink)


def to_strokes(gray: Gray, side: int = STROKES_SIDE) -> Ink:
    """The strokes of a picture of any number of characters, without shadows and printed lines.

    Nothing is judged by one digit's size: specks, frames and pieces at the border stay.

    Args:
        gray: uint8 (height, width), 0 = black.
        side: pixels to which the longer side is shrunk if it is longer.

    Returns:
        ink: uint8 of the shrunk shape; all 0 if the sheet is empty.

    Raises:
        PictureError: as by `to_ink`.
    """
    _check(gray)
    missing = even_light(shrink(gray.astype(np.float32), side))
    return _extract_strokes(remove_rules(missing)[0], min(MAX_BLUR, min(missing.shape) / 100))


def thicken(ink: Ink) -> Ink:
    """Thin strokes made as thick as a pen's, so that they do not fade when the ink becomes an image.

    Args:
        ink: uint8 (height, width). Strokes from 1.2 pixels of an image on stay as they are; thinner ones get 1.6,
            unless that would close a gap.
    """
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return ink
    pixel = max(int(np.ptp(rows)), int(np.ptp(columns))) / BOX  # of an image, in pixels of the ink
    thickness = _stroke_thickness(ink)
    if thickness >= MIN_THICKNESS * pixel:
        return ink
    growth = (THICKENED * pixel - thickness) / 2
    distance = ndimage.distance_transform_edt(ink < 128)
    if _count_small_loops(distance <= growth, pixel) > _count_small_loops(distance <= MAX_GAP * pixel / 2, pixel):
        return ink  # it would close a gap: a 4 open at the top would become a 9
    grown = np.clip(growth + 0.5 - distance, 0, 1) * 255
    return np.maximum(ink, np.rint(grown).astype(np.uint8))


def _check(gray: Gray) -> None:
    if gray.dtype != np.uint8 or gray.ndim != 2 or not gray.size:
        raise PictureError(f"the picture is {gray.dtype} {gray.shape}: expected uint8 (height, width), not empty.")


def _drop_dirt(strokes: Ink) -> Ink:
    """The strokes of one character without specks and pieces at the border, and not too thin."""
    return thicken(drop_border_pieces(remove_small_components(strokes, MIN_COMPONENT_MASS)))


def _count_small_loops(mask: Mask, pixel: float) -> int:
    """The loops in which a gap is a feature of the digit: in a larger one a gap so narrow is a slip of the pen."""
    least, most = (max(1, round(area * pixel**2)) for area in SMALL_LOOP)
    return count_loops(mask, min_area=least) - count_loops(mask, min_area=most)


def _stroke_thickness(ink: Ink) -> float:
    """Area over half the outline, whose length is pi/4 of the number of its pixel edges (Crofton's formula)."""
    mask = np.pad(ink >= 128, 1)
    edges = int((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())
    return 2 * float(mask.sum()) / (np.pi / 4 * max(edges, 1))


def _to_uint8(missing: Floats) -> Ink:
    return np.rint(np.clip(missing, 0, 1) * 255).astype(np.uint8)


def _extract_strokes(missing: Floats, blur: float | None = None) -> Ink:
    """Missing light as ink of full strength; paper with its noise and faint marks as 0."""
    missing = ndimage.gaussian_filter(missing, max(missing.shape) / 500 if blur is None else blur)
    dark = np.maximum(missing, 0)
    threshold = otsu_threshold(dark)
    ink, paper = missing[dark > threshold], missing[dark <= threshold]
    strength = np.quantile(ink, 0.9) if ink.size else 0.0
    low, middle = np.quantile(paper, [0.16, 0.5])  # the blur of strokes makes paper darker, never lighter
    noise = middle - low  # the deviation of normal noise
    if strength < max(MIN_CONTRAST, 5 * noise):
        return np.zeros(missing.shape, np.uint8)
    strokes = np.where(dark > max(MIN_STROKE_DARKNESS * strength, 4 * noise), dark / strength, 0)
    return np.rint(np.minimum(strokes, 1) * 255).astype(np.uint8)
