"""The process of a search, and a worker that joins one in a database: from its claim to its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from digitrec.runs import RunError, places, processes, store
from digitrec.search import folder, work
from digitrec.search import study as studies
from digitrec.search.folder import STOPPED, Search
from digitrec.search.plan import Plan
from digitrec.search.work import Limits, Train

if TYPE_CHECKING:
    import optuna

    from digitrec.search.cluster_trainings import ClusterTrainers
    from digitrec.search.trainings import Trainers

_STOP = "stopped"  # user attribute of a study in a database: its workers end
_STOP_SECONDS = 1.0  # between two looks at it


def run_search(
    search: Search, train: Train, echo: Callable[[str], None] = print, *, at_once: int = 1
) -> str | None:
    """Work on a search until it ends; why it did, or None where it was cancelled before its turn.

    Args:
        search: that `folder.claim` gave to this process.
        train: makes a trial.
        echo: gets a line of text for a person now and then.
        at_once: so many trials at the same time, each by a call of `train` in a thread of its own.

    Raises:
        SearchError: the storage cannot be used, or several trials in a row failed.
        OSError: the disk is full.
    """
    try:
        is_here = places.find(search) is None  # on a cluster it has no queue
        if is_here and not processes.wait_for_turn(search, folder.queue, lambda: search.wish is not None):
            search.note("end", reason=STOPPED)
            return None
        reason = _work(search, train, echo, at_once)
        search.note("end", reason=reason)
        return reason
    except Exception as error:  # the outermost frame of a process: the page must be able to show any error
        search.record_error(processes.describe_error(error))
        raise


def _work(search: Search, train: Train, echo: Callable[[str], None], at_once: int) -> str:
    plan = search.plan
    study = studies.open_study(search, plan)
    if plan.storage is None:
        for name in studies.recover(study):
            _delete_trial(search, name)
    else:
        study.set_user_attr(_STOP, False)
    search.note("begin", trials=plan.trials, hours=plan.hours)
    deadline = None if plan.hours is None else time.monotonic() + 3600 * plan.hours
    limits = Limits(lambda: _share_plan(search, study), lambda: search.wish is not None, deadline)
    reason = work.do_trials(study, limits, train, echo, at_once=at_once)
    if plan.storage is not None and reason == STOPPED:
        study.set_user_attr(_STOP, True)
    return reason


def _share_plan(search: Search, study: optuna.Study) -> Plan:
    """The plan as it is now, which workers on other machines follow as well."""
    plan = search.plan
    studies.share_plan(study, plan)
    return plan


def _delete_trial(search: Search, name: str) -> None:
    """Delete the run of a trial that was lost."""
    with contextlib.suppress(RunError):
        run = store.open_run(name)
        if run.search == search.name and not processes.is_live(run):
            store.delete(run)


def make_trainers(name: str, at_once: int) -> Trainers:
    """What trains the trials of the search of this name, so many at the same time; to be used as a context."""
    from digitrec.search.trainings import Trainers  # LiteRT, which the server does not need for its first page

    return Trainers(name, at_once)


def make_cluster_trainers(name: str, address: str) -> ClusterTrainers:
    """What trains the trials of the search of this name on a cluster; to be used as a context.

    Raises:
        SearchError: the cluster cannot be reached.
    """
    from digitrec.search.cluster_trainings import ClusterTrainers  # Dask is not installed everywhere

    return ClusterTrainers(name, address)


def run_worker(
    url: str,
    name: str | None = None,
    *,
    train: Train | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    echo: Callable[[str], None] = print,
) -> str:
    """Join a search in a database, and work on it until it ends; why it did.

    Args:
        url: of the database.
        name: of the search; None: the only one that is there.
        train: makes a trial; None: trains it as a run on this machine.
        is_stopped: whether a person wants this worker to end.
        echo: gets a line of text for a person now and then.

    Raises:
        SearchError: the database cannot be used, there is no such search, or several trials in a row failed.
    """
    study, plan = studies.join_study(url, name)
    echo(f"Joined the search {study.study_name!r}: {plan.trials} trials in all.")
    shared = _SharedStop(study)
    limits = Limits(lambda: studies.shared_plan(study), lambda: is_stopped() or shared.is_set())
    at_once = plan.count_at_once()
    with make_trainers(study.study_name, at_once) as trainers:
        return work.do_trials(study, limits, train or trainers, echo, at_once=at_once)


class _SharedStop:
    """Whether the search was stopped, on whatever machine; asked of the database now and then."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._next, self._is_set = 0.0, False

    def is_set(self) -> bool:
        """Whether it was stopped."""
        if time.monotonic() >= self._next:
            self._is_set = bool(self._study.user_attrs.get(_STOP))
            self._next = time.monotonic() + _STOP_SECONDS
        return self._is_set
