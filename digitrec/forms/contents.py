"""What the ink of one cell is: a digit, notes, or nothing; and which digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy import ndimage

from digitrec.imaging import Image, Ink, InkError, Mask, label_components, to_mnist
from digitrec.inference import Classifier, Reference, judge_all, layout_reasons, verdict_words
from digitrec.runs import Run

INK = 80  # of 255, from which on a pixel is ink
# Lengths in shorter sides of a cell, areas in their squares.
_MIN_AREA, _MIN_INK = 0.003, 0.01  # of a component; of all components of a cell that is not empty
_REST, _EDGE = 0.12, 0.1  # a part of a line that was left is thinner than that, and nearer to the cell's edge
_LONG, _FAR_EDGE = 0.75, 0.2  # if it is longer than that, it may be farther from the edge
_MIN_DIGIT = 0.28  # height of a digit
_NOTE, _SMALL_NOTE = 0.72, 0.9  # of the usual digit's height: a lower digit is a note; in a corner, this is enough
_CORNER = 0.1  # that the middle of such a note is above the cell's middle
_SEVERAL = 0.2  # height from which on components side by side are several digits

Kind: TypeAlias = Literal["digit", "empty", "notes"]


class Content(NamedTuple):
    """The ink of a cell, in shorter sides of the cell."""

    height: float  # of all of it
    area: float
    rise: float  # how far its middle is above the cell's
    tall: int  # components side by side that may be digits
    side: float = 0.0  # the longer side of all of it

    @staticmethod
    def of(ink: Ink, unit: float = 0.0) -> Content:
        """What an ink, uint8 (height, width), holds.

        Args:
            ink: of a cell, with or without some room around it.
            unit: pixels of the cell's shorter side; 0: there is no room around it.
        """
        unit = unit or min(ink.shape)
        rows, columns = np.flatnonzero((ink > INK).any(1)), np.flatnonzero((ink > INK).any(0))
        if not rows.size:
            return Content(0.0, 0.0, 0.0, 0)
        labels, _ = label_components(ink > INK)
        spans = sorted(
            (x.start, x.stop) for y, x in ndimage.find_objects(labels) if y.stop - y.start >= _SEVERAL * unit
        )
        tall, reach = 0, -1
        for left, right in spans:
            tall += left >= reach
            reach = max(reach, right)
        middle = (rows[0] + rows[-1] + 1) / 2
        area = float((ink > INK).sum()) / unit**2
        high, wide = (float(place[-1] + 1 - place[0]) / unit for place in (rows, columns))
        return Content(high, area, (ink.shape[0] / 2 - middle) / unit, tall, max(high, wide))


def is_content(mask: Mask, at: tuple[slice, slice], cell: tuple[int, int, int, int]) -> bool:
    """Whether a component is no speck and no rest of a line.

    Args:
        mask: of the component, (h, w) of its place.
        at: rows and columns of its place.
        cell: top, left, height and width of the cell.
    """
    (y, x), (top, left, high, wide) = at, cell
    unit = min(high, wide)
    if mask.sum() < _MIN_AREA * unit**2:
        return False
    for side, start, length in ((y, top, high), (x, left, wide)):
        middle = (side.start + side.stop) / 2 - start
        long = (x if side is y else y).stop - (x if side is y else y).start
        edge = _EDGE if long < _LONG * unit else _FAR_EDGE  # a 1 may stand near the edge, a longer line does not
        if side.stop - side.start < _REST * unit and min(middle, length - middle) < edge * unit:
            return False
    return True


def usual_height(contents: Sequence[Content]) -> float:
    """The median height of what may be a digit."""
    heights = [content.height for content in contents if content.height >= _MIN_DIGIT and content.tall < 2]
    return float(np.median(heights)) if heights else _MIN_DIGIT


def find_kind(content: Content, usual: float) -> Kind:
    """What stands in a cell, where digits are usually so high."""
    if content.height < _MIN_DIGIT or not content.tall:
        return "empty"
    small = content.height < _NOTE * usual
    in_corner = content.height < _SMALL_NOTE * usual and content.rise > _CORNER
    return "notes" if content.tall > 1 or small or in_corner else "digit"


def doubt(content: Content, faint: bool) -> str:
    """Why a cell that holds no digit may not be empty."""
    if content.area > _MIN_INK:
        return "ink that is no digit"
    return "faint writing, or a line that lies beside its place" if faint else ""


def doubt_note(content: Content) -> str:
    """Why notes may be an answer: one digit alone, not at the top of its cell, of a hand that writes smaller."""
    return "one small digit: it may be an answer" if content.tall == 1 and content.rise <= _CORNER else ""


def judge_inks(
    inks: Sequence[Ink], model: Classifier, run: Run, reference: Reference | None
) -> list[tuple[str, float, str]]:
    """For each ink of a digit: the class, its confidence, and why it is not sure.

    Raises:
        ClassifierError: the network cannot read the images.
    """
    images: list[Image] = []
    for ink in inks:
        try:
            images.append(to_mnist(ink))
        except InkError:
            images.append(np.zeros((28, 28), np.uint8))
    if not images:
        return []
    layouts = [layout_reasons(image, ink) for image, ink in zip(images, inks, strict=True)]
    verdicts = judge_all(np.stack(images), layouts, model, run, reference=reference)
    return [(verdict.answer, verdict.confidence, verdict_words.describe(verdict)) for verdict in verdicts]
