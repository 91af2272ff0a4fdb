"""A page of a stack, as a row of a file and back."""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple, cast, get_args

from digitrec.forms import FieldReading, Kind, PageReading


class Page(NamedTuple):
    """A page of the stack that was read, or could not be.

    Attributes:
        number: from 0 in the stack.
        name: of its file, with the page in it where there are several.
        sha256: of its file.
        fields: what was read; empty where it could not be.
        size: width and height of the straight page in pixels.
        corners: of it in the picture, x and y, clockwise from the top left.
        turns: quarter turns by which it lay on its side.
        problem: why it cannot be read; empty where it was.
    """

    number: int
    name: str
    sha256: str
    fields: tuple[FieldReading, ...] = ()
    size: tuple[int, int] = (0, 0)
    corners: tuple[tuple[float, float], ...] = ()
    turns: int = 0
    problem: str = ""


def to_page(number: int, name: str, sha256: str, reading: PageReading) -> Page:
    """A page as it is stored."""
    height, width = reading.page.shape
    corners = tuple((round(float(x), 1), round(float(y), 1)) for x, y in reading.corners)
    return Page(number, name, sha256, reading.fields, (width, height), corners, reading.turns)


def to_row(page: Page) -> dict[str, Any]:
    """A page as a row of the file."""
    about: dict[str, Any] = {"page": page.number, "name": page.name, "sha256": page.sha256, "time": time.time()}
    if page.problem:
        return about | {"problem": page.problem}
    fields = [[*each[:3], round(each.confidence, 6), each.sure, each.why, list(each.box)] for each in page.fields]
    return about | {"size": page.size, "corners": page.corners, "turns": page.turns, "fields": fields}


def parse_row(row: dict[str, Any]) -> Page | None:
    """A page of a row; None where the row is damaged."""
    match row:
        case {"page": int(number), "name": str(name), "sha256": str(sha256), "problem": str(problem)}:
            return Page(number, name, sha256, problem=problem)
        case {
            "page": int(number),
            "name": str(name),
            "sha256": str(sha256),
            "size": [int(width), int(height)],
            "corners": list(corners),
            "turns": int(turns),
            "fields": list(fields),
        }:
            found = tuple(each for each in map(_field, fields) if each is not None)
            places = tuple((float(x), float(y)) for x, y in corners)
            return Page(number, name, sha256, found, (width, height), places, turns)
    return None


def _field(values: Any) -> FieldReading | None:
    match values:
        case [
            str(name),
            str(kind),
            str(text),
            float() | int() as confidence,
            bool(sure),
            str(why),
            [int(left), int(top), int(right), int(bottom)],
        ] if kind in get_args(Kind) and math.isfinite(confidence):
            box = left, top, right, bottom
            return FieldReading(name, cast(Kind, kind), text, float(confidence), sure, why, box)
    return None
