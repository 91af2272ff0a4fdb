"""What a person decided about images of a data set: a log beside the data, whose files stay as they are.

Each decision is a row of JSON in the cache folder, with its time and reason: keep the image, relabel it, leave it
out, or take the last decision about it back. Rows are only added. So a version of the log is a number of its first
rows, and a training that used it can be repeated after further decisions. An image is known by its split, its
pixels and its label in the data set, so a decision survives another order of the images.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data.catalogue import DatasetError
from digitrec.data.loading import cache_folder
from digitrec.data.splits import Dataset, Split
from digitrec.imaging import Labels, Mask

FOLDER = "label-corrections"  # in the cache folder
KEEP, RELABEL, LEAVE_OUT, UNDO = "keep", "relabel", "leave out", "undo"
ACTIONS = (KEEP, RELABEL, LEAVE_OUT, UNDO)
SPLITS = ("train", "test")
LATEST = "latest"  # as a version: the one of this moment
VERSION_LENGTH = 12  # hexadecimal digits of a version
MAX_ROWS = 200_000  # of a log
MAX_REASON = 200  # characters
_DIGEST = 16  # bytes of an image's SHA-256 that are kept
_CHANGING = threading.Lock()  # two browsers are two threads of one server
_digests: WeakKeyDictionary[Dataset, dict[str, _Digests]] = WeakKeyDictionary()
_reading = threading.Lock()  # of `_digests` and `_logs`
_logs: dict[Path, tuple[tuple[int, int], tuple[Decision, ...]]] = {}  # by path: size and time, and what was read


class ImageKey(NamedTuple):
    """Which image is meant.

    Attributes:
        split: "train" or "test".
        sha256: of its pixels, the first 32 hexadecimal digits.
        label: its class in the data set, an index.
        copy: which of the equal images of this label, from 0, in the order of the split.
    """

    split: str
    sha256: str
    label: int
    copy: int


class Decision(NamedTuple):
    """What a person decided about an image.

    Attributes:
        key: the image.
        action: one of `ACTIONS`.
        to: the new label of `RELABEL`, an index; else None.
        reason: why the image was looked at; for people.
        place: in the split at that time; for people.
        time: seconds since 1970.
    """

    key: ImageKey
    action: str
    to: int | None = None
    reason: str = ""
    place: int = 0
    time: float = 0.0


Overlay = Mapping[ImageKey, Decision]  # what holds: the last decision about each image, but for `UNDO`


class Counts(NamedTuple):
    """How many images of a split were decided on."""

    kept: int = 0
    relabelled: int = 0
    left_out: int = 0

    @property
    def changes(self) -> int:
        """Images that a training reads otherwise."""
        return self.relabelled + self.left_out


class Corrected(NamedTuple):
    """The training images as a person corrected them.

    Attributes:
        labels: int64 (n,), of all images.
        keep: bool (n,), False for the images that are left out.
    """

    labels: Labels
    keep: Mask


# --- the log ---


def read(name: str) -> tuple[Decision, ...]:
    """All decisions about a data set, the oldest first, also those taken back. Damaged rows are left out."""
    path = log_path(name)
    try:
        status = path.stat()
    except OSError:
        return ()
    stamp = status.st_size, status.st_mtime_ns
    with _reading:
        known = _logs.get(path)
    if known is None or known[0] != stamp:
        found = filter(None, map(_parse, files.read_rows(path)))
        known = stamp, tuple(found)
        with _reading:
            _logs[path] = known
    return known[1]


def decide(name: str, decision: Decision) -> None:
    """Add a decision to the log of a data set.

    Raises:
        DatasetError: the log is full.
        OSError: the disk is full, or the folder cannot be written.
    """
    _append(name, [decision._replace(time=round(time.time(), 3))])


def find_overlay(decisions: Iterable[Decision]) -> dict[ImageKey, Decision]:
    """What holds after these decisions: the last one about each image that was not taken back."""
    stacks: dict[ImageKey, list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault(decision.key, [])
        if decision.action != UNDO:
            stack.append(decision)
        elif stack:
            stack.pop()
    return {key: stack[-1] for key, stack in stacks.items() if stack}


def count(overlay: Overlay, split: str = "train") -> Counts:
    """How many images of a split are kept, relabelled and left out."""
    actions = [decision.action for key, decision in overlay.items() if key.split == split]
    return Counts(*(actions.count(action) for action in (KEEP, RELABEL, LEAVE_OUT)))


def last_decision(overlay: Overlay) -> Decision | None:
    """The newest decision that holds."""
    return max(overlay.values(), key=lambda decision: decision.time, default=None)


# --- versions ---


def find_version(name: str) -> str:
    """The version of the decisions of this moment; "" where they change no training image."""
    decisions = read(name)
    if not count(find_overlay(decisions)).changes:
        return ""
    return _hash_prefixes(decisions)[-1]


def load_version(name: str, version: str) -> dict[ImageKey, Decision]:
    """What held in a version.

    Raises:
        DatasetError: this machine does not have that version.
    """
    if not version:
        return {}
    decisions = read(name)
    if version == LATEST:
        return find_overlay(decisions)
    for at, found in enumerate(_hash_prefixes(decisions), 1):
        if found == version:
            return find_overlay(decisions[:at])
    raise DatasetError(
        f"the corrections {version} of the data set {name!r} are not on this machine: import their change log on "
        "Explore, under Odd images, or train without them."
    )


def resolve(name: str, version: str) -> str:
    """A version that stays the same: `LATEST` becomes the one of this moment.

    Raises:
        DatasetError: this machine does not have that version.
    """
    if version == LATEST:
        return find_version(name)
    load_version(name, version)
    return version


@functools.lru_cache(maxsize=8)
def _hash_prefixes(decisions: tuple[Decision, ...]) -> list[str]:
    """The version of the first row, of the first two, and so on."""
    digest, found = hashlib.sha256(), []
    for decision in decisions:
        digest.update(json.dumps(_to_row(decision), sort_keys=True).encode())
        found.append(digest.hexdigest()[:VERSION_LENGTH])
    return found


# --- images ---


def find_key(dataset: Dataset, split: str, index: int) -> ImageKey:
    """The key of an image of the "train" or "test" split."""
    digests, labels = _hash_split(dataset, split).digests, _select(dataset, split).labels
    same = (digests[:index] == digests[index]).all(1) & (labels[:index] == labels[index])
    return ImageKey(split, digests[index].tobytes().hex(), int(labels[index]), int(same.sum()))


def find_index(dataset: Dataset, key: ImageKey) -> int | None:
    """The place of an image in its split; None where the data set does not have it (any more)."""
    known, labels = _hash_split(dataset, key.split), _select(dataset, key.split).labels
    wanted = np.frombuffer(bytes.fromhex(key.sha256), np.uint64)
    low, high = (np.searchsorted(known.sorted, wanted[0], side) for side in ("left", "right"))
    places = np.sort(known.order[low:high])
    places = places[(known.digests[places, 1] == wanted[1]) & (labels[places] == key.label)]
    return int(places[key.copy]) if key.copy < len(places) else None


def locate(dataset: Dataset, overlay: Overlay) -> dict[tuple[str, int], Decision]:
    """What holds about the images of a data set, by split and place."""
    found = ((key, decision, find_index(dataset, key)) for key, decision in overlay.items())
    return {(key.split, index): decision for key, decision, index in found if index is not None}


def correct(dataset: Dataset, overlay: Overlay) -> Corrected:
    """The labels of the training images, corrected, and those that are not left out. Test images never change."""
    labels, keep = dataset.train.labels.copy(), np.ones(len(dataset.train.labels), bool)
    for key, decision in overlay.items():
        if key.split != "train" or decision.action == KEEP:
            continue
        index = find_index(dataset, key)
        if index is None or (decision.to is not None and decision.to >= len(dataset.class_names)):
            continue
        if decision.action == LEAVE_OUT:
            keep[index] = False
        elif decision.to is not None:
            labels[index] = decision.to
    return Corrected(labels, keep)


def _select(dataset: Dataset, split: str) -> Split:
    return dataset.train if split == "train" else dataset.test


class _Digests(NamedTuple):
    """The start of the SHA-256 of n images, to be looked up by their first half."""

    digests: NDArray[np.uint64]  # (n, 2)
    order: NDArray[np.int64]  # (n,), that sorts the first halves
    sorted: NDArray[np.uint64]  # (n,), the first halves


def _hash_split(dataset: Dataset, split: str) -> _Digests:
    """The digests of a split, made once: it takes a second for 800,000 images."""
    with _reading:
        known = _digests.setdefault(dataset, {}).get(split)
    if known is None:
        parts = [hashlib.sha256(image.tobytes()).digest()[:_DIGEST] for image in _select(dataset, split).images]
        digests = np.frombuffer(b"".join(parts), np.uint64).reshape(-1, 2)
        order = np.argsort(digests[:, 0], kind="stable")
        known = _Digests(digests, order, digests[order, 0])
        with _reading:
            _digests[dataset][split] = known
    return known


# --- rows ---


def to_rows(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """The decisions as plain values, ready for JSON."""
    return [_to_row(decision) for decision in decisions]


def import_rows(name: str, rows: Iterable[Mapping[str, Any]], classes: int) -> int:
    """Add decisions from a change log to those of a data set, after them; what is there already is passed over.

    Args:
        name: of the data set.
        rows: as from `to_rows`.
        classes: how many classes the data set has.

    Returns:
        How many decisions were new.

    Raises:
        DatasetError: a row is no decision, or the log would become too long.
        OSError: the disk is full, or the folder cannot be written.
    """
    found = []
    for number, row in enumerate(rows, 1):
        decision = _parse(row)
        if decision is None or max(decision.key.label, decision.to or 0) >= classes:
            raise DatasetError(f"row {number} of the change log is no decision about these {classes} classes.")
        found.append(decision)
    known = set(read(name))
    new = [decision for decision in found if decision not in known]
    _append(name, new)
    return len(new)


def _append(name: str, decisions: Sequence[Decision]) -> None:
    files.refuse_if_read_only(f"no decision about {name!r} can be stored")
    with _CHANGING:
        if len(read(name)) + len(decisions) > MAX_ROWS:
            raise DatasetError(f"there are {MAX_ROWS:,} decisions about {name!r} already: no more can be kept.")
        path = log_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        for decision in decisions:
            files.append_row(path, _to_row(decision))


def _to_row(decision: Decision) -> dict[str, Any]:
    row = {"time": decision.time, **decision.key._asdict(), "place": decision.place, "action": decision.action}
    return row | ({} if decision.to is None else {"to": decision.to}) | {"reason": decision.reason}


def _parse(row: Mapping[str, Any]) -> Decision | None:
    """The decision in a row; None where the row is damaged or of another kind."""
    match row:
        case {
            "time": int() | float() as when,
            "split": "train" | "test" as split,
            "sha256": str(sha256),
            "label": int(label),
            "copy": int(copy),
            "place": int(place),
            "action": str(action),
            "reason": str(reason),
        }:
            key, to = ImageKey(split, sha256, label, copy), row.get("to")
        case _:
            return None
    is_digest = False
    with contextlib.suppress(ValueError):
        is_digest = len(sha256) == 2 * _DIGEST and len(bytes.fromhex(sha256)) == _DIGEST
    numbers = [label, copy, place, *([] if to is None else [to])]
    is_whole = all(type(number) is int and 0 <= number < 2**31 for number in numbers)
    is_action = action in ACTIONS and (action == RELABEL) == (to is not None)
    if not (is_digest and is_whole and is_action and math.isfinite(when)):
        return None
    return Decision(key, action, to, reason[:MAX_REASON], place, when)


def log_path(name: str) -> Path:
    """Path of the log of a data set, whether it exists or not."""
    return cache_folder() / FOLDER / f"{quote(name, safe='')}.jsonl"
