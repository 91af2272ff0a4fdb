"""What is found out about a run once it is trained, kept with it: this module alone knows where.

evaluations/     per data set and split: the kept evaluation (.json) and the network's answers (.npz)
looks.jsonl      each time that somebody saw how the run does on a split, append only

Both lie in the run's folder. That of a shipped run is the program's own and stays as it came: what is found out
about it on this machine lies elsewhere, and is read before what it was shipped with.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from digitrec import files

MAX_ANSWERS_BYTES = 16_000_000  # of a run's kept answers, all splits together; MNIST's 70,000 images take 2.8 MB


@dataclass(frozen=True)
class Findings:
    """What is kept of a run's evaluations; everything is read when asked."""

    path: Path  # the run's folder

    @property
    def local_path(self) -> Path:
        """Where evaluations and looks are kept: the run's folder, unless that is the program's own."""
        return self.path

    def load_evaluation(self, dataset: str, split: str) -> dict[str, Any] | None:
        """The evaluation that `keep_evaluation` kept, or the one that the run was shipped with, or None."""
        return next(iter(self.load_evaluations(dataset, split)), None)

    def load_evaluations(self, dataset: str, split: str) -> list[dict[str, Any]]:
        """Where the run was shipped with another than was kept here since, both, that of this machine first."""
        name = f"{_evaluation_stem(dataset, split)}.json"
        found = (files.read_json(folder / "evaluations" / name) for folder in self._folders)
        return [values for values in found if values is not None]

    def save_evaluation(self, dataset: str, split: str, numbers: Mapping[str, Any]) -> None:
        """Keep an evaluation with the run: plain values, ready for JSON.

        Raises:
            OSError: the folder cannot be written.
        """
        name = f"{_evaluation_stem(dataset, split)}.json"
        files.replace(self._made() / name, json.dumps(numbers).encode())

    def kept_answers(self, dataset: str, split: str) -> bytes | None:
        """What `keep_answers` kept, or None."""
        with contextlib.suppress(OSError):
            return (self.local_path / "evaluations" / f"{_evaluation_stem(dataset, split)}.npz").read_bytes()
        return None

    def save_answers(self, dataset: str, split: str, data: bytes) -> None:
        """Keep the network's answers to a split, an .npz file.

        All splits' together take `ANSWERS_BYTES` at most: those kept longest ago go first, and what is larger
        alone is not kept.

        Raises:
            OSError: the folder cannot be written.
        """
        path = self._made() / f"{_evaluation_stem(dataset, split)}.npz"
        if len(data) > MAX_ANSWERS_BYTES:
            path.unlink(missing_ok=True)
            return
        others = sorted({*path.parent.glob("*.npz")} - {path}, key=_modified_at)
        while others and sum(map(_file_size, others)) + len(data) > MAX_ANSWERS_BYTES:
            others.pop(0).unlink(missing_ok=True)
        files.replace(path, data)

    def looks(self, dataset: str, split: str) -> int:
        """How often somebody saw how the run does on a split: each session, and each command, counts once."""
        rows = [row for folder in self._folders for row in files.read_rows(folder / "looks.jsonl")]
        return sum((row.get("dataset"), row.get("split")) == (dataset, split) for row in rows)

    def record_view(self, dataset: str, split: str, model_sha256: str | None) -> None:
        """Count a look at how the run, with this model, does on a split.

        Raises:
            OSError: the folder cannot be written.
        """
        row = {"dataset": dataset, "split": split, "model_sha256": model_sha256}
        time = datetime.now(UTC).isoformat(timespec="seconds")
        files.append_row(self._made().parent / "looks.jsonl", {"time": time, **row})

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.path,) if self.local_path == self.path else (self.local_path, self.path)

    def _made(self) -> Path:
        """The folder of the evaluations; a run that was deleted meanwhile does not come back by it."""
        folder = self.local_path / "evaluations"
        folder.mkdir(parents=self.local_path != self.path, exist_ok=True)
        return folder


def _evaluation_stem(dataset: str, split: str) -> str:
    return f"{quote(dataset, safe=' ')}-{quote(split, safe=' ')}"  # a data set that a person named stays in here


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another session was quicker
        return 0.0


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
