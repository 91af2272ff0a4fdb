"""Reads a CSV of images: each line has the pixels of one square image, a label, and perhaps a row number.

Where the label is, is found by the titles, else by the values. What cannot be told is refused. The file may be
hostile: see `arrays`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Progress
from digitrec.data.importing.arrays import MAX_IMAGES, RawDataset, RawPart
from digitrec.data.importing.columns import (
    MIN_PIXELS,
    find_label,
    find_row_numbers,
    is_number,
    is_square,
    not_square,
    sample_values,
)

_CHUNK_LINES = 1000  # parsed together
_MAX_LINES = 2 * MAX_IMAGES  # half of them may be empty
_MAX_LINE_CHARACTERS = 200_000  # 100 x 100 pixels need 40,000


class Table(NamedTuple):
    """A CSV with its columns told apart."""

    lines: list[bytes]  # without titles
    separator: bytes
    columns: tuple[str, ...]  # the name of each column
    label: int  # the column of the labels
    reason: str  # how that was found; ends a sentence
    row_numbers: int | None  # the column with a number or name of each row
    high: float = 255.0  # the largest value in a sample of the lines

    @property
    def label_place(self) -> str:
        """Where the labels are, and how that was found."""
        return f"{self.columns[self.label]}, {self.reason}"

    @property
    def scale(self) -> str:
        """From where to where the values go."""
        return f"0 to {self.high:g}"

    @property
    def pixels(self) -> list[int]:
        """The columns of the pixels."""
        return [i for i in range(len(self.columns)) if i not in (self.label, self.row_numbers)]

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the columns are taken for."""
        label = f"The labels are in {self.label_place}."
        if self.row_numbers is None:
            return (label,)
        return label, f"The row numbers in {self.columns[self.row_numbers]} are left out."

    def labels(self) -> list[str]:
        """The label of each line."""
        last, separator = len(self.columns) - 1, self.separator
        if self.label == 0:
            return [_parse_label(line.split(separator, 1)[0]) for line in self.lines]
        if self.label == last:
            return [_parse_label(line.rsplit(separator, 1)[-1]) for line in self.lines]
        return [_parse_label(line.split(separator, self.label + 1)[self.label]) for line in self.lines]

    def images(
        self, rows: NDArray[np.integer] | None = None, progress: Progress | None = None
    ) -> NDArray[np.uint8]:
        """The pixels of these lines, or of all: uint8 (n, pixels), on the scale of the file or 0 to 255.

        Raises:
            DatasetError: a line has another number of values, or one that is no pixel.
        """
        numbers = np.arange(len(self.lines)) if rows is None else rows
        images = np.empty((len(numbers), len(self.pixels)), np.uint8)
        fractions = np.zeros(len(numbers), bool)  # whether the line was parsed with fractions
        for start in range(0, len(numbers), _CHUNK_LINES):
            chunk = slice(start, start + _CHUNK_LINES)
            values = self._parse(numbers[chunk])
            if (values != np.rint(values)).any():  # 0 to 1, as `_parse` has checked
                values, fractions[chunk] = values * 255, True
            images[chunk] = np.rint(values)
            if progress:
                progress("Reading the lines", start / len(numbers))
        if fractions.any() and not fractions.all():
            whole = images[~fractions]
            if whole.max() > 1:
                raise _out_of_range(0)
            images[~fractions] = whole * np.uint8(255)
        return images

    def _parse(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The pixels of these lines, float32 (k, pixels): whole numbers from 0 to 255, or numbers from 0 to 1."""
        lines, expected = [self.lines[i] for i in rows], len(self.pixels)
        for i, line in zip(rows, lines, strict=True):
            if (extra := line.count(self.separator) + 1 - len(self.columns)) != 0:
                raise DatasetError(
                    f"image {i + 1:,} of the CSV has {expected + extra} pixels: expected {expected}, as in the "
                    "first one."
                )
        text = [line.decode("latin-1") for line in lines]
        delimiter = self.separator.decode()
        try:
            values = np.loadtxt(text, np.float32, delimiter=delimiter, usecols=self.pixels, ndmin=2, comments=None)
        except ValueError as error:
            raise DatasetError(f"{_tell_place(rows[0])}, a pixel is not a number: {str(error)[:80]}.") from error
        if not ((values >= 0) & (values <= 255)).all():  # false for NaN, too
            raise _out_of_range(rows[0])
        if values.max() > 1 and (values != np.rint(values)).any():
            raise _out_of_range(rows[0])
        return values


def read_csv(data: bytes, progress: Progress | None = None, label: int | None = None) -> RawDataset:
    """Read a CSV with the pixels of a square image and a label in each line.

    Raises:
        DatasetError: a line is something else, or the column of the labels cannot be told.
    """
    table = open_table(data, label)
    labels = np.array(table.labels())
    return RawDataset({"all": RawPart(table.images(progress=progress), labels)}, notes=table.notes)


def open_table(data: bytes, label: int | None = None) -> Table:
    """Tell the columns of a CSV apart, from its titles and a sample of its lines.

    Args:
        data: the file.
        label: the column of the labels, from 0, if a person said so.

    Raises:
        LabelColumnError: the column of the labels cannot be told.
        DatasetError: it is no CSV of square images.
    """
    titles, lines, separator = _split_lines(data)
    count = lines[0].count(separator) + 1
    if not is_square(count - 1) and not is_square(count - 2):
        lacking = " The labels seem to be missing." if is_square(count) else ""
        raise DatasetError(
            f"the first line of the CSV has {count} values: expected a label and the pixels of a square image, "
            f"such as 785 values for 28 x 28.{lacking}"
        )
    if len(titles) != count:
        titles = []
    columns = tuple(_name_column(i, count, titles) for i in range(count))
    values = sample_values(lines, separator, count)
    index, reason = find_row_numbers(titles, values, len(lines)), "as you said"
    if label is None:
        label, reason = find_label(titles, values, index, columns)
    table = Table(lines, separator, columns, label, reason, None if index == label else index)
    return _check(table)._replace(high=float(np.nanmax(values[:, table.pixels], initial=0)))


def find_column(columns: Sequence[str], wanted: str) -> int:
    """The number, from 0, of the column with this title or number, from 1; "first" and "last" are two, too.

    Raises:
        DatasetError: there is none.
    """
    titles = [match[1] if (match := re.search(r"'(.*)'", name)) else "" for name in columns]
    numbers = {"first": 0, "last": len(columns) - 1} | {str(i + 1): i for i in range(len(columns))}
    if wanted in titles:
        return titles.index(wanted)
    if wanted not in numbers:
        raise DatasetError(
            f"the CSV has no column {wanted[:40]!r}: expected a title, or a number from 1 to {len(columns)}."
        )
    return numbers[wanted]


def _check(table: Table) -> Table:
    """The table, if its pixels are a square."""
    if not 0 <= table.label < len(table.columns):
        raise DatasetError(f"the CSV has no column {table.label + 1}: expected 1 to {len(table.columns)}.")
    if not is_square(len(table.pixels)):
        raise not_square(table.columns, table.row_numbers)
    return table


def _name_column(i: int, count: int, titles: Sequence[str]) -> str:
    place = "first" if i == 0 else "last" if i == count - 1 else str(i + 1)
    by_place = f"column {place}" if place.isdigit() else f"the {place} column"
    return f"{by_place}, {titles[i][:40]!r}" if titles else by_place


def _split_lines(data: bytes) -> tuple[list[str], list[bytes], bytes]:
    """The titles, if there are any; the lines with numbers, at least one; and the separator."""
    count = max(data.count(b"\n"), data.count(b"\r"))
    if count > _MAX_LINES:  # before the lines take a multiple of their size in memory
        raise DatasetError(f"the CSV has {count:,} lines: expected at most {MAX_IMAGES:,} images, one per line.")
    lines = [line for line in data.replace(b'"', b"").splitlines() if line.strip()]
    if lines and len(lines[0]) > _MAX_LINE_CHARACTERS:
        raise DatasetError(
            f"the first line of the CSV has {len(lines[0]):,} characters: expected a label and its pixels."
        )
    separator = max(b",", b";", b"\t", key=lines[0].count) if lines else b","
    titles: list[str] = []
    if lines and _is_header(fields := lines[0].split(separator)):
        titles = [field.decode("utf-8-sig", errors="replace").strip(" '\t") for field in fields]
        lines = lines[1:]
    if not 1 <= len(lines) <= MAX_IMAGES:
        raise DatasetError(f"the CSV has {len(lines):,} lines of numbers: expected 1 to {MAX_IMAGES:,}.")
    return titles, lines, separator


def _is_header(fields: list[bytes]) -> bool:
    """Whether the first line of a CSV has titles. Numbers among them are consecutive, as pandas writes them."""
    numbers = [float(field) for field in fields if is_number(field)]
    if not numbers:
        return True
    counted = [[float(first + i) for i in range(len(numbers))] for first in (0, 1)]
    return len(numbers) >= MIN_PIXELS and numbers in counted


def _out_of_range(after: int) -> DatasetError:
    return DatasetError(
        f"{_tell_place(after)}, a pixel is out of range: expected whole numbers from 0 to 255, or numbers from 0 "
        "to 1."
    )


def _tell_place(after: int) -> str:
    return f"after image {after:,} of the CSV" if after else "in the CSV"


def _parse_label(text: bytes) -> str:
    label = text.decode("utf-8-sig", errors="replace").strip(" '\t")
    return str(int(float(label))) if is_number(text) and float(label) % 1 == 0 else label
