"""What can be told of a drawing, on its paper and as the network sees it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.explain import gaps as gaps_of
from digitrec.explain.gaps import EIGHT_CONNECTED, Gap
from digitrec.imaging.preprocessing import fit_to_square, to_mnist
from digitrec.imaging.shape import measure, stroke_mask

SIDE = 280  # pixels of the sheet that a drawing is brought to: ten for each of an image's
SCALE = SIDE // 28
_GAP_DOWNSCALE = 2  # gaps are looked for on a sheet so many times smaller: four times as fast, and fine enough
MAX_GAP = 5  # pixels of an image, of which a digit measures 20: what is farther apart is not meant to meet
MIN_GAP = 0.4  # pixels of an image: the network hardly sees a narrower one
_MAX_SPECK_SIDE = 1.5  # thicknesses of a stroke: a longer piece is a stroke itself
_MAX_SPECK_SHARE = 0.05  # of all ink: a larger piece is no speck


class Traits(NamedTuple):
    """What `traits` tells of a drawing; all but size, offset and specks without its specks.

    Attributes:
        size: the longer side of the ink, as a share of the paper's shorter side.
        offset: from the paper's middle to the ink's centre of mass, as a share of the paper's shorter side.
        specks: dots too small to be part of a character, but about as dark.
        level: how dark its strokes are where they are dark, of 255.
        thickness: of its strokes once it is an image, in pixels.
        slant: in degrees from upright, positive where the top leans to the right.
        gaps: where its strokes nearly meet, in pixels of `sheet`.
        loops: how many loops are closed.
        pieces: how many pieces there would be if all gaps were closed.
        sheet: the drawing without specks, uint8 (280, 280), as large and placed as an image's character.
    """

    size: float
    offset: float
    specks: int
    level: int
    thickness: float
    slant: float
    gaps: tuple[Gap, ...]
    loops: int
    pieces: int
    sheet: np.ndarray


def measure_traits(ink: np.ndarray) -> Traits:
    """Look a drawing over.

    Args:
        ink: uint8 (height, width) of any size, such as a canvas or an image.

    Raises:
        InkError: as by `to_mnist`.
    """
    to_mnist(ink)  # raises where there is nothing to look at
    clean, specks = remove_specks(ink)
    found = measure(to_mnist(clean)[None])
    sheet = fit_to_square(clean, SIDE)
    gaps, loops, pieces = _measure_layout(sheet)
    size, offset = _measure_place(clean)
    thickness, slant = float(found.thickness[0]), float(found.slant[0])
    return Traits(size, offset, specks, ink_level(clean), thickness, slant, gaps, loops, pieces, sheet)


def remove_specks(ink: np.ndarray) -> tuple[np.ndarray, int]:
    """The ink, uint8 (height, width), without its specks, and how many of them were about as dark as the rest."""
    pieces, count = ndimage.label(ink, structure=EIGHT_CONNECTED)
    if count < 2:
        return ink, 0
    mass = ndimage.sum_labels(ink.astype(np.float64), pieces, np.arange(1, count + 1))
    # The largest piece tells how thick strokes are: many specks would thin the mean.
    largest = np.where(pieces == 1 + mass.argmax(), ink, 0)
    limit = _MAX_SPECK_SIDE * float(measure(largest[None]).thickness[0])
    sides = np.array([max(side.stop - side.start for side in box) for box in ndimage.find_objects(pieces)])
    speck = (sides <= limit) & (mass <= _MAX_SPECK_SHARE * mass.sum())
    seen = np.unique(pieces[stroke_mask(ink[None])[0]]) - 1
    return np.where(np.append(False, speck)[pieces], 0, ink).astype(np.uint8), int(speck[seen].sum())


def ink_level(ink: np.ndarray) -> int:
    """How dark the strokes of ink, uint8 (height, width), are where they are dark, of 255."""
    return int(np.quantile(ink[stroke_mask(ink[None])[0]], 0.9))


def _measure_layout(sheet: np.ndarray) -> tuple[tuple[Gap, ...], int, int]:
    """Gaps, closed loops, and pieces when the gaps are closed, of a drawing without specks."""
    small = (
        sheet.reshape(SIDE // _GAP_DOWNSCALE, _GAP_DOWNSCALE, SIDE // _GAP_DOWNSCALE, _GAP_DOWNSCALE)
        .mean((1, 3))
        .astype(np.uint8)
    )
    strokes = stroke_mask(small[None])[0]
    scale = SCALE // _GAP_DOWNSCALE
    found = gaps_of.find_gaps(strokes, longest=MAX_GAP * scale)
    paper, count = ndimage.label(~np.pad(strokes, 1))
    areas = np.bincount(paper.reshape(-1), minlength=count + 1)
    loops = int((areas[1:] >= scale**2).sum()) - 1  # the paper around is none
    pieces = ndimage.label(strokes, structure=EIGHT_CONNECTED)[1] - sum(gap.joins for gap in found)
    return tuple(_enlarge_gap(gap) for gap in found if gap.width >= MIN_GAP * scale), loops, int(pieces)


def _enlarge_gap(gap: Gap) -> Gap:
    start, end = (tuple(_GAP_DOWNSCALE * place for place in side) for side in (gap.start, gap.end))
    return gap._replace(start=start, end=end, width=_GAP_DOWNSCALE * gap.width)


def _measure_place(ink: np.ndarray) -> tuple[float, float]:
    """Size and offset."""
    profiles = [ink.sum(axis, dtype=np.float64) for axis in (1, 0)]
    inked = [np.flatnonzero(profile) for profile in profiles]
    longest = max(places[-1] - places[0] + 1 for places in inked)
    away = [profile @ np.arange(profile.size) / profile.sum() - (profile.size - 1) / 2 for profile in profiles]
    return float(longest / min(ink.shape)), float(np.hypot(*away) / min(ink.shape))
