"""What happened in a training, typed. Only this module reads and writes the rows of `history.jsonl`.

A file may come from an older or a newer version of the program. Rows that cannot be read and keys that are not
listed here are ignored.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, get_args

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
    done: float | None = None  # epochs so far, with a part of the present one; None in older files
    learning_rate: float | None = None
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
class Change:
    """A person changes something while the network trains."""

    setting: str  # "learning_rate", "epochs", "batch_size", "augmentation", "weights" (an epoch's) or "paused"
    before: float
    after: float
    epoch: int  # the present one, from 1
    done: float  # epochs so far
    time: float = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """A training that had ended goes on after an epoch. What came after that epoch is void."""

    epoch: int  # 0: from its start
    epochs: int  # of the whole training, at most
    time: float = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of a training."""

    reason: str  # "finished", "early stopping", "stopped" or "pruned"
    best_epoch: int | None = None  # the epoch whose weights the model has; None if the run ended before any
    val_accuracy: float | None = None  # with those weights
    time: float = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What the network answers to the digits that a person pinned."""

    epoch: int  # the present one, from 1
    done: float  # epochs so far
    answers: tuple[tuple[str, tuple[float, ...]], ...]  # for each pin its key, and its c probabilities
    time: float = field(default_factory=_now)


class LayerHealth(NamedTuple):
    """How a layer with weights learns."""

    name: str  # such as "convolution 1"
    update_ratio: float | None  # length of the last step's change by that of its weights; None: they do not change
    dead: float | None  # share of its units that are 0 for all images of a sample; None: it has no ReLU


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a network learns at the end of an epoch."""

    epoch: int  # from 1
    gradient_norm: float  # root mean square over the latest steps
    layers: tuple[LayerHealth, ...]  # from the image on
    time: float = field(default_factory=_now)


Row = Start | Batch | Epoch | Change | Resume | Pinned | Health | End
InEpoch = TypeVar("InEpoch", bound=Batch | Epoch | Change)
DIVERGED = "the loss became"  # so begins the error of a training whose loss was no number any more
PAUSED = "paused"  # the setting of a `Change` that pauses (after 1) or goes on (after 0)


@dataclass(frozen=True)
class History:
    """A training so far, oldest rows first. False before the first row."""

    start: Start | None = None
    batches: tuple[Batch, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    end: End | None = None
    changes: tuple[Change, ...] = ()
    resumes: tuple[Resume, ...] = ()
    pinned: tuple[Pinned, ...] = ()
    health: tuple[Health, ...] = ()
    idle: float = 0.0  # seconds in which it was paused, or had ended and was resumed later

    def __bool__(self) -> bool:
        return bool(self.start or self.batches or self.epochs or self.end)

    @property
    def seconds(self) -> float | None:
        """Seconds of work from the start to the latest row, or None before the start."""
        if self.start is None:
            return None
        latest: list[Row | None] = [self.start, *self.batches[-1:], *self.epochs[-1:], self.end]
        return max(0.0, max(row.time for row in latest if row is not None) - self.start.time - self.idle)

    def seconds_at(self, time: float) -> float:
        """Seconds of work from the start to a moment, in seconds since 1970; 0 before the start."""
        if self.start is None:
            return 0.0
        rests = [change.time for change in self.changes if change.setting == PAUSED]
        breaks = list(zip(rests[::2], [*rests[1::2], math.inf], strict=False))
        rows: list[Row] = [self.start, *self.batches, *self.epochs]
        for resume in self.resumes:
            before = max((row.time for row in rows if row.time <= resume.time), default=resume.time)
            breaks.append((before, resume.time))
        idle = sum(max(0.0, min(end, time) - begin) for begin, end in breaks)
        return max(0.0, time - self.start.time - idle)

    @property
    def planned_epochs(self) -> int:
        """How many epochs the whole training has, as it was last said; 0 before the start."""
        changes = [change for change in self._since_resume(self.changes) if change.setting == "epochs"]
        if changes:
            return round(changes[-1].after)
        # The start says what the settings say, also after a resume of a run that never began.
        if self.resumes:
            return self.resumes[-1].epochs
        return self.start.epochs if self.start else 0

    def epoch_seconds(self) -> list[float]:
        """Seconds of work from the start to the end of each epoch; pauses are left out."""
        if all(row.seconds is not None for row in self.epochs):
            return list(itertools.accumulate(row.seconds or 0.0 for row in self.epochs))
        return [self.seconds_at(row.time) for row in self.epochs]

    @property
    def is_paused(self) -> bool:
        """Whether the training rests, by a person's wish."""
        pauses = [change for change in self.changes if change.setting == PAUSED]
        return bool(pauses and pauses[-1].after and not self.end)

    @property
    def is_to_go_on(self) -> bool:
        """Whether it was asked to go on, and has not begun to."""
        rows: list[Batch | Epoch | Change] = [*self.batches, *self.epochs, *self.changes]
        return bool(self.resumes) and self.end is None and not self._since_resume(rows)

    def _since_resume(self, rows: Sequence[InEpoch]) -> Sequence[InEpoch]:
        """The rows after the last resume, or all where there is none."""
        # By their epochs, as times tell no order: two rows may have the same, and a clock may be set back.
        return [row for row in rows if row.epoch > self.resumes[-1].epoch] if self.resumes else rows

    def epochs_at(self, batch: Batch) -> float:
        """How many epochs are done after a batch."""
        if batch.done is not None:
            return batch.done
        return batch.step / (self.start.steps_per_epoch if self.start else 1)


def to_json(row: Row) -> dict[str, Any]:
    """A row as plain values, ready for JSON."""
    values = {_KEYS.get(f.name, f.name): getattr(row, f.name) for f in dataclasses.fields(row) if f.name != "time"}
    return {"kind": type(row).__name__.lower(), "time": row.time, **values}


def parse_rows(rows: Iterable[Mapping[str, Any]]) -> History:
    """The history in rows of JSON objects, oldest first."""
    found: dict[type, list[Any]] = {kind: [] for kind in get_args(Row)}
    idle, last, is_paused = 0.0, None, False
    for row in _parse_each(rows):
        if isinstance(row, Resume):
            _drop_void_rows(found, row)
        if last is not None and (is_paused or isinstance(row, Resume)):
            idle += max(0.0, row.time - last)
        if isinstance(row, Resume) or (isinstance(row, Change) and row.setting == PAUSED):
            is_paused = isinstance(row, Change) and bool(row.after)
        found[type(row)].append(row)
        last = row.time
    start, end = (next(reversed(found[kind]), None) for kind in (Start, End))
    kinds = (Batch, Epoch, Change, Resume, Pinned, Health)
    batches, epochs, changes, resumes, pinned, health = (tuple(found[kind]) for kind in kinds)
    return History(start, batches, epochs, end, changes, resumes, pinned, health, idle)


def _parse_each(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for values in rows:
        if (row := _parse_row(values)) is not None:
            yield row


def _drop_void_rows(found: dict[type, list[Any]], resume: Resume) -> None:
    """Forget what came after the epoch from which a training goes on, and its end."""
    found[End].clear()
    for kind in (Batch, Epoch, Change, Pinned, Health):
        found[kind] = [row for row in found[kind] if row.epoch <= resume.epoch]


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
        done=_optional(float, row.get("done")),
        learning_rate=_optional(float, row.get("learning_rate")),
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


def _parse_change(row: Mapping[str, Any]) -> Change:
    return Change(
        setting=str(row["setting"]),
        before=float(row["before"]),
        after=float(row["after"]),
        epoch=int(row["epoch"]),
        done=float(row["done"]),
        time=_time(row),
    )


def _parse_resume(row: Mapping[str, Any]) -> Resume:
    return Resume(epoch=int(row["epoch"]), epochs=int(row["epochs"]), time=_time(row))


def _parse_pinned(row: Mapping[str, Any]) -> Pinned:
    answers = tuple((str(key), tuple(map(float, proba))) for key, proba in row["answers"])
    return Pinned(epoch=int(row["epoch"]), done=float(row["done"]), answers=answers, time=_time(row))


def _parse_health(row: Mapping[str, Any]) -> Health:
    layers = tuple(
        LayerHealth(str(name), _optional(float, ratio), _optional(float, dead))
        for name, ratio, dead in row["layers"]
    )
    return Health(
        epoch=int(row["epoch"]), gradient_norm=float(row["gradient_norm"]), layers=layers, time=_time(row)
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
    "change": _parse_change,
    "resume": _parse_resume,
    "pinned": _parse_pinned,
    "health": _parse_health,
    "end": _parse_end,
}


def _optional(kind: type[Number], value: Any) -> Number | None:
    return None if value is None else kind(value)


def _listed(row: Mapping[str, Any], key: str) -> Iterable[Any]:
    return row.get(key) or ()


def _time(row: Mapping[str, Any]) -> float:
    return float(row.get("time", 0.0))
