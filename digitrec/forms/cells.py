"""A grid of boxes with one digit each: a photo of a page -> its cells -> what stands in each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from scipy import ndimage

from digitrec.forms.contents import (
    INK,
    Content,
    Kind,
    doubt,
    doubt_note,
    find_kind,
    is_content,
    judge_inks,
    usual_height,
)
from digitrec.forms.sheets import check_size, find_corners, find_size, side_lengths, straighten
from digitrec.imaging import Floats, Gray, Ink, Mask, label_components, to_strokes
from digitrec.inference import Classifier, load_reference
from digitrec.runs import Run

CELL = 72  # pixels of the shorter side of a cell, in a page that was put straight
_MAX_STRETCH = 4.0  # of a cell's longer side to its shorter one
# Lengths in shorter sides of a cell, areas in their squares.
_LINE = 1.1  # a longer line is one of the grid
_BEND = 5  # pixels across a line that it may leave its row in that length
_FAINT = 0.1  # share of the paper's light that is missing in the darkest part of a cell that is not empty
_DARKEST, _MARGIN = 0.97, 0.17
_FEW, _POOR = 4, 0.9  # digits, and the share of sure ones, below which a page is turned to try
_CLEAR = 0.1  # of the digits, by which one way must have more sure ones than the others: made pages have 0.25
_EITHER_WAY = "The page can be read another way up as well."
_COARSE = 4  # pixels of the page for each at which the light of the paper is looked for


class Cell(NamedTuple):
    """What stands in one box of a grid.

    Attributes:
        row: from 0 at the top.
        column: from 0 on the left.
        kind: a digit, nothing, or notes: several digits, or one that is much smaller than the others.
        answer: the class; empty if it is no digit.
        confidence: calibrated, 0 to 1; 0 if it is no digit.
        sure: whether it need not be looked at.
        why: what is doubtful; empty if it is sure.
        box: left, top, right and bottom in the straight page's pixels.
    """

    row: int
    column: int
    kind: Kind
    answer: str
    confidence: float
    sure: bool
    why: str
    box: tuple[int, int, int, int]

    @property
    def state(self) -> str:
        """What a person has to do: "sure", "look" or "empty"."""
        return "look" if not self.sure else "empty" if self.kind == "empty" else "sure"


class GridReading(NamedTuple):
    """A page with a grid.

    Attributes:
        page: uint8 (height, width), put straight.
        corners: float (4, 2) of the grid in the picture.
        rows: and
        columns: of cells.
        cells: row by row.
        turns: quarter turns by which the page lay on its side in the picture: 2 is upside down.
    """

    page: Gray
    corners: Floats
    rows: int
    columns: int
    cells: tuple[Cell, ...]
    turns: int = 0


class GridReader:
    """Reads grids with a run's network.

    Args:
        model: the run's.
        run: its classes are what a cell may hold.

    Raises:
        ClassifierError: the model cannot be used.
    """

    def __init__(self, model: Classifier, run: Run) -> None:
        self._model, self._run = model, run
        self._reference = load_reference(run, model)

    def read(self, gray: Gray, size: tuple[int, int] | None = None, corners: Floats | None = None) -> GridReading:
        """Read the cells of a grid in a photo.

        Args:
            gray: uint8 (height, width).
            size: rows and columns of the grid; None: they are found by its lines.
            corners: float (4, 2) of the grid, clockwise from the top left; None: they are found.

        Raises:
            InkError: no grid is found, or it has another size, or the corners are no corners.
            ClassifierError: the network cannot read the images.
            ValueError: the number of rows or columns is out of range.
        """
        corners = find_corners(gray) if corners is None else corners
        if size is None:
            size = find_size(gray, corners)
        else:
            check_size(gray, corners, size)
        reading = self._read(gray, size, corners)
        if not _is_poor(reading):
            return reading
        turned = [self._read(gray, size if turns == 2 else size[::-1], corners, turns) for turns in (2, 1, 3)]
        return _choose_way([reading, *turned])

    def _read(self, gray: Gray, size: tuple[int, int], corners: Floats, turns: int = 0) -> GridReading:
        """Read a page whose top is so many sides farther, clockwise, than it lies in the picture."""
        (rows, columns), corners = size, np.roll(corners, -turns, 0)
        page = straighten(gray, corners, _page_size(corners, rows, columns))
        inks = _divide(page, rows, columns)
        contents = [Content.of(ink) for ink in inks]
        usual = usual_height(contents)
        kinds = [find_kind(content, usual) for content in contents]
        digits = [ink for ink, kind in zip(inks, kinds, strict=True) if kind == "digit"]
        answers = iter(judge_inks(digits, self._model, self._run, self._reference))
        faint = _is_faint(page, rows, columns)
        cells = []
        for number, (kind, content) in enumerate(zip(kinds, contents, strict=True)):
            row, column = divmod(number, columns)
            answer, confidence, why = next(answers) if kind == "digit" else ("", 0.0, "")
            if kind != "digit":
                why = doubt_note(content) if kind == "notes" else doubt(content, faint[number])
            box = _box(row, column, rows, columns, page)
            cells.append(Cell(row, column, kind, answer, confidence, not why, why, box))
        return GridReading(page, corners, rows, columns, tuple(cells), turns)


def _count_sure(reading: GridReading) -> int:
    return sum(cell.kind == "digit" and cell.sure for cell in reading.cells)


def _choose_way(readings: list[GridReading]) -> GridReading:
    """The reading with the most sure digits; if others have nearly as many, the first of them without sure ones.

    6, 9, 0, 8 and 1 are digits upside down, too.
    """
    best = max(readings, key=_count_sure)
    least = _count_sure(best) - _CLEAR * sum(cell.kind == "digit" for cell in best.cells)
    ways = [reading for reading in readings if _count_sure(reading) > least or reading is best]
    if len(ways) == 1:
        return best
    cells = (
        cell._replace(sure=False, why=_EITHER_WAY) if cell.kind == "digit" and cell.sure else cell
        for cell in ways[0].cells
    )
    return ways[0]._replace(cells=tuple(cells))


def _is_poor(reading: GridReading) -> bool:
    """Whether so few digits are sure that the page may lie on its side."""
    digits = sum(cell.kind == "digit" for cell in reading.cells)
    return digits >= _FEW and _count_sure(reading) < _POOR * digits


def _page_size(corners: Floats, rows: int, columns: int) -> tuple[int, int]:
    """Width and height of the straight page: cells of the grid's own proportions."""
    wide, high = side_lengths(corners)
    ratio = float(np.clip((wide / columns) / max(high / rows, 1e-6), 1 / _MAX_STRETCH, _MAX_STRETCH))
    width, height = (CELL * ratio, CELL) if ratio >= 1 else (CELL, CELL / ratio)
    return round(width) * columns, round(height) * rows


def _divide(page: Gray, rows: int, columns: int) -> list[Ink]:
    """The ink of each cell without the grid's lines, uint8 (height, width) of a cell."""
    ink = to_strokes(page, max(page.shape))
    high, wide = page.shape[0] // rows, page.shape[1] // columns
    unit = min(high, wide)
    ink = np.where(_find_lines(ink, unit), 0, ink).astype(np.uint8)
    labels, _ = label_components(ink > INK)
    inks = [np.zeros((high, wide), np.uint8) for _ in range(rows * columns)]
    for number, (y, x) in enumerate(ndimage.find_objects(labels), 1):
        row, column = (y.start + y.stop) // 2 // high, (x.start + x.stop) // 2 // wide
        mask = labels[y, x] == number
        if not is_content(mask, (y, x), (row * high, column * wide, high, wide)):
            continue
        _put(inks[row * columns + column], ink, labels, number, (row * high, column * wide))
    return inks


def _put(cell: Ink, ink: Ink, labels: NDArray[np.int32], number: int, at: tuple[int, int]) -> None:
    """Copy a component with its soft edge into a cell; what lies outside of the cell is cut off."""
    high, wide = cell.shape
    place = np.s_[at[0] : at[0] + high, at[1] : at[1] + wide]
    mine = labels[place] == number
    soft = ndimage.binary_dilation(mine, np.ones((3, 3))) & (mine | (labels[place] == 0))
    cell[soft] = ink[place][soft]


def _find_lines(ink: Ink, unit: int) -> Mask:
    """The lines of the grid: ink that goes on for longer than a cell, also where the paper is bent."""
    mask, length = ink > INK, round(_LINE * unit)
    found = np.zeros_like(mask)
    for along, across in ((1, 0), (0, 1)):
        wide = ndimage.maximum_filter1d(mask.astype(np.uint8), _BEND, across)
        ends = ndimage.minimum_filter1d(wide, length, along, mode="constant")
        origin = 0 if length % 2 else -1  # filters of an even length lie half a pixel beside their middle
        found |= ndimage.maximum_filter1d(ends, length, along, mode="constant", origin=origin) > 0
    return np.asarray(ndimage.binary_dilation(found & mask, np.ones((3, 3))))


def _is_faint(page: Gray, rows: int, columns: int) -> list[bool]:
    """Whether something dark is in the middle of each cell, be it ever so thin."""
    seen = page.astype(np.float32)
    small = PILImage.fromarray(page).reduce(_COARSE)
    light = ndimage.percentile_filter(np.asarray(small), 70, CELL // 2 // _COARSE | 1)
    resized = PILImage.fromarray(light).resize((page.shape[1], page.shape[0]), PILImage.Resampling.BILINEAR)
    paper = np.maximum(np.asarray(resized, np.float32), 1.0)
    missing = ndimage.gaussian_filter((paper - seen) / paper, 1)
    high, wide = page.shape[0] // rows, page.shape[1] // columns
    y, x = round(_MARGIN * high), round(_MARGIN * wide)
    blocks = missing.reshape(rows, high, columns, wide)[:, y : high - y, :, x : wide - x]
    darkest = np.quantile(blocks.transpose(0, 2, 1, 3).reshape(rows * columns, -1), _DARKEST, axis=1)
    return [bool(value > _FAINT) for value in darkest]


def _box(row: int, column: int, rows: int, columns: int, page: Gray) -> tuple[int, int, int, int]:
    high, wide = page.shape[0] // rows, page.shape[1] // columns
    return column * wide, row * high, (column + 1) * wide, (row + 1) * high
