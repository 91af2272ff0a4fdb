"""What lies where in a run's folder: this module alone knows.

config.json      hyperparameters, class names and time of creation; written once
history.jsonl    what happened, one JSON row a line, append only (see `RunFolder.history`)
control.json     what the user asks of the job, replaced whole
worker.json      pid and start time of the process that works on it
worker.log       what that process printed
model.keras      the trained network, for Keras
model.tflite     the same, for LiteRT
error.txt        why it failed
calibration.json what was fitted on the validation images: temperature, limits (see `ood_fit`)
reference.npz    where training images lie in the embedding
reject.json      the confidence below which a person wants no answer (of a shipped run: in the cache folder)
card.md          of a shipped run: what it is and how to train it again

evaluations/     per data set and split: the evaluation (.json) and the network's answers (.npz)
looks.jsonl      each time that somebody viewed how the run does on a split, append only
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from digitrec import files
from digitrec.files import replace
from digitrec.runs.config import TrainConfig

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


class Worker(NamedTuple):
    """The process that works on a run; all times in seconds since 1970."""

    pid: int
    started: float  # when the process began: tells it from a later one with the same pid
    claimed: float  # when it took its place in line


@dataclass(frozen=True)
class RunFolder(Findings):
    """One run's folder. Equal by path; nothing but `config.json` is remembered, all else is read when asked."""

    @property
    def name(self) -> str:
        """The folder's name, which is the run's name everywhere."""
        return self.path.name

    @cached_property
    def _created(self) -> dict[str, Any]:
        return json.loads((self.path / "config.json").read_text())

    @cached_property
    def config(self) -> TrainConfig:
        """The hyperparameters."""
        return TrainConfig.from_dict(self._created["config"])

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the network's outputs mean, in order."""
        return tuple(self._created["class_names"])

    @property
    def created(self) -> datetime:
        """When the run was created, UTC."""
        return datetime.fromisoformat(self._created["created"])

    @property
    def keras_path(self) -> Path:
        """The trained network for Keras; there or not there, never half."""
        return self.path / "model.keras"

    @property
    def tflite_path(self) -> Path:
        """The trained network for LiteRT; there or not there, never half."""
        return self.path / "model.tflite"

    @property
    def log_path(self) -> Path:
        """What the worker printed."""
        return self.path / "worker.log"

    @property
    def has_model(self) -> bool:
        """Whether a trained network can be loaded."""
        return self.keras_path.is_file() and self.tflite_path.is_file()

    @property
    def card(self) -> str | None:
        """The model card of a shipped run, Markdown."""
        return files.read(self.path / "card.md")

    def history(self) -> list[dict[str, Any]]:
        """The rows so far, oldest first; each has `kind` and `time` (seconds since 1970).

        start: epochs, steps_per_epoch, parameters, train_images, validation_images, data (by which a data set that
               a person made is known), learnt_before (see `provenance`), validation_notes (see `overlap`)
        batch: step (over all epochs, from 1), epoch, loss, accuracy, images_per_second
        epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy (null without validation),
               learning_rate, seconds
        end:   reason ("finished", "early stopping" or "stopped"), kept_epoch (null if the run ended before any)
        """
        return [row for row in files.read_rows(self.path / "history.jsonl") if "kind" in row]

    def append(self, kind: str, **values: Any) -> None:
        """Add a row to the history.

        Raises:
            OSError: the disk is full.
        """
        row = {"kind": kind, "time": round(datetime.now(UTC).timestamp(), 3), **values}
        files.append_row(self.path / "history.jsonl", row)

    @property
    def error(self) -> str | None:
        """Why the run failed, or None."""
        return files.read(self.path / "error.txt")

    def record_error(self, message: str) -> None:
        """Keep why the run failed; half-written models go first, so that a full disk has room for the words."""
        for file in self.path.glob("model.tmp*"):
            file.unlink(missing_ok=True)
        replace(self.path / "error.txt", message.encode())

    @property
    def wish(self) -> str | None:
        """What the user last asked of the job ("stop"), or None."""
        return (files.read_json(self.path / "control.json") or {}).get("wish")

    def ask(self, wish: str) -> None:
        """Ask something of the job: "stop"."""
        replace(self.path / "control.json", json.dumps({"wish": wish}).encode())

    @property
    def worker(self) -> Worker | None:
        """The process that works, or worked, on the run."""
        found = files.read_json(self.path / "worker.json") or {}
        return Worker(**found) if set(found) == set(Worker._fields) else None

    def record_worker(self, worker: Worker) -> None:
        """Keep which process works on the run."""
        replace(self.path / "worker.json", json.dumps(worker._asdict()).encode())

    @property
    def reference_path(self) -> Path:
        """Where training images lie in the network's embedding, an .npz file; there or not there, never half."""
        return self.path / "reference.npz"

    @property
    def calibration(self) -> dict[str, Any] | None:
        """What `keep_calibration` kept, or None where the run has none or it cannot be read."""
        return files.read_json(self.path / "calibration.json")

    def save_calibration(self, numbers: Mapping[str, Any]) -> None:
        """Keep what was fitted on the validation images: "temperature" and more, plain values, ready for JSON."""
        replace(self.path / "calibration.json", json.dumps(numbers, indent=1).encode())

    @property
    def reject(self) -> float | None:
        """The calibrated confidence, 0 to 1, below which a person wants no answer; None where nobody chose one."""
        found = (files.read_json(self.local_path / "reject.json") or {}).get("threshold")
        return float(found) if isinstance(found, int | float) and 0 <= found <= 1 else None

    def save_reject_threshold(self, threshold: float | None) -> None:
        """Choose the confidence below which no answer is wanted, or with None leave that to the program.

        Raises:
            ValueError: the threshold is not from 0 to 1.
            OSError: the folder cannot be written, as where the program's own folder is shared or read-only.
        """
        if threshold is None:
            (self.local_path / "reject.json").unlink(missing_ok=True)
            return
        if not 0 <= threshold <= 1:
            raise ValueError(f"the reject threshold is {threshold}: expected a confidence from 0 to 1.")
        replace(self._made().parent / "reject.json", json.dumps({"threshold": threshold}).encode())


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
