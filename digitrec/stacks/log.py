"""What people say of the fields of a stack: a log of decisions, each of which can be taken back.

A row of the log is a decision about one field or several:

    {"id": "5f0c...", "time": 1764225000.0, "by": "...", "cause": "doubt", "fields": [[0, "3, 4", "digit", "7"]]}

with page, name of the field, kind and text; or it takes one back: `{"id": ..., "time": ..., "undo": "5f0c..."}`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from digitrec import files
from digitrec.forms import Kind
from digitrec.stacks import rows
from digitrec.stacks.stack import Stack

Place: TypeAlias = tuple[int, str]  # number of the page, name of the field on it
# Why a field was looked at: its doubt, a rule that is broken, because it is one of the random few, or with all
# others that were read alike. The others do not count: it is one of those, and the rest are not confirmed yet; a
# person saw it by chance; or it was said before the stack was there.
Cause: TypeAlias = Literal["doubt", "rule", "random", "page", "wall", "seen", "before"]
MARKED = "marked"  # in place of a kind: a person says that it is wrong, and not yet what is right
_changing = threading.Lock()


class Said(NamedTuple):
    """What a person says of a field.

    Attributes:
        kind: what stands there, or `MARKED`.
        text: of it.
        cause: why it was looked at.
        time: in seconds since 1970.
        id: of the decision.
    """

    kind: str
    text: str
    cause: Cause
    time: float
    id: str

    @property
    def is_final(self) -> bool:
        """Whether it says what is right."""
        return self.kind != MARKED


class _Row(NamedTuple):
    id: str
    time: float
    by: str
    cause: Cause
    fields: tuple[tuple[int, str, str, str], ...]
    undo: str


def say(stack: Stack, fields: Sequence[tuple[Place, str, str]], *, cause: Cause, by: str = "") -> str:
    """Store what a person says of fields, on disk before this returns.

    Args:
        stack: of pages.
        fields: place, kind (or `MARKED`) and text of each.
        cause: why they were looked at.
        by: names the session of the person, so that each takes back its own.

    Returns:
        The id of the decision.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files.refuse_if_read_only("corrections cannot be stored")
    row = {"id": secrets.token_hex(6), "time": time.time(), "by": by, "cause": cause}
    said = [[page, name, kind, text] for (page, name), kind, text in fields]
    rows.append(stack.path / "log.jsonl", row | {"fields": said})
    return str(row["id"])


def undo(stack: Stack, *, by: str | None = None) -> list[Place]:
    """Take back the last decision that stands, of one session or of all.

    Returns:
        The fields that it was about; none where there is no decision to take back.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files.refuse_if_read_only("corrections cannot be stored")
    with _changing:
        mine = [row for row in _standing(stack) if by is None or row.by == by]
        if not mine:
            return []
        row = {"id": secrets.token_hex(6), "time": time.time(), "undo": mine[-1].id}
        rows.append(stack.path / "log.jsonl", row)
        return [(page, name) for page, name, _, _ in mine[-1].fields]


def standing(stack: Stack) -> dict[Place, Said]:
    """What was said last of each field, but for what was taken back."""
    found: dict[Place, Said] = {}
    for row in _standing(stack):
        for page, name, kind, text in row.fields:
            before = found.get((page, name))
            # Of a field that was chosen at random and then changed once more, the first cause counts.
            cause = before.cause if before is not None and row.cause == "seen" else row.cause
            found[page, name] = Said(kind, text, cause, row.time, row.id)
    return found


def count(stack: Stack) -> int:
    """How many decisions stand."""
    return len(_standing(stack))


def version(stack: Stack) -> int:
    """Another number after each change of the log."""
    return len(rows.read(stack.path / "log.jsonl", _row))


def _standing(stack: Stack) -> list[_Row]:
    found = rows.read(stack.path / "log.jsonl", _row)
    gone = {row.undo for row in found if row.undo}
    return [row for row in found if not row.undo and row.id not in gone]


def _row(values: dict[str, Any]) -> _Row | None:
    match values:
        case {"id": str(id), "time": float() | int() as when, "undo": str(undo)}:
            return _Row(id, float(when), "", "seen", (), undo)
        case {"id": str(id), "time": float() | int() as when, "cause": str(cause), "fields": list(fields)}:
            said = tuple(_fields(fields))
            if cause in get_args(Cause):
                by = values.get("by")
                return _Row(id, float(when), by if isinstance(by, str) else "", cause, said, "")  # type: ignore[arg-type]
    return None


def _fields(fields: Iterable[Any]) -> Iterable[tuple[int, str, str, str]]:
    for each in fields:
        match each:
            case [int(page), str(name), str(kind), str(text)] if kind in (*get_args(Kind), MARKED):
                yield page, name, kind, text
