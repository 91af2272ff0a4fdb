"""The plan of a search: where it starts, what it varies, what it looks for, and when it ends."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from digitrec.runs import PRESETS, ConfigError, TrainConfig, processes
from digitrec.search import space as spaces
from digitrec.search.space import SearchError, Space, SpaceError

MAX_TRIALS = 10_000
MAX_HOURS = 1000.0
DEFAULT_TRIALS = 20
MAX_AT_ONCE = 16
# Without a wish: small networks keep one core busy, and not two, so that trials beside each other take less time
# together. More than four mean that TPE knows little of the trials that it chooses from.
USUAL_AT_ONCE = 4
_TRIAL_BYTES = 1_500_000_000  # of memory, a process with TensorFlow and images


class Objective(NamedTuple):
    """A number that a search makes as small, or as large, as it can."""

    title: str
    unit: str
    is_maximised: bool = False


OBJECTIVES: Mapping[str, Objective] = {
    "accuracy": Objective("Validation accuracy", "%", is_maximised=True),
    "loss": Objective("Validation loss", ""),
    "latency": Objective("Latency of one image", "ms"),
    "size": Objective("Size of the .tflite", "MB"),
    "seconds": Objective("Training time", "s"),
}
COSTS = ("latency", "size", "seconds")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a search does.

    Attributes:
        config: the present settings, which are the first trial.
        space: what is varied, by setting.
        objectives: keys of `OBJECTIVES`: accuracy or loss, and costs.
        trials: so many in all.
        hours: after which it ends, from each start; None: no limit.
        storage: the URL of a database; None: a file beside the runs.
        at_once: so many trials train at the same time; None: as many as the machine bears.

    Raises:
        SearchError: the plan contradicts itself.
        SpaceError: the space is not allowed.
    """

    config: TrainConfig
    space: Space
    objectives: tuple[str, ...] = ("accuracy",)
    trials: int = DEFAULT_TRIALS
    hours: float | None = None
    storage: str | None = None
    at_once: int | None = None

    def __post_init__(self) -> None:
        _check_objectives(self.objectives)
        if not isinstance(self.trials, int) or not 1 <= self.trials <= MAX_TRIALS:
            raise SearchError(f"trials is {self.trials}: expected 1 to {MAX_TRIALS}.")
        if self.at_once is not None and not 1 <= self.at_once <= MAX_AT_ONCE:
            raise SearchError(f"at_once is {self.at_once}: expected 1 to {MAX_AT_ONCE} trials at the same time.")
        if self.hours is not None and not 0 < self.hours <= MAX_HOURS:
            raise SearchError(f"hours is {self.hours}: expected more than 0, and at most {MAX_HOURS:g}.")
        if not self.config.validation_share:
            raise SearchError(
                "validation_share is 0: a search compares trials on validation images. Set it to 0.1."
            )
        if "loss" in self.objectives and "label_smoothing" in self.space:
            raise SpaceError(
                "the loss depends on label_smoothing, so the losses of such trials cannot be compared: look for "
                "accuracy, or do not vary label_smoothing."
            )

    @property
    def prunes(self) -> bool:
        """Whether trials that promise little are ended early: only with one objective."""
        return len(self.objectives) == 1

    @property
    def prunes_by_loss(self) -> bool:
        """Whether they are compared by validation loss; else, where losses are not alike, by validation errors."""
        return "label_smoothing" not in self.space

    def count_at_once(self) -> int:
        """How many trials train at the same time on this machine.

        One by one where time is an objective, because a trial beside another is slower.
        """
        if self.at_once is not None:
            return self.at_once
        if {"latency", "seconds"} & set(self.objectives):
            return 1
        memory = int(psutil.virtual_memory().available / _TRIAL_BYTES)
        return max(1, min(USUAL_AT_ONCE, processes.count_cores(), memory, self.trials))

    def to_json(self) -> dict[str, Any]:
        """The plan as plain values, which `from_json` reads."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain = {"config": self.config.to_dict(), "space": spaces.to_json(self.space)}
        return values | plain | {"objectives": list(self.objectives)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` gave.

        Raises:
            SearchError: it is damaged.
        """
        try:
            config = TrainConfig.from_dict(values["config"])
            rest = {name: values.get(name) for name in ("hours", "storage", "at_once")}
            return cls(
                config=config,
                space=spaces.parse_space(values["space"], config),
                objectives=tuple(values["objectives"]),
                trials=values["trials"],
                **rest,
            )
        except (KeyError, TypeError, ConfigError) as error:
            raise SearchError(f"the plan of the search is damaged: {error}") from error


def read_space_file(path: Path) -> dict[str, Any]:
    """The settings, space and objectives in a file, TOML or JSON, as arguments of `Plan`.

    Raises:
        SearchError: it cannot be read, or says what is unknown.
        SpaceError: the space is not allowed.
        ConfigError: a setting is not allowed.
    """
    values = _read(path)
    allowed = ("preset", "settings", "space", "objectives")
    if unknown := sorted(set(values) - set(allowed)):
        raise SpaceError(f"{path} has {', '.join(unknown)}: expected some of {', '.join(allowed)}.")
    preset, settings = values.get("preset", next(iter(PRESETS))), values.get("settings", {})
    if preset not in PRESETS:
        raise SpaceError(f"there is no preset {preset!r}: expected one of {', '.join(PRESETS)}.")
    if not isinstance(settings, dict):
        raise SpaceError(f"settings is {settings!r}: expected names and values.")
    config = TrainConfig.from_dict(PRESETS[preset].to_dict() | settings)
    objectives = values.get("objectives", ["accuracy"])
    if not isinstance(objectives, list) or not all(isinstance(each, str) for each in objectives):
        raise SpaceError(f"objectives is {objectives!r}: expected a list of some of {', '.join(OBJECTIVES)}.")
    return {
        "config": config,
        "space": spaces.parse_space(values.get("space", {}), config),
        "objectives": tuple(objectives),
    }


def write_space_file(plan: Plan) -> str:
    """A space file, JSON, that describes the same search."""
    about = {
        "settings": plan.config.to_dict(),
        "space": spaces.to_json(plan.space),
        "objectives": list(plan.objectives),
    }
    return json.dumps(about, indent=2)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise SearchError(f"the space file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # of both readers, and of a text that is not UTF-8
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise SearchError(f"the space file {path} is not {kind}: {error}.") from error
    if not isinstance(values, dict):
        raise SearchError(f"the space file {path} holds no names: expected a space, and settings.")
    return values


def _check_objectives(objectives: tuple[str, ...]) -> None:
    if unknown := [each for each in objectives if each not in OBJECTIVES]:
        raise SearchError(f"unknown objective {unknown[0]!r}: expected some of {', '.join(OBJECTIVES)}.")
    goals = [each for each in objectives if each not in COSTS]
    if len(goals) != 1 or len(set(objectives)) != len(objectives):
        raise SearchError(
            f"the objectives are {', '.join(objectives) or 'none'}: expected accuracy or loss, and with it any of "
            f"{', '.join(COSTS)}."
        )
