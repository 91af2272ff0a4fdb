"""On a machine of the cluster: processes that have loaded TensorFlow. Each trains one run after the other."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from digitrec.cluster.parcels import MODELS
from digitrec.runs import Run, processes, spare

IDLE_SECONDS = 240.0  # after which a process without work ends
MAX_RUNS = 40  # of a process, after which another takes its place: TensorFlow's memory grows


@dataclass(eq=False)
class Series:
    """A process, the folder with its data, and how many runs it has got."""

    process: processes.Process
    home: Path
    threads: int | None
    runs: int = 0
    timer: threading.Timer | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can take another run."""
        return self.process.poll() is None and self.runs < MAX_RUNS


_lock = threading.Lock()
_idle: list[Series] = []


def environment(home: Path) -> dict[str, str]:
    """The variables of a process that works in this home, and for nobody else."""
    folders = {"DIGITREC_DATA": str(home / "data"), "DIGITREC_CACHE": str(home / "cache")}
    return {**folders, "DIGITREC_CLUSTER": "", "DIGITREC_READ_ONLY": ""}


def hand_over(run: Run, home: Path, threads: int | None) -> Series:
    """Let a process train this run: one that has the data of this home already, or a new one.

    Raises:
        OSError: no process can be started, or it ends at once.
    """
    for _ in range(2):  # the process that waited may have been killed
        worker = _take(home) or _start(home, threads)
        worker.runs += 1
        if spare.hand_to(worker.process, run):
            return worker
    raise OSError(f"no process takes the run {run.name!r}")


def give_back(worker: Series, *, is_idle: bool) -> None:
    """Keep a process for the next run, or end it where it still works."""
    if not is_idle or not worker.is_usable:
        spare.end(worker.process)
        return
    with _lock:
        _idle.append(worker)
        worker.timer = threading.Timer(IDLE_SECONDS, _end_idle, (worker,))
        worker.timer.daemon = True
        worker.timer.start()


def _take(home: Path) -> Series | None:
    """The process that waits for a run of this home; those of other homes end, and give back their memory."""
    with _lock:
        waiting, _idle[:] = _idle[:], []
    found = None
    for worker in waiting:
        if worker.timer is not None:
            worker.timer.cancel()
        if found is None and worker.home == home and worker.is_usable:
            found = worker
        elif worker.home == home and worker.is_usable:
            give_back(worker, is_idle=True)
        else:
            spare.end(worker.process)
    return found


def _start(home: Path, threads: int | None) -> Series:
    variables = environment(home) | {"DIGITREC_MODELS": str(home / MODELS)}
    # An own setting of the machine's, such as TF_NUM_INTRAOP_THREADS, holds where Dask gives it one thread.
    process = processes.start_spare(home / MODELS, is_series=True, threads=threads, environment=variables)
    return Series(process, home, threads)


def _end_idle(worker: Series) -> None:
    with _lock:
        if worker not in _idle:
            return
        _idle.remove(worker)
    spare.end(worker.process)


def end_all() -> None:
    """End all processes that wait; before Dask's worker ends."""
    with _lock:
        waiting, _idle[:] = _idle[:], []
    for worker in waiting:
        spare.end(worker.process)
