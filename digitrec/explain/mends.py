"""Mends for drawings, each from a sheet as `traits` gives it, uint8 (280, 280), to another ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from digitrec.explain.gaps import CORNERS, Gap
from digitrec.explain.traits import SCALE, SIDE, level
from digitrec.imaging import skeletons, strokes
from digitrec.imaging.preprocessing import fitted, to_mnist
from digitrec.imaging.shape import measure, strokes_of

_ROOM = 60  # pixels put around a sheet, so that thicker strokes stay on it
_SMOOTH = 2.0  # pixels: steps in the outline would grow twigs on the lines
_WIDER = 1.25  # times as thick: a wider stroke is seen
_HAIR = 2.0  # pixels: the radius of a pen that draws no more than the lines
_ROUNDS = 4  # of redrawing, until the strokes are as thick as they should be


def centred(ink: np.ndarray) -> np.ndarray:
    """A drawing of any size, as large and placed as an image's character."""
    return fitted(ink, SIDE)


def redrawn(sheet: np.ndarray, thickness: float) -> np.ndarray:
    """The same lines drawn with another pen.

    Args:
        sheet: the drawing.
        thickness: what its strokes are to measure once it is an image, in pixels.
    """
    return _with_pen(_lines(np.pad(sheet, _ROOM)), thickness, level(sheet))


def leaning(sheet: np.ndarray, slant: float, wanted: float) -> np.ndarray:
    """The drawing sheared from one slant to another, degrees to the right each; its strokes as thick as before."""
    shear = float(np.clip(np.tan(np.radians(slant)) - np.tan(np.radians(wanted)), -2, 2))
    room = _ROOM + int(np.ceil(abs(shear) * len(sheet) / 2))
    wide = np.pad(sheet, ((_ROOM, _ROOM), (room, room)))
    sheared = _sheared(wide, shear)
    before, after = (float(measure(to_mnist(ink)[None]).thickness[0]) for ink in (sheet, sheared))
    if after <= _WIDER * before:
        return sheared
    # A strong shear makes strokes wide: shear the lines that they follow, and draw anew.
    hairs = _drawn(ndimage.distance_transform_edt(~_lines(wide)), _HAIR, 255)
    return _with_pen(_lines(_sheared(hairs, shear)), before, level(sheet))


def bridged(sheet: np.ndarray, gaps: Sequence[Gap], thickness: float) -> np.ndarray:
    """The drawing with strokes across its gaps, as thick, in pixels of an image, and as dark as its others."""
    lines = [np.array([gap.start[::-1], gap.end[::-1]], np.float32) for gap in gaps]  # (row, column) -> (x, y)
    bridges = strokes.render(lines, width=thickness * SCALE, side=len(sheet))
    return np.maximum(sheet, _rounded(bridges * (level(sheet) / 255)))


def darkened(sheet: np.ndarray) -> np.ndarray:
    """The drawing with full ink where its strokes are dark."""
    return _rounded(np.minimum(sheet * (255 / level(sheet)), 255))


def largest_piece(sheet: np.ndarray) -> np.ndarray:
    """The piece of the drawing that holds the most ink."""
    pieces, count = ndimage.label(sheet, structure=CORNERS)
    mass = ndimage.sum_labels(sheet.astype(np.float64), pieces, np.arange(1, count + 1))
    return np.where(pieces == 1 + mass.argmax(), sheet, 0).astype(np.uint8)


def _sheared(ink: np.ndarray, shear: float) -> np.ndarray:
    """Each row moved to the left by so much for each row above the middle."""
    middle = (len(ink) - 1) / 2
    values = ndimage.affine_transform(ink.astype(np.float32), [[1, 0], [-shear, 1]], [0, shear * middle], order=1)
    return _rounded(values)


def _lines(ink: np.ndarray) -> np.ndarray:
    """The lines that a drawing's strokes follow, bool (height, width)."""
    smooth = strokes_of(_rounded(ndimage.gaussian_filter(ink.astype(np.float32), _SMOOTH))[None])
    box = (slice(None), *ndimage.find_objects(smooth[0].astype(np.uint8))[0])
    lines = np.zeros_like(smooth)
    lines[box] = skeletons.thinned(smooth[box])
    return lines[0]


def _with_pen(lines: np.ndarray, thickness: float, full: int) -> np.ndarray:
    """Lines drawn so that their strokes measure so much, in pixels, once the drawing is an image."""
    distance, radius = ndimage.distance_transform_edt(~lines), thickness * SCALE / 2
    for _ in range(_ROUNDS):
        drawn = _drawn(distance, radius, full)
        # A thicker pen makes a larger drawing, which is then made smaller: ask what became of it.
        radius *= thickness / float(measure(to_mnist(drawn)[None]).thickness[0])
    return drawn


def _drawn(distance: np.ndarray, radius: float, full: int) -> np.ndarray:
    """Ink within a radius of lines, whose distance from each pixel is given; its edge is smooth."""
    return _rounded(np.clip(radius + 0.5 - distance, 0, 1) * full)


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
