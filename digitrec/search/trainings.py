"""Trains the trials of a search as runs, one after the other in a worker process that has loaded TensorFlow."""

from __future__ import annotations

import contextlib
import queue
import time
from typing import Any

from digitrec.data import DatasetError, loading
from digitrec.evaluation import costs
from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import History, Run, RunError, checkpoints, jobs, processes, spare, store
from digitrec.search.space import SearchError
from digitrec.search.study import Outcome
from digitrec.search.work import Task, TrialLostError, TrialStoppedError

POLL_SECONDS = 0.1  # between two looks at the history of a run
REST_SECONDS = 1.0  # between two looks whether a person's own training wants the machine
MAX_SERIES = 40  # runs of a worker process, after which another takes its place: TensorFlow's memory grows
END_SECONDS = 20  # in which a run that was asked to end has ended


class Trainer:
    """Trains trials; holds the worker process. Used as a context, which ends that process."""

    def __init__(self, search: str, *, threads: int | None = None) -> None:
        """For the search of this name; the process computes with so many threads, or one a core."""
        self._search, self._threads = search, threads
        self._process: processes.Process | None = None
        self._runs = 0
        self._rest_at = 0.0

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the worker process."""
        if self._process is not None:
            spare.end(self._process)
            self._process = None

    def __call__(self, task: Task) -> Outcome:
        """Train one trial, as a run that belongs to the search.

        Raises:
            TrialLostError: the worker process is gone.
            TrialStoppedError: the search is to end.
            SearchError: no worker process can be started.
        """
        run = create_trial(task, self._search)
        if isinstance(run, Outcome):
            return run
        watch = Watch(run, task)
        try:
            while jobs.queue():  # a person's own training goes first
                watch.check_over()
                time.sleep(REST_SECONDS)
            self._hand_over(run)
            while not watch.has_ended():
                watch.follow()
                self._rest(run, watch)
                time.sleep(POLL_SECONDS)
        except TrialStoppedError:
            self._discard(run)
            raise
        except TrialLostError:
            self.end()  # a process that is being killed takes lines a moment longer, and with them the next trials
            raise
        return watch.outcome()

    def _hand_over(self, run: Run) -> None:
        if self._runs >= MAX_SERIES:
            self.end()
        for _ in range(2):  # the worker that waited may have been killed
            if self._process is None or self._process.poll() is not None:
                self.end()
                self._process, self._runs = _start_worker(self._threads), 0
            if spare.hand_to(self._process, run):
                self._runs += 1
                return
        raise TrialLostError(f"the run {run.name!r} could not be handed over")

    def _rest(self, run: Run, watch: Watch) -> None:
        """Pause the trial while a person's own training is there."""
        if time.monotonic() < self._rest_at:
            return
        self._rest_at = time.monotonic() + REST_SECONDS
        is_wanted = bool(jobs.queue())
        if is_wanted != watch.is_resting:
            watch.is_resting = is_wanted
            jobs.pause(run, paused=is_wanted)

    def _discard(self, run: Run) -> None:
        """End the run, and leave nothing of it."""
        jobs.discard(run)
        deadline = time.monotonic() + END_SECONDS
        while run.history() and processes.is_live(run) and run.path.is_dir() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if run.path.is_dir():  # it has not begun: the process still loads TensorFlow, or data
            self.end()
            with contextlib.suppress(RunError):
                store.delete(run)


class Trainers:
    """Trains as many trials at the same time as it is called by threads; used as a context."""

    def __init__(self, search: str, count: int) -> None:
        """For the search of this name, and so many threads, which share the cores."""
        # One more than the share of each: while one compiles, which takes one thread, another uses its core.
        threads = None if count == 1 else processes.count_cores() // count + 1
        self._all = [Trainer(search, threads=threads) for _ in range(count)]
        self._idle: queue.SimpleQueue[Trainer] = queue.SimpleQueue()
        for trainer in self._all:
            self._idle.put(trainer)

    def __enter__(self) -> Trainers:
        return self

    def __exit__(self, *_: object) -> None:
        for trainer in self._all:
            trainer.end()

    def __call__(self, task: Task) -> Outcome:
        """Train one trial, as by `Trainer`."""
        trainer = self._idle.get()
        try:
            return trainer(task)
        finally:
            self._idle.put(trainer)


def create_trial(task: Task, search: str) -> Run | Outcome:
    """The run of a trial, or why it cannot be trained."""
    try:
        description = loading.describe(task.config.dataset)
        loading.check_trainable(description)
        run = store.create(task.config, description.class_names, task.name, search=search)
    except (DatasetError, RunError) as error:
        return Outcome(error=str(error))
    task.note_run(run.name)
    return run


class Watch:
    """What the history of a trial's run says, epoch by epoch."""

    def __init__(self, run: Run, task: Task) -> None:
        self._run, self._task = run, task
        self._history = History()
        self._reported = 0
        self._is_pruned = self.is_resting = False

    def check_over(self) -> None:
        """Raise if the search is to end."""
        if self._task.is_over():
            raise TrialStoppedError

    def has_ended(self) -> bool:
        """Whether the training has come to an end, with a network or an error."""
        is_live = processes.is_live(self._run)
        # The files are read after that: a worker may end in between, but one that has ended writes no more.
        self.read()
        if self._history.end is not None or self._run.error is not None:
            self.follow()
            return True
        if not is_live:
            raise TrialLostError(f"the process of {self._run.name!r} is gone")
        return False

    def read(self) -> None:
        """Read the history again."""
        self._history = self._run.history()

    def follow(self) -> None:
        """Report the epochs that are new, and prune where that is the answer."""
        self.check_over()
        for row in self._history.epochs[self._reported :]:
            self._reported += 1
            if row.val_loss is None or row.val_accuracy is None or self._is_pruned:
                continue
            if self._task.report(row.epoch, row.val_loss, 1 - row.val_accuracy):
                self._is_pruned = True
                jobs.prune(self._run)

    def outcome(self) -> Outcome:
        """What came of the run."""
        checkpoints.remove_all(self._run)  # they are several times as large as the network
        error = self._run.error
        if error is not None:
            return Outcome(error=error, is_diverged=self._run.has_diverged)
        history, start, end = self._history, self._history.start, self._history.end
        facts: dict[str, Any] = {
            "seconds": history.seconds,
            "parameters": start.parameters if start else None,
            "images": start.validation_images if start else None,
        }
        if end is None or end.best_epoch is None:
            if not history.epochs:
                return Outcome(error="The training was stopped before the end of its first epoch.", **facts)
            last = history.epochs[-1]
            return Outcome(last.val_accuracy, last.val_loss, is_pruned=True, **facts)
        row = next((row for row in history.epochs if row.epoch == end.best_epoch), None)
        return Outcome(
            accuracy=end.val_accuracy,
            loss=row.val_loss if row else None,
            latency=_measure_latency(self._run),
            size=self._run.tflite_path.stat().st_size / 1e6,
            **facts,
        )


def _start_worker(threads: int | None) -> processes.Process:
    if not processes.has_tensorflow():
        raise SearchError(processes.explain_missing_tensorflow("A search"))
    try:
        return processes.start_spare(store.models_folder(), is_series=True, threads=threads)
    except OSError as error:
        raise SearchError(f"no process can be started to train: {error.strerror}.") from error


def _measure_latency(run: Run) -> float | None:
    """Milliseconds for one image; None where the network cannot be loaded."""
    try:
        return 1000 * costs.measure_latency(Classifier.load(run.tflite_path))
    except ClassifierError:
        return None
