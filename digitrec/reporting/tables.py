"""Tables whose cells keep unrounded numbers and know their units.

`format_cell` writes a cell for a person, `to_csv` writes the table for a program.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from digitrec.metrics import Estimate
from digitrec.reporting import formatting

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet computes such a text


class Share(float):
    """A share of images, 0 to 1."""


class Loss(float):
    """A loss, from 0."""


class Area(float):
    """The area under a curve, 0 to 1."""


class Probability(float):
    """A network's probability, which is never 0 or 1."""


class Interval(NamedTuple):
    """Two ends in the same unit; two columns of a CSV file."""

    low: float
    high: float


Cell = str | int | float | Interval | None


class Table(NamedTuple):
    """A table; `name` names its file, `title` is for people."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def format_cell(cell: Cell) -> str:
    """A cell as a person reads it."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return formatting.UNKNOWN
    match cell:
        case Interval():
            return (
                formatting.UNKNOWN
                if math.isnan(cell.low)
                else f"{format_cell(cell.low)} to {format_cell(cell.high)}"
            )
        case Share():
            return formatting.format_share(cell)
        case Loss():
            return formatting.format_loss(cell)
        case Area():
            return formatting.format_area(cell)
        case Probability():
            return formatting.format_confidence(cell)
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:g}"
    return str(cell)


def is_number(cell: Cell) -> bool:
    """Whether a cell is aligned to the right."""
    return isinstance(cell, int | float | Interval)


def estimate_cells(found: Estimate, unit: Callable[[float], float] = Share) -> tuple[float, Interval]:
    """A number and its interval, as two cells in this unit."""
    return unit(found.value), Interval(unit(found.low), unit(found.high))


def to_records(table: Table) -> list[dict[str, str | int | float | None]]:
    """The rows as plain values by the titles of their columns; an interval is two values, an unknown one None."""
    return [
        dict(pair for title, cell in zip(table.columns, row, strict=True) for pair in _flatten(title, cell))
        for row in table.rows
    ]


def to_csv(table: Table) -> str:
    """The table as CSV (RFC 4180): unrounded, shares from 0 to 1, intervals in two columns, unknown cells empty.

    A text that a spreadsheet would compute as a formula gets an apostrophe before it.
    """
    records = to_records(table)
    columns = map(escape_formula, records[0] if records else table.columns)
    return write_csv(columns, (map(escape_formula, record.values()) for record in records))


def write_csv(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Titles and rows as CSV (RFC 4180), as they are."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def drop_column(table: Table, column: str) -> Table:
    """The table without a column; the same table if it has no such column."""
    left = [i for i, title in enumerate(table.columns) if title != column]
    rows = [tuple(row[i] for i in left) for row in table.rows]
    return table._replace(columns=tuple(table.columns[i] for i in left), rows=rows)


def to_text(table: Table) -> str:
    """The table as plain text with aligned columns."""
    cells = [table.columns, *(tuple(map(format_cell, row)) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [any(is_number(row[i]) for row in table.rows) for i in range(len(widths))]
    lines = (
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True))
        for row in cells
    )
    return "\n".join([table.title, *(line.rstrip() for line in lines)])


def _flatten(title: str, cell: Cell) -> list[tuple[str, str | int | float | None]]:
    if isinstance(cell, Interval):
        return [*_flatten(f"{title} from", cell.low), *_flatten(f"{title} to", cell.high)]
    if isinstance(cell, float):
        return [(title, None if math.isnan(cell) else float(cell))]
    return [(title, cell)]


def escape_formula(value: str | int | float | None) -> str | int | float | None:
    """A cell of a CSV: a text that a spreadsheet would compute as a formula gets an apostrophe before it."""
    is_formula = isinstance(value, str) and len(value) > 1 and value.startswith(_FORMULA_STARTS)
    return f"'{value}" if is_formula else value
