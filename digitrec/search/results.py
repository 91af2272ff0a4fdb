"""What came of a search: the best trial, the frontier, and what to say of them. No test image is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from digitrec.metrics import Estimate, find_unbeaten, intervals
from digitrec.runs import TrainConfig
from digitrec.search import study as studies
from digitrec.search.folder import Search
from digitrec.search.plan import OBJECTIVES, Plan
from digitrec.search.space import Choices, Dimension
from digitrec.search.study import Trial


class Findings(NamedTuple):
    """The trials of a search, and what stands out among them.

    Attributes:
        trials: all, oldest first.
        best: the best complete trial by the first objective, or None.
        frontier: with several objectives, the complete trials that no other beats in all of them.
        first: the trial with the settings that the search began with, once it is complete.
    """

    trials: Sequence[Trial]
    best: Trial | None
    frontier: Sequence[Trial]
    first: Trial | None

    def count(self, *states: str) -> int:
        """How many trials are in one of these states."""
        return sum(trial.state in states for trial in self.trials)

    @property
    def done(self) -> int:
        """How many trials are done, pruned and failed ones included."""
        return self.count("complete", "pruned", "failed")


def find(trials: Sequence[Trial], plan: Plan) -> Findings:
    """What stands out among the trials of a search."""
    complete = [trial for trial in trials if trial.state == "complete" and _values(trial, plan) is not None]
    best = min(complete, key=lambda trial: (_values(trial, plan) or [])[0], default=None)
    first = next((trial for trial in complete if trial.is_current), None)
    frontier = find_frontier(complete, plan) if len(plan.objectives) > 1 else []
    return Findings(trials, best, frontier, first)


def find_frontier(trials: Sequence[Trial], plan: Plan) -> list[Trial]:
    """The trials that no other beats in one objective without being worse in another, cheapest last."""
    return _select_unbeaten([(values, trial) for trial in trials if (values := _values(trial, plan)) is not None])


def find_cost_frontier(trials: Sequence[Trial], cost: str) -> list[Trial]:
    """The complete trials that no other beats in accuracy and in a cost, such as "size"; the best first."""
    return _select_unbeaten(
        [
            ([1 - trial.outcome.accuracy, getattr(trial.outcome, cost)], trial)
            for trial in trials
            if trial.state == "complete" and trial.outcome.accuracy is not None and getattr(trial.outcome, cost)
        ]
    )


def _select_unbeaten(found: list[tuple[list[float], Trial]]) -> list[Trial]:
    if not found:
        return []
    unbeaten = find_unbeaten(np.array([values for values, _ in found]))
    ordered = sorted(zip(found, unbeaten, strict=True), key=lambda each: each[0][0])
    return [trial for (_, trial), is_unbeaten in ordered if is_unbeaten]


def trial_config(plan: Plan, trial: Trial) -> TrainConfig:
    """The settings of a trial in full."""
    return plan.config if trial.is_current else studies.replay_config(plan, trial.settings)


def accuracy_interval(trial: Trial) -> Estimate | None:
    """A trial's validation accuracy with its 95% interval; None where it is unknown."""
    accuracy, images = trial.outcome.accuracy, trial.outcome.images
    if accuracy is None or not images:
        return None
    return intervals.wilson_interval(round(accuracy * images), images)


def describe_best(found: Findings, plan: Plan) -> str:
    """The best trial in sentences, with how many it is the best of."""
    best = found.best
    if best is None:
        return "No trial is complete yet."
    name = plan.objectives[0]
    text = f"Trial {best.number} is the best of {found.done} trials: {format_objective(name, best.outcome)}"
    estimate = accuracy_interval(best)
    if name == "accuracy" and estimate:
        text += f" of {best.outcome.images:,} validation images right ({estimate.low:.2%} to {estimate.high:.2%})"
    text += "."
    if found.first is best:
        return f"{text} These are the settings that the search began with."
    if found.first is not None:
        text += f" The settings that it began with: {format_objective(name, found.first.outcome)}."
    return text


CAUTION = (
    "The best of many is a little lucky: on new images its number would be lower. The test images were not used. "
    "Evaluate the network that you choose on them once."
)


def format_objective(name: str, outcome: studies.Outcome) -> str:
    """One of the numbers of a trial, with its unit."""
    value = getattr(outcome, name)
    if value is None:
        return "–"
    if name == "accuracy":
        return f"{value:.2%}"
    unit = OBJECTIVES[name].unit
    digits = {"loss": 4, "latency": 2, "size": 2, "seconds": 0}[name]
    return f"{value:.{digits}f}{f' {unit}' if unit else ''}"


def list_changes(plan: Plan, trial: Trial) -> dict[str, tuple[Any, Any]]:
    """The settings of a trial that differ from those that the search began with: name -> (then, now)."""
    before, now = plan.config.to_dict(), trial_config(plan, trial).to_dict()
    return {name: (before[name], now[name]) for name in plan.space if before[name] != now[name]}


def read(search: Search) -> Findings:
    """The findings of a search so far.

    Raises:
        SearchError: the storage cannot be used.
    """
    return find(studies.read_trials(search), search.plan)


def _values(trial: Trial, plan: Plan) -> list[float] | None:
    try:
        return studies.objective_values(plan, trial.outcome)
    except ValueError:
        return None


def place(dimension: Dimension, value: Any) -> float:
    """Where a value is in its range or among its choices, 0 to 1."""
    if isinstance(dimension, Choices):
        values = dimension.values
        return values.index(value) / max(len(values) - 1, 1) if value in values else 0.0
    scale = math.log if dimension.log else float
    low, high = scale(dimension.low), scale(dimension.high)
    return (scale(value) - low) / (high - low) if high > low else 0.5
