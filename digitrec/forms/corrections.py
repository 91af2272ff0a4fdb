"""What a person has said of the cells of a page: kept on disk at each change, whichever model read the page."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from digitrec import files
from digitrec.data import cache_folder

FOLDER = "corrections"  # in the cache folder
Place: TypeAlias = tuple[int, int]  # row and column of a cell, from 0
_CHANGING = threading.Lock()  # two browsers are two threads of one server


class PageKey(NamedTuple):
    """What is corrected: a picture, read as a grid of some size.

    Attributes:
        sha256: of the picture's bytes.
        rows: and
        columns: of the grid, as the page was read.
    """

    sha256: str
    rows: int
    columns: int


def load(page: PageKey) -> dict[Place, str]:
    """The answers that a person has given or confirmed, by cell; "" for no digit. What is damaged is left out."""
    found = files.read_json(_path(page)) or {}
    rows = found.get("cells")
    answers: dict[Place, str] = {}
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [int(y), int(x), str(answer)] if 0 <= y < page.rows and 0 <= x < page.columns:
                answers[y, x] = answer
    return answers


def change(page: PageKey, changes: Mapping[Place, str | None]) -> None:
    """Keep what a person says of some cells, beside what was said of the others; None takes it back.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files.refuse_if_read_only("corrections cannot be stored")
    with _CHANGING:
        answers = load(page)
        for place, answer in changes.items():
            if answer is None:
                answers.pop(place, None)
            else:
                answers[place] = answer
        path = _path(page)
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [[row, column, answer] for (row, column), answer in sorted(answers.items())]
        files.replace(path, json.dumps({"cells": cells}, ensure_ascii=False).encode())


def _path(page: PageKey) -> Path:
    return cache_folder() / FOLDER / f"{page.sha256}-{page.rows}x{page.columns}.json"
