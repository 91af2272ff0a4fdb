"""Trains the trials of a search on a cluster: as runs here whose work is done there."""

from __future__ import annotations

import contextlib
import threading
import time

from digitrec.cluster import jobs as cluster_jobs
from digitrec.cluster.connection import Connection
from digitrec.cluster.remote import JobLostError
from digitrec.data import DatasetError
from digitrec.runs import ClusterError, Run, RunError, jobs, places, processes, store
from digitrec.search.space import SearchError
from digitrec.search.study import Outcome
from digitrec.search.trainings import END_SECONDS, POLL_SECONDS, Watch, create_trial
from digitrec.search.work import Task, TrialLostError, TrialStoppedError

MAX_AT_ONCE = 64  # trials; with more of them TPE knows too little of what it chooses from


class ClusterTrainers:
    """Trains as many trials at the same time as it is called by threads; used as a context."""

    def __init__(self, search: str, address: str) -> None:
        """For the search of this name.

        Raises:
            SearchError: the cluster cannot be reached.
        """
        self._search = search
        try:
            self._connection = Connection(address)
        except ClusterError as error:
            raise SearchError(str(error)) from error

    def __enter__(self) -> ClusterTrainers:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def count_at_once(self, wanted: int | None, trials: int) -> int:
        """How many trials train at the same time: as many as are wanted, or as the cluster has threads."""
        places_there = self._connection.count_places() or 1  # the first worker may come later
        return max(1, min(wanted or places_there, trials, MAX_AT_ONCE))

    def __call__(self, task: Task) -> Outcome:
        """Train one trial, as a run that belongs to the search.

        Raises:
            TrialLostError: machines were lost under it too often.
            TrialStoppedError: the search is to end.
            SearchError: the scheduler is gone.
        """
        run = create_trial(task, self._search)
        if isinstance(run, Outcome):
            return run
        places.record(run, self._connection.address)
        processes.claim(run)  # this process keeps its folder
        training = _Training(self._connection, run)
        watch = Watch(run, task)
        try:
            while not training.has_ended():
                watch.read()
                watch.follow()
                time.sleep(POLL_SECONDS)
            watch.read()
            watch.follow()
        except TrialStoppedError:
            _discard(run, training)
            raise
        if training.error is not None:
            _delete(run)
            if isinstance(training.error, JobLostError):
                raise TrialLostError(str(training.error)) from training.error
            raise SearchError(str(training.error)) from training.error
        return watch.outcome()


class _Training(threading.Thread):
    """Follows the training of a run on the cluster."""

    def __init__(self, connection: Connection, run: Run) -> None:
        super().__init__(daemon=True, name=f"training of {run.name}")
        self._connection, self._run = connection, run
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        """What the thread does."""
        try:
            cluster_jobs.train(self._connection, self._run, echo=self._write_log)
        except (ClusterError, DatasetError, RunError, OSError) as error:
            self.error = error

    def has_ended(self) -> bool:
        """Whether the training has come to an end."""
        self.join(0)
        return not self.is_alive()

    def _write_log(self, text: str) -> None:
        with contextlib.suppress(OSError), self._run.log_path.open("a", encoding="utf-8") as log:
            log.write(text)


def _discard(run: Run, training: _Training) -> None:
    """End a trial that nobody wants, and leave nothing of it."""
    with contextlib.suppress(OSError):
        jobs.discard(run)
    training.join(END_SECONDS)
    _delete(run)


def _delete(run: Run) -> None:
    if run.path.is_dir():
        with contextlib.suppress(RunError):
            store.delete(run)
