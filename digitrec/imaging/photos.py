"""A photo of one character -> ink: paper and shadow become 0, the strokes bright, whichever way round it came."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from digitrec.imaging.pictures import PictureError
from digitrec.imaging.ruled import remove_rules

WORKING_SIDE = 1024  # pixels of the longer side that a photo is cleaned at: more adds noise, not shape
PAPER_SIDE = 128  # and that its paper is estimated at: light falls smoothly
MIN_STROKE_DARKNESS = 0.25  # of the ink's darkness: below are JPEG's ripples and blur, which would widen the crop
MIN_COMPONENT_MASS = 0.02  # of the largest component's mass: smaller ones are dirt
MIN_CONTRAST = 0.08  # of the paper's brightness: what is fainter all over is an empty sheet


class CleanedPhoto(NamedTuple):
    """A photo on its way to ink, each step uint8 of the same shape.

    Attributes:
        evened: the light that is missing from the paper: no shadow counts, and paper is black.
        unruled: the same without printed lines.
        rules: how many printed lines were found.
        ink: the strokes.
    """

    evened: np.ndarray
    unruled: np.ndarray
    rules: int
    ink: np.ndarray


def to_ink(gray: np.ndarray) -> np.ndarray:
    """Clean a photo of one character: `cleaned` to its end.

    Args:
        gray: uint8 (height, width), 0 = black.

    Returns:
        ink: uint8 of the same shape, or shrunk to 1,024 pixels on the longer side; all 0 if the sheet is empty.

    Raises:
        PictureError: the array is no gray picture.
    """
    return clean(gray).ink


def clean(gray: np.ndarray) -> CleanedPhoto:
    """Clean a photo of one character, step by step.

    The border tells what is paper, and so whether ink is darker or lighter. Each pixel then becomes the share of
    the paper's light that is missing there, so that a shadow, which takes from both, does not count. Printed lines
    are taken away, then what is too faint to be a stroke, then specks.

    Raises:
        PictureError: as by `to_ink`.
    """
    if gray.dtype != np.uint8 or gray.ndim != 2 or not gray.size:
        raise PictureError(f"the picture is {gray.dtype} {gray.shape}: expected uint8 (height, width), not empty.")
    values = _shrink(gray.astype(np.float32), WORKING_SIDE)
    small = _shrink(values, PAPER_SIDE)
    # Ink is what departs most from the border's brightness; the cube makes the most count and keeps the sign.
    if ((small - _interpolate_borders(small)) ** 3).sum() > 0:
        values, small = 255 - values, 255 - small
    paper = _resize(_estimate_paper(small), values.shape)
    missing = (paper - values) / np.maximum(paper, 32)  # share of the light that does not come back
    unruled, rules = remove_rules(missing)
    return CleanedPhoto(_to_uint8(missing), _to_uint8(unruled), rules, _remove_specks(_extract_strokes(unruled)))


def _to_uint8(missing: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(missing, 0, 1) * 255).astype(np.uint8)


def _shrink(values: np.ndarray, side: int) -> np.ndarray:
    """Area-averaged by a whole factor, so that no side is longer."""
    factor = -(-max(values.shape) // side)
    return np.asarray(Image.fromarray(values).reduce(factor)) if factor > 1 else values


def _resize(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    picture = Image.fromarray(values.astype(np.float32))
    return np.asarray(picture.resize(shape[::-1], Image.Resampling.BILINEAR))


def _interpolate_borders(values: np.ndarray) -> np.ndarray:
    """The smooth surface that joins the four borders (Coons 1967), by medians, so that ink may touch them."""
    height, width = values.shape
    rim = max(1, min(height, width) // 20)
    top, bottom, left, right = (
        _smooth_median(np.median(part, axis))
        for part, axis in ((values[:rim], 0), (values[-rim:], 0), (values[:, :rim], 1), (values[:, -rim:], 1))
    )
    y, x = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)
    rows = (1 - y) * top + y * bottom
    columns = (1 - x) * left[:, None] + x * right[:, None]
    corners = (1 - y) * ((1 - x) * (top[0] + left[0]) + x * (top[-1] + right[0]))
    corners += y * ((1 - x) * (bottom[0] + left[-1]) + x * (bottom[-1] + right[-1]))
    return rows + columns - corners / 2  # (height, width)


def _smooth_median(line: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    return ndimage.median_filter(line, size=len(line) // 4 | 1, mode="nearest")


def _estimate_paper(values: np.ndarray) -> np.ndarray:
    """The paper's brightness everywhere, also under dark ink: what is darker but narrow is filled (a closing)."""
    from scipy import ndimage

    window = max(values.shape) // 3 | 1  # wider than any stroke; slopes and edges of shadows pass unharmed
    values = ndimage.median_filter(values, 3)  # a closing follows the brightest pixels: let that not be noise
    # Without room beyond the border the closing would lift slopes there.
    padded = np.pad(values, window, mode="edge")
    return ndimage.grey_closing(padded, size=(window, window))[window:-window, window:-window]


def _extract_strokes(missing: np.ndarray) -> np.ndarray:
    """Missing light as ink of full strength; paper, its noise and its faint marks as 0."""
    from scipy import ndimage

    missing = ndimage.gaussian_filter(missing, max(missing.shape) / 500)
    dark = np.maximum(missing, 0)
    threshold = _otsu_threshold(dark)
    ink, paper = missing[dark > threshold], missing[dark <= threshold]
    strength = np.quantile(ink, 0.9) if ink.size else 0.0
    noise = 1.4826 * np.median(np.abs(paper - np.median(paper)))  # the deviation of normal noise, by its median
    if strength < max(MIN_CONTRAST, 5 * noise):
        return np.zeros(missing.shape, np.uint8)
    strokes = np.where(dark > max(MIN_STROKE_DARKNESS * strength, 4 * noise), dark / strength, 0)
    return np.rint(np.minimum(strokes, 1) * 255).astype(np.uint8)


def _remove_specks(ink: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    components, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if count < 2:
        return ink
    mass = ndimage.sum_labels(ink, components, np.arange(count + 1))
    mass[0] = 0  # the paper
    return np.where((mass >= MIN_COMPONENT_MASS * mass.max())[components], ink, 0).astype(np.uint8)


def _otsu_threshold(values: np.ndarray) -> float:
    """The threshold that parts the values into the two most distinct groups (Otsu 1979)."""
    counts, edges = np.histogram(values, 256, (0, max(float(values.max()), 1e-6)))
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    means = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1:][np.argmax(below * above * (means[0] - means[1]) ** 2)])
