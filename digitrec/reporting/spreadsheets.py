"""Spreadsheets (XLSX): rows written one by one, so that their number is bounded by the format alone."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

Cell: TypeAlias = str | int | float | None
MAX_ROWS, MAX_COLUMNS = 1_048_575, 16_384  # that a sheet can hold, below its titles
_OPTIONS = {  # a text stays one, whatever it begins with
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{1,10})?")  # a text that a spreadsheet can add up and show as it is
_MAX_TEXT = 32_000  # characters of a cell
Write: TypeAlias = Callable[[Sequence[Cell]], None]


class Workbook:
    """A spreadsheet that is being written, sheet after sheet."""

    def __init__(self, target: str | io.BytesIO) -> None:
        import xlsxwriter  # only where a spreadsheet is written

        self._book = xlsxwriter.Workbook(target, _OPTIONS)
        self._bold = self._book.add_format({"bold": True})

    def add_sheet(self, title: str, columns: Sequence[str]) -> Write:
        """Begin a sheet, and give what adds a row to it; further rows than a sheet can hold are left out."""
        sheet = self._book.add_worksheet(title)
        for column, name in enumerate(columns[:MAX_COLUMNS]):
            sheet.write_string(0, column, name[:_MAX_TEXT], self._bold)
        sheet.freeze_panes(1, 0)
        written = 0

        def write(row: Sequence[Cell]) -> None:
            nonlocal written
            if written >= MAX_ROWS:
                return
            written += 1
            for column, value in enumerate(row[:MAX_COLUMNS]):
                if isinstance(value, bool):
                    sheet.write_boolean(written, column, value)
                elif isinstance(value, int | float):
                    sheet.write_number(written, column, value)
                elif value:
                    sheet.write_string(written, column, value[:_MAX_TEXT])

        return write

    def close(self) -> None:
        """Write the end of the file.

        Raises:
            OSError: it cannot be written.
        """
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(f"the spreadsheet cannot be written: {error}") from error


def as_number(text: str) -> Cell:
    """A text as a number where that says the same: "12" and "0.5", but not "007"."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


@contextlib.contextmanager
def workbook(path: Path) -> Iterator[Workbook]:
    """A spreadsheet that is there when all is written, or not at all.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        book = Workbook(str(temporary))
        yield book
        book.close()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
