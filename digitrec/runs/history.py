"""What happened in a training, typed. Only this module reads and writes the rows of `history.jsonl`.

A file may come from an older or a newer version of the program. Rows that cannot be read and keys that are not
listed here are ignored.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Number = TypeVar("Number", int, float)


class TrainingData(NamedTuple):
    """The part of a data set that a network has learnt from: its training images less those for validation."""

    dataset: str
    validation_share: float
    seed: int
    data_sha256: str | None  # of a data set that a person made, as it was then


def _now() -> float:
    return round(time.time(), 3)


@dataclass(frozen=True, kw_only=True)
class Start:
    """A training begins."""

    epochs: int  # at most
    steps_per_epoch: int
    parameters: int | None = None
    data_sha256: str | None = None  # of a data set that a person made
    learnt_before: tuple[TrainingData, ...] = ()  # by the runs that it starts from, and by its teachers
    validation_notes: tuple[str, ...] = ()  # sentences on validation images that were learnt from
    train_images: int | None = None
    validation_images: int | None = None
    time: float = field(default_factory=_now)  # seconds since 1970, as in all rows


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Means over the batches since the row before."""

    step: int  # over all epochs, from 1
    epoch: int  # from 1
    loss: float
    accuracy: float
    images_per_second: float | None = None
    time: float = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """The end of an epoch; without validation images both of the validation's numbers are None."""

    epoch: int  # from 1
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None
    time: float = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of a training."""

    reason: str  # "finished", "early stopping" or "stopped"
    best_epoch: int | None = None  # the epoch whose weights the model has; None if the run ended before any
    val_accuracy: float | None = None  # with those weights
    time: float = field(default_factory=_now)


Row = Start | Batch | Epoch | End


@dataclass(frozen=True)
class History:
    """A training so far, oldest rows first. False before the first row."""

    start: Start | None = None
    batches: tuple[Batch, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    end: End | None = None

    def __bool__(self) -> bool:
        return bool(self.start or self.batches or self.epochs or self.end)

    @property
    def seconds(self) -> float | None:
        """Seconds from the start to the latest row, or None before the start."""
        if self.start is None:
            return None
        latest: list[Row | None] = [self.start, *self.batches[-1:], *self.epochs[-1:], self.end]
        return max(row.time for row in latest if row is not None) - self.start.time


def to_json(row: Row) -> dict[str, Any]:
    """A row as plain values, ready for JSON."""
    values = {_KEYS.get(f.name, f.name): getattr(row, f.name) for f in dataclasses.fields(row) if f.name != "time"}
    return {"kind": type(row).__name__.lower(), "time": row.time, **values}


def parse_rows(rows: Iterable[Mapping[str, Any]]) -> History:
    """The history in rows of JSON objects, oldest first."""
    found: dict[type, list[Any]] = {Start: [], Batch: [], Epoch: [], End: []}
    for row in filter(None, map(_parse_row, rows)):
        found[type(row)].append(row)
    start, end = (next(reversed(found[kind]), None) for kind in (Start, End))
    return History(start, tuple(found[Batch]), tuple(found[Epoch]), end)


# Where a field has another name in the file: names there never change.
_KEYS = {"data_sha256": "data", "best_epoch": "kept_epoch"}


def _parse_row(row: Mapping[str, Any]) -> Row | None:
    try:
        return _PARSERS[row["kind"]](row)
    except (KeyError, TypeError, ValueError, OverflowError):  # a key is missing, or a value is of another type
        return None


def _parse_start(row: Mapping[str, Any]) -> Start:
    epochs, steps_per_epoch = int(row["epochs"]), int(row["steps_per_epoch"])
    if min(epochs, steps_per_epoch) < 1:
        raise ValueError(f"a training of {epochs} epochs of {steps_per_epoch} steps: expected 1 or more of each")
    before = (
        TrainingData(str(name), float(share), int(seed), sha256)
        for name, share, seed, sha256 in _listed(row, "learnt_before")
    )
    return Start(
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        parameters=_optional(int, row.get("parameters")),
        data_sha256=row.get("data"),
        learnt_before=tuple(before),
        validation_notes=tuple(map(str, _listed(row, "validation_notes"))),
        train_images=_optional(int, row.get("train_images")),
        validation_images=_optional(int, row.get("validation_images")),
        time=_time(row),
    )


def _parse_batch(row: Mapping[str, Any]) -> Batch:
    return Batch(
        step=int(row["step"]),
        epoch=int(row["epoch"]),
        loss=float(row["loss"]),
        accuracy=float(row["accuracy"]),
        images_per_second=_optional(float, row.get("images_per_second")),
        time=_time(row),
    )


def _parse_epoch(row: Mapping[str, Any]) -> Epoch:
    return Epoch(
        epoch=int(row["epoch"]),
        loss=float(row["loss"]),
        accuracy=float(row["accuracy"]),
        val_loss=_optional(float, row.get("val_loss")),
        val_accuracy=_optional(float, row.get("val_accuracy")),
        learning_rate=_optional(float, row.get("learning_rate")),
        seconds=_optional(float, row.get("seconds")),
        time=_time(row),
    )


def _parse_end(row: Mapping[str, Any]) -> End:
    return End(
        reason=str(row["reason"]),
        best_epoch=_optional(int, row.get("kept_epoch")),
        val_accuracy=_optional(float, row.get("val_accuracy")),
        time=_time(row),
    )


_PARSERS: dict[str, Callable[[Mapping[str, Any]], Row]] = {
    "start": _parse_start,
    "batch": _parse_batch,
    "epoch": _parse_epoch,
    "end": _parse_end,
}


def _optional(kind: type[Number], value: Any) -> Number | None:
    return None if value is None else kind(value)


def _listed(row: Mapping[str, Any], key: str) -> Iterable[Any]:
    return row.get(key) or ()


def _time(row: Mapping[str, Any]) -> float:
    return float(row.get("time", 0.0))
