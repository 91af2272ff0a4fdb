"""The jobs that run on a cluster: a training, a measurement of a run, and its evaluation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from urllib.parse import quote

from digitrec.cluster import parcels
from digitrec.cluster.connection import Connection
from digitrec.cluster.parcels import Order
from digitrec.cluster.remote import Job, follow
from digitrec.runs import Measurement, Resume, Run, WorkFolder, checkpoints, jobs, measurements, store

EVALUATE = "evaluate"  # as the kind of a measurement: the evaluation itself


def train(connection: Connection, run: Run, echo: Callable[[str], None]) -> None:
    """Have a run trained, that this process has claimed; everything comes into its folder as from a worker here.

    Args:
        connection: to the cluster.
        run: a new one, or one that is to go on.
        echo: gets what the worker printed.

    Raises:
        ClusterError: the scheduler is gone, or the job was lost too often. What came back by then is there.
        DatasetError, RunError: what it needs is not on this machine.
        OSError: a disk is full.
    """
    job = Job(
        order=Order(folder=parcels.home_of(run)),
        list_files=functools.partial(parcels.for_training, run),
        folder=run.path,
        work=run,
        prepare=functools.partial(_prepare_again, run),
        is_cancelled=lambda: run.wish is not None or not run.path.is_dir(),
        is_done=lambda: _has_ended(run) or run.wish == jobs.DISCARD,
        echo=echo,
    )
    has_begun = follow(connection, job)
    if not run.path.is_dir():
        return
    if not has_begun:
        jobs.cancel(run)
    elif run.wish == jobs.DISCARD and not _has_ended(run):
        store.delete(run)


def measure(connection: Connection, measurement: Measurement, images: int, echo: Callable[[str], None]) -> None:
    """Have a measurement made, whose folder this process has claimed; progress and result come into it.

    Raises:
        ClusterError: the scheduler is gone, or the job was lost too often.
        DatasetError: the data set is not on this machine.
        OSError: a disk is full.
    """
    run, folder = measurement.run, measurement.folder
    work = f"measurements/{folder.path.name}"
    order = Order(
        folder=parcels.home_of(run),
        reports=("evaluations/*", f"{work}/*"),
        arguments=tuple(measurement.arguments(images)),
        work=work,
    )
    is_done = functools.partial(_has_measured, folder)
    follow(connection, _measuring(measurement, order, folder, is_done, echo))


def evaluate(connection: Connection, run: Run, dataset: str, split: str, echo: Callable[[str], None]) -> None:
    """Have a run evaluated; the evaluation and its answers are then stored with the run, as by an evaluation here.

    Raises:
        ClusterError: the scheduler is gone, or the job was lost too often.
        DatasetError: the data set is not on this machine.
        OSError: a disk is full.
    """
    measurement = Measurement(EVALUATE, run, dataset, split)
    folder = measurement.folder
    folder.path.mkdir(parents=True, exist_ok=True)
    work = f"measurements/{folder.path.name}"
    stem = f"{quote(dataset, safe=' ')}-{quote(split, safe=' ')}"
    order = Order(
        folder=parcels.home_of(run),
        reports=(f"evaluations/{stem}.*", f"{work}/worker.log"),
        arguments=(EVALUATE, run.name, "--dataset", dataset, "--split", split, "--json"),
        work=work,
    )
    follow(connection, _measuring(measurement, order, folder, lambda: True, echo))


def _measuring(
    measurement: Measurement,
    order: Order,
    folder: WorkFolder,
    is_done: Callable[[], bool],
    echo: Callable[[str], None],
) -> Job:
    run = measurement.run
    return Job(
        order=order,
        list_files=functools.partial(parcels.for_measurement, measurement),
        folder=run.local_path,
        work=folder,
        prepare=lambda: (folder.path / "progress.jsonl").unlink(missing_ok=True),
        is_cancelled=lambda: folder.wish == measurements.CANCEL or not folder.path.is_dir(),
        is_done=is_done,
        echo=echo,
    )


def _has_ended(run: Run) -> bool:
    return run.history().end is not None or run.error is not None


def _has_measured(folder: WorkFolder) -> bool:
    return (
        (folder.path / "result.json").is_file() or folder.error is not None or folder.wish == measurements.CANCEL
    )


def _prepare_again(run: Run) -> None:
    """Let a training that was lost go on from its last whole epoch that came back, or begin anew."""
    history = run.history()
    if history.start is None or history.end is not None:
        return
    last = max((row.epoch for row in history.epochs), default=0)
    known = [epoch for epoch in checkpoints.epochs(run) if epoch <= last and checkpoints.load(run, epoch)]
    run.append(Resume(epoch=max(known, default=0), epochs=history.planned_epochs or run.config.epochs))
