"""Corrected digits as drawings of one's own, to test networks on and to train them with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from digitrec.data import user_drawings
from digitrec.forms import DividedNumber, NumberReader, cut_fields
from digitrec.imaging import Gray, Image, Ink, InkError, to_mnist, to_strokes
from digitrec.inference import ClassifierError
from digitrec.stacks import readers
from digitrec.stacks.stack import Stack, StackError
from digitrec.stacks.table import Table

_Box: TypeAlias = tuple[int, int, int, int]
_SIGNS = ".,-"  # of a number, beside its digits
_MIN_OVERLAP = 0.5  # of two boxes of the same number, as a share of what both cover


class Saved(NamedTuple):
    """What became of corrected fields.

    Attributes:
        total: digits that became drawings.
        without_ink: digits of which no ink can be cut out.
        left_out: numbers whose digits are not divided as a person reads them, and are no drawings.
        problem: why no number that is written freely can be divided; empty where they can.
    """

    total: int
    without_ink: int = 0
    left_out: int = 0
    problem: str = ""


def list_corrected(table: Table, *, checked: bool = False) -> list[int]:
    """The fields with digits that a person has corrected, and if wanted those that were confirmed."""
    states = ("corrected", "checked") if checked else ("corrected",)
    return [index for index in sorted(table.said) if table.state(index) in states and _find_digits(table, index)]


def count_digits(table: Table, indices: Iterable[int]) -> int:
    """How many digits stand in these fields: as many drawings may be made of them."""
    return sum(len(_find_digits(table, index)) for index in indices)


def save(table: Table, indices: list[int], report: Callable[[float], object] = lambda share: None) -> Saved:
    """Save the digits of fields as drawings, each with the class that a person gave it.

    A number is read once more, so that each of its digits is cut out. It is left out if it is not divided into as
    many digits as a person says. One page after the other is in memory.

    Args:
        table: of the stack.
        indices: of fields, by `list_corrected`.
        report: takes the share of the pages that are done, 0 to 1.

    Raises:
        DatasetError: there are too many drawings, or the folder cannot be written.
        ClassifierError: the network cannot read the images.
    """
    by_page: dict[int, list[int]] = {}
    for index in indices:
        by_page.setdefault(table.page(index).number, []).append(index)
    cutter = _Cutter(table)
    images: list[Image] = []
    labels: list[int] = []
    without_ink = left_out = 0
    for done, (number, found) in enumerate(sorted(by_page.items()), 1):
        for digits, cut in cutter.cut(number, found):
            if cut is None:
                left_out += 1
                continue
            for digit, image in zip(digits, cut, strict=True):
                if image is None:
                    without_ink += 1
                else:
                    images.append(image)
                    labels.append(table.stack.classes.index(digit))
        report(done / len(by_page))
    if images:
        user_drawings.save_all(np.stack(images), np.array(labels, np.int64), table.stack.classes)
    return Saved(len(images), without_ink, left_out, cutter.problem if left_out else "")


class _Cutter:
    """Cuts the digits out of the pages of a stack."""

    def __init__(self, table: Table) -> None:
        self._table, self._boxes = table, _boxes_by_name(table.stack)
        self.problem = ""

    @cached_property
    def _numbers(self) -> NumberReader | None:
        try:
            return NumberReader(*readers.open_model(self._table.stack))
        except (StackError, ClassifierError) as error:
            self.problem = str(error)
            return None

    def cut(self, number: int, found: list[int]) -> Iterator[tuple[list[str], list[Image | None] | None]]:
        """The digits of fields of a page, and the image of each; None for one without ink, or if none is known."""
        table, page = self._table, self._table.stack.image(number)
        if page is None:
            for index in found:
                digits = _find_digits(table, index)
                yield digits, [None] * len(digits)
            return
        if table.stack.way.kind == "numbers":
            yield from self._cut_lines(page, found)
            return
        # All fields of the page are cut, as where it was read: what is ink is told from the others beside it.
        mine = list(table.indices(table.page(found[0])))
        boxes = [self._list_boxes(index) for index in mine]
        inks = iter(cut_fields(page, [box for each in boxes for box in each]))
        cut = {index: [next(inks) for _ in each] for index, each in zip(mine, boxes, strict=True)}
        for index in found:
            digits = _find_digits(table, index)
            yield digits, self._cut_field(index, digits, cut[index])

    def _list_boxes(self, index: int) -> list[_Box]:
        """The box of a field, or one for each digit of a number that has them."""
        reading = self._table.reading(index)
        left, top, right, bottom = reading.box
        edges = np.linspace(left, right, self._boxes.get(reading.name, 1) + 1).round().astype(int).tolist()
        return [(start, top, end, bottom) for start, end in itertools.pairwise(edges)]

    def _cut_field(self, index: int, digits: list[str], inks: list[Ink]) -> list[Image | None] | None:
        if self._table.value(index)[0] == "number" and self._table.reading(index).name not in self._boxes:
            found = self._numbers.divide(inks[0]) if self._numbers else []
            return _cut_number(found, digits)
        if len(inks) > len(digits):  # boxes are left empty
            inks = [ink for ink in inks if ink.any()]
        return [_to_image(ink) for ink in inks] if len(inks) == len(digits) else None

    def _cut_lines(self, page: Gray, found: list[int]) -> Iterator[tuple[list[str], list[Image | None] | None]]:
        """Of a picture that was read as numbers, those on the lines of some fields."""
        ink = to_strokes(page)
        scale = page.shape[1] / ink.shape[1]
        boxes = [self._table.reading(index).box for index in found]
        near = [_scale(box, 1 / scale) for box in boxes]
        divided = self._numbers.divide(ink, near) if self._numbers else []
        for index, box in zip(found, near, strict=True):
            digits = _find_digits(self._table, index)
            yield digits, _cut_number([each for each in divided if _is_same(each.number.box, box)], digits)


def _cut_number(found: list[DividedNumber], digits: list[str]) -> list[Image | None] | None:
    cut = found[0].cut("".join(digits)) if len(found) == 1 else None
    return None if cut is None else list(cut)


def _to_image(ink: Ink) -> Image | None:
    try:
        return to_mnist(ink)
    except InkError:
        return None


def _scale(box: _Box, scale: float) -> _Box:
    left, top, right, bottom = (round(value * scale) for value in box)
    return left, top, right, bottom


def _is_same(a: _Box, b: _Box) -> bool:
    """Whether two boxes are of the same line of symbols."""
    wide, high = (min(a[at + 2], b[at + 2]) - max(a[at], b[at]) for at in (0, 1))
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return both > _MIN_OVERLAP * (sum(areas) - both)


def _find_digits(table: Table, index: int) -> list[str]:
    """The digits of a field, from left to right, as a person reads it; empty where it holds something else."""
    kind, text = table.value(index)
    classes = table.stack.classes
    if kind == "digit":
        return [text] if text in classes else []
    digits = [symbol for symbol in text if symbol not in _SIGNS]
    return digits if kind == "number" and set(digits) <= set(classes) else []


def _boxes_by_name(stack: Stack) -> dict[str, int]:
    """Into how many boxes each number of the template is divided."""
    found: Any = (stack.way.template or {}).get("fields")
    return {
        str(field["name"]): field["length"]
        for field in (found if isinstance(found, list) else ())
        if isinstance(field, dict) and field.get("boxed") and isinstance(field.get("length"), int)
    }
