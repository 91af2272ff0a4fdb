"""The drawing doctor: what is unusual in a drawing beside MNIST's handwriting, in words, and how to mend it.

What is unusual is no mistake: it is what the network has seen little of, and so may misread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.explain.norms import Norm, Quantiles
from digitrec.explain.traits import SCALE, SIDE, Gap, Traits, ink_level
from digitrec.imaging import shape, strokes
from digitrec.imaging.preprocessing import fit_to_square, to_mnist
from digitrec.imaging.shape import measure, stroke_mask

MIN_SIZE = 0.25  # of the paper's side: a digit below it is drawn in few pixels, each tremble of the hand large
MAX_OFFSET = 0.2  # of the paper's side, from its middle
MIN_FULL_LEVEL = 230  # of 255: what is darker is full ink to the eye, whatever is usual


class Finding(NamedTuple):
    """Something unusual.

    Attributes:
        kind: what `mended` mends: small, aside, slanted, thin, thick, gap, faint, pieces or specks.
        words: what is unusual, for the person.
        mend: what the mend does, as a button says it.
    """

    kind: str
    words: str
    mend: str


class Measurement(NamedTuple):
    """One thing that was measured.

    Attributes:
        name: what it is.
        value: what was measured, with its unit.
        usual: what is usual.
        finding: what is unusual in it, if anything.
    """

    name: str
    value: str
    usual: str
    finding: Finding | None


def examine(found: Traits, norm: Norm) -> list[Measurement]:
    """All that was measured of a drawing beside what is usual in the class that it was read as."""
    return [
        look(found, norm)
        for look in (
            _examine_thickness,
            _examine_slant,
            _examine_gaps,
            _examine_pieces,
            _examine_specks,
            _examine_contrast,
            _examine_size,
            _examine_offset,
        )
    ]


def findings(measured: list[Measurement]) -> list[Finding]:
    """What is unusual, what the network notices first."""
    return [each.finding for each in measured if each.finding]


def fix_drawing(ink: np.ndarray, kind: str, found: Traits, norm: Norm) -> np.ndarray:
    """The drawing with one finding mended, uint8 (280, 280) or larger.

    Args:
        ink: the drawing as it is, uint8 (height, width).
        kind: of the finding.
        found: the drawing's traits.
        norm: what is usual: the mend aims at its middle.
    """
    sheet = found.sheet
    ways: dict[str, Callable[[], np.ndarray]] = {
        "small": lambda: centre(ink),
        "aside": lambda: centre(ink),
        "slanted": lambda: shear_to_slant(sheet, found.slant, norm.slant.middle),
        "thin": lambda: redraw(sheet, norm.thickness.middle),
        "thick": lambda: redraw(sheet, norm.thickness.middle),
        "gap": lambda: bridge_gaps(sheet, _gaps_to_close(found, norm), found.thickness),
        "faint": lambda: darken(sheet),
        "pieces": lambda: shape.largest_component(sheet),
        "specks": lambda: sheet,
    }
    return ways[kind]()


def _examine_thickness(found: Traits, norm: Norm) -> Measurement:
    finding, usual = None, norm.thickness
    if found.thickness < usual.low:
        words = f"The strokes are thinner than in {_share(found.thickness, usual)} of {norm.plural}."
        finding = Finding("thin", words, "Thicken the strokes")
    elif found.thickness > usual.high:
        words = f"The strokes are thicker than in {_share(found.thickness, usual)} of {norm.plural}."
        if found.size < MIN_SIZE:
            words += " The brush is wide for so small a drawing: draw it larger, or take a narrower brush."
        finding = Finding("thick", words, "Thin the strokes")
    value = f"{found.thickness:.1f} of the image's 28 pixels"
    return Measurement("Thickness of the strokes", value, f"{usual.low:.1f} to {usual.high:.1f}", finding)


def _examine_slant(found: Traits, norm: Norm) -> Measurement:
    finding, usual = None, norm.slant
    if not usual.low <= found.slant <= usual.high:
        side = "left" if found.slant < usual.low else "right"
        words = f"It leans more to the {side} than {_share(found.slant, usual)} of {norm.plural}."
        finding = Finding("slanted", words, "Straighten it")
    return Measurement(
        "Slant", format_slant(found.slant), f"{format_slant(usual.low)} to {format_slant(usual.high)}", finding
    )


def _examine_gaps(found: Traits, norm: Norm) -> Measurement:
    gaps = _gaps_to_close(found, norm)
    pairs = ((gap, norm.joins if gap.joins else norm.mouths) for gap in gaps)
    wide = [(gap, usual) for gap, usual in pairs if gap.width / SCALE > usual.high]
    finding = None
    if wide:
        gap, usual = max(wide, key=lambda pair: pair[0].width)
        what = "Strokes that do not meet leave a gap" if gap.joins else "A loop that is nearly closed has a gap"
        there = "is wider than any" if usual.high > 0 else "is not there"
        words = f"{what} that {there} in {_share(gap.width / SCALE, usual)} of {norm.plural}."
        finding = Finding("gap", words, "Close the gap" if len(gaps) == 1 else "Close the gaps")
    widths = " and ".join(f"{gap.width / SCALE:.1f}" for gap in gaps)
    value = f"{widths} of the image's 28 pixels" if gaps else "none"
    most = max(norm.joins.high, norm.mouths.high if norm.loops else 0)
    return Measurement("Gaps", value, f"none, or up to {most:.1f}" if most else "none", finding)


def _examine_pieces(found: Traits, norm: Norm) -> Measurement:
    finding = None
    if found.pieces > 1:
        words = (
            f"It is in {found.pieces} pieces that lie far apart; {_percent(1 - norm.apart)} of {norm.plural} are "
            "not. If these are several characters, draw one at a time: all ink is read as one."
        )
        finding = Finding("pieces", words, "Keep the largest piece")
    return Measurement("Pieces that lie apart", str(found.pieces), "1", finding)


def _examine_specks(found: Traits, norm: Norm) -> Measurement:
    finding = None
    if found.specks:
        what = "A speck lies" if found.specks == 1 else f"{found.specks} specks lie"
        words = (
            f"{what} beside the strokes; {_percent(1 - norm.specks)} of {norm.plural} have none. Specks count as "
            "ink, so the whole is made smaller and moved."
        )
        finding = Finding("specks", words, "Remove the speck" if found.specks == 1 else "Remove the specks")
    return Measurement("Specks", str(found.specks or "none"), "none", finding)


def _examine_contrast(found: Traits, norm: Norm) -> Measurement:
    finding = None
    if found.level < min(norm.level.low, MIN_FULL_LEVEL):
        words = f"The ink is fainter than in {_share(found.level, norm.level)} of {norm.plural}."
        finding = Finding("faint", words, "Darken the ink")
    usual = f"over {min(norm.level.low, MIN_FULL_LEVEL) / 255:.0%}"
    return Measurement("Contrast", f"{found.level / 255:.0%} of full ink", usual, finding)


def _examine_size(found: Traits, norm: Norm) -> Measurement:
    finding = None
    if found.size < MIN_SIZE:
        words = (
            f"The drawing is small: {found.size:.0%} of the paper's side. That it is small the network does not "
            "see, because every drawing is brought to one size; but small drawings show each tremble of the hand."
        )
        finding = Finding("small", words, "Enlarge and centre it")
    return Measurement("Size", f"{found.size:.0%} of the paper's side", f"over {MIN_SIZE:.0%}", finding)


def _examine_offset(found: Traits, norm: Norm) -> Measurement:
    finding = None
    if found.offset > MAX_OFFSET:
        words = (
            f"The drawing is off the middle, by {found.offset:.0%} of the paper's side. Nothing needs mending: "
            "the program moves every drawing to the middle before the network sees it."
        )
        finding = Finding("aside", words, "Centre it")
    return Measurement(
        "Off the middle", f"{found.offset:.0%} of the paper's side", f"up to {MAX_OFFSET:.0%}", finding
    )


def _gaps_to_close(found: Traits, norm: Norm) -> list[Gap]:
    """The gaps between pieces, and the mouths of so many loops as such a character has and this one lacks."""
    joins, mouths = ([gap for gap in found.gaps if gap.joins == side] for side in (True, False))
    return joins + mouths[: max(0, norm.loops - found.loops)]


def format_slant(slant: float) -> str:
    """A slant in words."""
    degrees = round(abs(slant))
    return f"{degrees}° to the {'right' if slant > 0 else 'left'}" if degrees else "upright"


def _share(value: float, usual: Quantiles) -> str:
    return "99%" if usual.least <= value <= usual.most else "99.9%"


def _percent(share: float) -> str:
    """A share, rounded down, so that it says no more than was counted."""
    return f"{int(1000 * share) / 10:g}%"


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
    lines[box] = shape.thin(smooth[box])
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
