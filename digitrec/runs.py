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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from digitrec.config import ConfigError, TrainConfig

SHIPPED_FOLDER = Path(__file__).resolve().parent.parent / "models"
SHIPPED = ("mnist",)  # names of the runs that come with the program, best first

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]|[A-Za-z0-9]")


class RunError(Exception):
    """A run cannot be created, opened, renamed or deleted: the message says why and what to do."""


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
        return _read(self.path / "card.md")

    def history(self) -> list[dict[str, Any]]:
        """The rows so far, oldest first; each has `kind` and `time` (seconds since 1970).

        start: epochs, steps_per_epoch, parameters, train_images, validation_images
        batch: step (over all epochs, from 1), epoch, loss, accuracy, images_per_second
        epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy (null without validation),
               learning_rate, seconds
        end:   reason ("finished", "early stopping" or "stopped"), kept_epoch (null if the run ended before any)
        """
        text = _read(self.path / "history.jsonl") or ""
        lines = text.split("\n")[:-1]  # a last line without its newline is still being written
        rows = []
        for line in lines:
            # A line cut by a crash in mid-write is lost alone; all others still count.
            with contextlib.suppress(json.JSONDecodeError):
                rows.append(json.loads(line))
        return rows

    def append(self, kind: str, **values: Any) -> None:
        """Add a row to the history.

        Raises:
            OSError: the disk is full.
        """
        row = {"kind": kind, "time": round(datetime.now(UTC).timestamp(), 3), **values}
        with (self.path / "history.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    @property
    def error(self) -> str | None:
        """Why the run failed, or None."""
        return _read(self.path / "error.txt")

    def record_error(self, message: str) -> None:
        """Keep why the run failed; half-written models go first, so that a full disk has room for the words."""
        for file in self.path.glob("*.tmp*"):
            file.unlink(missing_ok=True)
        replace(self.path / "error.txt", message.encode())

    @property
    def wish(self) -> str | None:
        """What the user last asked of the job ("stop"), or None."""
        return (_read_json(self.path / "control.json") or {}).get("wish")

    def ask(self, wish: str) -> None:
        """Ask something of the job: "stop"."""
        replace(self.path / "control.json", json.dumps({"wish": wish}).encode())

    @property
    def worker(self) -> dict[str, Any] | None:
        """The process that works, or worked, on the run: `pid` and `started` (seconds since 1970)."""
        return _read_json(self.path / "worker.json")

    def record_worker(self, pid: int, started: float) -> None:
        """Keep which process works on the run."""
        replace(self.path / "worker.json", json.dumps({"pid": pid, "started": started}).encode())

    def kept_evaluation(self, dataset: str, split: str) -> dict[str, Any] | None:
        """The evaluation that `keep_evaluation` kept, or None."""
        return _read_json(self._evaluation_path(dataset, split))

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
        config: what to train.
        class_names: what the network's outputs will mean.
        name: the run's name; without one, the time and the network's name.

    Raises:
        RunError: the name is taken or not allowed, or the folder cannot be written.
    """
    created = datetime.now(UTC)
    base = name if name is not None else f"{created.astimezone():%Y-%m-%d %H.%M.%S} {config.network}"
    path = _free_path(base) if name is None else _new_path(base)
    about = {"config": config.to_dict(), "class_names": list(class_names), "created": created.isoformat()}
    try:
        path.mkdir(parents=True)
        replace(path / "config.json", json.dumps(about, indent=2).encode())
    except OSError as error:
        raise RunError(f"the run {base!r} cannot be written to {path.parent}: {error.strerror}.") from error
    return Run(path)


def open_run(name: str) -> Run:
    """The run with this name.

    Raises:
        RunError: there is no such run, or its config cannot be read.
    """
    folders = [models_folder(), *([SHIPPED_FOLDER] if name in SHIPPED else [])]
    for folder in folders:
        if _NAME.fullmatch(name) and (folder / name / "config.json").is_file():
            run = Run(folder / name)
            try:
                _ = run.config, run.class_names, run.created
            except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
                raise RunError(
                    f"the run {name!r} cannot be read: its config.json is damaged ({error})."
                ) from error
            return run
    known = ", ".join(run.name for run in list_runs()) or "none yet"
    raise RunError(f"there is no run {name!r}: expected one of: {known}.")


def list_runs() -> list[Run]:
    """All readable runs: the shipped ones first, then the newest first."""
    found = {path.parent for path in models_folder().glob("*/config.json")}
    found |= {SHIPPED_FOLDER / name for name in SHIPPED if (SHIPPED_FOLDER / name / "config.json").is_file()}
    runs = []
    for path in found:
        with contextlib.suppress(RunError):
            runs.append(open_run(path.name))
    return sorted(runs, key=lambda run: (run.is_shipped, run.created), reverse=True)


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
    try:
        shutil.rmtree(run.path)
    except FileNotFoundError:
        return  # another browser was quicker
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be deleted: {error.strerror}.") from error


def replace(path: Path, data: bytes) -> None:
    """Write a file whole: under another name first, then renamed, so that no reader ever sees half of it.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    temporary = path.with_name(f"{path.name}.tmp{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _free_path(base: str) -> Path:
    return next(path for path in _candidates(base) if not path.exists())


def _candidates(base: str) -> Iterator[Path]:
    yield models_folder() / base
    for number in range(2, 1000):
        yield models_folder() / f"{base} {number}"


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


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(_read(path) or "null")
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
