"""Jobs: runs in work or waiting. Starts, watches and stops worker processes; one trains at a time.

The run folder is the only channel between the server and a worker. A run's status is derived from its files and
the live process each time it is asked for, never stored, so it is right after any crash.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from digitrec import files
from digitrec.runs import store
from digitrec.runs.run import Worker
from digitrec.runs.store import Run, RunError

_ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.25  # how often a waiting worker looks whether it is its turn
MAX_START_SECONDS = 10  # so long after its creation a run may be without a worker
MAX_CLOCK_DRIFT_SECONDS = (
    5  # start times this close are one: psutil adds the boot time, which moves as the clock is set
)
MIN_FREE_BYTES = 2**20


class Status(StrEnum):
    """What a run is doing, or how it ended."""

    WAITING = "waiting"
    TRAINING = "training"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Progress(NamedTuple):
    """How far a training has come, from its history rows alone."""

    fraction: float  # 0 to 1
    epoch: int  # the epoch in work, from 1; 0 before the first batch
    epochs: int
    images_per_second: float | None
    seconds_left: float | None


def start(run: Run) -> None:
    """Start a worker process on the run; it waits in line while another trains.

    The worker holds the reading end of a pipe whose writing end only this process has: when this process ends,
    however it ends, the pipe closes and the worker ends as well.

    Raises:
        OSError: no process can be started.
    """
    with run.log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "digitrec", "train", "--run", run.name, "--watch-stdin"],
            cwd=_ROOT,
            env=os.environ | {"DIGITREC_MODELS": str(run.path.parent)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C is for the server, which then ends the worker
        )
    _record_worker(run, process.pid)
    threading.Thread(target=process.wait, daemon=True, name=f"reaper of {run.name}").start()


def claim(run: Run) -> None:
    """Say that this very process works on the run, and take a place in line unless `start` has taken one for it.

    Raises:
        RunError: the run is in work, or has been.
    """
    mine = run.worker is not None and run.worker.pid == os.getpid()
    if run.history() or run.error or (is_live(run) and not mine):
        raise RunError(f"the run {run.name!r} is {status(run)}: only a new run can be trained. Make another.")
    _record_worker(run, os.getpid())


def _record_worker(run: Run, pid: int) -> None:
    # Both `start` and the worker itself come here: the place in line is from whoever was first.
    if run.worker is None or run.worker.pid != pid:
        run.record_worker(Worker(pid, psutil.Process(pid).create_time(), time.time()))


def stop(run: Run) -> None:
    """Ask the run's worker to stop and keep the best weights; it answers within a few batches."""
    run.ask("stop")


def is_live(run: Run) -> bool:
    """Whether a process is working on the run or waiting to."""
    worker = run.worker
    if worker is None:
        return False
    try:
        process = psutil.Process(worker.pid)
        # A pid is used again some day: only the same start time makes it the same process.
        same = abs(process.create_time() - worker.started) < MAX_CLOCK_DRIFT_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def status(run: Run, history: Sequence[dict[str, Any]] | None = None) -> Status:
    """What the run is doing, or how it ended.

    Args:
        run: the run.
        history: its rows, where the caller has just read them.
    """
    live = is_live(run)
    # The files are read after that: a worker may end in between, but one that has ended writes no more.
    rows = history if history and (live or history[-1]["kind"] == "end") else run.history()
    if run.error is not None:
        return Status.FAILED
    if rows and rows[-1]["kind"] == "end":
        return Status.STOPPED if rows[-1]["reason"] == "stopped" else Status.FINISHED
    if live:
        return Status.TRAINING if rows else Status.WAITING
    age = (datetime.now(UTC) - run.created).total_seconds()
    about_to_start = run.worker is None and not rows and age < MAX_START_SECONDS
    return Status.WAITING if about_to_start else Status.INTERRUPTED


def failure_reason(run: Run) -> str | None:
    """Why the run failed or was interrupted, in words for a person, or None."""
    found = status(run)
    if found is Status.FAILED:
        return run.error
    return _interruption_reason(run) if found is Status.INTERRUPTED else None


def _interruption_reason(run: Run) -> str:
    if shutil.disk_usage(run.path.parent).free < MIN_FREE_BYTES:
        return "The disk is full: the training could not write on. Make room, then start it again."
    if run.worker is None:
        return "The server ended before the training process was started. Start it again from the Train page."
    # The log also holds what TensorFlow prints; only our own words are for a person.
    printed = [line for line in (files.read(run.log_path) or "").split("\n") if line.startswith("digitrec: ")]
    last = f" The last it said: {printed[-1].removeprefix('digitrec: ')}" if printed else ""
    return (
        "The training process ended early: it was killed, the machine ran out of memory, or the server was shut "
        f"down. Start it again from the Train page.{last}"
    )


def queue() -> list[Run]:
    """The live jobs in the order of their starts: the first trains, the others wait."""
    return sorted((run for run in store.list_runs() if is_live(run)), key=_queue_key)


def wait_for_turn(run: Run, cancelled: Callable[[], bool]) -> bool:
    """Wait until no job that started earlier is live; False if `cancelled` said so first."""
    while not cancelled():
        # Slept before the look, not after: whoever took an earlier place this very moment has then said so.
        time.sleep(POLL_SECONDS)
        if not any(other != run and _queue_key(other) < _queue_key(run) for other in queue()):
            return True
    return False


def _queue_key(run: Run) -> tuple[float, int]:
    worker = run.worker
    return (worker.claimed, worker.pid) if worker else (float("inf"), 0)


def progress(history: Sequence[dict[str, Any]]) -> Progress | None:
    """How far the training has come, or None before its first row."""
    begin = next((row for row in history if row["kind"] == "start"), None)
    if begin is None:
        return None
    batches = [row for row in history if row["kind"] == "batch"]
    if not batches:
        return Progress(0.0, 0, begin["epochs"], None, None)
    last = batches[-1]
    fraction = min(1.0, last["step"] / (begin["steps_per_epoch"] * begin["epochs"]))
    # From the first batch row on: what came before it was TensorFlow warming up, which does not come again.
    seconds, steps = last["time"] - batches[0]["time"], last["step"] - batches[0]["step"]
    left = (begin["steps_per_epoch"] * begin["epochs"] - last["step"]) * seconds / steps if steps else None
    return Progress(fraction, last["epoch"], begin["epochs"], last["images_per_second"], left)
