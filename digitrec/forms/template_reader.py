"""A page of a form: found in a picture, put straight, turned, and each of its fields read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitrec.forms.contents import Content, doubt, find_kind, judge_inks, usual_height
from digitrec.forms.field_inks import CellInk, cut_inks
from digitrec.forms.field_places import PixelBox, Places, find_places, missing_light
from digitrec.forms.fields import FieldReading, PageReading
from digitrec.forms.marks import find_marks
from digitrec.forms.numbers import NumberReader, can_read_numbers
from digitrec.forms.sheets import find_corners, straighten
from digitrec.forms.templates import Field, Template
from digitrec.imaging import Floats, Gray, InkError
from digitrec.inference import Classifier, load_reference
from digitrec.runs import Run

UNIT = 60  # pixels of the usual cell's shorter side on the straight page
_SIDES = (1300, 2600)  # pixels of the straight page's longer side: thin lines have to be seen
_MIN_PRINTED = 0.6  # share of the boxes whose lines have to be there


class TemplateReader:
    """Reads pages of one form with a run's network.

    Args:
        model: the run's.
        run: its classes are what a digit may be.
        template: of the form.

    Raises:
        ClassifierError: the model cannot be used.
    """

    def __init__(self, model: Classifier, run: Run, template: Template) -> None:
        self._model, self._run, self.template = model, run, template
        self._reference = load_reference(run, model)
        self._numbers = NumberReader(model, run) if can_read_numbers(run) else None
        self._size = _page_pixels(template)
        self._cells: list[tuple[Field, PixelBox]] = [
            (field, _to_pixels(cell, self._size)) for field in template.read_fields for cell in field.cells
        ]

    def read(self, gray: Gray, corners: Floats | None = None) -> PageReading:
        """Read the fields of a page.

        Args:
            gray: uint8 (height, width).
            corners: float (4, 2) of the page's marks, frame or edges, clockwise from the top left; None: they are
                found, and the page is turned if it lies on its side or upside down.

        Raises:
            InkError: the page is not found, it is cut off, or it is not this form.
            ClassifierError: the network cannot read the images.
        """
        sheet = self._find(gray) if corners is None else self._straighten(gray, corners, 0)
        inks = cut_inks(sheet.missing, sheet.places)
        return PageReading(sheet.page, sheet.corners, tuple(self._read_fields(inks, sheet.places)), sheet.turns)

    def _find(self, gray: Gray) -> _Sheet:
        if self.template.anchor == "marks":
            corners = find_marks(gray, (self.template.width, self.template.height))
        else:
            corners = find_corners(gray)
        sheets = []
        for turns in (0, 2, 1, 3):
            sheets.append(self._straighten(gray, np.roll(corners, -turns, 0), turns))
            if sheets[-1].printed >= _MIN_PRINTED:
                break
        best = max(sheets, key=lambda sheet: sheet.printed)
        if best.printed < _MIN_PRINTED:
            raise InkError(
                f"the page is not the form {self.template.name!r}: {best.printed:.0%} of its boxes are where they "
                "should be. Choose another form, or take the picture again."
            )
        return best._replace(turns=_count_turns(best.corners))

    def _straighten(self, gray: Gray, corners: Floats, turns: int) -> _Sheet:
        page = straighten(gray, corners, self._size)
        missing = missing_light(page)
        places = find_places(missing, [box for _, box in self._cells])
        share = float(places.printed.mean()) if len(places.printed) else 1.0
        return _Sheet(page, corners, turns, missing, places, share)

    def _read_fields(self, inks: Sequence[CellInk], places: Places) -> list[FieldReading]:
        contents = [Content.of(cell.ink) for cell in inks]
        usual = usual_height(contents)
        kinds = [find_kind(content, usual) for content in contents]
        digits = [cell.ink for cell, kind in zip(inks, kinds, strict=True) if kind == "digit"]
        answers = iter(judge_inks(digits, self._model, self._run, self._reference))
        found = []
        for (field, _), cell, content, kind, box in zip(
            self._cells, inks, contents, kinds, places.boxes, strict=True
        ):
            answer, confidence, why = next(answers) if kind == "digit" else ("", 0.0, doubt(content, cell.faint))
            why = "" if kind == "notes" else why
            left, top, right, bottom = (round(float(value)) for value in box)
            found.append(
                FieldReading(field.name, kind, answer, confidence, not why, why, (left, top, right, bottom))
            )
        return found


class _Sheet(NamedTuple):
    """A page that was put straight, the light that is missing, its cells, and the share with printed lines."""

    page: Gray
    corners: Floats
    turns: int
    missing: Floats
    places: Places
    printed: float


def _page_pixels(template: Template) -> tuple[int, int]:
    """Width and height of the straight page: its cells are as large as digits are read best."""
    cells = [cell for field in template.read_fields for cell in field.cells]
    sides = [
        min((right - left) * template.width, (bottom - top) * template.height)
        for left, top, right, bottom in cells
    ]
    scale = UNIT / float(np.median(sides)) if sides else 1.0
    longest = max(template.width, template.height)
    scale = float(np.clip(scale, _SIDES[0] / longest, _SIDES[1] / longest))
    return round(template.width * scale), round(template.height * scale)


def _to_pixels(box: PixelBox, size: tuple[int, int]) -> PixelBox:
    left, top, right, bottom = box
    return left * size[0], top * size[1], right * size[0], bottom * size[1]


def _count_turns(corners: Floats) -> int:
    """Quarter turns by which a page with these corners lies on its side: its top is so many sides farther."""
    sides = np.roll(corners, -1, 0) - corners
    x, y = sides[0] - sides[2]  # along the top, from left to right
    angle = np.degrees(np.arctan2(y, x))
    return round(float(angle) / 90) % 4
