"""The state of a training after an epoch, from which it can go on: one file an epoch, whole or absent.

The last one and the best one are kept. A file is an .npz: the arrays of network and optimizer in their order, and
a JSON object with what else the training must know.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.runs.run import Run

_NAME = re.compile(r"epoch-(\d{4,})\.npz")
_MAX_BYTES = 2_000_000_000  # of one file: no network here comes near


class Checkpoint(NamedTuple):
    """The state after an epoch.

    Attributes:
        epoch: from 1; 0 is the start of a training.
        arrays: of all variables, in the order of the one who saved them.
        facts: plain values, ready for JSON.
    """

    epoch: int
    arrays: Sequence[NDArray[Any]]
    facts: Mapping[str, Any]


def save(run: Run, checkpoint: Checkpoint, *, keep: Collection[int]) -> None:
    """Store a checkpoint; those of other epochs than `keep` go, once it is there.

    Raises:
        OSError: the disk is full, or the folder cannot be written. The others are then still there.
    """
    buffer = io.BytesIO()
    arrays = {f"{i:05d}": array for i, array in enumerate(checkpoint.arrays)}
    facts = np.frombuffer(json.dumps(dict(checkpoint.facts)).encode(), np.uint8)
    np.savez(buffer, facts=facts, **arrays)  # type: ignore[arg-type]  # its stubs take no arrays by name
    folder = _folder(run)
    folder.mkdir(exist_ok=True)
    files.replace(folder / f"epoch-{checkpoint.epoch:04d}.npz", buffer.getvalue())
    for epoch, path in _paths(run).items():
        if epoch != checkpoint.epoch and epoch not in keep:
            path.unlink(missing_ok=True)


def epochs(run: Run) -> list[int]:
    """The epochs that have a checkpoint, in order."""
    return sorted(_paths(run))


def load(run: Run, epoch: int) -> Checkpoint | None:
    """The checkpoint of an epoch; None where there is none, or it is damaged."""
    path = _folder(run) / f"epoch-{epoch:04d}.npz"
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = [stored[name] for name in sorted(set(stored.files) - {"facts"})]
            facts = json.loads(stored["facts"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Checkpoint(epoch, arrays, facts) if isinstance(facts, dict) else None


def load_last(run: Run) -> Checkpoint | None:
    """The latest checkpoint that can be read, or None."""
    found = (load(run, epoch) for epoch in reversed(epochs(run)))
    return next((checkpoint for checkpoint in found if checkpoint is not None), None)


def _folder(run: Run) -> Path:
    return run.path / "checkpoints"


def _paths(run: Run) -> dict[int, Path]:
    found = ((_NAME.fullmatch(path.name), path) for path in _folder(run).glob("epoch-*.npz"))
    return {int(match[1]): path for match, path in found if match}


def remove_all(run: Run) -> None:
    """Remove all checkpoints of a run that will not go on."""
    for path in _paths(run).values():
        path.unlink(missing_ok=True)
