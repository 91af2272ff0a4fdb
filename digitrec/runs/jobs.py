"""Jobs: runs that are training or queued. Starts, watches and stops their workers; one trains at a time.

The run folder is the only channel between the server and a worker. A run's status is derived from its files and
the live process at each call, never stored, so it is right after any crash.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from digitrec.runs import processes, spare, store
from digitrec.runs.history import History
from digitrec.runs.processes import MAX_START_SECONDS
from digitrec.runs.run import Run
from digitrec.runs.store import RunError

MIN_FREE_BYTES = 2**20


class Status(StrEnum):
    """What a run is doing, or how it ended."""

    QUEUED = "queued"
    TRAINING = "training"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Progress(NamedTuple):
    """How far a training is."""

    fraction: float  # 0 to 1
    epoch: int  # the present epoch, from 1; 0 before the first batch
    epochs: int
    images_per_second: float | None
    seconds_left: float | None


def start(run: Run) -> None:
    """Start a worker process on the run, or use the spare one; it waits in the queue while another run trains.

    Raises:
        OSError: no process can be started.
    """
    if not spare.hand_over(run):
        processes.start_worker(run, ["train", "--run", run.name], models=run.path.parent)


def prepare_worker() -> None:
    """Have a worker ready that starts the next training at once; it ends if none comes for some minutes."""
    spare.prepare(store.models_folder())


def claim(run: Run) -> None:
    """Record this process as the run's worker; it joins the queue, unless `start` has entered it.

    Raises:
        RunError: another process works on the run, or has done so.
    """
    if run.history() or run.error or (is_live(run) and not processes.is_mine(run)):
        raise RunError(f"the run {run.name!r} is {status(run)}: only a new run can be trained. Create another.")
    processes.claim(run)


def stop(run: Run) -> None:
    """Ask the run's worker to stop and save the best weights; it does so within a few batches."""
    run.ask("stop")


def is_live(run: Run) -> bool:
    """Whether a process trains the run, or waits to."""
    return processes.is_live(run)


def status(run: Run, history: History | None = None) -> Status:
    """What the run is doing, or how it ended.

    Args:
        run: the run.
        history: what happened, where the caller has just read it.
    """
    live = is_live(run)
    # The files are read after that: a worker may end in between, but one that has ended writes no more.
    if not history or not (live or history.end):
        history = run.history()
    if run.error is not None:
        return Status.FAILED
    if history.end:
        return Status.STOPPED if history.end.reason == "stopped" else Status.FINISHED
    if live:
        return Status.TRAINING if history else Status.QUEUED
    age = time.time() - run.created.timestamp()
    about_to_start = run.worker is None and not history and age < MAX_START_SECONDS
    return Status.QUEUED if about_to_start else Status.INTERRUPTED


def failure_reason(run: Run) -> str | None:
    """Why the run failed or was interrupted, in sentences, or None."""
    now = status(run)
    if now is Status.FAILED:
        return run.error
    return _interruption_reason(run) if now is Status.INTERRUPTED else None


def _interruption_reason(run: Run) -> str:
    if shutil.disk_usage(run.path.parent).free < MIN_FREE_BYTES:
        return "The disk is full. Make room, then start the training again."
    if run.worker is None:
        return "The server ended before it started the training. Start it again."
    words = processes.last_words(run)
    last = f" Its last message: {words}" if words else ""
    return (
        "The training process ended early. It was killed, the machine ran out of memory, or the server was shut "
        f"down. Start the training again.{last}"
    )


def queue() -> list[Run]:
    """The live jobs in the order of their starts: the first trains, the others wait."""
    return sorted(filter(is_live, store.list_runs()), key=processes.queue_key)


def wait_for_turn(run: Run, cancelled: Callable[[], bool]) -> bool:
    """Wait until no job that started earlier is live; False if `cancelled` is true before that."""
    return processes.wait_for_turn(run, queue, cancelled)


def progress(history: History) -> Progress | None:
    """How far the training is, or None before it begins."""
    start, batches = history.start, history.batches
    if start is None:
        return None
    if not batches:
        return Progress(0.0, 0, start.epochs, None, None)
    first, last, total = batches[0], batches[-1], start.steps_per_epoch * start.epochs
    # From the first batch on: what comes before it, the start of TensorFlow, does not come again.
    seconds, steps = last.time - first.time, last.step - first.step
    left = (total - last.step) * seconds / steps if steps else None
    return Progress(min(1.0, last.step / total), last.epoch, start.epochs, last.images_per_second, left)
