"""What a job needs on another machine: files with checksums, and what is to be done with them.

There the files lie in a folder of their own, the home, which has the three folders that the program works with:

models/   the runs: the one in work, and those that it starts from or learns from
data/     data sets, as below DIGITREC_DATA
cache/    data sets that a person made, decisions about images, as below DIGITREC_CACHE
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from digitrec.data import DatasetError, data_files, loading
from digitrec.runs import ClusterError, Measurement, Run, RunError, TrainConfig, provenance, store

MODELS = "models"
# What belongs to the process that works in a folder, and to this machine.
LOCAL_FILES = ("worker.json", "control.json", "cluster.json")
LOG = "worker.log"
DOWN_FILES = ("control.json", "pins.json")  # a person writes them while the work goes on
_GROWING = (".jsonl", ".log")  # files that only grow, row by row
_RUN_FILES = ("config.json", "history.jsonl", "model.keras", "model.tflite")  # of a run that another one needs


class Parcel(NamedTuple):
    """A file that a job needs.

    Attributes:
        path: below the home.
        size: bytes.
        sha256: of its content.
    """

    path: str
    size: int
    sha256: str


class Order(NamedTuple):
    """What is to be done on the other machine.

    Attributes:
        folder: below the home: files in it come back.
        reports: patterns of paths in that folder; what matches none stays there.
        arguments: of the command line; none: train the run in the folder.
        work: the folder in which the process reports, below `folder`.
    """

    folder: str
    reports: tuple[str, ...] = ("*",)
    arguments: tuple[str, ...] = ()
    work: str = ""


class Growth(NamedTuple):
    """Whole rows at the end of a file that grows."""

    path: str  # below the folder of the order
    offset: int  # bytes before them
    data: bytes


class Piece(NamedTuple):
    """A piece of a file, or all of it."""

    path: str  # below the folder of the order
    tag: str  # names this content of the file
    size: int  # of the whole file, bytes
    sha256: str  # of the whole file
    offset: int
    data: bytes


class News(NamedTuple):
    """What is new in the folder of an order.

    Attributes:
        pieces: of files that are replaced whole.
        rows: of files that grow; only after all pieces, because rows tell of files.
        paths: of all files that are replaced whole.
        is_complete: whether nothing else is new.
        is_ended: whether the work has ended; the news were read after that.
        is_gone: whether the folder was deleted.
        time: by the clock there, seconds since 1970.
    """

    pieces: tuple[Piece, ...]
    rows: tuple[Growth, ...]
    paths: tuple[str, ...]
    is_complete: bool
    is_ended: bool
    is_gone: bool
    time: float


def is_growing(path: str) -> bool:
    """Whether a file only grows."""
    return path.endswith(_GROWING)


def check_path(path: str) -> PurePosixPath:
    """A path below a folder, from another machine.

    Raises:
        ClusterError: it leads out of the folder.
    """
    found = PurePosixPath(path)
    if found.is_absolute() or ".." in found.parts or not found.parts or "\\" in path or ":" in path:
        raise ClusterError(f"the cluster named the file {path!r}: expected one in the folder of the job.")
    return found


def describe(paths: Mapping[str, Path]) -> list[Parcel]:
    """The files with size and checksum; one that is gone meanwhile is left out."""
    found = []
    for name, path in paths.items():
        try:
            status = path.stat()
            digest = _hash_file(path, status.st_size, status.st_mtime_ns, status.st_ino)
        except OSError:
            continue
        found.append(Parcel(name, status.st_size, digest))
    return found


def for_training(run: Run) -> dict[str, Path]:
    """All files that the training of a run needs, by their path in the home.

    Raises:
        DatasetError: a data set is not on this machine.
        RunError: a run from whose weights it starts is not.
    """
    config = run.config
    found = {f"{MODELS}/{run.name}/{name}": path for name, path in _files_below(run.path)}
    found |= data_files.list_files(config.dataset)
    for other in _find_relatives(config):
        names = [name for name in _RUN_FILES if (other.path / name).is_file()]
        names += [f"checkpoints/{path.name}" for path in (other.path / "checkpoints").glob("epoch-*.npz")]
        found |= {f"{MODELS}/{other.name}/{name}": other.path / name for name in names}
    # Of what it has learnt before: it is compared with the validation images, or calibrated on.
    for data in provenance.list_inherited_data(config):
        with contextlib.suppress(DatasetError):
            description = loading.describe(data.dataset)
            name = description.base or description.name
            if loading.is_available(name):
                found |= data_files.list_files(name)
    return found


def for_measurement(measurement: Measurement) -> dict[str, Path]:
    """All files that a measurement of a run, or its evaluation, needs, by their path in the home.

    Raises:
        DatasetError: a data set is not on this machine.
    """
    run = measurement.run
    home = home_of(run)
    found = {f"{home}/{name}": path for name, path in _files_below(run.local_path)}
    return found | data_files.list_files(measurement.dataset)


def home_of(run: Run) -> str:
    """Where a run's own folder is, below the home; of a shipped run, that with what a machine adds."""
    return f"{data_files.CACHE}/runs/{run.name}" if run.is_shipped else f"{MODELS}/{run.name}"


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in (*LOCAL_FILES, LOG) and not path.name.endswith(".tmp"):
            yield path.relative_to(folder).as_posix(), path


def _find_relatives(config: TrainConfig) -> list[Run]:
    """The runs whose weights or answers a training takes, and those that these come from."""
    found: dict[str, Run] = {}
    direct = (*config.start_names, *config.teacher_names)
    names = [*direct]
    while names:
        name = names.pop()
        if name in found:
            continue
        try:
            run = store.open_run(name)
        except RunError:
            if name in direct:
                raise
            continue  # deleted long after the training from it
        found[name] = run
        names += [*run.config.start_names, *run.config.teacher_names]
    return [run for run in found.values() if not run.is_shipped]  # every installation has those


@functools.lru_cache(maxsize=4096)
def _hash_file(path: Path, size: int, changed: int, inode: int) -> str:
    del size, changed, inode  # only a part of the cache key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
