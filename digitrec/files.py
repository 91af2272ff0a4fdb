"""Files that survive a crash: replaced whole, or appended to row by row. Reading never raises: it finds less."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO


def app_root() -> Path:
    """The folder with app.py, pages/ and models/: the checkout, or `digitrec/_app` in an installed package."""
    package = Path(__file__).resolve().parent
    packaged = package / "_app"
    return packaged if packaged.is_dir() else package.parent


class ReadOnlyError(OSError):
    """Something would be changed, and DIGITREC_READ_ONLY forbids it: `strerror` says what."""

    def __init__(self, what: str) -> None:
        text = f"{what}: this program only reads, by DIGITREC_READ_ONLY. Unset that to change something."
        super().__init__(errno.EROFS, text)

    def __str__(self) -> str:
        return str(self.strerror)


def is_read_only() -> bool:
    """Whether DIGITREC_READ_ONLY forbids to train, store, rename and delete."""
    return os.environ.get("DIGITREC_READ_ONLY", "").strip().lower() not in ("", "0", "false", "no")


def refuse_if_read_only(what: str) -> None:
    """Call it before something is changed.

    Args:
        what: what cannot be done, such as "the run 'mine' cannot be deleted".

    Raises:
        ReadOnlyError: the program only reads.
    """
    if is_read_only():
        raise ReadOnlyError(what)


def replace(path: Path, data: bytes) -> None:
    """Write a file whole: under another name first, then renamed, so that no reader ever sees half of it.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    temporary = _temporary_path(path)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file to write row by row, which takes the place of `path` at the end, or not at all.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    temporary = _temporary_path(path)
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> str | None:
    """The text of a file, or None where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file, or None where there is none."""
    return _parsed(read(path) or "")


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add a JSON object as one line.

    Raises:
        OSError: the disk is full, or the file cannot be written.
    """
    begin = "\n" if _ends_cut(path) else ""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{begin}{json.dumps(row)}\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows that `append_row` added. A line that a crash cut is left out."""
    lines = (read(path) or "").split("\n")[:-1]  # a last line without its newline is still being written
    return [row for row in map(_parsed, lines) if row is not None]


def _temporary_path(path: Path) -> Path:
    # Two sessions of the server are two threads of one process: each needs a name of its own.
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number without end, brackets without end
        return None
    return found if isinstance(found, dict) else None


def _ends_cut(path: Path) -> bool:
    """Whether the last line has no end, because a crash came in its midst."""
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:
        return False  # no such file, or an empty one
