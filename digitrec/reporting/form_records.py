"""What stands in the fields of forms, as records for JSON and rows for CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable

from digitrec.forms import FieldReading, PageReading
from digitrec.reporting.tables import escape_formula, write_csv

COLUMNS = ("file", "field", "state", "text", "confidence", "kind", "why", "box")
_DECIMALS = 4  # of a confidence


def to_record(name: str, reading: PageReading) -> dict[str, object]:
    """A page as a JSON object: its corners in the picture, and each field with its box on the straight page.

    Args:
        name: of the file, and of the page if it has several.
        reading: of the page.
    """
    return {
        "file": name,
        "quarter turns": reading.turns,
        "corners": [[round(float(value), 1) for value in corner] for corner in reading.corners],
        "width": reading.page.shape[1],
        "height": reading.page.shape[0],
        "fields": [
            {
                "field": field.name,
                "state": field.state,
                "text": field.text,
                "confidence": _confidence(field),
                "kind": field.kind,
                "why": field.why,
                "box": list(field.box),
            }
            for field in reading.fields
        ],
    }


def to_rows(name: str, reading: PageReading) -> list[list[str | float | None]]:
    """A page as rows of a CSV with the titles of `COLUMNS`, one for each field."""
    return [
        [
            escape_formula(name),
            escape_formula(field.name),
            field.state,
            escape_formula(field.text),
            _confidence(field),
            field.kind,
            field.why,
            " ".join(map(str, field.box)),
        ]
        for field in reading.fields
    ]


def to_json(named: Iterable[tuple[str, PageReading]]) -> str:
    """Pages as a JSON array of `to_record`."""
    return json.dumps([to_record(*page) for page in named], ensure_ascii=False, indent=1)


def to_csv(named: Iterable[tuple[str, PageReading]]) -> str:
    """Pages as a CSV (RFC 4180) of `to_rows`."""
    return write_csv(COLUMNS, (row for page in named for row in to_rows(*page)))


def _confidence(field: FieldReading) -> float | None:
    return round(field.confidence, _DECIMALS) if field.text else None
