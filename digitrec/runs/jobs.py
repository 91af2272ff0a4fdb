"""Jobs: runs that are training or queued. Starts, watches and stops their workers; one trains at a time.

The run folder is the only channel between the server and a worker. A run's status is derived from its files and
the live process at each call, never stored, so it is right after any crash.
"""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from digitrec import files
from digitrec.runs import checkpoints, places, processes, spare, store
from digitrec.runs.config import IMPORTED, ConfigError, TrainConfig
from digitrec.runs.history import End, History, Resume
from digitrec.runs.processes import MAX_START_SECONDS
from digitrec.runs.run import Run
from digitrec.runs.store import RunError
from digitrec.runs.wishes import MAX_STRENGTH

DISCARD = "discard"  # a wish: stop, and delete the run
PRUNED = "pruned"  # a wish, and why such a run ended: stop, and make no network
MIN_FREE_BYTES = 2**20
_CONFIG_FIELDS = {f.name for f in dataclasses.fields(TrainConfig)}
_resuming = threading.Lock()


class Status(StrEnum):
    """What a run is doing, or how it ended."""

    QUEUED = "queued"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    PRUNED = "pruned"  # a search ended it early, and it has no network
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_live(self) -> bool:
        """Whether a process works on the run, or waits to."""
        return self in (Status.QUEUED, Status.TRAINING, Status.PAUSED)

    @property
    def ended_early(self) -> bool:
        """Whether the run ended before the end that was planned, and may be resumed."""
        return self in (Status.STOPPED, Status.FAILED, Status.INTERRUPTED)


_ENDS = {"stopped": Status.STOPPED, PRUNED: Status.PRUNED}  # by the reason of the history's last row


class Progress(NamedTuple):
    """How far a training is."""

    fraction: float  # 0 to 1
    epoch: int  # the present epoch, from 1; 0 before the first batch
    epochs: int
    images_per_second: float | None
    seconds_left: float | None


def start(run: Run) -> None:
    """Start a worker process on the run, or use the spare one; it waits in the queue while another run trains.

    Where DIGITREC_CLUSTER names a cluster, the run is trained there, and has no queue here.

    Raises:
        OSError: no process can be started.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot be trained")
    cluster = places.dashboard_cluster()
    places.record(run, cluster)
    if cluster is not None or not spare.hand_over(run):
        arguments = ["train", "--run", run.name, *places.arguments()]
        processes.start_worker(run, arguments, models=run.path.parent)


def prepare_worker() -> None:
    """Have a worker ready that starts the next training at once; it ends if none comes for some minutes."""
    if places.dashboard_cluster() is None:
        spare.prepare(store.models_folder())


def claim(run: Run) -> None:
    """Record this process as the run's worker; it joins the queue, unless `start` has entered it.

    Raises:
        RunError: another process works on the run, or has done so.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot be trained")
    history = run.history()
    is_begun = bool(history or run.error) and not history.is_to_go_on
    if is_begun or (is_live(run) and not processes.is_mine(run)):
        raise RunError(
            f"the run {run.name!r} is {status(run)}: only a new run can be trained. Create another, or resume "
            "this one when it has ended."
        )
    processes.claim(run)


def stop(run: Run) -> None:
    """Ask the run's worker to stop and save the best weights; it does so within a few batches."""
    run.ask(wish="stop")


def discard(run: Run) -> None:
    """Ask the run's worker to stop and to delete the run."""
    run.ask(wish=DISCARD)


def prune(run: Run) -> None:
    """Ask the run's worker to stop and to keep the history alone, because a search expects nothing of it."""
    run.ask(wish=PRUNED)


def cancel(run: Run) -> None:
    """End a run that still waits in the queue. A new one leaves nothing, a resumed one is again as it was."""
    files.refuse_if_read_only(f"the run {run.name!r} cannot be cancelled")
    history = run.history()
    if not history.resumes or run.wish == DISCARD:
        store.delete(run)
        return
    measured = [row for row in history.epochs if row.val_loss is not None]
    best = min(measured, key=lambda row: row.val_loss or 0.0, default=None)
    run.append(
        End(
            reason="stopped",
            best_epoch=best.epoch if best and run.has_model else None,
            val_accuracy=best.val_accuracy if best and run.has_model else None,
        )
    )


def pause(run: Run, *, paused: bool = True) -> None:
    """Ask the run's worker to rest, or with False to go on. It keeps its place in the queue and its memory."""
    run.ask(paused=paused)


def steer(run: Run, **settings: float | None) -> None:
    """Ask the run's worker to go on with other settings; the history says when it did.

    Args:
        settings: of "learning_rate", "epochs", "batch_size", "augmentation": as in `Wishes`.

    Raises:
        ConfigError: a value is not allowed.
    """
    wanted = {name: value for name, value in settings.items() if value is not None}
    of_config: dict[str, Any] = {name: value for name, value in wanted.items() if name in _CONFIG_FIELDS}
    dataclasses.replace(run.config, **of_config)  # refuses what no training may have
    if not 0 <= wanted.get("augmentation", 1.0) <= MAX_STRENGTH:
        raise ConfigError(
            f"the strength of the augmentation is {wanted['augmentation']}: expected 0 to {MAX_STRENGTH:g}."
        )
    run.ask(**wanted)


def restore_best(run: Run) -> None:
    """Ask the run's worker to go on from the best weights so far."""
    run.ask(restores=run.wishes.restores + 1)


def go_on(run: Run, epochs: int | None = None) -> None:
    """Resume a run that has ended, from its last checkpoint, or from its start where it has none.

    Args:
        run: an own run that no process works on.
        epochs: of the whole training; None: as many as were planned.

    Raises:
        RunError: it cannot go on: the message says why.
        ConfigError: the number of epochs is not allowed.
        OSError: no process can be started.
    """
    with _resuming:  # of two browsers that ask at once one is refused
        prepare_to_go_on(run, epochs)
        try:
            start(run)
        except OSError:
            cancel(run)  # without a process it would be queued for a while
            raise


def prepare_to_go_on(run: Run, epochs: int | None = None) -> None:
    """Note in the run's history that it goes on; who trains it then claims it. As `go_on`, without a process."""
    files.refuse_if_read_only(f"the run {run.name!r} cannot go on")
    now, history = status(run), run.history()
    if run.is_shipped:
        raise RunError(f"{run.name!r} is built in: it cannot be trained on. Start a new run from its weights.")
    if now.is_live:
        raise RunError(f"the run {run.name!r} is {now}: it goes on already.")
    if run.config.network == IMPORTED:
        raise RunError(
            f"the network of {run.name!r} was trained elsewhere: it cannot go on here. Start a new run."
        )
    planned = epochs or history.planned_epochs or run.config.epochs
    dataclasses.replace(run.config, epochs=planned)  # refuses what no training may have
    last = checkpoints.load_last(run)
    done = last.epoch if last else 0
    has_files = history.end is not None  # else it was killed while it saved its network, and still has to
    if done > planned or (done == planned and has_files):
        raise RunError(f"the run {run.name!r} has done its {done} epochs: ask for more than {done}.")
    run.forget_error()
    run.ask_nothing()
    run.append(Resume(epoch=done, epochs=planned))


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
        return _ENDS.get(history.end.reason, Status.FINISHED)
    if live:
        running = Status.PAUSED if history.is_paused else Status.TRAINING
        return running if history and not history.is_to_go_on else Status.QUEUED
    asked = history.resumes[-1].time if history.is_to_go_on else run.created.timestamp()
    is_new = run.worker is None and not history
    about_to_start = (is_new or history.is_to_go_on) and time.time() - asked < MAX_START_SECONDS
    return Status.QUEUED if about_to_start else Status.INTERRUPTED


def failure_reason(run: Run) -> str | None:
    """Why the run failed or was interrupted, in sentences, or None."""
    now = status(run)
    if now is Status.FAILED:
        return run.error
    return _interruption_reason(run) if now is Status.INTERRUPTED else None


def is_disk_full(run: Run) -> bool:
    """Whether there is no room for what a training writes."""
    return shutil.disk_usage(run.path.parent).free < MIN_FREE_BYTES


def _interruption_reason(run: Run) -> str:
    if is_disk_full(run):
        return "The disk is full. Make room, then resume the training."
    if run.worker is None:
        return "The server ended before it started the training. Start it again."
    words = processes.last_words(run)
    last = f" Its last message: {words}" if words else ""
    return (
        "The training process ended early. It was killed, the machine ran out of memory, or the server was shut "
        f"down. Resume the training.{last}"
    )


def queue() -> list[Run]:
    """The live jobs of this machine in the order of their starts: the first trains, the others wait."""
    return [run for run in list_live() if places.find(run) is None]


def list_live() -> list[Run]:
    """All live jobs: the queue of this machine, then those on a cluster, each in the order of their starts."""
    live = sorted(filter(is_live, store.list_runs()), key=processes.queue_key)
    return sorted(live, key=lambda run: places.find(run) is not None)


def overtake(run: Run, other: Run) -> None:
    """Let a waiting job overtake another that waits just before it; else nothing changes.

    So a second click in vain does not overtake another one. The job that trains is overtaken by none.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot overtake another")
    line = queue()
    place = line.index(run) if run in line else 0
    workers = [each.worker for each in line[max(place - 2, 0) : place + 1]]
    if place < 2 or line[place - 1] != other or None in workers:
        return
    first, second, own = workers
    assert first and second and own
    # One file is written, so that there is no moment at which two have the same place.
    run.record_worker(own._replace(claimed=(first.claimed + second.claimed) / 2))


def wait_for_turn(run: Run, cancelled: Callable[[], bool]) -> bool:
    """Wait until no job that started earlier is live; False if `cancelled` is true before that."""
    return processes.wait_for_turn(run, queue, cancelled)


def progress(history: History) -> Progress | None:
    """How far the training is, or None before it begins."""
    start, batches = history.start, history.batches
    if start is None:
        return None
    epochs = history.planned_epochs
    if not batches:
        return Progress(0.0, 0, epochs, None, None)
    first, last = batches[0], batches[-1]
    done = history.epochs_at(last)
    # From the first batch on: what comes before it, the start of TensorFlow, does not come again.
    seconds = history.seconds_at(last.time) - history.seconds_at(first.time)
    share = done - history.epochs_at(first)
    left = max(0.0, (epochs - done) * seconds / share) if share > 0 and seconds > 0 else None
    return Progress(min(1.0, done / epochs), last.epoch, epochs, last.images_per_second, left)
