"""Digits that a person pins to a run: its worker answers them as it learns, in rows of the history."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from digitrec import files
from digitrec.imaging import Image
from digitrec.runs.run import Run

MAX_PINS = 10
_FILE = "pins.json"
_SHAPE = (28, 28)


class Pin(NamedTuple):
    """One digit that is watched."""

    image: Image  # uint8 (28, 28)
    source: str  # where it comes from, for a person, such as "validation image 12"
    label: int | None = None  # index of its class; None where nobody has said it

    @property
    def key(self) -> str:
        """Names the image in the history: equal images have one key."""
        return hashlib.sha256(self.image.tobytes()).hexdigest()[:12]


def load(run: Run) -> tuple[Pin, ...]:
    """The pinned digits of a run; those that cannot be read are left out."""
    listed = (files.read_json(run.path / _FILE) or {}).get("pins")
    found = {pin.key: pin for pin in _parse_each(listed if isinstance(listed, list) else [])}
    return tuple(found.values())[:MAX_PINS]


def save(run: Run, pins: Sequence[Pin]) -> None:
    """Pin these digits to a run instead of those before; a training that runs answers them within a second.

    Args:
        run: one that will be trained, or is.
        pins: those after the first `MAX_PINS` are left out.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files.refuse_if_read_only(f"no digits can be pinned to {run.name!r}")
    rows = [
        {"image": base64.b64encode(pin.image.tobytes()).decode(), "source": pin.source, "label": pin.label}
        for pin in pins[:MAX_PINS]
    ]
    files.replace(run.path / _FILE, json.dumps({"pins": rows}).encode())


def changed_at(run: Run) -> int | None:
    """When the pinned digits were last changed, in nanoseconds; None where there are none."""
    try:
        return (run.path / _FILE).stat().st_mtime_ns
    except OSError:
        return None


def _parse_each(rows: list[Any]) -> Iterator[Pin]:
    for row in rows:
        try:
            pixels = np.frombuffer(base64.b64decode(row["image"], validate=True), np.uint8).reshape(_SHAPE)
            label = row["label"] if isinstance(row["label"], int) else None
            yield Pin(pixels, str(row["source"]), label)
        except (KeyError, TypeError, ValueError):  # of another program, or changed by hand
            continue
