"""Pieces at the border of a picture that do not belong to its digit: of a frame, an underline, a neighbour.

A piece is dropped only where it cannot be a digit itself, so that two digits stay two. What is doubtful stays, and
the reader says "not sure".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.imaging.arrays import Ink, Mask
from digitrec.imaging.shape import label_components

MARGIN = 0.12  # of the picture's sides: the strip in which the lines of a frame lie
MIN_LINE_LENGTH = 3.0  # times its breadth, from which on a piece is a line
MAX_STROKE_LENGTH = 1.5  # times the digit's own side: a longer line in the margin is no stroke of it
MAX_LINE_THICKNESS, MAX_LINE_STRENGTH = 0.6, 0.75  # of the pen's: a thinner or fainter line is printed
MAX_SMALL_MASS = 0.25  # of the digit's: a smaller piece is no digit beside it
MIN_GAP = 0.2  # of the digit's height: its own parts lie nearer together
MAX_SLICE_WIDTH, MAX_SLICE_HEIGHT = 0.4, 0.5  # of the digit's height: a whole neighbour is larger
MIN_DIGIT_HEIGHT = 0.6  # of the digit's height: a smaller straight piece is no 1
MAX_STRAIGHT_BREADTH = 0.15  # breadth over length of a straight stroke, by its principal axes


class _Piece(NamedTuple):
    """A connected component of the ink.

    Attributes:
        mask: in its box.
        mass: the sum of its ink.
        box: (top, bottom, left, right), in pixels, the second and fourth not included.
        touches: which of top, bottom, left and right of the picture it touches.
        marginal: whether all of it lies in the margin.
    """

    mask: Mask
    mass: float
    box: tuple[int, int, int, int]
    touches: tuple[bool, bool, bool, bool]
    marginal: bool

    @property
    def strength(self) -> float:
        """The mean of its ink, 0 to 255."""
        return self.mass / float(self.mask.sum())

    @property
    def height(self) -> int:
        return self.box[1] - self.box[0]

    @property
    def width(self) -> int:
        return self.box[3] - self.box[2]


def drop_border_pieces(ink: Ink) -> Ink:
    """The ink without the pieces at the border that cannot be a digit; all of it if no digit would remain.

    Args:
        ink: uint8 (height, width).
    """
    labels, count = label_components(ink)
    if count < 2:
        return ink
    boxes = ndimage.find_objects(labels)
    pieces = [_describe(ink[box], labels[box] == label, box, ink.shape) for label, box in enumerate(boxes, 1)]
    inner = [piece for piece in pieces if not piece.marginal]
    if not inner:
        return ink
    digit = max(inner, key=lambda piece: (not any(piece.touches), piece.mass))
    largest = max(inner, key=lambda piece: piece.mass)
    if digit.mass < largest.mass / 2:  # the digit itself runs into the border
        digit = largest
    thickness = _thickness(digit)
    kept = [piece is digit or not _is_foreign(piece, digit, thickness) for piece in pieces]
    return np.where(np.array([False, *kept])[labels], ink, 0).astype(np.uint8)


def _describe(values: Ink, mask: Mask, box: tuple[slice, slice], shape: tuple[int, ...]) -> _Piece:
    (top, bottom), (left, right) = ((side.start, side.stop) for side in box)
    height, width = shape
    near = max(1, max(shape) // 250)  # pixels: the ink is smoothed, and so a little off the border
    touches = top < near, bottom > height - near, left < near, right > width - near
    rows, columns = np.arange(top, bottom), np.arange(left, right)
    inner_rows = (rows >= MARGIN * height) & (rows < height - MARGIN * height)
    inner_columns = (columns >= MARGIN * width) & (columns < width - MARGIN * width)
    marginal = not mask[np.ix_(inner_rows, inner_columns)].any()
    return _Piece(mask, float(values[mask].sum()), (top, bottom, left, right), touches, marginal)


def _is_foreign(piece: _Piece, digit: _Piece, thickness: float) -> bool:
    if piece.marginal and _is_line(piece, digit, thickness):
        return True
    if any(digit.touches) or _may_be_one(piece, digit):
        return False
    small = piece.marginal and piece.mass < MAX_SMALL_MASS * digit.mass and _is_apart(piece, digit)
    return small or (any(piece.touches) and _is_slice(piece, digit))


def _is_line(piece: _Piece, digit: _Piece, thickness: float) -> bool:
    """Whether a piece in the margin is a line longer than the digit, or thinner than its pen."""
    breadth, length = sorted((piece.height, piece.width))
    around = max(piece.touches) and piece.mask.mean() < 1 / MIN_LINE_LENGTH  # a corner or more of a frame
    if length < MIN_LINE_LENGTH * breadth and not around:
        return False
    own = digit.height if piece.height > piece.width else digit.width
    fainter = piece.strength < MAX_LINE_STRENGTH * digit.strength
    return length > MAX_STROKE_LENGTH * own or fainter or _thickness(piece) < MAX_LINE_THICKNESS * thickness


def _is_apart(piece: _Piece, digit: _Piece) -> bool:
    """Whether there is more room between a piece and the digit than between the parts of one digit."""
    gaps = (
        max(piece.box[0] - digit.box[1], digit.box[0] - piece.box[1]),
        max(piece.box[2] - digit.box[3], digit.box[2] - piece.box[3]),
    )
    return max(gaps) > MIN_GAP * digit.height


def _is_slice(piece: _Piece, digit: _Piece) -> bool:
    """Whether the border cuts off so much of a piece that it cannot be a whole digit of the same hand."""
    beside = any(piece.touches[2:]) and piece.width <= MAX_SLICE_WIDTH * digit.height
    above = any(piece.touches[:2]) and piece.height <= MAX_SLICE_HEIGHT * digit.height
    return (beside or above) and piece.mass < digit.mass


def _may_be_one(piece: _Piece, digit: _Piece) -> bool:
    """Whether a piece is a straight stroke about as high as the digit, which ends inside the picture."""
    if piece.height < MIN_DIGIT_HEIGHT * digit.height or any(piece.touches[:2]):
        return False
    rows, columns = np.nonzero(piece.mask)
    if len(rows) < 2:
        return False
    values = np.linalg.eigvalsh(np.cov(np.stack([rows, columns])))
    return bool(np.sqrt(max(values[0], 0) / max(values[1], 1e-9)) < MAX_STRAIGHT_BREADTH)


def _thickness(piece: _Piece) -> float:
    """In a long stroke the mean distance to its edge is a quarter of its thickness."""
    return 4 * float(ndimage.distance_transform_edt(np.pad(piece.mask, 1))[1:-1, 1:-1][piece.mask].mean())
