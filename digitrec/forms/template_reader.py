"""A page of a form: found in a picture, put straight, turned, and each of its fields read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitrec.forms.content_kinds import CONTENT_KINDS, find_kinds
from digitrec.forms.contents import Content, doubt, judge_inks
from digitrec.forms.field_inks import CellInk, cut_inks
from digitrec.forms.field_kinds import NOT_EMPTY, BoxReading, join_boxes, judge_box, judge_number, judge_tick
from digitrec.forms.field_places import PixelBox, Places, find_places, missing_light, snap_boxes
from digitrec.forms.fields import FieldReading, PageReading
from digitrec.forms.marks import find_marks
from digitrec.forms.numbers.reader import NumberReader, can_read_numbers
from digitrec.forms.sheets import NO_FRAME, find_sheet, list_frames, side_lengths, straighten
from digitrec.forms.templates import Field, Template, TemplateError
from digitrec.imaging import Floats, Gray, InkError, Mask, PictureError, read_gray
from digitrec.inference import Classifier, load_reference
from digitrec.runs import Run

UNIT = 60  # pixels of the usual cell's shorter side on the straight page
_SIDES = (1300, 2600)  # pixels of the straight page's longer side: thin lines have to be seen
_MIN_AREA = 0.01  # of a box's square: with less ink it is empty
_MIN_PRINTED = 0.6  # share of the boxes whose lines have to be there
_MIN_LINES = 4  # boxes with printed lines, from which on they count
_MOST_FRAMES = 4  # that are tried
_BORDER = 0.03  # of the page's longer side, that does not count: the edge of paper is like a frame
_LIKE = 0.7  # likeness of a page that need not be turned to try
_MIN_LIKENESS = 0.5  # correlation with the print of a form that was made from a picture
_PRINT_SIDE, _PRINT_BLUR = 240, 1.5  # pixels of the longer side in which print is compared, and the blur there
_MAX_SQUEEZE = 1.7  # of the page's sides, seen from the side
_MIN_COUNTS, _MIN_PRINT = 0.05, 0.004  # share of the page outside of fields; deviation of the light there
_INSET = 0.12  # of a field's sides: what is farther inside does not count


class TemplateReader:
    """Reads pages of one form with a run's network.

    Args:
        model: the run's.
        run: its classes are what a digit may be.
        template: of the form.

    Raises:
        ClassifierError: the model cannot be used.
        TemplateError: the picture of the empty form cannot be read.
    """

    def __init__(self, model: Classifier, run: Run, template: Template) -> None:
        self._model, self._run, self.template = model, run, template
        self._reference = load_reference(run, model)
        self._numbers = NumberReader(model, run) if can_read_numbers(run) else None
        self._size = _page_pixels(template)
        self._cells: list[tuple[Field, PixelBox]] = [
            (field, _to_pixels(cell, self._size)) for field in template.read_fields for cell in field.cells
        ]
        self._has_lines: NDArray[np.bool_] | None = None
        self._print: tuple[Floats, Mask] | None = None  # what is printed, shrunk, and where it counts
        self._least = _MIN_PRINTED if template.anchor == "marks" and self._cells else 0.0
        if template.picture:
            self._look_at_picture()

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
        sheet = self._find(gray) if corners is None else self._straighten(gray, corners, must_compare=False)
        inks = cut_inks(sheet.missing, sheet.places)
        return PageReading(sheet.page, sheet.corners, tuple(self._read_fields(inks, sheet.places)), sheet.turns)

    def _find(self, gray: Gray) -> _Sheet:
        best: _Sheet | None = None
        refusal = InkError(NO_FRAME)
        for find in self._finders():
            try:
                found = find(gray)
            except InkError as error:
                refusal = error
                continue
            for corners, turns in itertools.product(found, (0, 2, 1, 3)):
                turned = np.roll(corners, -turns, 0)
                if not self._fits(turned):
                    continue
                sheet = self._straighten(gray, turned)
                if sheet.likeness >= _LIKE:
                    return sheet
                if best is None or sheet.likeness > best.likeness:  # the others need not be kept: they are large
                    best = sheet
        if best is None:
            raise refusal
        if best.likeness < self._least:
            raise InkError(
                f"the page is not the form {self.template.name!r}: {best.likeness:.0%} of its print is where it "
                "should be. Choose another form, or take the picture again."
            )
        return best

    def _fits(self, corners: Floats) -> bool:
        """Whether a figure with these corners may be the page, seen from the side."""
        wide, high = side_lengths(corners)
        ratio = wide / max(high, 1e-6) / (self.template.width / self.template.height)
        return bool(1 / _MAX_SQUEEZE <= ratio <= _MAX_SQUEEZE)

    def _finders(self) -> list[Callable[[Gray], list[Floats]]]:
        """How the corners of the page may be found, the likeliest way first."""
        size = self.template.width, self.template.height
        if self.template.anchor == "marks":
            return [lambda gray: [find_marks(gray, size)]]
        if self.template.anchor == "frame":
            return [lambda gray: list_frames(gray)[:_MOST_FRAMES]]
        return [lambda gray: [find_sheet(gray)], lambda gray: [_whole(gray)]]

    def _straighten(self, gray: Gray, corners: Floats, *, must_compare: bool = True) -> _Sheet:
        page = straighten(gray, corners, self._size)
        missing, turns = missing_light(page), _count_turns(corners)
        likeness = self._compare(missing)
        if must_compare and likeness < _MIN_LIKENESS:  # its boxes are not looked for: that takes longest
            return _Sheet(page, corners, turns, missing, find_places(missing, []), likeness)
        places = find_places(missing, [box for _, box in self._cells], self._has_lines)
        return _Sheet(page, corners, turns, missing, places, min(likeness, self._count_lines(places)))

    def _compare(self, missing: Floats) -> float:
        """How much of the form's print is where it should be, from 0 to 1."""
        if self._print is None:
            return 1.0
        wanted, counts = self._print
        return max(0.0, _correlate(wanted[counts], _shrink(missing)[counts]))

    def _count_lines(self, places: Places) -> float:
        """Which share of the boxes that should have printed lines has them; with a picture, as a likeness."""
        if self._print is None:
            return float(places.printed.mean()) if len(places.printed) else 1.0
        lines = int(self._has_lines.sum()) if self._has_lines is not None else 0
        return _MIN_LIKENESS / _MIN_PRINTED * float(places.printed.sum()) / lines if lines >= _MIN_LINES else 1.0

    def _look_at_picture(self) -> None:
        """Learn from the picture of the empty form what is printed where."""
        try:
            gray = read_gray(self.template.picture)
        except PictureError as error:
            raise TemplateError(
                f"the picture of the form {self.template.name!r} cannot be read: {error}"
            ) from error
        missing = missing_light(straighten(gray, _whole(gray), self._size))
        boxes = snap_boxes(missing, [box for _, box in self._cells])
        self._cells = [(field, box) for (field, _), box in zip(self._cells, boxes, strict=True)]
        self._has_lines = find_places(missing, boxes).printed
        wanted = _shrink(missing)
        counts, border = np.zeros(wanted.shape, bool), round(_BORDER * max(wanted.shape))
        counts[border:-border, border:-border] = True
        scale = max(wanted.shape) / max(missing.shape)
        for left, top, right, bottom in boxes:  # what is written in there is not the form's
            x, y = _INSET * (right - left), _INSET * (bottom - top)
            inside = [round(value * scale) for value in (left + x, top + y, right - x, bottom - y)]
            counts[inside[1] : inside[3], inside[0] : inside[2]] = False
        if counts.mean() > _MIN_COUNTS and wanted[counts].std() > _MIN_PRINT:
            self._print, self._least = (wanted, counts), _MIN_LIKENESS

    def _read_fields(self, inks: Sequence[CellInk], places: Places) -> list[FieldReading]:
        sides = places.boxes[:, 2:] - places.boxes[:, :2]
        contents = [Content.of(cell.ink, float(side.min())) for cell, side in zip(inks, sides, strict=True)]
        boxes = self._judge_boxes(inks, contents, places)
        found, start = [], 0
        for field in self.template.read_fields:
            mine = slice(start, start + len(field.cells))
            start = mine.stop
            outer = places.boxes[mine]
            left, top, right, bottom = (round(float(value)) for value in (*outer[0, :2], *outer[-1, 2:]))
            if field.kind == "number" and field.boxed:
                reading = join_boxes(boxes[mine], field)
            elif field.kind == "number":
                reading = self._read_number(field, inks[mine][0], contents[mine][0])
            else:
                reading = boxes[mine][0]
            kind, text, confidence, why = reading
            if field.kind == "empty" and kind != "empty":
                why = NOT_EMPTY
            found.append(
                FieldReading(field.name, kind, text, confidence, not why, why, (left, top, right, bottom))
            )
        return found

    def _judge_boxes(
        self, inks: Sequence[CellInk], contents: Sequence[Content], places: Places
    ) -> list[BoxReading]:
        """What stands in each box; of a number in one box, nothing is said."""
        sides = places.boxes[:, 2:] - places.boxes[:, :2]
        kinds = [field.kind if field.boxed or field.kind != "number" else None for field, _ in self._cells]
        chosen = [at for at, kind in enumerate(kinds) if kind and contents[at].area >= _MIN_AREA]
        proba = find_kinds([inks[at].ink for at in chosen], [float(sides[at].min()) for at in chosen])
        by_cell = dict(zip(chosen, proba, strict=True))
        written = [at for at in chosen if kinds[at] != "tick" and _is_written(contents[at], by_cell[at])]
        answers = judge_inks([inks[at].ink for at in written], self._model, self._run, self._reference)
        digits = dict(zip(written, answers, strict=True))
        found = []
        for at, (kind, cell, content) in enumerate(zip(kinds, inks, contents, strict=True)):
            if kind == "tick":
                found.append(judge_tick(content.area, content.side, by_cell.get(at), cell.faint))
            elif at in digits:
                found.append(judge_box(by_cell[at], digits[at]))
            else:
                found.append(BoxReading("empty", why=doubt(content, cell.faint)))
        return found

    def _read_number(self, field: Field, cell: CellInk, content: Content) -> BoxReading:
        if self._numbers is None:
            return BoxReading("notes", why="the model does not read the digits 0 to 9")
        numbers = self._numbers.read(cell.ink) if content.area >= _MIN_AREA else []
        return judge_number(numbers, content.area, field, doubt(content, cell.faint))


def _is_written(content: Content, proba: Floats) -> bool:
    """Whether a box holds more than dirt: as large as a digit, or a stain."""
    return bool(content.tall) or CONTENT_KINDS[int(proba.argmax())] == "stain"


class _Sheet(NamedTuple):
    """A page that was put straight, the light that is missing, its cells, and how much print is in its place."""

    page: Gray
    corners: Floats
    turns: int
    missing: Floats
    places: Places
    likeness: float


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


def _whole(gray: Gray) -> Floats:
    """The corners of a picture."""
    high, wide = gray.shape
    return np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float64)


def _shrink(missing: Floats) -> Floats:
    """The print of a page, as coarse as it is compared."""
    scale = _PRINT_SIDE / max(missing.shape)
    size = max(1, round(missing.shape[1] * scale)), max(1, round(missing.shape[0] * scale))
    small = np.asarray(Image.fromarray(np.clip(missing, 0, 1)).resize(size, Image.Resampling.BOX))
    return np.asarray(ndimage.gaussian_filter(small, _PRINT_BLUR))


def _correlate(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum() / length) if length > 0 else 0.0


def _count_turns(corners: Floats) -> int:
    """Quarter turns by which a page with these corners lies on its side: its top is so many sides farther."""
    sides = np.roll(corners, -1, 0) - corners
    x, y = sides[0] - sides[2]  # along the top, from left to right
    angle = np.degrees(np.arctan2(y, x))
    return round(float(angle) / 90) % 4
