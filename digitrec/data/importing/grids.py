"""One picture with a grid of digits, such as a scanned sheet: cut by equal rows and columns, and named.

How it is cut is guessed and shown, and a person can correct it: rows, columns, the part of the picture that the
grid fills, how much of each cell's border is cut off, and what the cells show.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Progress
from digitrec.data.importing.arrays import RawDataset, RawPart
from digitrec.data.importing.pictures import MIN_SIDE
from digitrec.data.importing.sources import ArraySource, Load, Rows
from digitrec.data.user_datasets import normalise_name
from digitrec.imaging import FORMATS, Gray, PictureError, read_gray

By = Literal["row", "column", "list"]
MAX_LINES = 200  # rows, and columns
DEFAULT_LINES = 10  # where the picture tells nothing
MAX_TRIM = 0.4  # of a cell's side, cut off at each of its borders
_GUESSED_SIDE = 600  # pixels of the picture in which rows and columns are counted
_SHOWN_SIDE = 700  # pixels of the picture with its cuts
_INK_CONTRAST = 60  # of 255, that a pixel of ink differs from the paper
_INKED = 0.004  # share of a row or column of pixels that is ink where digits are
_CUT_COLOUR = (0, 158, 115)


class Grid(NamedTuple):
    """How a picture is cut into cells.

    Attributes:
        by: what the names are of: the rows, the columns, or all cells, row by row.
        names: of the classes; empty: 0, 1, 2 and so on.
        area: left, top, right and bottom of the grid, as shares of the picture.
        trim: share of a cell's side that is cut off at each of its borders, where lines are.
    """

    rows: int = DEFAULT_LINES
    columns: int = DEFAULT_LINES
    by: By = "row"
    names: tuple[str, ...] = ()
    area: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    trim: float = 0.06


def is_picture(data: bytes) -> bool:
    """Whether a file is a picture, by its content."""
    if data[4:8] == b"ftyp":  # HEIC, or a kind that is refused with a reason
        return True
    try:
        with PIL.Image.open(io.BytesIO(data), formats=FORMATS):
            return True
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError):
        return False


class GridSource(ArraySource):
    """The cells of a picture."""

    def __init__(self, data: bytes, grid: Grid | None = None) -> None:
        """Cut a picture.

        Args:
            data: a picture file.
            grid: how; None: it is guessed.

        Raises:
            DatasetError: the picture cannot be read, or cannot be cut so.
        """
        gray = _read(data)
        self.grid = guess(gray) if grid is None else grid
        self._shape = gray.shape
        cells = cut(gray, self.grid)  # (rows * columns, height, width)
        labels = name_cells(self.grid)
        raw = RawDataset({"all": RawPart(cells, np.array(labels))})
        super().__init__("one picture with a grid of digits", raw)

    def load(
        self, rows: Rows | None, *, inverted: bool | None, progress: Progress | None, originals: bool = False
    ) -> Load:
        """Load cells; how is decided from all of them."""
        load = super().load(rows, inverted=inverted, progress=progress, originals=originals)
        height, width = self._shape
        labels = {"row": "one class for each row", "column": "one class for each column"}
        facts = {
            "Cut into": f"{self.grid.rows} rows and {self.grid.columns} columns, from {width} × {height} pixels",
            "Labels": labels.get(self.grid.by, "a name for each cell, row by row"),
        }
        return load._replace(facts=load.facts | facts)


def cut(gray: Gray, grid: Grid) -> NDArray[np.uint8]:
    """The cells of a picture, row by row: uint8 (rows * columns, height, width), all of one size.

    Raises:
        DatasetError: there are too many cells for the picture, or a number is not allowed.
    """
    left, top, right, bottom = _edges(gray.shape, grid)
    height, width = (bottom - top) / grid.rows, (right - left) / grid.columns
    inner = int(height * (1 - 2 * grid.trim)), int(width * (1 - 2 * grid.trim))
    if min(inner) < MIN_SIDE:
        raise DatasetError(
            f"{grid.rows} rows and {grid.columns} columns leave cells of {inner[1]} x {inner[0]} pixels: expected "
            f"{MIN_SIDE} or more. Take fewer rows or columns, or a larger picture."
        )
    tops = top + height * (np.arange(grid.rows) + grid.trim)
    lefts = left + width * (np.arange(grid.columns) + grid.trim)
    return np.stack([gray[int(y) : int(y) + inner[0], int(x) : int(x) + inner[1]] for y in tops for x in lefts])


def name_cells(grid: Grid) -> list[str]:
    """The class of each cell, row by row.

    Raises:
        DatasetError: there are more or fewer names than rows, columns or cells.
    """
    counts = {"row": grid.rows, "column": grid.columns, "list": grid.rows * grid.columns}
    if grid.by not in counts:
        raise DatasetError(f"the labels are by {grid.by!r}: expected one of {', '.join(counts)}.")
    wanted = counts[grid.by]
    names = tuple(map(normalise_name, grid.names)) or tuple(map(str, range(wanted)))
    if grid.by == "list" and not grid.names:
        raise DatasetError(f"the names of the cells are missing: expected {wanted:,}, row by row.")
    if len(names) != wanted:
        what = {"row": "rows", "column": "columns", "list": "cells"}[grid.by]
        raise DatasetError(f"there are {len(names):,} names for {wanted:,} {what}: expected one for each.")
    if grid.by == "row":
        return [name for name in names for _ in range(grid.columns)]
    return list(names) * grid.rows if grid.by == "column" else list(names)


def parse_names(text: str) -> tuple[str, ...]:
    """Names that a person typed: separated by commas or spaces; a single word without any is one name a letter."""
    parts = tuple(part for part in re.split(r"[\s,;]+", text) if part)
    return tuple(parts[0]) if len(parts) == 1 and len(parts[0]) > 1 else parts


def guess(gray: Gray) -> Grid:
    """How many rows and columns a picture seems to have: bands of ink with paper between them."""
    small = _shrink(gray, _GUESSED_SIDE).astype(np.int16)
    paper = np.median(small)
    ink = np.abs(small - paper) > _INK_CONTRAST
    rows, columns = (_count_bands(ink.mean(axis)) for axis in (1, 0))
    return Grid(rows or DEFAULT_LINES, columns or DEFAULT_LINES, "column" if rows != columns == 10 else "row")


def draw_cuts(data: bytes, grid: Grid) -> NDArray[np.uint8]:
    """The picture with the cells that are cut from it framed, smaller: uint8 (height, width, 3).

    Raises:
        DatasetError: the picture cannot be read, or a number is not allowed.
    """
    gray = _shrink(_read(data), _SHOWN_SIDE)
    shown = np.repeat(gray[:, :, None], 3, axis=2)
    left, top, right, bottom = _edges(gray.shape, grid)
    height, width = (bottom - top) / grid.rows, (right - left) / grid.columns
    for row in range(grid.rows):
        for column in range(grid.columns):
            y, x = top + height * (row + grid.trim), left + width * (column + grid.trim)
            y2, x2 = y + height * (1 - 2 * grid.trim), x + width * (1 - 2 * grid.trim)
            _frame(shown, (int(x), int(y), min(int(x2), gray.shape[1] - 1), min(int(y2), gray.shape[0] - 1)))
    return shown


def _frame(picture: NDArray[np.uint8], box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    picture[top, left : right + 1] = picture[bottom, left : right + 1] = _CUT_COLOUR
    picture[top : bottom + 1, left] = picture[top : bottom + 1, right] = _CUT_COLOUR


def _edges(shape: tuple[int, ...], grid: Grid) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the grid in pixels.

    Raises:
        DatasetError: a number of the grid is not allowed.
    """
    if not (1 <= grid.rows <= MAX_LINES and 1 <= grid.columns <= MAX_LINES):
        raise DatasetError(
            f"the grid has {grid.rows} rows and {grid.columns} columns: expected 1 to {MAX_LINES} of each."
        )
    left, top, right, bottom = grid.area
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1 and 0 <= grid.trim <= MAX_TRIM):
        raise DatasetError(f"the grid's place {grid.area} or trim {grid.trim} is not allowed: expected shares.")
    height, width = shape
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _read(data: bytes) -> Gray:
    try:
        return read_gray(data)
    except PictureError as error:
        raise DatasetError(str(error)) from error


def _shrink(gray: Gray, side: int) -> Gray:
    picture = PIL.Image.fromarray(gray)
    picture.thumbnail((side, side))
    return np.asarray(picture)


def _count_bands(shares: Sequence[float] | NDArray[np.floating]) -> int:
    """How many stretches of ink there are, one after the other; 0 where it is one, or too many."""
    inked = np.asarray(shares) > _INKED
    count = int(np.count_nonzero(np.diff(inked.astype(np.int8)) == 1) + inked[0])
    return count if 2 <= count <= MAX_LINES // 4 else 0
