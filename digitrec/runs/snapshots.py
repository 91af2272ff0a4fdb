"""What a network was after an epoch, to look back at: its answers to the validation images, its first filters.

One .npz file an epoch in the folder `epochs` of the run, whole or absent. All files together stay below a limit:
where they would exceed it, epochs between others go, so that those that stay are spread over the training.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.imaging import Images, Labels
from digitrec.metrics import Confusion
from digitrec.runs.run import Run

MAX_BYTES = 20_000_000  # of all epochs of a run
MAX_ERRORS = 24  # images that are stored with an epoch
_NAME = re.compile(r"(\d{4,})\.npz")
_NO_IMAGES = np.empty((0, 28, 28), np.uint8)


class Snapshot(NamedTuple):
    """A network after an epoch. Without validation images only the filters are there.

    Attributes:
        epoch: from 1.
        filters: of the first layer with weights, float16 (f, height, width); of a dense layer, one for each unit.
        answers: to the validation images, (n,) of whole numbers.
        confusion: of the validation images, int (c, c): a row for each true class.
        errors: indices of validation images that are read wrong now, and were right an epoch before: the first
            `MAX_ERRORS` of them. Of the first epoch, of those that are read wrong.
        error_images: uint8 (k, 28, 28), of `errors`.
        error_labels: their true classes, (k,).
        newly_wrong: how many such images there are in all.
        newly_right: how many were wrong an epoch before and are right now.
    """

    epoch: int
    filters: NDArray[np.float16]
    answers: Labels = np.empty(0, np.int64)
    confusion: Confusion = np.zeros((0, 0), np.int64)
    errors: Labels = np.empty(0, np.int64)
    error_images: Images = _NO_IMAGES
    error_labels: Labels = np.empty(0, np.int64)
    newly_wrong: int = 0
    newly_right: int = 0

    @property
    def error_answers(self) -> Labels:
        """What the images of `errors` are read as, (k,)."""
        return self.answers[self.errors]


def find_errors(labels: Labels, answers: Labels, before: Labels | None) -> tuple[Labels, Labels]:
    """Indices of the images that are newly read wrong, and of those that are newly right.

    Args:
        labels: true classes, (n,).
        answers: now, (n,).
        before: an epoch ago, (n,); None in the first epoch: then all that are wrong are newly wrong.
    """
    wrong = answers != labels
    was_wrong = np.zeros_like(wrong) if before is None else before != labels
    return np.flatnonzero(wrong & ~was_wrong), np.flatnonzero(~wrong & was_wrong)


def save(run: Run, snapshot: Snapshot) -> None:
    """Store what a network was after an epoch; older epochs go where all would take too much room.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    small = {name: _shrink(np.asarray(value)) for name, value in snapshot._asdict().items() if name != "epoch"}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **small)  # type: ignore[arg-type]  # its stubs take no arrays by name
    folder = _folder(run)
    folder.mkdir(exist_ok=True)
    files.replace(folder / f"{snapshot.epoch:04d}.npz", buffer.getvalue())
    _thin_out(run)


def epochs(run: Run) -> list[int]:
    """The epochs that can be looked back at, in order."""
    return sorted(_paths(run))


def load(run: Run, epoch: int) -> Snapshot | None:
    """What the network was after an epoch; None where that is not stored, or its file is damaged."""
    path = _folder(run) / f"{epoch:04d}.npz"
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in Snapshot._fields if name != "epoch"}
        wrong, right = (int(arrays.pop(name)) for name in ("newly_wrong", "newly_right"))
        snapshot = Snapshot(epoch, **arrays, newly_wrong=wrong, newly_right=right)
        return snapshot if _fits(snapshot) else None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def forget_after(run: Run, epoch: int) -> None:
    """Remove what came after an epoch, because a training goes on from there."""
    for each, path in _paths(run).items():
        if each > epoch:
            path.unlink(missing_ok=True)


def choose_to_drop(present: Sequence[int]) -> int | None:
    """The epoch that is missed least: neither the first nor the last, its neighbours nearest to each other.

    Args:
        present: epochs in order.
    """
    inner = range(1, len(present) - 1)
    place = min(inner, key=lambda i: present[i + 1] - present[i - 1], default=None)
    return None if place is None else present[place]


def _thin_out(run: Run) -> None:
    paths = dict(sorted(_paths(run).items()))
    sizes = {epoch: path.stat().st_size for epoch, path in paths.items()}
    while sum(sizes.values()) > MAX_BYTES and (epoch := choose_to_drop(list(sizes))) is not None:
        paths[epoch].unlink(missing_ok=True)
        del sizes[epoch]


def _shrink(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Whole numbers in the smallest type that holds them."""
    if array.dtype.kind not in "iu" or not array.size:
        return array
    return array.astype(np.min_scalar_type(int(array.max())))


def _fits(snapshot: Snapshot) -> bool:
    """Whether the arrays of a file belong together."""
    c, k = len(snapshot.confusion), len(snapshot.errors)
    return (
        snapshot.filters.ndim == 3
        and snapshot.filters.dtype.kind == "f"
        and snapshot.confusion.shape == (c, c)
        and snapshot.error_images.shape == (k, 28, 28)
        and snapshot.error_images.dtype == np.uint8
        and all(array.ndim == 1 and array.dtype.kind in "iu" for array in (snapshot.answers, snapshot.errors))
        and snapshot.error_labels.shape == (k,)
        and (not k or int(snapshot.errors.max()) < len(snapshot.answers))
        and all(not array.size or int(array.max()) < c for array in (snapshot.answers, snapshot.error_labels))
    )


def _folder(run: Run) -> Path:
    return run.path / "epochs"


def _paths(run: Run) -> dict[int, Path]:
    found = ((_NAME.fullmatch(path.name), path) for path in _folder(run).glob("*.npz"))
    return {int(match[1]): path for match, path in found if match}
