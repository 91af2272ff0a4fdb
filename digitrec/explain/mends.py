"""Mends for drawings, each from a sheet as `traits` gives it, uint8 (280, 280), to another ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from digitrec.explain.gaps import EIGHT_CONNECTED, Gap
from digitrec.explain.traits import SCALE, SIDE, ink_level
from digitrec.imaging import skeletons, strokes
from digitrec.imaging.preprocessing import fit_to_square, to_mnist
from digitrec.imaging.shape import measure, stroke_mask

_MARGIN = 60  # pixels put around a sheet, so that thicker strokes stay on it
_OUTLINE_SIGMA = 2.0  # pixels: steps in the outline would grow twigs on the lines
_MAX_THICKENING = 1.25  # times as thick: a wider stroke is seen
_HAIR_RADIUS = 2.0  # pixels: the radius of a pen that draws no more than the lines
_MAX_REDRAWS = 4  # of redrawing, until the strokes are as thick as they should be


def centre(ink: np.ndarray) -> np.ndarray:
    """A drawing of any size, as large and placed as an image's character."""
    return fit_to_square(ink, SIDE)


def redraw(sheet: np.ndarray, thickness: float) -> np.ndarray:
    """The same lines drawn with another pen.

    Args:
        sheet: the drawing.
        thickness: what its strokes are to measure once it is an image, in pixels.
    """
    return _draw_with_thickness(_extract_lines(np.pad(sheet, _MARGIN)), thickness, ink_level(sheet))


def shear_to_slant(sheet: np.ndarray, slant: float, wanted: float) -> np.ndarray:
    """The drawing sheared from one slant to another, degrees to the right each; its strokes as thick as before."""
    shear = float(np.clip(np.tan(np.radians(slant)) - np.tan(np.radians(wanted)), -2, 2))
    room = _MARGIN + int(np.ceil(abs(shear) * len(sheet) / 2))
    wide = np.pad(sheet, ((_MARGIN, _MARGIN), (room, room)))
    sheared = _shear(wide, shear)
    before, after = (float(measure(to_mnist(ink)[None]).thickness[0]) for ink in (sheet, sheared))
    if after <= _MAX_THICKENING * before:
        return sheared
    # A strong shear makes strokes wide: shear the lines that they follow, and draw anew.
    hairs = _draw_around_lines(ndimage.distance_transform_edt(~_extract_lines(wide)), _HAIR_RADIUS, 255)
    return _draw_with_thickness(_extract_lines(_shear(hairs, shear)), before, ink_level(sheet))


def bridge_gaps(sheet: np.ndarray, gaps: Sequence[Gap], thickness: float) -> np.ndarray:
    """The drawing with strokes across its gaps, as thick, in pixels of an image, and as dark as its others."""
    lines = [np.array([gap.start[::-1], gap.end[::-1]], np.float32) for gap in gaps]  # (row, column) -> (x, y)
    bridges = strokes.render(lines, width=thickness * SCALE, side=len(sheet))
    return np.maximum(sheet, _round_to_uint8(bridges * (ink_level(sheet) / 255)))


def darken(sheet: np.ndarray) -> np.ndarray:
    """The drawing with full ink where its strokes are dark."""
    return _round_to_uint8(np.minimum(sheet * (255 / ink_level(sheet)), 255))


def extract_largest_component(sheet: np.ndarray) -> np.ndarray:
    """The piece of the drawing that holds the most ink."""
    pieces, count = ndimage.label(sheet, structure=EIGHT_CONNECTED)
    mass = ndimage.sum_labels(sheet.astype(np.float64), pieces, np.arange(1, count + 1))
    return np.where(pieces == 1 + mass.argmax(), sheet, 0).astype(np.uint8)


def _shear(ink: np.ndarray, shear: float) -> np.ndarray:
    """Each row moved to the left by so much for each row above the middle."""
    middle = (len(ink) - 1) / 2
    values = ndimage.affine_transform(ink.astype(np.float32), [[1, 0], [-shear, 1]], [0, shear * middle], order=1)
    return _round_to_uint8(values)


def _extract_lines(ink: np.ndarray) -> np.ndarray:
    """The lines that a drawing's strokes follow, bool (height, width)."""
    smooth = stroke_mask(_round_to_uint8(ndimage.gaussian_filter(ink.astype(np.float32), _OUTLINE_SIGMA))[None])
    box = (slice(None), *ndimage.find_objects(smooth[0].astype(np.uint8))[0])
    lines = np.zeros_like(smooth)
    lines[box] = skeletons.thin(smooth[box])
    return lines[0]


def _draw_with_thickness(lines: np.ndarray, thickness: float, full: int) -> np.ndarray:
    """Lines drawn so that their strokes measure so much, in pixels, once the drawing is an image."""
    distance, radius = ndimage.distance_transform_edt(~lines), thickness * SCALE / 2
    for _ in range(_MAX_REDRAWS):
        drawn = _draw_around_lines(distance, radius, full)
        # A thicker pen makes a larger drawing, which is then made smaller: ask what became of it.
        radius *= thickness / float(measure(to_mnist(drawn)[None]).thickness[0])
    return drawn


def _draw_around_lines(distance: np.ndarray, radius: float, full: int) -> np.ndarray:
    """Ink within a radius of lines, whose distance from each pixel is given; its edge is smooth."""
    return _round_to_uint8(np.clip(radius + 0.5 - distance, 0, 1) * full)


def _round_to_uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
