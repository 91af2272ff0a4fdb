"""Jobs: runs in work or waiting. Starts, watches and stops worker processes; one trains at a time.

The run folder is the only channel between the server and a worker. A run's status is derived from its files and
the live process each time it is asked for, never stored, so it is right after any crash.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from digitrec import runs
from digitrec.runs import Run

_ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.25  # how often a waiting worker looks whether it is its turn


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
    run.record_worker(process.pid, psutil.Process(process.pid).create_time())
    threading.Thread(target=process.wait, daemon=True, name=f"reaper of {run.name}").start()


def claim(run: Run) -> None:
    """Say that this very process works on the run."""
    me = psutil.Process()
    run.record_worker(me.pid, me.create_time())


def stop(run: Run) -> None:
    """Ask the run's worker to stop and keep the best weights; it answers within a few batches."""
    run.ask("stop")


def is_live(run: Run) -> bool:
    """Whether a process is working on the run or waiting to."""
    worker = run.worker
    if worker is None:
        return False
    try:
        process = psutil.Process(worker["pid"])
        # A pid is used again some day: only the same start time makes it the same process.
        return process.create_time() == worker["started"] and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def status(run: Run, history: Sequence[dict[str, Any]] | None = None) -> Status:
    """What the run is doing, or how it ended.

    Args:
        run: the run.
        history: its rows, where the caller has just read them.
    """
    live = is_live(run)  # asked before the files are read: a worker may end, but an ended one writes no more
    rows = run.history() if history is None else history
    if run.error is not None:
        return Status.FAILED
    if rows and rows[-1]["kind"] == "end":
        return Status.STOPPED if rows[-1]["reason"] == "stopped" else Status.FINISHED
    if live:
        return Status.TRAINING if rows else Status.WAITING
    # A run without a worker has just been created; its worker is about to start.
    return Status.WAITING if run.worker is None and not rows else Status.INTERRUPTED


def reason(run: Run) -> str | None:
    """Why the run failed or was interrupted, in words for a person, or None."""
    found = status(run)
    if found is Status.FAILED:
        return run.error
    if found is Status.INTERRUPTED:
        return (
            "The training process ended without a word: it was killed, the machine ran out of memory, or the "
            "server was shut down. Start it again from the Train page."
        )
    return None


def queue() -> list[Run]:
    """The live jobs in the order of their starts: the first trains, the others wait."""
    live = [run for run in runs.list_runs() if is_live(run)]
    return sorted(live, key=_turn)


def wait_for_turn(run: Run, cancelled: Callable[[], bool]) -> bool:
    """Wait until no job that started earlier is live; False if `cancelled` said so first."""
    while not cancelled():
        ahead = [other for other in queue() if other != run and _turn(other) < _turn(run)]
        if not ahead:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _turn(run: Run) -> tuple[float, int]:
    worker = run.worker or {"started": float("inf"), "pid": 0}
    return worker["started"], worker["pid"]


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
