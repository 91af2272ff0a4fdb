"""On a machine of the cluster: holds a place for a job, starts the program's own worker on it, and answers for it.

A task of Dask holds the place. All else is asked by the client of the job, by functions that Dask runs beside its
tasks: which files are missing, to take them, to begin, what is new. So the client leads.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import hashlib
import logging
import os
import platform
import shutil
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from distributed import get_worker

from digitrec import files
from digitrec._version import __version__
from digitrec.cluster import series
from digitrec.cluster.parcels import (
    DOWN_FILES,
    LOCAL_FILES,
    MODELS,
    Growth,
    News,
    Order,
    Parcel,
    Piece,
    check_path,
    is_growing,
)
from digitrec.runs import ClusterError, Run, WorkFolder, processes

LEASE_SECONDS = 60.0  # without a word of its client, after which a job ends
LOOK_SECONDS = 0.2  # between two looks whether a place is still needed
MAX_BYTES = 4_000_000  # of the news in one answer, and of a piece of a file
MAX_STORE_BYTES = 8_000_000_000  # of files that came for jobs and are kept for the next ones
_OWN = ("tell_versions", "greet", "offer", "deliver", "begin", "read_news", "finish")


class Seat(NamedTuple):
    """A place that is held."""

    token: str  # of this attempt
    host: str


class _Slot:
    """The place of one job, and its work."""

    def __init__(self, root: Path, threads: int | None) -> None:
        self.token, self.root, self.threads = uuid.uuid4().hex, root, threads
        self.touched = time.monotonic()
        self.finished = threading.Event()
        self.order: Order | None = None
        self.home = root
        self.worker: series.Series | None = None

    @property
    def folder(self) -> Path:
        """What comes back from."""
        assert self.order is not None
        return self.home / self.order.folder

    @property
    def work(self) -> WorkFolder:
        """Where the process reports."""
        assert self.order is not None
        return WorkFolder(self.folder / self.order.work)

    @property
    def is_abandoned(self) -> bool:
        """Whether the client is silent."""
        return time.monotonic() - self.touched > LEASE_SECONDS

    def end(self) -> None:
        """End the work, if it has not ended, and delete its files."""
        if self.order is None:
            return
        is_over = _has_ended(self)
        if self.worker is not None:
            series.give_back(self.worker, is_idle=is_over)
        elif not is_over:
            _kill(self.work)
        shutil.rmtree(self.folder if self.worker else self.home, ignore_errors=True)


_slots: dict[str, _Slot] = {}


def hold(job: str) -> None:
    """Hold a place for a job until its client says that it is done, or is silent; the task of Dask."""
    worker = get_worker()
    _quieten_log()
    key = worker.get_current_task()
    count = worker.state.nthreads
    threads = None if count == 1 else max(1, processes.count_cores() // count)
    slot = _Slot(Path(worker.local_directory) / "digitrec", threads)
    _slots[job] = slot
    try:
        while not slot.finished.wait(LOOK_SECONDS) and not slot.is_abandoned:
            task = worker.state.tasks.get(key)
            if task is None or task.state in ("cancelled", "released") or worker.status.name.startswith("clos"):
                break
    finally:
        _slots.pop(job, None)
        slot.end()


# --- asked by the client ---


def tell_versions() -> dict[str, str]:
    """What must be the same on all machines, with its versions on this one."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"digitrec": __version__, "Dask": metadata.version("distributed"), "Python": python}


def greet(job: str) -> Seat | None:
    """The place that is held for a job on this machine; None where there is none yet, or none any more."""
    slot = _find(job)
    return None if slot is None else Seat(slot.token, platform.node())


def offer(job: str, parcels: Sequence[Parcel]) -> list[str] | None:
    """The checksums of files that are missing here; None where no place is held."""
    slot = _find(job)
    if slot is None:
        return None
    store = slot.root / "store"
    store.mkdir(parents=True, exist_ok=True)
    return [each.sha256 for each in parcels if not _is_here(store, each)]


def deliver(job: str, sha256: str, offset: int, data: bytes, *, is_last: bool) -> bool | None:
    """Take a piece of a file; whether it is right, as far as it is here. None where no place is held."""
    slot = _find(job)
    if slot is None:
        return None
    path = _blob(slot.root / "store", sha256)
    part = path.with_name(f"{path.name}.{slot.token}.part")
    with part.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(data)
    if is_last:
        is_right = _hash(part) == sha256
        part.replace(path) if is_right else part.unlink()
        return is_right
    return True


def begin(job: str, order: Order, parcels: Sequence[Parcel], control: Mapping[str, bytes]) -> bool | None:
    """Begin the work, once all files are here; None where no place is held.

    Raises:
        OSError: the disk is full, or no process can be started.
    """
    slot = _find(job)
    if slot is None or slot.order is not None:
        return None
    is_training = not order.arguments
    slot.home = _choose_home(slot, order, parcels if is_training else ())
    slot.order = order
    for each in parcels:
        _place(_blob(slot.root / "store", each.sha256), slot.home / check_path(each.path))
    for home in (MODELS, "data", "cache"):
        (slot.home / home).mkdir(parents=True, exist_ok=True)
    slot.work.path.mkdir(parents=True, exist_ok=True)
    _write_down(slot, control)
    if is_training:
        slot.worker = series.hand_over(Run(slot.folder), slot.home, slot.threads)
    else:
        environment = series.environment(slot.home)
        models = slot.home / MODELS
        processes.start_worker(slot.work, order.arguments, models=models, environment=environment)
    _trim(slot.root / "store")
    return True


def read_news(job: str, sent: Mapping[str, str | int], control: Mapping[str, bytes]) -> News | None:
    """What is new in the folder of a job; None where no place is held.

    Args:
        job: which one.
        sent: what the client has: of a file that grows the number of bytes; of another the tag of its content, or
            "tag@bytes" where pieces of it are missing.
        control: files that a person changes while the work goes on.
    """
    slot = _find(job)
    if slot is None or slot.order is None:
        return None
    _write_down(slot, control)
    is_ended = _has_ended(slot)  # first: what has ended writes no more
    grown = {path: size for path, size in _list(slot) if is_growing(path)}
    rows, pieces, paths, room = [], [], [], MAX_BYTES
    for path, _ in _list(slot):  # after the sizes of the rows, which tell of these files
        if is_growing(path):
            continue
        paths.append(path)
        piece = _cut_piece(slot, path, str(sent.get(path, "")), room)
        if piece is not None and room > 0:
            pieces.append(piece)
            room -= len(piece.data)
    is_whole = all(piece.offset + len(piece.data) == piece.size for piece in pieces) and room > 0
    for path, size in grown.items() if is_whole else ():
        growth = _read_growth(slot, path, int(sent.get(path, 0)), size)
        if growth is not None:
            rows.append(growth)
    return News(
        tuple(pieces),
        tuple(rows),
        tuple(paths),
        is_complete=not pieces and not rows,
        is_ended=is_ended,
        is_gone=not slot.folder.is_dir(),
        time=time.time(),
    )


def finish(job: str) -> None:
    """Give up the place of a job, whether its work has ended or not."""
    if (slot := _slots.get(job)) is not None:
        slot.finished.set()


# --- what they need ---


def _find(job: str) -> _Slot | None:
    slot = _slots.get(job)
    if slot is not None:
        slot.touched = time.monotonic()
    return None if slot is None or slot.finished.is_set() else slot


def _has_ended(slot: _Slot) -> bool:
    if slot.worker is None:
        return not processes.is_live(slot.work)
    if not processes.is_live(slot.work) or slot.work.error is not None:
        return True
    return b'"kind": "end"' in _last_line(slot.folder / "history.jsonl")


def _last_line(path: Path) -> bytes:
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().splitlines()
        return lines[-1] if lines else b""
    return b""


def _kill(folder: WorkFolder) -> None:
    import psutil

    if processes.is_live(folder) and folder.worker is not None:
        with contextlib.suppress(psutil.Error):
            psutil.Process(folder.worker.pid).kill()


def _list(slot: _Slot) -> list[tuple[str, int]]:
    """The files that come back, with their sizes; nothing of a folder that was deleted."""
    assert slot.order is not None
    found = []
    for path in _walk(slot.folder):
        name = path.relative_to(slot.folder).as_posix()
        is_ours = path.name in (*LOCAL_FILES, *DOWN_FILES, "config.json", "trial.json") or path.suffix == ".tmp"
        if is_ours or not any(fnmatch.fnmatch(name, pattern) for pattern in slot.order.reports):
            continue
        with contextlib.suppress(OSError):
            if path.is_file():
                found.append((name, path.stat().st_size))
    return found


def _walk(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):  # it is being deleted
        return sorted(folder.rglob("*"))
    return []


def _cut_piece(slot: _Slot, path: str, sent: str, room: int) -> Piece | None:
    """The next piece of a file that the client lacks; None where it has all of it."""
    full = slot.folder / path
    try:
        with full.open("rb") as file:
            status = os.fstat(file.fileno())
            tag = f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"
            if sent == tag:
                return None
            had, _, offset = sent.partition("@")
            begin = int(offset) if had == tag and offset else 0
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(begin)
            return Piece(path, tag, status.st_size, digest, begin, file.read(max(room, 1)))
    except OSError:  # it was replaced or deleted at this moment
        return None


def _read_growth(slot: _Slot, path: str, begin: int, end: int) -> Growth | None:
    with contextlib.suppress(OSError), (slot.folder / path).open("rb") as file:
        file.seek(begin)
        data = file.read(min(end - begin, MAX_BYTES)) if end > begin else b""
        whole = data[: data.rfind(b"\n") + 1]
        return Growth(path, begin, whole) if whole else None
    return None


def _write_down(slot: _Slot, control: Mapping[str, bytes]) -> None:
    for name, data in control.items():
        if name in DOWN_FILES:
            with contextlib.suppress(FileNotFoundError):  # the folder was deleted, as a person wanted
                files.replace(slot.work.path / name, data)


def _choose_home(slot: _Slot, order: Order, parcels: Sequence[Parcel]) -> Path:
    """The folder of a job. Trainings on the same data share one, and with it a process that has loaded all."""
    if not parcels:
        return slot.root / "homes" / slot.token
    shared = sorted(each for each in parcels if not each.path.startswith(f"{order.folder}/"))
    key = hashlib.sha256(repr(shared).encode()).hexdigest()[:16]
    number = 0
    while (slot.root / "homes" / f"{key}-{number}" / order.folder).exists():  # another client's, of the same name
        number += 1
    return slot.root / "homes" / f"{key}-{number}"


def _place(blob: Path, path: Path) -> None:
    """Put a file into a home; what is there already is the same, as the name of the home says its content."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_growing(path.name):
        shutil.copyfile(blob, path)
        return
    try:
        os.link(blob, path)
    except OSError:
        shutil.copyfile(blob, path)


def _blob(store: Path, sha256: str) -> Path:
    if len(sha256) != 64 or not sha256.isalnum():
        raise ClusterError(f"{sha256[:80]!r} is no checksum: expected 64 letters and digits.")
    return store / sha256


def _is_here(store: Path, parcel: Parcel) -> bool:
    blob = _blob(store, parcel.sha256)
    if blob.is_file():
        os.utime(blob)
        return True
    # The machine may have the data set itself.
    home, _, rest = parcel.path.partition("/")
    variable = {"data": "DIGITREC_DATA", "cache": "DIGITREC_CACHE"}.get(home)
    own = os.environ.get(variable) if variable else None
    path = Path(own) / check_path(rest) if own else None
    with contextlib.suppress(OSError):
        if path is not None and path.stat().st_size == parcel.size and _hash(path) == parcel.sha256:
            shutil.copyfile(path, temporary := blob.with_suffix(".part"))
            temporary.replace(blob)
            return True
    return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _trim(store: Path) -> None:
    """Delete the files that no job has needed for the longest time, where there are too many."""
    found = sorted(((path.stat().st_mtime, path.stat().st_size, path) for path in store.iterdir()), reverse=True)
    total = 0
    for _, size, path in found:
        total += size
        if total > MAX_STORE_BYTES:
            path.unlink(missing_ok=True)


@functools.cache
def _quieten_log() -> None:
    """Dask prints a line for each function that a client asks for: two a second for each job."""

    def is_wanted(record: logging.LogRecord) -> bool:
        args = record.args if isinstance(record.args, tuple) else ()
        return not (str(record.msg).startswith("Run out-of-band function") and args and args[0] in _OWN)

    logging.getLogger("distributed.worker").addFilter(is_wanted)
