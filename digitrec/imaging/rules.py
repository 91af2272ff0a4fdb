"""Printed lines of ruled and squared paper, and how they are removed.

They are thin, straight, level or upright, and cross the picture. A single line counts as printed only if it is
fainter or thinner than the pen: it may be the bar of a 7.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.imaging.arrays import Floats, Mask

STRIPS = 32  # vertical strips in which a line is found; within one it may be level
MAX_RULE_SLOPE = 0.07  # rows per column: four degrees
MAX_RULE_THICKNESS = 0.025  # of the photo's longer side: thicker lines are strokes
MIN_RULED_WIDTH = 96  # pixels: in a narrower photo the edge of a stroke may look like a line
MIN_SEEN_SHARE = 0.85  # share of the strips in which a line must be visible
MIN_ISOLATED_SHARE = 0.5  # share of these in which it must be apart from strokes
MIN_RULE_STRENGTH = 0.035  # share of the paper's light that a line takes
MAX_UNEVENNESS = 1.6  # by this factor a strip of a printed line may be fainter or darker than its median
MIN_EVEN_SHARE = 0.65  # of the strips must be so; strokes cover the others
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
    thin = [rule for rule in rules if 0 < rule.thickness <= thickest and rule.strength > 0]
    even = [rule for rule in thin if _is_even(rule, alone, strips)]
    if len(even) < MIN_EQUAL_RULES:
        return even
    usual = float(np.median([rule.strength for rule in even]))  # one more may leave the sheet on the way
    return [rule for rule in thin if 1 / MAX_UNEVENNESS < rule.strength / usual < MAX_UNEVENNESS]


def _is_even(rule: Rule, alone: Floats, strips: Floats) -> bool:
    """Whether a line is equally dark all along and runs on to both ends of the sheet: a stroke seldom does."""
    columns = np.arange(STRIPS)
    middle = np.rint(rule.rows[((columns + 0.5) * len(rule.rows) / STRIPS).astype(int)]).astype(int)
    rows = np.clip(middle + np.arange(-1, 2)[:, None], 0, len(alone) - 1)  # (3, STRIPS)
    strengths, darkness = (values[rows, columns].max(0) / rule.strength for values in (alone, strips))
    even = (strengths > 1 / MAX_UNEVENNESS) & (strengths < MAX_UNEVENNESS)
    seen = darkness > 1 / MAX_UNEVENNESS  # also under a stroke
    return bool(even.mean() >= MIN_EVEN_SHARE and seen[:2].any() and seen[-2:].any())


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
