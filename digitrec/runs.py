"""A run is a folder: this module alone knows what lies where in it.

config.json      hyperparameters, class names and time of creation; written once
history.jsonl    what happened, one JSON row a line, append only (see `Run.history`)
control.json     what the user asks of the job, replaced whole
worker.json      pid and start time of the process that works on it
worker.log       what that process printed
model.keras      the trained network, for Keras
model.tflite     the same, for LiteRT
error.txt        why it failed
evaluations/     one kept evaluation per data set and split
card.md          of a shipped run: what it is and how to train it again
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from digitrec import files
from digitrec.config import TrainConfig
from digitrec.files import replace

SHIPPED_FOLDER = Path(__file__).resolve().parent.parent / "models"
SHIPPED = ("mnist",)  # names of the runs that come with the program, best first

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]|[A-Za-z0-9]")


class RunError(Exception):
    """A run cannot be created, opened, renamed or deleted: the message says why and what to do."""


class Worker(NamedTuple):
    """The process that works on a run; all times in seconds since 1970."""

    pid: int
    started: float  # when the process began: tells it from a later one with the same pid
    claimed: float  # when it took its place in line


@dataclass(frozen=True)
class Run:
    """One run's folder. Equal by path; nothing but `config.json` is remembered, all else is read when asked."""

    path: Path

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
    def is_shipped(self) -> bool:
        """Whether the run came with the program."""
        return self.path.parent == SHIPPED_FOLDER and self.name in SHIPPED

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

        start: epochs, steps_per_epoch, parameters, train_images, validation_images
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

    def kept_evaluation(self, dataset: str, split: str) -> dict[str, Any] | None:
        """The evaluation that `keep_evaluation` kept, or None."""
        return files.read_json(self._evaluation_path(dataset, split))

    def keep_evaluation(self, dataset: str, split: str, numbers: Mapping[str, Any]) -> None:
        """Keep an evaluation with the run: plain values, ready for JSON."""
        path = self._evaluation_path(dataset, split)
        path.parent.mkdir(exist_ok=True)
        replace(path, json.dumps(numbers).encode())

    def _evaluation_path(self, dataset: str, split: str) -> Path:
        return self.path / "evaluations" / f"{dataset}-{split}.json"


def models_folder() -> Path:
    """Where runs are kept: the folder that DIGITREC_MODELS names, or models/ beside the program."""
    return Path(os.environ.get("DIGITREC_MODELS") or SHIPPED_FOLDER).resolve()


def create(config: TrainConfig, class_names: tuple[str, ...], name: str | None = None) -> Run:
    """Make the folder of a new run.

    Args:
        name: the run's name; without one, the time and the network's name.

    Raises:
        RunError: the name is taken or not allowed, or the folder cannot be written.
    """
    created = datetime.now(UTC)
    about = {"config": config.to_dict(), "class_names": list(class_names), "created": created.isoformat()}
    by_time = models_folder() / f"{created.astimezone():%Y-%m-%d %H.%M.%S} {config.network}"
    path = by_time if name is None else _new_path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path = _make_folder(path, numbered=name is None)
        replace(path / "config.json", json.dumps(about, indent=2).encode())
    except OSError as error:
        with contextlib.suppress(OSError):
            path.rmdir()
        raise RunError(f"the run {path.name!r} cannot be written to {path.parent}: {error.strerror}.") from error
    return Run(path)


def open_run(name: str) -> Run:
    """The run with this name.

    Raises:
        RunError: there is no such run, or its config cannot be read.
    """
    run = _found(name)
    if run is None:
        known = ", ".join(run.name for run in list_runs()) or "none yet"
        raise RunError(f"there is no run {name!r}: expected one of: {known}.")
    return run


def list_runs() -> list[Run]:
    """All readable runs: the shipped ones first, then the newest first."""
    names = {path.parent.name for path in models_folder().glob("*/config.json")}
    runs = []
    for name in names.union(SHIPPED):
        with contextlib.suppress(RunError):
            runs.append(_found(name))
    return sorted(filter(None, runs), key=lambda run: (run.is_shipped, run.created), reverse=True)


def rename(run: Run, name: str) -> Run:
    """Give the run another name; its folder moves.

    Raises:
        RunError: the run is shipped, or the name is taken or not allowed.
    """
    if run.is_shipped:
        raise RunError(f"the shipped model {run.name!r} cannot be renamed.")
    path = _new_path(name)
    try:
        run.path.rename(path)
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be renamed: {error.strerror}.") from error
    return Run(path)


def delete(run: Run) -> None:
    """Remove the run's folder and all in it.

    Raises:
        RunError: the run is shipped, or its folder cannot be removed.
    """
    if run.is_shipped:
        raise RunError(f"the shipped model {run.name!r} cannot be deleted.")
    doomed = run.path.with_name(f".{run.name}.deleted")
    try:
        shutil.rmtree(doomed, ignore_errors=True)  # what an earlier attempt left
        run.path.rename(doomed)  # so that nobody ever sees half a run
        shutil.rmtree(doomed)
    except FileNotFoundError:
        return  # another browser was quicker
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be deleted: {error.strerror}.") from error


def _found(name: str) -> Run | None:
    """The run with this name, if there is one; those in the models folder go before the shipped ones."""
    folders = (models_folder(), SHIPPED_FOLDER) if name in SHIPPED else (models_folder(),)
    path = next((folder / name for folder in folders if (folder / name / "config.json").is_file()), None)
    if path is None or not _NAME.fullmatch(name):
        return None
    run = Run(path)
    try:
        _ = run.config, run.class_names, run.created
    except (OSError, ValueError, KeyError, TypeError) as error:  # ConfigError is a ValueError
        raise RunError(f"the run {name!r} cannot be read: its config.json is damaged ({error}).") from error
    return run


def _make_folder(path: Path, *, numbered: bool) -> Path:
    """Make a folder that was not there; if `numbered` and another browser was quicker, with a number behind."""
    number = 1
    while True:
        made = path if number == 1 else path.with_name(f"{path.name} {number}")
        try:
            made.mkdir()
            return made
        except FileExistsError:
            if not numbered:
                raise
            number += 1


def _new_path(name: str) -> Path:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise RunError(
            f"{name!r} cannot be a run's name: expected 1 to 64 letters, digits, spaces, dots, dashes or "
            "underscores, with a letter or digit first and last."
        )
    path = models_folder() / name
    if path.exists() or name in SHIPPED:
        raise RunError(f"there is a run named {name!r} already: choose another name.")
    return path
