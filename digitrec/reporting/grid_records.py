"""What stands in the cells of grids, as records for JSON and rows for CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from digitrec.forms import Cell, GridReading
from digitrec.reporting.tables import escape_formula, write_csv

COLUMNS = ("file", "row", "column", "state", "answer", "confidence", "kind", "why", "box")
CORRECTED, CHECKED = "corrected", "checked"  # states of a cell whose answer a person has given, or confirmed
_DECIMALS = 4  # of a confidence
Corrections: TypeAlias = Mapping[tuple[int, int], str]  # row and column of a cell -> its answer


def to_record(name: str, reading: GridReading, corrections: Corrections | None = None) -> dict[str, object]:
    """A page as a JSON object: its corners in the picture, and each cell; rows and columns count from 1.

    Args:
        name: of the file.
        reading: of the page.
        corrections: answers that a person has given.
    """
    return {
        "file": name,
        "rows": reading.rows,
        "columns": reading.columns,
        "quarter turns": reading.turns,
        "corners": [[round(float(value), 1) for value in corner] for corner in reading.corners],
        "cells": [_cell_record(cell, corrections or {}) for cell in reading.cells],
    }


def to_rows(
    name: str, reading: GridReading, corrections: Corrections | None = None
) -> list[list[str | int | float | None]]:
    """A page as rows of a CSV with the titles of `COLUMNS`, one for each cell."""
    rows: list[list[str | int | float | None]] = []
    for cell in reading.cells:
        state, answer = _final(cell, corrections or {})
        said = escape_formula(answer), round(cell.confidence, _DECIMALS) if cell.kind == "digit" else None
        place = escape_formula(name), cell.row + 1, cell.column + 1
        rows.append([*place, state, *said, cell.kind, cell.why, " ".join(map(str, cell.box))])
    return rows


def to_json(named: Iterable[tuple[str, GridReading, Corrections]]) -> str:
    """Pages as a JSON array of `to_record`."""
    return json.dumps([to_record(*page) for page in named], ensure_ascii=False, indent=1)


def to_csv(named: Iterable[tuple[str, GridReading, Corrections]]) -> str:
    """Pages as a CSV (RFC 4180) of `to_rows`."""
    return write_csv(COLUMNS, (row for page in named for row in to_rows(*page)))


def _cell_record(cell: Cell, corrections: Corrections) -> dict[str, object]:
    state, answer = _final(cell, corrections)
    return {
        "row": cell.row + 1,
        "column": cell.column + 1,
        "state": state,
        "answer": answer,
        "confidence": round(cell.confidence, _DECIMALS) if cell.kind == "digit" else None,
        "kind": cell.kind,
        "why": cell.why,
        "box": list(cell.box),
    }


def final_state(cell: Cell, corrections: Corrections) -> str:
    """The state of a cell after what a person said of it."""
    answer = corrections.get((cell.row, cell.column))
    return cell.state if answer is None else CHECKED if answer == cell.answer else CORRECTED


def _final(cell: Cell, corrections: Corrections) -> tuple[str, str]:
    """State and answer of a cell after what a person said of it."""
    return final_state(cell, corrections), corrections.get((cell.row, cell.column), cell.answer)
