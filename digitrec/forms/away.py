"""Pictures of numbers, and pages with grids, read by the machines of a cluster."""

from __future__ import annotations

import functools
import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from digitrec.forms.cells import GridReader, GridReading
from digitrec.forms.numbers.reader import NumberReader
from digitrec.forms.pictures import PictureReading, read_grids, read_pictures
from digitrec.inference import Classifier, ReadError
from digitrec.runs import ClusterError, Run, store

T = TypeVar("T")
Kit = Mapping[str, bytes]
Loads = Sequence[Callable[[], bytes]]
_NOTHING = np.empty((0, 0), np.uint8)
_opening = threading.Lock()
# Runs that came to this machine, by name and checksum, each in a folder of its own.
_unpacked: dict[tuple[str, str], tuple[tempfile.TemporaryDirectory[str], Run]] = {}


def read_pictures_away(
    cluster: str, loads: Loads, run: Run, echo: Callable[[str], None]
) -> Iterator[PictureReading | ReadError]:
    """As `read_pictures`, by a cluster. The readings have no `gray` and no `ink`, which stay where they are.

    Where the cluster is lost in between, the rest is read on this machine.

    Args:
        cluster: its address.
        loads: functions that give the bytes of a picture.
        run: its network reads.
        echo: gets what a person should know.

    Raises:
        ClusterError: the cluster cannot be reached at all.
        ClassifierError: the network cannot read the images.
    """
    read = functools.partial(_read_picture, run.name)

    def read_here(rest: Loads) -> Iterator[PictureReading | ReadError]:
        return read_pictures(rest, NumberReader(Classifier.load(run.tflite_path), run))

    return _read_away(cluster, loads, run, read, read_here, echo)


def read_grids_away(
    cluster: str, loads: Loads, run: Run, size: tuple[int, int] | None, echo: Callable[[str], None]
) -> Iterator[GridReading | ReadError]:
    """As `read_grids`, by a cluster; see `read_pictures_away`. The readings have no `page`."""
    read = functools.partial(_read_grid, run.name, size)

    def read_here(rest: Loads) -> Iterator[GridReading | ReadError]:
        return read_grids(rest, GridReader(Classifier.load(run.tflite_path), run), size)

    return _read_away(cluster, loads, run, read, read_here, echo)


def _read_away(
    cluster: str,
    loads: Loads,
    run: Run,
    read: Callable[[Kit, bytes], T | ReadError],
    read_here: Callable[[Loads], Iterator[T | ReadError]],
    echo: Callable[[str], None],
) -> Iterator[T | ReadError]:
    from digitrec.cluster import connection, pages  # Dask takes a second, and is not installed everywhere

    done = 0
    with connection.Connection(cluster) as connected:
        if not connected.count_places():
            echo(f"The cluster {cluster} has no machine yet: waiting for one.")
        try:
            for answer in pages.work_through(connected, loads, read, _pack(run)):
                done += 1
                yield answer
            return
        except ClusterError as error:
            echo(f"{str(error)[:1].upper()}{str(error)[1:]} The other {len(loads) - done} are read here.")
    yield from read_here(loads[done:])


# --- on a machine of the cluster ---


def _read_picture(name: str, kit: Kit, data: bytes) -> PictureReading | ReadError:
    run = _unpack(name, kit)
    reader = _number_reader(run)
    answer = next(iter(read_pictures([lambda: data], reader)))
    return answer if isinstance(answer, ReadError) else answer._replace(gray=_NOTHING, ink=_NOTHING)


def _read_grid(name: str, size: tuple[int, int] | None, kit: Kit, data: bytes) -> GridReading | ReadError:
    answer = next(iter(read_grids([lambda: data], _grid_reader(_unpack(name, kit)), size)))
    return answer if isinstance(answer, ReadError) else answer._replace(page=_NOTHING)


@functools.lru_cache(maxsize=2)
def _number_reader(run: Run) -> NumberReader:
    return NumberReader(Classifier.load(run.tflite_path), run)


@functools.lru_cache(maxsize=2)
def _grid_reader(run: Run) -> GridReader:
    return GridReader(Classifier.load(run.tflite_path), run)


def _pack(run: Run) -> dict[str, bytes]:
    """The files of a run that reading needs; none of a shipped one, which is everywhere."""
    if run.is_shipped:
        return {}
    names = [path for path in run.path.iterdir() if path.is_file() and path.suffix in (".json", ".tflite", ".npz")]
    return {path.name: path.read_bytes() for path in sorted(names)}


def _unpack(name: str, kit: Kit) -> Run:
    """The run with these files, on this machine."""
    if not kit:
        return store.open_run(name)
    key = name, _name_kit(kit)
    with _opening:
        if key not in _unpacked:
            home = tempfile.TemporaryDirectory(prefix="digitrec-")  # goes with this process
            run = Run(Path(home.name) / name)
            run.path.mkdir()
            for file, data in kit.items():
                (run.path / Path(file).name).write_bytes(data)
            _unpacked[key] = home, run
        return _unpacked[key][1]


def _name_kit(kit: Kit) -> str:
    digest = hashlib.sha256()
    for name in sorted(kit):
        digest.update(f"{name} {len(kit[name])} ".encode() + kit[name])
    return digest.hexdigest()
