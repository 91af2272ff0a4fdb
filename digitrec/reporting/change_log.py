"""What a person decided about the images of a data set, as a change log: CSV for people, JSON to import again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from digitrec.data import DatasetError, corrections
from digitrec.data.corrections import Decision
from digitrec.reporting.tables import escape_formula, write_csv

COLUMNS = (
    "time",
    "data set",
    "split",
    "image",
    "sha256",
    "copy",
    "label",
    "action",
    "new label",
    "reason",
    "holds",
)
MAX_BYTES = 50_000_000  # of a change log that is taken in


def to_rows(name: str, class_names: tuple[str, ...], decisions: Sequence[Decision]) -> list[list[str | int]]:
    """The decisions as rows with the titles of `COLUMNS`, the oldest first."""
    holding = set(map(id, corrections.find_overlay(decisions).values()))
    rows: list[list[str | int]] = []
    for each in decisions:
        new = "" if each.to is None else _class_name(each.to, class_names)
        when = datetime.fromtimestamp(each.time, UTC).isoformat(timespec="seconds")
        image: list[str | int] = [each.key.split, each.place, each.key.sha256, each.key.copy]
        label, reason = _class_name(each.key.label, class_names), str(escape_formula(each.reason))
        holds = "yes" if id(each) in holding else "no"
        rows.append([when, str(escape_formula(name)), *image, label, each.action, new, reason, holds])
    return rows


def to_csv(name: str, class_names: tuple[str, ...], decisions: Sequence[Decision]) -> str:
    """The decisions as a CSV (RFC 4180) of `to_rows`."""
    return write_csv(COLUMNS, to_rows(name, class_names, decisions))


def to_json(name: str, class_names: tuple[str, ...], decisions: Sequence[Decision]) -> str:
    """The decisions as a JSON object; labels are indices of its class names."""
    rows = corrections.to_rows(decisions)
    return json.dumps(
        {"dataset": name, "class_names": class_names, "decisions": rows}, ensure_ascii=False, indent=1
    )


def parse_json(data: bytes, class_names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a change log for `corrections.import_rows`.

    Args:
        data: what `to_json` wrote.
        class_names: of the data set that takes them in.

    Raises:
        DatasetError: it is something else, or is about other classes.
    """
    if len(data) > MAX_BYTES:
        raise DatasetError(f"the change log has {len(data):,} bytes: expected at most {MAX_BYTES:,}.")
    try:
        found = json.loads(data)
        rows, names = found["decisions"], tuple(found["class_names"])
    except (ValueError, KeyError, TypeError, RecursionError):
        rows, names = None, ()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DatasetError("the file is no change log: expected the JSON file that this page offers.")
    if len(names) != len(class_names):
        raise DatasetError(f"the change log is about {len(names)} classes: expected {len(class_names)}.")
    return rows


def _class_name(label: int, class_names: tuple[str, ...]) -> str:
    return str(escape_formula(class_names[label])) if label < len(class_names) else str(label)
