"""The folder of a job on this machine, kept as the one on the machine that does the work."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from digitrec import files
from digitrec.cluster.parcels import DOWN_FILES, LOG, Growth, News, Piece, check_path
from digitrec.runs import ClusterError

MAX_CLOCK_SECONDS = 1.0  # by which clocks may differ without a correction of the rows' times


class Mirror:
    """Writes the news of a job into its folder here; one for each attempt to do it."""

    def __init__(self, folder: Path, echo: Callable[[str], None]) -> None:
        """For the folder of this job; `echo` gets what the process there printed."""
        self._folder, self._echo = folder, echo
        self._grown: dict[str, int] = {}
        self._tags: dict[str, str] = {}
        self._parts: dict[str, bytearray] = {}
        self._controls: dict[str, bytes] = {}

    def begin_at(self, sizes: dict[str, int]) -> None:
        """Files that grow, by the size that was sent: their rows come from there on."""
        self._grown |= sizes

    @property
    def sent(self) -> dict[str, str | int]:
        """What is here, for `agent.read_news`."""
        parts = {path: f"{self._tags[path]}@{len(part)}" for path, part in self._parts.items()}
        return {**self._grown, **self._tags, **parts}

    def controls(self, work: Path) -> dict[str, bytes]:
        """What a person has asked since the last call, by file name."""
        found = {}
        for name in DOWN_FILES:
            with contextlib.suppress(OSError):
                data = (work / name).read_bytes()
                if self._controls.get(name) != data:
                    found[name] = self._controls[name] = data
        return found

    def write(self, news: News) -> None:
        """Write what is new.

        Raises:
            ClusterError: a file came back damaged, or leads out of the folder; or the folder was removed.
            OSError: the disk is full.
        """
        if not self._folder.is_dir():
            raise ClusterError(f"the folder of {self._folder.name!r} was removed: its work ends.")
        for piece in news.pieces:
            self._take_piece(piece)
        shift = time.time() - news.time
        for growth in news.rows:
            self._append(growth, shift if abs(shift) > MAX_CLOCK_SECONDS else 0.0)
        for path in set(self._tags) - set(news.paths):  # such as older checkpoints
            if news.is_gone:
                break
            del self._tags[path]
            self._parts.pop(path, None)
            (self._folder / check_path(path)).unlink(missing_ok=True)

    def _take_piece(self, piece: Piece) -> None:
        path = self._folder / check_path(piece.path)
        if piece.offset == 0 or self._tags.get(piece.path) != piece.tag:
            self._parts[piece.path] = bytearray()
        part = self._parts.setdefault(piece.path, bytearray())
        if len(part) != piece.offset:  # the file has changed meanwhile: all of it comes again
            self._parts.pop(piece.path)
            self._tags.pop(piece.path, None)
            return
        part += piece.data
        self._tags[piece.path] = piece.tag
        if len(part) < piece.size:
            return
        del self._parts[piece.path]
        if hashlib.sha256(part).hexdigest() != piece.sha256:
            raise ClusterError(f"the file {piece.path} came back damaged: its checksum is wrong. Start again.")
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, bytes(part))

    def _append(self, growth: Growth, shift: float) -> None:
        if growth.offset != self._grown.get(growth.path, 0):
            return  # it has come already
        self._grown[growth.path] = growth.offset + len(growth.data)
        path = self._folder / check_path(growth.path)
        if path.name == LOG:
            self._echo(growth.data.decode(errors="replace"))
            return
        data = _shift_times(growth.data, shift) if shift else growth.data
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)


def _shift_times(data: bytes, shift: float) -> bytes:
    """Rows with their times by the clock of this machine."""
    rows = []
    for line in data.splitlines():
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("time"), int | float):
                line = json.dumps(row | {"time": round(row["time"] + shift, 3)}).encode()
        rows.append(line + b"\n")
    return b"".join(rows)
