"""A photo of one character -> ink: paper and shadows become 0, strokes bright, for dark and for light strokes.

Printed lines of ruled and squared paper are removed as well. They are thin, straight, level or upright, and cross
the photo. A single line counts as printed only if it is fainter or thinner than the pen: it may be the bar of a 7.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from digitrec.imaging.arrays import Floats, Gray, Ink, Mask
from digitrec.imaging.pictures import PictureError
from digitrec.imaging.shape import remove_small_components

WORKING_SIDE = 1024  # pixels of the longer side while a photo is cleaned: more adds noise, not shape
PAPER_SIDE = 128  # and while its paper is estimated: light varies smoothly
MIN_STROKE_DARKNESS = 0.25  # of the ink's darkness: fainter pixels are JPEG artefacts and blur
MIN_COMPONENT_MASS = 0.02  # of the largest component's mass: a smaller one is dirt
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
        ink: uint8 of the same shape, or shrunk to 1,024 pixels on the longer side; all 0 if the sheet is empty.

    Raises:
        PictureError: the array is not a grey picture.
    """
    return clean(gray).ink


def clean(gray: Gray) -> CleanedPhoto:
    """Clean a photo of one character, step by step.

    The border shows the paper, and so whether ink is darker or lighter. Each pixel becomes the share of the
    paper's light that is missing there, so shadows do not count. Then printed lines are removed, then marks too
    faint for a stroke, then specks.

    Raises:
        PictureError: as by `to_ink`.
    """
    if gray.dtype != np.uint8 or gray.ndim != 2 or not gray.size:
        raise PictureError(f"the picture is {gray.dtype} {gray.shape}: expected uint8 (height, width), not empty.")
    values = _shrink(gray.astype(np.float32), WORKING_SIDE)
    small = _shrink(values, PAPER_SIDE)
    # Ink differs most from the border's brightness; the cube weights large differences and has their sign.
    if ((small - _interpolate_borders(small)) ** 3).sum() > 0:
        values, small = 255 - values, 255 - small
    paper = _resize(_estimate_paper(small), values.shape)
    missing = (paper - values) / np.maximum(paper, 32)  # share of the light that is missing
    unruled, rules = remove_rules(missing)
    return CleanedPhoto(
        _to_uint8(missing),
        _to_uint8(unruled),
        rules,
        remove_small_components(_extract_strokes(unruled), MIN_COMPONENT_MASS),
    )


def _to_uint8(missing: Floats) -> Ink:
    return np.rint(np.clip(missing, 0, 1) * 255).astype(np.uint8)


def _shrink(values: Floats, side: int) -> Floats:
    """Averaged over squares of a whole number of pixels, so that no side is longer."""
    factor = -(-max(values.shape) // side)
    return np.asarray(Image.fromarray(values).reduce(factor)) if factor > 1 else values


def _resize(values: Floats, shape: tuple[int, ...]) -> Floats:
    height, width = shape
    picture = Image.fromarray(values.astype(np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def _interpolate_borders(values: Floats) -> Floats:
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


def _smooth_median(line: Floats) -> Floats:
    from scipy import ndimage

    return ndimage.median_filter(line, size=len(line) // 4 | 1, mode="nearest")


def _estimate_paper(values: Floats) -> Floats:
    """The paper's brightness everywhere, also under dark ink: narrow dark parts are filled (a closing)."""
    from scipy import ndimage

    window = max(values.shape) // 3 | 1  # wider than any stroke; slopes and edges of shadows stay
    values = ndimage.median_filter(values, 3)  # a closing follows the brightest pixels: these must not be noise
    # Without room beyond the border the closing would lift slopes there.
    padded = np.pad(values, window, mode="edge")
    return ndimage.grey_closing(padded, size=(window, window))[window:-window, window:-window]


def _extract_strokes(missing: Floats) -> Ink:
    """Missing light as ink of full strength; paper with its noise and faint marks as 0."""
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


def _otsu_threshold(values: Floats) -> float:
    """The threshold between the two most distinct groups of values (Otsu 1979)."""
    counts, edges = np.histogram(values, 256, (0, max(float(values.max()), 1e-6)))
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    means = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1:][np.argmax(below * above * (means[0] - means[1]) ** 2)])


STRIPS = 32  # vertical strips in which a line is found; within one it may be level
MAX_RULE_SLOPE = 0.07  # rows per column: four degrees
MAX_RULE_THICKNESS = 0.025  # of the photo's longer side: thicker lines are strokes
MIN_RULED_WIDTH = 96  # pixels: in a narrower photo the edge of a stroke may look like a line
MIN_SEEN_SHARE = 0.85  # share of the strips in which a line must be visible
MIN_ISOLATED_SHARE = 0.5  # share of these in which it must be apart from strokes
MIN_RULE_STRENGTH = 0.035  # share of the paper's light that a line takes
MIN_EQUAL_RULES = 3  # parallel lines are printed from this number on, however dark and thick
MAX_STRENGTH_RATIO, MAX_THICKNESS_RATIO = 0.75, 0.6  # printed line to pen, below which a single line is printed


class Rule(NamedTuple):
    """A printed line.

    Attributes:
        rows: its middle in each column, float (width,).
        thickness: in pixels.
        strength: share of the paper's light that it takes.
    """

    rows: Floats
    thickness: float
    strength: float


def remove_rules(missing: Floats) -> tuple[Floats, int]:
    """Remove printed lines.

    Args:
        missing: float (height, width), the share of the paper's light that is missing at each pixel.

    Returns:
        The same without the lines, or the array itself if there are none; and their number.
    """
    level, upright = _find_rules(missing), _find_rules(missing.T)
    if not level and not upright:
        return missing, 0
    bare = _erase(_erase(missing, level).T, upright).T
    strength, thickness = _measure_pen(bare)
    kept = [
        rules
        if len(rules) >= MIN_EQUAL_RULES
        else [rule for rule in rules if _is_printed(rule, strength, thickness)]
        for rules in (level, upright)
    ]
    if not any(kept):
        return missing, 0
    return _erase(_erase(missing, kept[0]).T, kept[1]).T, sum(map(len, kept))


def _is_printed(rule: Rule, strength: float, thickness: float) -> bool:
    return rule.strength < MAX_STRENGTH_RATIO * strength or rule.thickness < MAX_THICKNESS_RATIO * thickness


def _measure_pen(bare: Floats) -> tuple[float, float]:
    """Strength and thickness of what is written on a sheet without its lines; zeros where nothing is."""
    factor = max(1, max(bare.shape) // 256)
    height, width = (side // factor * factor for side in bare.shape)
    small = bare[:height, :width].reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    strength = float(np.quantile(small, 0.995))
    strokes = small > strength / 2
    if strength < 2 * MIN_RULE_STRENGTH:
        return 0.0, 0.0
    # In a long stroke the mean distance to its edge is a quarter of its thickness.
    return strength, 4 * factor * float(
        ndimage.distance_transform_edt(np.pad(strokes, 1))[1:-1, 1:-1][strokes].mean()
    )


def _find_rules(missing: Floats) -> list[Rule]:
    """The thin straight lines that cross a sheet from its left to its right."""
    height, width = missing.shape
    thickest = int(MAX_RULE_THICKNESS * max(height, width))
    if thickest < 1 or width < MIN_RULED_WIDTH:
        return []
    strips = _average_strips(missing)  # (height, STRIPS)
    alone = strips - ndimage.grey_opening(strips, size=(2 * thickest + 1, 1))  # what is thin from top to bottom
    least = max(MIN_RULE_STRENGTH, 6 * _noise_deviation(alone))
    # A line that is not quite level is smeared within a strip, and may be a row off.
    near = ndimage.maximum_filter1d(alone, 3, axis=0) >= least
    dark = ndimage.maximum_filter1d(strips, 3, axis=0) >= least
    rules = [_trace(alone, rows, width) for rows in _find_candidates(near, near | dark, width, thickest)]
    return [rule for rule in rules if rule.thickness <= thickest]


def _average_strips(missing: Floats) -> Floats:
    """Means over strips of columns: (height, width) -> (height, STRIPS)."""
    edges = np.linspace(0, missing.shape[1], STRIPS + 1).astype(int)
    sums = np.add.reduceat(missing, edges[:-1], axis=1)
    return sums / np.diff(edges)


def _noise_deviation(values: Floats) -> float:
    """The deviation of normal noise, by its median."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def _find_candidates(near: Mask, seen: Mask, width: int, apart: int) -> list[np.ndarray]:
    """The rows in each strip, int (STRIPS,), of lines that are seen all across and lie apart; the surest first."""
    height = len(near)
    most = int(MAX_RULE_SLOPE * width / 2)
    places, scores = [], []
    strips = np.arange(STRIPS)
    for rise in range(-most, most + 1):
        drift = np.rint(rise * np.linspace(-1, 1, STRIPS)).astype(int)
        rows = np.arange(height)[:, None] + drift  # (height, STRIPS)
        inside = (rows >= 0) & (rows < height)
        at = np.clip(rows, 0, height - 1), strips
        count = np.maximum(inside.sum(1), STRIPS // 2)
        covered, thin = (seen[at] & inside).sum(1) / count, (near[at] & inside).sum(1) / count
        found = (covered >= MIN_SEEN_SHARE) & (thin >= MIN_ISOLATED_SHARE)
        places.append(rows[found])
        scores.append((covered + thin)[found] - 1e-4 * abs(rise))
    every = np.concatenate(places)[np.argsort(-np.concatenate(scores), kind="stable")]
    chosen = []
    while len(every):
        chosen.append(every[0])
        every = every[np.abs(every - every[0]).min(1) > apart]
    return chosen


def _trace(alone: Floats, about: Floats, width: int) -> Rule:
    """A line followed through the strips, near the rows given, and measured."""
    rows = np.clip(about + np.arange(-2, 3)[:, None], 0, len(alone) - 1)  # (5, STRIPS)
    heights = alone[rows, np.arange(STRIPS)]
    exact = rows[heights.argmax(0), np.arange(STRIPS)].astype(float)
    exact = ndimage.median_filter(exact, 5, mode="nearest")  # a stroke that hides it leads astray
    strength = float(np.median(heights.max(0)))
    around = np.arange(-25, 26)[:, None] + np.rint(exact).astype(int)
    profile = np.median(alone[np.clip(around, 0, len(alone) - 1), np.arange(STRIPS)], axis=1)
    centres = (np.arange(STRIPS) + 0.5) * width / STRIPS
    return Rule(np.interp(np.arange(width), centres, exact), float((profile > strength / 2).sum()), strength)


def _erase(missing: Floats, rules: list[Rule]) -> Floats:
    """The sheet with each line replaced by what lies just above and below: paper, or a stroke that crosses it."""
    if not rules:
        return missing
    height, width = missing.shape
    filled, columns = missing.copy(), np.arange(width)
    for rule in rules:
        half = rule.thickness / 2 + 1.5
        top = np.clip(np.floor(rule.rows - half).astype(int), 0, height - 1)
        bottom = np.clip(np.ceil(rule.rows + half).astype(int), 0, height - 1)
        above = _mean_beside(filled, top, -1)
        below = _mean_beside(filled, bottom, 1)
        for step in range(int((bottom - top).max()) + 1):
            at = np.minimum(top + step, bottom)
            share = np.clip((at - top + 1) / (bottom - top + 2), 0, 1)
            filled[at, columns] = np.minimum(missing[at, columns], (1 - share) * above + share * below)
    return filled


def _mean_beside(values: Floats, rows: np.ndarray, way: int) -> Floats:
    """The mean of the two pixels beyond these rows in each column."""
    columns = np.arange(values.shape[1])
    places = [np.clip(rows + way * step, 0, len(values) - 1) for step in (1, 2)]
    return (values[places[0], columns] + values[places[1], columns]) / 2
