"""From any drawing of one character to an image: `to_mnist`, MNIST's own normalisation."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

SIDE = 28  # of an image
BOX = 20  # the longest side of the character within it


class InkError(ValueError):
    """There is nothing to read in this ink: the message says what was expected."""


def to_mnist(ink: np.ndarray) -> np.ndarray:
    """Normalise a drawing as MNIST's makers did (LeCun et al. 1998, section III.A).

    Crop to the ink, scale the longest side to 20 pixels by area averaging, and place it so that the centre of
    mass lands on pixel (14, 14).

    Args:
        ink: uint8 (height, width) of any size, 0 = paper, 255 = ink.

    Returns:
        An image: uint8 (28, 28).

    Raises:
        InkError: the array is no ink, or holds none.
    """
    small = _scaled(_cropped(ink))  # (height, width) -> (h, w), the longer of both 20
    total = small.sum()
    image = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (_start(small.sum(1 - axis), total) for axis in (0, 1))
    image[top : top + small.shape[0], left : left + small.shape[1]] = np.rint(small)
    return image


def _cropped(ink: np.ndarray) -> np.ndarray:
    if ink.dtype != np.uint8 or ink.ndim != 2:
        raise InkError(f"the drawing is {ink.dtype} {ink.shape}: expected uint8 (height, width).")
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        raise InkError("the drawing holds no ink: expected at least one pixel above 0. Draw a digit first.")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scaled(crop: np.ndarray) -> np.ndarray:
    scale = BOX / max(crop.shape)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    return _averaged(_averaged(crop, height).T, width).T


def _averaged(values: np.ndarray, new: int) -> np.ndarray:
    """Average over the area of each of `new` equal stretches of the first axis: (old, n) -> (new, n)."""
    old = len(values)
    sums = np.zeros((old + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    edges = np.arange(new + 1) * (old / new)
    whole = np.minimum(edges.astype(int), old - 1)
    upto = sums[whole] + (edges - whole)[:, None] * values[whole]  # what lies before each edge: (new + 1, n)
    return np.diff(upto, axis=0) * (new / old)


def _start(profile: np.ndarray, total: float) -> int:
    centre = float(profile @ np.arange(profile.size)) / total
    return min(max(round(SIDE / 2 - centre), 0), SIDE - profile.size)


class PictureError(ValueError):
    """A file is no picture that can be read: the message says why and what to do."""


def read_gray(data: bytes) -> np.ndarray:
    """The picture in a file's bytes as gray: uint8 (height, width), 0 = black."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture.convert("L"))
    except OSError as error:
        raise PictureError(f"this is no picture that can be read: {error}.") from error


def to_ink(gray: np.ndarray) -> np.ndarray:
    """Clean a photo: ink bright on paper 0, whichever way round it came."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    distance = np.abs(gray.astype(int) - int(np.median(border)))
    return np.where(distance > 40, distance, 0).astype(np.uint8)
