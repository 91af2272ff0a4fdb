"""From any picture of one character to an image: bytes -> gray -> ink -> image.

`read_gray` and `to_ink` turn a file into ink; a canvas shows it by `fit_to_square`.
`to_mnist` is the only way from ink to an image.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Floats, Gray, Image, Ink
from digitrec.imaging.photos import CleanedPhoto, clean, to_ink
from digitrec.imaging.pictures import read_gray

SIDE = 28  # of an image
BOX = 20  # the longest side of the character within it
DRAWING_SIDE = 280  # of a canvas, which the ink of a picture is fitted to before it is read


class InkError(ValueError):
    """Ink that holds no drawing: the message says what was expected."""


class Steps(NamedTuple):
    """A drawing on its way into a square, after each step of the normalisation."""

    cropped: Ink  # (height, width): the drawing without the paper around it
    scaled: Ink  # (h, w): the same with its longer side at 20/28 of the square
    top: int  # row and column of the square where `scaled` begins,
    left: int  # so that its centre of mass lies in the middle
    square: Ink  # (side, side): an image, if the side is 28


class Enlarged(NamedTuple):
    """A drawing of 280 x 280 pixels that is small ink enlarged tenfold, so the small one tells all of it.

    Ink whose longer side has 20 pixels is what `fit_to_square` enlarges so: each pixel becomes ten by ten.
    `normalise` gives the same for both. MNIST's images are such ink.
    """

    ink: Ink

    def draw(self) -> Ink:
        """The drawing, uint8 (280, 280)."""
        return fit_to_square(self.ink, DRAWING_SIDE)


def to_mnist(ink: Ink) -> Image:
    """Normalise a drawing as MNIST's makers did (LeCun et al. 1998, section III.A).

    Crop to the ink, scale the longest side to 20 pixels by area averaging, and place it so that the centre of
    mass lands on pixel (14, 14).

    Args:
        ink: uint8 (height, width) of any size, 0 = paper, 255 = ink.

    Returns:
        An image: uint8 (28, 28).

    Raises:
        InkError: the array is not ink, holds none, or too little for this size.
    """
    return fit_to_square(ink, SIDE)


def fit_to_square(ink: Ink, side: int) -> Ink:
    """The same normalisation for another square, such as a canvas; its `to_mnist` is nearly that of the ink.

    Args:
        ink: uint8 (height, width) of any size.
        side: of the square, in pixels: a multiple of 28.

    Returns:
        ink: uint8 (side, side); the longer side of its bounding box is 20/28 of it.

    Raises:
        InkError: as by `to_mnist`, at this size.
    """
    return normalise(ink, side).square


def normalise(ink: Ink, side: int = SIDE) -> Steps:
    """The steps of `fit_to_square`, and with 28 pixels of `to_mnist`, for a drawing.

    Args:
        ink: uint8 (height, width) of any size.
        side: of the square, in pixels: a multiple of 28.

    Raises:
        InkError: as by `to_mnist`, at this size.
    """
    box = side * BOX // SIDE
    cropped = _crop(ink)
    exact = _scale(cropped, box)  # (height, width) -> (h, w), the longer of both `box`
    height, width = exact.shape
    top, left = _find_start(exact.sum(1), side), _find_start(exact.sum(0), side)
    scaled, square = np.rint(exact).astype(np.uint8), np.zeros((side, side), np.uint8)
    square[top : top + height, left : left + width] = scaled
    if not square.any():
        raise InkError(
            f"the ink is too thin for its size: at {box} pixels nothing of it remains. Draw with a thicker brush."
        )
    return Steps(cropped, scaled, top, left, square)


def read_ink(data: bytes) -> tuple[Gray, CleanedPhoto]:
    """The picture in a file's bytes, original and cleaned.

    Returns:
        gray: uint8 (height, width); and the steps to its ink, the same as by `to_ink`.

    Raises:
        PictureError: the file is not a picture that can be read.
        InkError: no ink stands out from the paper.
    """
    gray = read_gray(data)
    steps_to_ink = clean(gray)
    _check_ink(steps_to_ink.ink)
    return gray, steps_to_ink


def load_drawing(data: bytes) -> Ink | Enlarged:
    """The drawing in a picture's bytes, cleaned and fitted to a canvas: what the Draw page reads of a picture.

    Raises:
        PictureError: the file is not a picture that can be read.
        InkError: no ink stands out from the paper, or too little.
    """
    ink = to_ink(read_gray(data))
    _check_ink(ink)
    small = _crop(ink)
    return Enlarged(small) if max(small.shape) == BOX else fit_to_square(small, DRAWING_SIDE)


def _check_ink(ink: Ink) -> None:
    if not ink.any():
        raise InkError(
            "the picture shows nothing that stands out from the paper: expected one digit, dark on light or light "
            "on dark. Use a thicker pen, more light, or go closer."
        )


def _crop(ink: Ink) -> Ink:
    if ink.dtype != np.uint8 or ink.ndim != 2:
        raise InkError(f"the drawing is {ink.dtype} {ink.shape}: expected uint8 (height, width).")
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        raise InkError("the drawing holds no ink: expected at least one pixel above 0. Draw a digit first.")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scale(crop: Ink, box: int) -> Floats:
    scale = box / max(crop.shape)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    return _average_area(_average_area(crop, height).T, width).T


def _average_area(values: NDArray[Any], new: int) -> Floats:
    """Averages over `new` equal parts of the first axis, pixels divided by area: (old, n) -> (new, n)."""
    old = len(values)
    sums = np.zeros((old + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    edges = np.arange(new + 1) * (old / new)
    whole = np.minimum(edges.astype(int), old - 1)
    before = sums[whole] + (edges - whole)[:, None] * values[whole]  # the sum up to each edge: (new + 1, n)
    return np.diff(before, axis=0) * (new / old)


def _find_start(profile: Floats, side: int) -> int:
    """The start of rows (columns) with these sums that puts their centre of mass in the middle, all inside."""
    centre = float(profile @ np.arange(profile.size)) / float(profile.sum())
    # A symmetric drawing's centre lies between two pixels: the last digits of the sums must not decide for one.
    exact = round(side / 2 - centre, 6)
    return min(max(round(exact), 0), side - profile.size)
