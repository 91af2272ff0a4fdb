"""The work of a search: trial after trial, until there are enough, the time is over, or a person stops it.

`train` makes one trial; in the program `trainings.Trainer`, in tests whatever is quick.
"""

from __future__ import annotations

import contextlib
import platform
import threading
import time
from collections.abc import Callable
from concurrent import futures
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from digitrec.runs import TrainConfig
from digitrec.search import study as studies
from digitrec.search.folder import ENDED, STOPPED, TIME_OVER
from digitrec.search.plan import Plan
from digitrec.search.space import SearchError
from digitrec.search.study import Outcome

if TYPE_CHECKING:
    import optuna

MAX_FAILURES = 3  # in a row, after which the search ends: the next trial would fail as well
WAIT_SECONDS = 1.0  # between two looks at the trials of other workers


class TrialLostError(Exception):
    """The process that trained is gone, and nobody asked it to end."""


class TrialStoppedError(Exception):
    """The search ends, and the trial in work with it."""


class _TrialFailedError(Exception):
    """The trial cannot be trained: the message says why."""


class Task(NamedTuple):
    """What is to be trained for a trial.

    Attributes:
        name: of the run.
        config: its settings.
        report: to be called after each epoch, with its number and its validation loss and errors; True: prune it.
        note_run: to be called with the name of the run once it is there.
        is_over: whether the search is to end, to be asked at least every second.
    """

    name: str
    config: TrainConfig
    report: Callable[[int, float, float], bool]
    note_run: Callable[[str], None]
    is_over: Callable[[], bool]


class Train(Protocol):
    """Trains one trial.

    Raises:
        TrialLostError: the process that trained is gone.
        TrialStoppedError: `is_over` was true.
    """

    def __call__(self, task: Task) -> Outcome: ...  # noqa: D102


class Limits(NamedTuple):
    """When the work ends.

    Attributes:
        read_plan: gives the plan as it is now: it may be extended meanwhile.
        is_stopped: whether a person wants the search to end.
        deadline: seconds of `time.monotonic`, or None.
    """

    read_plan: Callable[[], Plan]
    is_stopped: Callable[[], bool]
    deadline: float | None = None

    @property
    def reason(self) -> str | None:
        """Why the work is to end now, or None."""
        if self.is_stopped():
            return STOPPED
        return TIME_OVER if self.deadline is not None and time.monotonic() >= self.deadline else None


def do_trials(
    study: optuna.Study, limits: Limits, train: Train, echo: Callable[[str], None] = print, *, at_once: int = 1
) -> str:
    """Make trials until there are enough; why it ended, one of `ENDED`, `TIME_OVER` and `STOPPED`.

    With several workers, there may be as many trials more as there are others.

    Args:
        study: to which the trials belong.
        limits: when to end.
        train: makes one trial; is called by as many threads as trials train at the same time.
        echo: gets a line of text for a person now and then.
        at_once: so many.

    Raises:
        SearchError: several trials in a row failed.
        OSError: the disk is full.
    """
    gate = threading.Lock()
    if at_once == 1:
        return _do_trials(study, limits, train, echo, gate)
    has_failed = threading.Event()
    shared = limits._replace(is_stopped=lambda: has_failed.is_set() or limits.is_stopped())

    def work() -> str:
        try:
            return _do_trials(study, shared, train, echo, gate)
        except BaseException:
            has_failed.set()  # the other threads end with this one
            raise

    with futures.ThreadPoolExecutor(at_once) as pool:
        threads = [pool.submit(work) for _ in range(at_once)]
        try:
            reasons = {thread.result() for thread in threads}
        except BaseException:
            has_failed.set()
            raise
    return next((reason for reason in (STOPPED, TIME_OVER) if reason in reasons), ENDED)


def _do_trials(
    study: optuna.Study, limits: Limits, train: Train, echo: Callable[[str], None], gate: threading.Lock
) -> str:
    """Make trials, one after the other; the gate is closed while another thread chooses its next one."""
    failures = 0
    while True:
        with contextlib.ExitStack() as choosing:
            choosing.enter_context(gate)
            plan = limits.read_plan()
            if reason := limits.reason:
                return reason
            done, running, waiting = studies.count_trials(study)
            if done >= plan.trials and not running and not waiting:
                return ENDED
            # What another worker lost is tried again, also where a new trial has taken its place meanwhile.
            if done + running >= plan.trials and not waiting:
                choosing.close()
                _wait_for_others(study)
                continue
            worker = _Worker(study, plan, limits, train, echo, choosing.close)
            caught = (_TrialFailedError, TrialLostError, TrialStoppedError)
            study.optimize(worker.make_trial, n_trials=1, catch=caught)
        failures = failures + 1 if worker.error else 0
        if failures >= MAX_FAILURES:
            raise SearchError(
                f"{MAX_FAILURES} trials in a row failed, so the search has ended. The last: {worker.error}"
            )


def _wait_for_others(study: optuna.Study) -> None:
    """Wait a moment for the trials of other workers; those of dead ones are queued again."""
    import warnings

    import optuna

    time.sleep(WAIT_SECONDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


class _Worker:
    """Makes one trial."""

    def __init__(
        self,
        study: optuna.Study,
        plan: Plan,
        limits: Limits,
        train: Train,
        echo: Callable[[str], None],
        has_begun: Callable[[], None],
    ) -> None:
        self._study, self._plan, self._limits, self._train, self._echo = study, plan, limits, train, echo
        self._has_begun = has_begun
        self.error: str | None = None

    def make_trial(self, trial: optuna.Trial) -> list[float]:
        """Train one trial; the numbers that Optuna makes small."""
        import optuna

        trial.set_user_attr("host", platform.node())
        config = studies.make_config(self._plan, trial)
        self._has_begun()
        task = Task(
            f"{self._study.study_name} {trial.number:03d}",
            config,
            lambda epoch, loss, errors: self._report(trial, epoch, loss, errors),
            lambda name: trial.set_user_attr("run", name),
            lambda: self._limits.reason is not None,
        )
        try:
            outcome = self._train(task)
        except TrialLostError:
            self._echo(f"trial {trial.number}: lost, its process is gone")
            studies.try_again(self._study, self._freeze(trial))
            raise
        except TrialStoppedError:
            trial.set_user_attr("stopped", True)
            studies.put_back(self._study, self._freeze(trial))
            raise
        studies.store_outcome(trial, outcome)
        self._echo(_describe(trial.number, outcome))
        if outcome.is_pruned or (outcome.is_diverged and self._plan.prunes):
            raise optuna.TrialPruned
        if outcome.error is not None:
            self.error = None if outcome.is_diverged else outcome.error
            raise _TrialFailedError(outcome.error)
        return studies.objective_values(self._plan, outcome)

    def _report(self, trial: optuna.Trial, epoch: int, loss: float, errors: float) -> bool:
        """Tell Optuna of an epoch; True if the trial promises too little to go on."""
        if not self._plan.prunes:
            return False
        trial.report(loss if self._plan.prunes_by_loss else errors, epoch)
        return epoch < self._plan.config.epochs and trial.should_prune()

    def _freeze(self, trial: optuna.Trial) -> Any:
        return self._study._storage.get_trial(trial._trial_id)


def _describe(number: int, outcome: Outcome) -> str:
    if outcome.error:
        return f"trial {number}: failed: {outcome.error}"
    accuracy = "" if outcome.accuracy is None else f"{outcome.accuracy:.2%} of the validation images right"
    loss = "" if outcome.loss is None else f"validation loss {outcome.loss:.4f}"
    time_taken = "" if outcome.seconds is None else f"{outcome.seconds:.0f} s"
    facts = [fact for fact in (accuracy, loss, time_taken) if fact]
    return f"trial {number}: {'pruned, ' if outcome.is_pruned else ''}{', '.join(facts)}"
