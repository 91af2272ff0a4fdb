"""Row files that are read again and again while they grow: only what is new is parsed."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from digitrec import files

T = TypeVar("T")
MAX_FILES = 12  # whose rows are in memory
_lock = threading.RLock()  # two sessions of the server are two threads
_tails: OrderedDict[Path, _Tail[Any]] = OrderedDict()


class _Tail(Generic[T]):
    """The rows of a file as far as it was read."""

    def __init__(self, parse: Callable[[dict[str, Any]], T | None]) -> None:
        self.parse = parse
        self.file: tuple[int, int] | None = None  # device and inode
        self.offset = 0
        self.rows: list[T] = []

    def read_on(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                about = path.stat()
                this = about.st_dev, about.st_ino
                if this != self.file or about.st_size < self.offset:
                    self.file, self.offset, self.rows = this, 0, []
                file.seek(self.offset)
                whole, newline, _ = file.read().rpartition(b"\n")  # the last line may still be being written
        except OSError:
            self.file, self.offset, self.rows = None, 0, []
            return
        if newline:
            self.offset += len(whole) + 1
            found = (self.parse(row) for row in map(_parse, whole.split(b"\n")) if row is not None)
            self.rows = [*self.rows, *(row for row in found if row is not None)]


def read(path: Path, parse: Callable[[dict[str, Any]], T | None]) -> list[T]:
    """The rows of a file. What a crash has cut, or somebody damaged, is left out.

    Args:
        path: of the file; always with the same function.
        parse: makes a value of a row; None where the row is damaged.

    Returns:
        A list that nobody changes: while the file stays the same, it is the same list.
    """
    with _lock:
        tail: _Tail[T] = _tails.setdefault(path, _Tail(parse))
        _tails.move_to_end(path)
        tail.read_on(path)
        while len(_tails) > MAX_FILES:
            _tails.popitem(last=False)
        return tail.rows


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row.

    Raises:
        OSError: the disk is full, or the file cannot be written.
    """
    with _lock:
        files.append_row(path, row)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
