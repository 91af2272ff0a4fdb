"""A search's trials in Optuna: the study, its plan, and what came of each trial.

All of Optuna's objectives are made small, accuracy as the share of errors. A trial's user attributes:

current   the present settings, as they are
run       the run that trains, or trained, it
host      the machine that does
error     why it failed, by which it counts as done; a lost trial has none, and is tried again
stopped   a person stopped it; it is tried again
losses    how often it was lost
others    as in `Outcome`
"""

from __future__ import annotations

import dataclasses
import functools
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from digitrec.runs import TrainConfig
from digitrec.search import space as spaces
from digitrec.search import storage as storages
from digitrec.search.folder import Search
from digitrec.search.plan import Plan
from digitrec.search.space import SearchError

if TYPE_CHECKING:
    import optuna  # 0.7 s, and not installed everywhere

MAX_LOSSES = 3  # so often lost, a trial is not tried again: its settings may be what kills the process
STARTUP_TRIALS = 6  # random ones, before TPE; Optuna's ten would be half of a search of twenty
# Of each rung, one trial in six goes on. Li et al. (2018, 3.6) say three or four, of trials that chance draws.
# Here later ones are better than earlier ones, and more go on: 8 of 20 with four, 6 with six, in a simulation with
# an equally good best. With more than three, trials of three epochs can all be pruned after the first.
REDUCTION = 6
MIN_IMPORTANCE_TRIALS = 8  # below which the shares are mostly chance


class Outcome(NamedTuple):
    """What came of a trial; a number that is unknown is None."""

    accuracy: float | None = None  # of validation images
    loss: float | None = None
    latency: float | None = None  # ms for one image
    size: float | None = None  # MB
    seconds: float | None = None
    parameters: int | None = None
    images: int | None = None  # on which it was validated
    is_pruned: bool = False
    error: str | None = None
    is_diverged: bool = False  # the loss became NaN: an error, but one that says something of the settings


class Trial(NamedTuple):
    """A trial as a page shows it."""

    number: int
    state: str  # "complete", "pruned", "running", "failed", "lost", "stopped" or "waiting"
    settings: Mapping[str, Any]  # those that are varied
    curve: Mapping[int, float]  # what pruning compares, after each epoch
    outcome: Outcome
    run: str | None
    host: str | None
    is_current: bool  # the settings that the search began with


# --- studies ---


def open_study(search: Search, plan: Plan) -> optuna.Study:
    """The study of a search, made where it is new; trial 0 are then the present settings.

    Raises:
        SearchError: as by `storage.open_database`; or the database has another search of this name.
    """
    optuna = storages.load_optuna()
    storage = _open_storage(search, plan, is_writer=True)
    study = optuna.create_study(
        storage=storage,
        study_name=search.name,
        directions=["minimize"] * len(plan.objectives),
        pruner=_pruner(plan),
        load_if_exists=True,
    )
    study.sampler = _sampler(plan, len(study.get_trials(deepcopy=False)))
    if study.user_attrs.get("created", search.created) != search.created:
        raise SearchError(
            f"the database has a search {search.name!r} already: choose another name, or join it by the command "
            "digitrec worker."
        )
    study.set_user_attr("created", search.created)
    share_plan(study, plan)
    if not study.get_trials(deepcopy=False):
        present = {name: getattr(plan.config, name) for name in plan.space}
        study.enqueue_trial(present, user_attrs={"current": True})
    return study


def _open_storage(search: Search, plan: Plan, *, is_writer: bool = False) -> Any:
    if plan.storage is not None:
        return storages.open_database(plan.storage, try_again)
    return storages.open_journal(search.journal_path, is_writer=is_writer)


def join_study(url: str, name: str | None) -> tuple[optuna.Study, Plan]:
    """The study in a database, with its plan, for a worker on any machine.

    Args:
        url: of the database.
        name: of the search; None: the only one that is there.

    Raises:
        SearchError: as by `storage.open_database`; or there is no such search, or there are several.
    """
    optuna = storages.load_optuna()
    storage = storages.open_database(url, try_again)
    names = optuna.get_all_study_names(storage)
    if name is None and len(names) == 1:
        name = names[0]
    if name is None or name not in names:
        said = "which search is meant" if name is None else f"there is no search {name!r}"
        raise SearchError(f"{said}: expected --search with one of: {', '.join(names) or 'none yet'}.")
    study = optuna.load_study(study_name=name, storage=storage)
    plan = shared_plan(study)
    sampler, pruner = _sampler(plan, None), _pruner(plan)
    return optuna.load_study(study_name=name, storage=storage, sampler=sampler, pruner=pruner), plan


def share_plan(study: optuna.Study, plan: Plan) -> None:
    """Store the plan with the study, for workers on other machines."""
    text = json.dumps(dataclasses.replace(plan, storage=None).to_json())
    if study.user_attrs.get("plan") != text:
        study.set_user_attr("plan", text)


def shared_plan(study: optuna.Study) -> Plan:
    """The plan that `share_plan` stored.

    Raises:
        SearchError: there is none: the study is another program's.
    """
    try:
        return Plan.from_json(json.loads(study.user_attrs["plan"]))
    except (KeyError, ValueError) as error:
        raise SearchError(f"the study {study.study_name!r} is no search of digitrec: choose another.") from error


def _sampler(plan: Plan, trials: int | None) -> Any:
    """TPE (Bergstra et al. 2011), after so many trials as are there; None for one of several workers."""
    # Neither a search that goes on nor another worker may draw the same random numbers again.
    seed = None if trials is None or plan.storage is not None else plan.config.seed + trials
    sampler = storages.load_optuna().samplers.TPESampler
    # What is in work counts as bad, so that trials at the same time are not alike.
    return sampler(n_startup_trials=STARTUP_TRIALS, seed=seed, constant_liar=True)


def _pruner(plan: Plan) -> Any:
    """Hyperband (Li et al. 2018, JMLR 18) over the epochs."""
    pruners = storages.load_optuna().pruners
    if not plan.prunes:
        return pruners.NopPruner()
    return pruners.HyperbandPruner(max_resource=plan.config.epochs, reduction_factor=REDUCTION)


# --- trials ---


def make_config(plan: Plan, trial: Any) -> TrainConfig:
    """The settings of a trial."""
    suggested = spaces.make_config(plan.space, plan.config, trial)
    return plan.config if trial.user_attrs.get("current") else suggested


def replay_config(plan: Plan, settings: Mapping[str, Any]) -> TrainConfig:
    """The settings of a trial that has its values already."""
    return spaces.make_config(plan.space, plan.config, storages.load_optuna().trial.FixedTrial(dict(settings)))


def objective_values(plan: Plan, outcome: Outcome) -> list[float]:
    """The numbers that Optuna makes small.

    Raises:
        ValueError: one of them is unknown.
    """
    values = {**outcome._asdict(), "accuracy": None if outcome.accuracy is None else 1 - outcome.accuracy}
    found = [values[name] for name in plan.objectives]
    if None in found:
        raise ValueError(f"the trial has no {plan.objectives[found.index(None)]}")
    return [float(value) for value in found]


def try_again(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    """Queue the settings of a trial that was lost, unless they were lost too often."""
    losses = trial.user_attrs.get("losses", 0) + 1
    if losses < MAX_LOSSES:
        _queue_again(study, trial, losses)


def put_back(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    """Queue the settings of a trial that a person has stopped."""
    _queue_again(study, trial, trial.user_attrs.get("losses", 0))


def _queue_again(study: optuna.Study, trial: optuna.trial.FrozenTrial, losses: int) -> None:
    optuna = storages.load_optuna()
    attributes = {name: value for name, value in trial.user_attrs.items() if name == "current"}
    fixed = {name: value for name, value in trial.system_attrs.items() if name == "fixed_params"}
    again = optuna.create_trial(
        state=optuna.trial.TrialState.WAITING,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs={**attributes, "losses": losses},
        system_attrs=fixed,
    )
    study.add_trial(again)


def recover(study: optuna.Study) -> list[str]:
    """Queue again what a killed process has left running; the names of the runs that are void now.

    For a journal alone, where the caller is the only process: in a database, heartbeats tell who is alive.
    """
    states = storages.load_optuna().trial.TrialState
    void = []
    for trial in study.get_trials(deepcopy=False, states=[states.RUNNING]):
        study.tell(trial.number, state=states.FAIL)
        try_again(study, trial)
        void += [trial.user_attrs["run"]] if "run" in trial.user_attrs else []
    return void


def count_trials(study: optuna.Study) -> tuple[int, int, int]:
    """How many trials are done, how many are running, and how many settings wait to be tried, or tried again."""
    states = storages.load_optuna().trial.TrialState
    trials = study.get_trials(deepcopy=False)
    done = sum(trial.state in (states.COMPLETE, states.PRUNED) or "error" in trial.user_attrs for trial in trials)
    found = [trial.state for trial in trials]
    return done, found.count(states.RUNNING), found.count(states.WAITING)


def list_trials(study: optuna.Study) -> list[Trial]:
    """All trials, oldest first."""
    return [_to_trial(trial) for trial in study.get_trials(deepcopy=False)]


class Importances(NamedTuple):
    """How much each setting matters.

    Attributes:
        shares: of 1, by setting; empty where too few trials are there, or all are alike.
        trials: by so many.
        epoch: by their value after this epoch; None: by the first objective of complete trials.
    """

    shares: Mapping[str, float]
    trials: int
    epoch: int | None = None


def find_importances(trials: Sequence[Trial], plan: Plan) -> Importances:
    """How much each setting matters, by PED-ANOVA (Watanabe et al. 2023).

    By the complete trials, if there are enough; else by all trials after their first epoch, which pruned ones
    have as well.
    """
    complete = [(trial, objective_values(plan, trial.outcome)[0]) for trial in trials if trial.state == "complete"]
    if len(complete) >= MIN_IMPORTANCE_TRIALS:
        return Importances(_rate_settings(complete, plan), len(complete))
    first = [
        (trial, next(iter(trial.curve.values()))) for trial in trials if trial.curve and trial.state != "running"
    ]
    if len(first) >= MIN_IMPORTANCE_TRIALS:
        return Importances(_rate_settings(first, plan), len(first), epoch=1)
    return Importances({}, max(len(complete), len(first)))


def _rate_settings(rated: Sequence[tuple[Trial, float]], plan: Plan) -> dict[str, float]:
    optuna = storages.load_optuna()
    study = optuna.create_study()
    distributions = spaces.to_distributions(plan.space)
    study.add_trials(
        [
            optuna.create_trial(params=dict(trial.settings), distributions=distributions, value=value)
            for trial, value in rated
            if set(trial.settings) == set(distributions)
        ]
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of experimental parts, and of settings that do not vary
            found: Mapping[str, float] = optuna.importance.get_param_importances(
                study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
            )
    except (ValueError, RuntimeError):  # too few trials
        return {}
    return {name: share for name, share in found.items() if share == share}


def _to_trial(trial: optuna.trial.FrozenTrial) -> Trial:
    attributes = trial.user_attrs
    known = {name: attributes[name] for name in Outcome._fields if name in attributes}
    state = trial.state.name.lower()
    if state == "fail":
        state = "failed" if "error" in attributes else "stopped" if "stopped" in attributes else "lost"
    return Trial(
        number=trial.number,
        state=state,
        settings=trial.params or trial.system_attrs.get("fixed_params", {}),
        curve=dict(sorted(trial.intermediate_values.items())),
        outcome=Outcome(**known),
        run=attributes.get("run"),
        host=attributes.get("host"),
        is_current=bool(attributes.get("current")),
    )


def store_outcome(trial: Any, outcome: Outcome) -> None:
    """Keep what came of a trial with it."""
    for name, value in outcome._asdict().items():
        if value not in (None, False):
            trial.set_user_attr(name, value)


def read_trials(search: Search) -> Sequence[Trial]:
    """All trials of a search, without changing anything; none before it has begun.

    Raises:
        SearchError: as by `storage.open_database`.
    """
    study = load_for_reading(search)
    return [] if study is None else list_trials(study)


def load_for_reading(search: Search) -> optuna.Study | None:
    """The study of a search to be read; None before it has begun.

    Raises:
        SearchError: as by `storage.open_database`.
    """
    optuna, plan = storages.load_optuna(), search.plan
    if plan.storage is None and not search.journal_path.is_file():
        return None
    storage = _open_for_reading(str(search.journal_path), search.created, plan.storage)
    if search.name not in optuna.get_all_study_names(storage):
        return None
    return optuna.load_study(study_name=search.name, storage=storage)


@functools.lru_cache(maxsize=16)
def _open_for_reading(journal: str, created: float, url: str | None) -> Any:
    """The storage of a search, opened once: what was read of it is not read again."""
    del created  # another search may have had the same name
    return storages.open_journal(Path(journal)) if url is None else storages.open_database(url, try_again)
