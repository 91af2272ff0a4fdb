"""The fields of a stack as CSV, JSON, a spreadsheet, and a ZIP with the picture of each field."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from digitrec.data import DatasetError
from digitrec.imaging import Gray
from digitrec.reporting.spreadsheets import MAX_COLUMNS, Cell, as_number, workbook
from digitrec.reporting.tables import escape_formula, write_csv
from digitrec.stacks import Page, Table

COLUMNS = ("file", "page", "field", "text", "kind", "state", "confidence", "read as", "why", "box", "crop")
MAX_CROPS = 60_000  # in one ZIP
_DECIMALS = 4  # of a confidence
_QUALITY = 90  # of a crop's JPEG


def list_records(table: Table) -> Iterator[dict[str, Any]]:
    """Each field as a JSON object, pages from 1. A page that cannot be read is one object with the reason."""
    for page in sorted(table.pages, key=lambda page: page.number):
        if page.problem:
            yield {"file": page.name, "page": page.number + 1, "problem": page.problem}
        for at, index in enumerate(table.indices(page)):
            reading, (kind, text) = table.reading(index), table.value(index)
            yield {
                "file": page.name,
                "page": page.number + 1,
                "field": reading.name,
                "text": text,
                "kind": kind,
                "state": table.state(index),
                "confidence": round(reading.confidence, _DECIMALS) if reading.text else None,
                "read as": reading.text or reading.kind,
                "why": table.why(index),
                "box": list(reading.box),
                "crop": crop_name(page, at),
            }


def crop_name(page: Page, at: int) -> str:
    """The name of a field's picture in the ZIP; `at` is its place on the page, from 0."""
    return f"crops/{page.number + 1:05d}/{at + 1:04d}.jpg"


def to_json(table: Table) -> str:
    """All fields as a JSON array."""
    return json.dumps(list(list_records(table)), ensure_ascii=False, indent=1)


def to_csv(table: Table) -> str:
    """All fields as a CSV (RFC 4180)."""
    return write_csv(COLUMNS, ([escape_formula(cell) for cell in row] for row in _rows(table)))


def to_xlsx(table: Table) -> bytes:
    """A spreadsheet: a row for each page with a column for each field; a row for each field; what went wrong.

    Raises:
        OSError: it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fields.xlsx"
        with workbook(path) as book:
            names = list(dict.fromkeys(field.name for page in table.pages for field in page.fields))
            names = names[: MAX_COLUMNS - 3]
            pages = [page for page in sorted(table.pages, key=lambda page: page.number) if not page.problem]
            write = book.add_sheet("Pages", ("file", "page", "to look at", *names))
            for page in pages:
                where = table.indices(page)
                values = {table.reading(index).name: table.value(index) for index in where}
                look = sum(table.state(index) == "look" for index in where)
                cells = [_cell(*values[name]) if name in values else None for name in names]
                write([page.name, page.number + 1, look, *cells])
            write = book.add_sheet("Fields", COLUMNS)
            for row in _rows(table):
                write([*row[:3], as_number(str(row[3])), *row[4:]])
            write = book.add_sheet("Problems", ("file", "page", "problem"))
            for page in table.pages:
                if page.problem:
                    write([page.name, page.number + 1, page.problem])
        return path.read_bytes()


def to_zip(table: Table) -> bytes:
    """A ZIP with all fields as JSON and CSV, and the picture of each.

    Raises:
        DatasetError: there are too many fields.
        OSError: the pages cannot be read.
    """
    if len(table) > MAX_CROPS:
        raise DatasetError(
            f"there are {len(table):,} fields: expected at most {MAX_CROPS:,} pictures in a ZIP. Download the "
            "JSON, and cut the pictures by their boxes."
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # not compressed: a JPEG is already
        archive.writestr("fields.json", to_json(table), zipfile.ZIP_DEFLATED)
        archive.writestr("fields.csv", to_csv(table), zipfile.ZIP_DEFLATED)
        for page in table.pages:
            image = table.stack.image(page.number) if page.fields else None
            for at, field in enumerate(page.fields if image is not None else ()):
                archive.writestr(crop_name(page, at), _to_jpeg(image, field.box))  # type: ignore[arg-type]
    return buffer.getvalue()


def _rows(table: Table) -> Iterator[list[Cell]]:
    for record in list_records(table):
        if "problem" not in record:
            yield [*(record[name] for name in COLUMNS[:-2]), " ".join(map(str, record["box"])), record["crop"]]


def _cell(kind: str, text: str) -> Cell:
    return as_number(text) if text else "" if kind == "empty" else kind


def _to_jpeg(page: Gray, box: tuple[int, int, int, int]) -> bytes:
    left, top, right, bottom = (max(0, value) for value in box)
    crop = page[top:bottom, left:right]
    buffer = io.BytesIO()
    Image.fromarray(crop if crop.size else np.full((1, 1), 255, np.uint8)).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
