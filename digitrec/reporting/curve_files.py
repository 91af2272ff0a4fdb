"""The curves of runs as files for other programs: one CSV, or event files that TensorBoard reads.

An event file is a row of records (TensorFlow's TFRecord: length, checksum, data, checksum), each an `Event` in
protocol buffers. Only the few fields that a curve needs are written, so neither TensorFlow nor TensorBoard is.
Formats: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, summary.proto.
"""

from __future__ import annotations

import csv
import functools
import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digitrec.runs import History, Run

COLUMNS = (
    "run",
    "row",
    "epoch",
    "step",
    "time",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "images_per_second",
)


def write_csv(runs: Sequence[Run]) -> str:
    """All rows of the runs' histories as CSV, one line a batch row or an epoch; times are seconds since 1970."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for run in runs:
        history = run.history()
        rows = [("batch", batch) for batch in history.batches] + [("epoch", epoch) for epoch in history.epochs]
        for kind, row in sorted(rows, key=lambda each: each[1].time):
            values = {name: getattr(row, name, None) for name in COLUMNS[2:]}
            found = {name: value for name, value in values.items() if value is not None}
            writer.writerow({"run": run.name, "row": kind, **found})
    return text.getvalue()


class Scalar(NamedTuple):
    """One point of a curve."""

    tag: str
    value: float
    step: int
    time: float  # seconds since 1970


def event_files(run: Run) -> dict[str, bytes]:
    """A run's curves as event files: path -> bytes, with a folder for training and one for validation.

    The tags are Keras's: epoch_loss, epoch_accuracy and epoch_learning_rate over epochs, batch_loss and
    batch_accuracy over steps. A run that has not begun has no files.
    """
    history = run.history()
    if history.start is None:
        return {}
    name = f"events.out.tfevents.{int(history.start.time)}.digitrec"
    curves = {"train": list(_training_scalars(history)), "validation": list(_validation_scalars(history))}
    return {
        f"{run.name}/{part}/{name}": write_events(scalars, history.start.time)
        for part, scalars in curves.items()
        if scalars
    }


def zip_event_files(runs: Sequence[Run]) -> bytes:
    """The event files of all runs in one ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for run in runs:
            for path, data in event_files(run).items():
                archive.writestr(path, data)
    return buffer.getvalue()


def _training_scalars(history: History) -> Iterator[Scalar]:
    for batch in history.batches:
        yield Scalar("batch_loss", batch.loss, batch.step, batch.time)
        yield Scalar("batch_accuracy", batch.accuracy, batch.step, batch.time)
    for epoch in history.epochs:
        yield Scalar("epoch_loss", epoch.loss, epoch.epoch, epoch.time)
        yield Scalar("epoch_accuracy", epoch.accuracy, epoch.epoch, epoch.time)
        if epoch.learning_rate is not None:
            yield Scalar("epoch_learning_rate", epoch.learning_rate, epoch.epoch, epoch.time)


def _validation_scalars(history: History) -> Iterator[Scalar]:
    for epoch in history.epochs:
        if epoch.val_loss is not None and epoch.val_accuracy is not None:
            yield Scalar("epoch_loss", epoch.val_loss, epoch.epoch, epoch.time)
            yield Scalar("epoch_accuracy", epoch.val_accuracy, epoch.epoch, epoch.time)


# --- the file format ---


def write_events(scalars: Sequence[Scalar], began: float) -> bytes:
    """An event file with these points, oldest first.

    Args:
        scalars: the points.
        began: seconds since 1970.
    """
    events = [_double(1, began) + _bytes(3, b"brain.Event:2")]
    for scalar in scalars:
        value = _bytes(1, scalar.tag.encode()) + _float(2, scalar.value)
        events.append(_double(1, scalar.time) + _integer(2, scalar.step) + _bytes(5, _bytes(1, value)))
    return b"".join(map(_record, events))


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked_checksum(length) + data + _masked_checksum(data)


def _masked_checksum(data: bytes) -> bytes:
    checksum = crc32c(data)
    rotated = ((checksum >> 15) | (checksum << 17)) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """The checksum of Castagnoli's polynomial (RFC 3720, appendix B.4)."""
    table, checksum = _table(), 0xFFFFFFFF
    for byte in data:
        checksum = table[(checksum ^ byte) & 0xFF] ^ (checksum >> 8)
    return checksum ^ 0xFFFFFFFF


@functools.cache
def _table() -> tuple[int, ...]:
    """The checksums of all bytes, bit by bit."""
    found = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        found.append(value)
    return tuple(found)


# Protocol buffers: a key of field number and kind, then the value.


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
