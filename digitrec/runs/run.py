"""A run and the files in its folder; the names of the files are only in this module.

config.json      hyperparameters, class names and time of creation; written once
trial.json       the search that it is a trial of; other runs have none
history.jsonl    what happened, one JSON row a line, append only: see `history`
control.json     what a person asks of the worker, replaced whole: see `wishes`
worker.json      process id and start time of the process that works on it
worker.log       what that process printed
cluster.json     of work on a cluster: its address, and the machine there that does the work
pins.json        digits that a person watches while it trains: see `pins`
epochs/          the network after each epoch, to look back at: see `snapshots`
checkpoints/     the state after the last epoch and the best one: see `checkpoints`
model.keras      the trained network, for Keras
model.tflite     the same, for LiteRT
dynamic-*.tflite the same with weights of 8 bits, which reads faster, named by the model.tflite it belongs to
origin.json      of a network that was trained elsewhere: where it comes from; other runs have none
error.txt        why it failed
calibration.json what was fitted on the validation images: temperature, limits (see `ood_fit`)
reference.npz    where training images lie in the embedding
reject.json      the confidence below which a person wants no answer
notes.json       a person's tags and note
evaluations/     per data set and split: the evaluation (.json) and the network's answers (.npz)
looks.jsonl      one row each time that somebody saw the results on a split, append only
measurements/    see `measurements`
exports/         the network in other formats, and how their answers compare: see `exchange.proofs`
card.md          of a shipped run: what it is and how to train it again

The folder of a shipped run belongs to the program and does not change. What this machine adds (from reject.json
down to measurements/) lies in the cache, and is read before what the run was shipped with.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from digitrec import files
from digitrec.data import cache_folder
from digitrec.files import replace
from digitrec.runs import wishes
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import DIVERGED, History, Row, parse_rows, to_json
from digitrec.runs.wishes import Wishes

MAX_ANSWERS_BYTES = 16_000_000  # of a run's stored answers, all splits together; MNIST's 70,000 images take 2.8 MB

TRIAL_FILE = "trial.json"

_asking = threading.Lock()


class Notes(NamedTuple):
    """What a person writes about a run."""

    tags: tuple[str, ...] = ()
    text: str = ""


class Worker(NamedTuple):
    """The process that works in a folder; all times in seconds since 1970."""

    pid: int
    started: float  # when the process started: a later one may have the same process id
    claimed: float  # when it joined the queue


@dataclass(frozen=True)
class WorkFolder:
    """A folder that a process works in, and the only channel between it and the server. Equal by path."""

    path: Path

    @property
    def log_path(self) -> Path:
        """What the worker printed."""
        return self.path / "worker.log"

    @property
    def worker(self) -> Worker | None:
        """The process that works, or worked, in the folder."""
        values = files.read_json(self.path / "worker.json") or {}
        return Worker(**values) if set(values) == set(Worker._fields) else None

    def record_worker(self, worker: Worker) -> None:
        """Record which process works in the folder."""
        replace(self.path / "worker.json", json.dumps(worker._asdict()).encode())

    @property
    def wishes(self) -> Wishes:
        """All that a person asks of the worker."""
        return wishes.parse(files.read_json(self.path / "control.json") or {})

    @property
    def wish(self) -> str | None:
        """What a person last asked of the worker, such as "stop", or None."""
        return self.wishes.wish

    def ask(self, **changes: Any) -> None:
        """Ask something of the worker; what was asked before and is not named stays asked.

        Args:
            changes: fields of `Wishes`.
        """
        files.refuse_if_read_only(f"nothing can be asked of {self.path.name!r}")
        with _asking:  # two browsers are two threads of one server
            asked = self.wishes._replace(**changes)
            replace(self.path / "control.json", json.dumps(asked._asdict()).encode())

    def ask_nothing(self) -> None:
        """Forget what was asked."""
        (self.path / "control.json").unlink(missing_ok=True)

    @property
    def error(self) -> str | None:
        """Why the work failed, or None."""
        return files.read(self.path / "error.txt")

    def record_error(self, message: str) -> None:
        """Record why the work failed; half-written models go first, so that a full disk has room for it."""
        for file in self.path.glob("model.tmp*"):
            file.unlink(missing_ok=True)
        replace(self.path / "error.txt", message.encode())

    def forget_error(self) -> None:
        """Forget why the work failed, because it begins again."""
        (self.path / "error.txt").unlink(missing_ok=True)


@dataclass(frozen=True)
class Run(WorkFolder):
    """One training and what came of it. Only `config.json` is cached; all else is read at each access."""

    is_shipped: bool = field(default=False, compare=False)  # it came with the program

    @property
    def name(self) -> str:
        """The name of the folder, and of the run everywhere."""
        return self.path.name

    @property
    def local_path(self) -> Path:
        """Where this machine adds files: the run's folder, or one in the cache where the run is shipped."""
        return cache_folder() / "runs" / self.name if self.is_shipped else self.path

    # --- how it was made ---

    @cached_property
    def _created(self) -> dict[str, Any]:
        created: dict[str, Any] = json.loads((self.path / "config.json").read_text())
        return created

    @cached_property
    def config(self) -> TrainConfig:
        """The hyperparameters."""
        return TrainConfig.from_dict(self._created["config"])

    @property
    def class_names(self) -> tuple[str, ...]:
        """The meaning of the network's outputs, in order."""
        return tuple(self._created["class_names"])

    @property
    def created(self) -> datetime:
        """When the run was created, UTC."""
        return datetime.fromisoformat(self._created["created"])

    @property
    def card(self) -> str | None:
        """The model card of a shipped run, Markdown."""
        return files.read(self.path / "card.md")

    @property
    def search(self) -> str | None:
        """The name of the search that it is a trial of, or None."""
        name = (files.read_json(self.path / TRIAL_FILE) or {}).get("search")
        return name if isinstance(name, str) else None

    @property
    def origin_path(self) -> Path:
        """Where a network comes from that was trained elsewhere; other runs have no such file."""
        return self.path / "origin.json"

    def mark_trial(self, search: str) -> None:
        """Make it a trial of a search: it is listed with that alone."""
        files.refuse_if_read_only(f"the run {self.name!r} cannot be changed")
        replace(self.path / TRIAL_FILE, json.dumps({"search": search}).encode())

    def unmark_trial(self) -> None:
        """Make it a run like any other."""
        files.refuse_if_read_only(f"the run {self.name!r} cannot be changed")
        (self.path / TRIAL_FILE).unlink(missing_ok=True)

    # --- its training ---

    @property
    def has_diverged(self) -> bool:
        """Whether a training failed because its loss was no number any more."""
        return (self.error or "").lower().startswith(DIVERGED)

    def history(self) -> History:
        """What happened so far."""
        return parse_rows(files.read_rows(self.path / "history.jsonl"))

    @property
    def changed(self) -> float:
        """When the history was last written, in seconds since 1970; 0 before its first row."""
        try:
            return (self.path / "history.jsonl").stat().st_mtime
        except OSError:
            return 0.0

    def append(self, row: Row) -> None:
        """Add a row to the history.

        Raises:
            OSError: the disk is full.
        """
        files.append_row(self.path / "history.jsonl", to_json(row))

    # --- its network ---

    @property
    def keras_path(self) -> Path:
        """The trained network for Keras; the file is whole or absent."""
        return self.path / "model.keras"

    @property
    def tflite_path(self) -> Path:
        """The trained network for LiteRT; the file is whole or absent."""
        return self.path / "model.tflite"

    @property
    def has_model(self) -> bool:
        """Whether a trained network can be loaded."""
        return self.keras_path.is_file() and self.tflite_path.is_file()

    @property
    def exports_path(self) -> Path:
        """Where the network lies in other formats; the folder may be missing."""
        return self.local_path / "exports"

    # --- when it says "not sure" ---

    @property
    def reference_path(self) -> Path:
        """Where training images lie in the network's embedding, an .npz file, whole or absent."""
        return self.path / "reference.npz"

    @property
    def calibration(self) -> dict[str, Any] | None:
        """What `save_calibration` stored, or None where the run has none or it cannot be read."""
        return files.read_json(self.path / "calibration.json")

    def save_calibration(self, numbers: Mapping[str, Any]) -> None:
        """Store what was fitted on the validation images: "temperature" and more, plain values, ready for JSON."""
        files.refuse_if_read_only(f"the run {self.name!r} cannot be calibrated")
        replace(self.path / "calibration.json", json.dumps(numbers, indent=1).encode())

    @property
    def reject(self) -> float | None:
        """The calibrated confidence, 0 to 1, below which a person wants no answer; None where none was chosen."""
        threshold = (files.read_json(self.local_path / "reject.json") or {}).get("threshold")
        return float(threshold) if isinstance(threshold, int | float) and 0 <= threshold <= 1 else None

    def save_reject_threshold(self, threshold: float | None) -> None:
        """Choose the confidence below which no answer is wanted, or with None leave that to the program.

        Raises:
            ValueError: the threshold is not from 0 to 1.
            OSError: the folder cannot be written, as where the program's own folder is shared or read-only.
        """
        files.refuse_if_read_only(f"the threshold of {self.name!r} cannot be stored")
        if threshold is None:
            (self.local_path / "reject.json").unlink(missing_ok=True)
            return
        if not 0 <= threshold <= 1:
            raise ValueError(f"the reject threshold is {threshold}: expected a confidence from 0 to 1.")
        replace(self._make_evaluations().parent / "reject.json", json.dumps({"threshold": threshold}).encode())

    # --- what a person writes about it ---

    @property
    def notes(self) -> Notes:
        """The tags and the note; empty where there are none or they cannot be read."""
        values = files.read_json(self.local_path / "notes.json") or {}
        tags, text = values.get("tags"), values.get("text")
        listed = tags if isinstance(tags, list) else []
        found = tuple(tag for tag in listed if isinstance(tag, str))
        return Notes(found, text if isinstance(text, str) else "")

    def save_notes(self, notes: Notes) -> None:
        """Store the tags and the note; empty ones leave no file.

        Raises:
            OSError: the folder cannot be written.
        """
        files.refuse_if_read_only(f"the notes of {self.name!r} cannot be stored")
        if notes == Notes():
            (self.local_path / "notes.json").unlink(missing_ok=True)
            return
        replace(self._make_evaluations().parent / "notes.json", json.dumps(notes._asdict()).encode())

    # --- its evaluations ---

    def load_evaluation(self, dataset: str, split: str) -> dict[str, Any] | None:
        """The evaluation of this machine, else the one that the run was shipped with, else None."""
        return next(iter(self.load_evaluations(dataset, split)), None)

    def load_evaluations(self, dataset: str, split: str) -> list[dict[str, Any]]:
        """The evaluation of this machine and the one that the run was shipped with, as far as they exist."""
        name = f"{_evaluation_stem(dataset, split)}.json"
        found = (files.read_json(folder / "evaluations" / name) for folder in self._folders)
        return [values for values in found if values is not None]

    def save_evaluation(self, dataset: str, split: str, numbers: Mapping[str, Any]) -> None:
        """Store an evaluation with the run: plain values, ready for JSON.

        Raises:
            OSError: the folder cannot be written.
        """
        files.refuse_if_read_only(f"the evaluation of {self.name!r} cannot be stored")
        name = f"{_evaluation_stem(dataset, split)}.json"
        files.replace(self._make_evaluations() / name, json.dumps(numbers).encode())

    def load_answers(self, dataset: str, split: str) -> bytes | None:
        """What `save_answers` stored, or None."""
        with contextlib.suppress(OSError):
            return (self.local_path / "evaluations" / f"{_evaluation_stem(dataset, split)}.npz").read_bytes()
        return None

    def save_answers(self, dataset: str, split: str, data: bytes) -> None:
        """Store the network's answers to a split, an .npz file.

        All splits together take `MAX_ANSWERS_BYTES` at most: the oldest go first, and larger ones are not stored.

        Raises:
            OSError: the folder cannot be written.
        """
        files.refuse_if_read_only(f"the answers of {self.name!r} cannot be stored")
        path = self._make_evaluations() / f"{_evaluation_stem(dataset, split)}.npz"
        if len(data) > MAX_ANSWERS_BYTES:
            path.unlink(missing_ok=True)
            return
        others = sorted({*path.parent.glob("*.npz")} - {path}, key=_modified_at)
        while others and sum(map(_file_size, others)) + len(data) > MAX_ANSWERS_BYTES:
            others.pop(0).unlink(missing_ok=True)
        files.replace(path, data)

    def count_views(self, dataset: str, split: str) -> int:
        """How often somebody saw the results on a split. Each session, and each command, counts once."""
        rows = [row for folder in self._folders for row in files.read_rows(folder / "looks.jsonl")]
        return sum((row.get("dataset"), row.get("split")) == (dataset, split) for row in rows)

    def record_view(self, dataset: str, split: str, model_sha256: str | None) -> None:
        """Record that somebody sees the results of this model on a split.

        Raises:
            OSError: the folder cannot be written.
        """
        files.refuse_if_read_only(f"views of {self.name!r} are not counted")
        row = {"dataset": dataset, "split": split, "model_sha256": model_sha256}
        time = datetime.now(UTC).isoformat(timespec="seconds")
        files.append_row(self._make_evaluations().parent / "looks.jsonl", {"time": time, **row})

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.local_path, self.path) if self.is_shipped else (self.path,)

    def _make_evaluations(self) -> Path:
        """The folder of the evaluations. A run that was deleted meanwhile does not come back by it."""
        folder = self.local_path / "evaluations"
        folder.mkdir(parents=self.is_shipped, exist_ok=True)
        return folder


def _evaluation_stem(dataset: str, split: str) -> str:
    # Whatever a person named the data set, the file stays in the folder.
    return f"{quote(dataset, safe=' ')}-{quote(split, safe=' ')}"


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
