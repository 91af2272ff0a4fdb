"""What is unusual in a drawing, compared with the handwriting that a network has learnt, and how to fix it.

Something unusual is no mistake: the network has rarely seen it, and so may misread it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.explain.norms import Norm, Quantiles
from digitrec.explain.traits import SCALE, SIDE, Gap, Traits, ink_level
from digitrec.imaging import Floats, Ink, Mask, fit_to_square, measure, pen_drawing, shape, stroke_mask, to_mnist

MIN_SIZE = 0.25  # of the paper's side: a digit below it is drawn in few pixels, each tremble of the hand large
MAX_OFFSET = 0.2  # of the paper's side, from its middle
# Pixels of an image: a loop with a wider mouth is open to the eye, whatever is usual. It is what 40 pixels of the
# canvas become in a digit that fills it.
MAX_CLOSED_MOUTH = 2.9
MIN_FULL_LEVEL = 230  # of 255: what is darker is full ink to the eye, whatever is usual


class Finding(NamedTuple):
    """Something unusual in a drawing: what it is, its value, and what is usual.

    Attributes:
        kind: small, aside, slanted, thin, thick, gap, faint, pieces or specks: `fix_drawing` takes it.
        value: in the unit of its measurement.
        low: lowest usual value.
        high: highest usual value.
        share: of the class, with a less extreme value; NaN if the limit does not come from a norm.
        gap: the widest one, if the kind is gap.
    """

    kind: str
    value: float
    low: float
    high: float
    share: float = math.nan
    gap: Gap | None = None

    @property
    def is_usual(self) -> bool:
        """Whether the value is within the usual range, and is of interest only because the verdict is not sure."""
        return self.low <= self.value <= self.high


class Measurement(NamedTuple):
    """One measurement of a drawing.

    Attributes:
        name: thickness, slant, gaps, pieces, specks, contrast, size or offset.
        values: thickness and gaps in pixels of an image, slant in degrees to the right, pieces and specks counted,
            contrast as a share of full ink, size and offset as shares of the paper's side; of gaps there may be
            several or none.
        low: lowest usual value.
        high: highest usual value.
        finding: what is unusual in it, if anything.
    """

    name: str
    values: tuple[float, ...]
    low: float
    high: float
    finding: Finding | None


def examine(found: Traits, norm: Norm, *, doubtful: bool = False) -> list[Measurement]:
    """All measurements of a drawing, compared with a class; what matters most to the network comes first.

    Args:
        found: the drawing's traits.
        norm: of the class.
        doubtful: whether the verdict is not sure: then any gap is a finding, also one of a usual width.
    """
    return [
        _examine_thickness(found, norm),
        _examine_slant(found, norm),
        _examine_gaps(found, norm, doubtful=doubtful),
        _examine_pieces(found, norm),
        _examine_specks(found, norm),
        _examine_contrast(found, norm),
        _examine_size(found),
        _examine_offset(found),
    ]


def findings(measured: list[Measurement]) -> list[Finding]:
    """What is unusual; what matters most to the network comes first."""
    return [each.finding for each in measured if each.finding]


def fix_drawing(ink: Ink, kind: str, found: Traits, norm: Norm) -> Ink:
    """The drawing with one finding fixed, uint8 (280, 280) or larger.

    Args:
        ink: the drawing, uint8 (height, width).
        kind: of the finding.
        found: the drawing's traits.
        norm: of its class: the fix aims at the median.
    """
    sheet = found.sheet
    ways: dict[str, Callable[[], Ink]] = {
        "small": lambda: centre(ink),
        "aside": lambda: centre(ink),
        "slanted": lambda: shear_to_slant(sheet, found.slant, norm.slant.middle),
        "thin": lambda: redraw(sheet, norm.thickness.middle),
        "thick": lambda: redraw(sheet, norm.thickness.middle),
        "gap": lambda: bridge_gaps(sheet, gaps_to_close(found, norm), found.thickness),
        "faint": lambda: darken(sheet),
        "pieces": lambda: shape.largest_component(sheet),
        "specks": lambda: sheet,
    }
    return ways[kind]()


def _examine_thickness(found: Traits, norm: Norm) -> Measurement:
    value, usual = found.thickness, norm.thickness
    kind = "thin" if value < usual.low else "thick" if value > usual.high else None
    return _measurement("thickness", value, kind, usual)


def _examine_slant(found: Traits, norm: Norm) -> Measurement:
    is_usual = norm.slant.low <= found.slant <= norm.slant.high
    return _measurement("slant", found.slant, None if is_usual else "slanted", norm.slant)


def _examine_gaps(found: Traits, norm: Norm, *, doubtful: bool) -> Measurement:
    gaps = gaps_to_close(found, norm)
    mouths = min(norm.mouths.high, MAX_CLOSED_MOUTH)
    triples = ((gap, *((norm.joins, norm.joins.high) if gap.joins else (norm.mouths, mouths))) for gap in gaps)
    wide = [(gap, usual, high) for gap, usual, high in triples if doubtful or gap.width / SCALE > high]
    finding = None
    if wide:
        gap, usual, high = max(wide, key=lambda triple: triple[0].width)
        width = gap.width / SCALE
        share = _share_within(width, usual) if width > usual.high else math.nan
        finding = Finding("gap", width, 0.0, high, share, gap)
    widths = tuple(gap.width / SCALE for gap in gaps)
    return Measurement("gaps", widths, 0.0, max(norm.joins.high, mouths if norm.loops else 0), finding)


def _examine_pieces(found: Traits, norm: Norm) -> Measurement:
    finding = Finding("pieces", found.pieces, 1, 1, 1 - norm.apart) if found.pieces > 1 else None
    return Measurement("pieces", (found.pieces,), 1, 1, finding)


def _examine_specks(found: Traits, norm: Norm) -> Measurement:
    finding = Finding("specks", found.specks, 0, 0, 1 - norm.specks) if found.specks else None
    return Measurement("specks", (found.specks,), 0, 0, finding)


def _examine_contrast(found: Traits, norm: Norm) -> Measurement:
    lowest, finding = min(norm.level.low, MIN_FULL_LEVEL), None
    value, low = found.level / 255, lowest / 255
    if found.level < lowest:
        finding = Finding("faint", value, low, 1.0, _share_within(found.level, norm.level))
    return Measurement("contrast", (value,), low, 1.0, finding)


def _examine_size(found: Traits) -> Measurement:
    finding = Finding("small", found.size, MIN_SIZE, 1.0) if found.size < MIN_SIZE else None
    return Measurement("size", (found.size,), MIN_SIZE, 1.0, finding)


def _examine_offset(found: Traits) -> Measurement:
    finding = Finding("aside", found.offset, 0.0, MAX_OFFSET) if found.offset > MAX_OFFSET else None
    return Measurement("offset", (found.offset,), 0.0, MAX_OFFSET, finding)


def _measurement(name: str, value: float, kind: str | None, usual: Quantiles) -> Measurement:
    finding = Finding(kind, value, usual.low, usual.high, _share_within(value, usual)) if kind else None
    return Measurement(name, (value,), usual.low, usual.high, finding)


def _share_within(value: float, usual: Quantiles) -> float:
    """The share of a class with a less extreme value than an unusual one: 99%, or 99.9%."""
    return 0.99 if usual.least <= value <= usual.most else 0.999


def gaps_to_close(found: Traits, norm: Norm) -> list[Gap]:
    """The gaps between pieces, and those of nearly closed loops if the class usually has more loops."""
    joins, mouths = ([gap for gap in found.gaps if gap.joins == side] for side in (True, False))
    return joins + mouths[: max(0, norm.loops - found.loops)]


_MARGIN = 60  # pixels put around a sheet, so that thicker strokes stay on it
_OUTLINE_SIGMA = 2.0  # pixels: steps in the outline would grow twigs on the lines
_MAX_THICKENING = 1.25  # times as thick: a wider stroke is seen
_HAIR_RADIUS = 2.0  # pixels: the radius of a pen that draws no more than the lines
_MAX_REDRAWS = 4  # of redrawing, until the strokes are as thick as they should be


def centre(ink: Ink) -> Ink:
    """A drawing of any size, scaled and centred like an image."""
    return fit_to_square(ink, SIDE)


def redraw(sheet: Ink, thickness: float) -> Ink:
    """The drawing with strokes of another thickness along the same lines.

    Args:
        sheet: the drawing.
        thickness: of the strokes in the image, in pixels.
    """
    return _draw_with_thickness(_extract_lines(np.pad(sheet, _MARGIN)), thickness, ink_level(sheet))


def shear_to_slant(sheet: Ink, slant: float, wanted: float) -> Ink:
    """The drawing sheared from one slant to another, in degrees to the right; its strokes stay as thick."""
    shear = float(np.clip(np.tan(np.radians(slant)) - np.tan(np.radians(wanted)), -2, 2))
    room = _MARGIN + int(np.ceil(abs(shear) * len(sheet) / 2))
    wide = np.pad(sheet, ((_MARGIN, _MARGIN), (room, room)))
    sheared = _shear(wide, shear)
    before, after = (float(measure(to_mnist(ink)[None]).thickness[0]) for ink in (sheet, sheared))
    if after <= _MAX_THICKENING * before:
        return sheared
    # A strong shear makes strokes wide: shear their lines, and draw along them.
    hairs = _draw_around_lines(ndimage.distance_transform_edt(~_extract_lines(wide)), _HAIR_RADIUS, 255)
    return _draw_with_thickness(_extract_lines(_shear(hairs, shear)), before, ink_level(sheet))


def bridge_gaps(sheet: Ink, gaps: Sequence[Gap], thickness: float) -> Ink:
    """The drawing with strokes across its gaps, as dark as the others; thickness in pixels of an image."""
    lines = [np.array([gap.start[::-1], gap.end[::-1]], np.float32) for gap in gaps]  # (row, column) -> (x, y)
    bridges = pen_drawing.render(lines, width=thickness * SCALE, side=len(sheet))
    return np.maximum(sheet, _round_to_uint8(bridges * (ink_level(sheet) / 255)))


def darken(sheet: Ink) -> Ink:
    """The drawing with its darkest strokes at full ink."""
    return _round_to_uint8(np.minimum(sheet * (255 / ink_level(sheet)), 255))


def _shear(ink: Ink, shear: float) -> Ink:
    """Each row moved to the left by so much for each row above the middle."""
    middle = (len(ink) - 1) / 2
    values = ndimage.affine_transform(ink.astype(np.float32), [[1, 0], [-shear, 1]], [0, shear * middle], order=1)
    return _round_to_uint8(values)


def _extract_lines(ink: Ink) -> Mask:
    """The lines along a drawing's strokes, bool (height, width)."""
    smooth = stroke_mask(_round_to_uint8(ndimage.gaussian_filter(ink.astype(np.float32), _OUTLINE_SIGMA))[None])
    box = (slice(None), *ndimage.find_objects(smooth[0].astype(np.uint8))[0])
    lines = np.zeros_like(smooth)
    lines[box] = shape.thin(smooth[box])
    return lines[0]


def _draw_with_thickness(lines: Mask, thickness: float, full: int) -> Ink:
    """Lines drawn so that the strokes of the image have this thickness, in pixels."""
    distance, radius = ndimage.distance_transform_edt(~lines), thickness * SCALE / 2
    for _ in range(_MAX_REDRAWS):
        drawn = _draw_around_lines(distance, radius, full)
        # A thicker pen makes a larger drawing, which is then made smaller: ask what became of it.
        radius *= thickness / float(measure(to_mnist(drawn)[None]).thickness[0])
    return drawn


def _draw_around_lines(distance: Floats, radius: float, full: int) -> Ink:
    """Ink within a radius of lines, from each pixel's distance to them; with a smooth edge."""
    return _round_to_uint8(np.clip(radius + 0.5 - distance, 0, 1) * full)


def _round_to_uint8(values: Floats) -> Ink:
    return np.rint(values).astype(np.uint8)
