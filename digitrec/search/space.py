"""What a search varies: settings of a training, each with a range or a list of choices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from digitrec.runs import AUGMENTATIONS, ConfigError, TrainConfig, own_network

# What every trial shares: other data or another seed would let luck decide, and trials of different lengths cannot
# be compared epoch by epoch.
FIXED = (
    "dataset",
    "corrections",
    "layers",
    "start_from",
    "teachers",
    "teacher_share",
    "epochs",
    "validation_share",
    "patience",
    "seed",
)
_SIGNIFICANT = 4  # digits of a value that a search suggests


class SearchError(Exception):
    """A search cannot be made, or cannot go on: the message says why and what to do."""


class SpaceError(SearchError):
    """What is to be varied is not allowed: the message names the setting, and what was expected."""


class Range(NamedTuple):
    """The values of a number, both ends included."""

    low: float
    high: float
    log: bool = False  # as likely from 0.001 to 0.01 as from 0.01 to 0.1


class Choices(NamedTuple):
    """The values of a setting, one by one."""

    values: tuple[str | float, ...]


Dimension = Range | Choices
Space = Mapping[str, Dimension]
FIELDS = {f.name: f for f in dataclasses.fields(TrainConfig) if f.name not in FIXED}

# What a range is at first, by the practice of the field; narrower than what is allowed. It is widened to the
# setting's present value.
_USUAL: Mapping[str, Range] = {
    "batch_size": Range(32, 512, log=True),
    "learning_rate": Range(3e-4, 0.02, log=True),
    "beta_1": Range(0.8, 0.95),
    "beta_2": Range(0.95, 0.9995),
    "warmup": Range(0.0, 0.2),
    "dropout": Range(0.0, 0.5),
    "label_smoothing": Range(0.0, 0.2),
    "adversarial": Range(0.0, 0.1),
    "rotation": Range(0.0, 20.0),
    "shift": Range(0.0, 0.15),
    "zoom": Range(0.0, 0.2),
    "shear": Range(0.0, 15.0),
    "elastic": Range(0.0, 1.0),
}


class Suggests(Protocol):
    """What gives a trial its values: Optuna's trial."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...  # noqa: D102
    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...  # noqa: D102
    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...  # noqa: D102


def suggest_dimension(name: str, config: TrainConfig) -> Dimension:
    """A usual range or the choices of a setting, with its present value among them."""
    f, now = FIELDS[name], getattr(config, name)
    if "choices" in f.metadata:
        return Choices(tuple(each for each in f.metadata["choices"] if each != own_network.OWN or each == now))
    usual = _USUAL.get(name, Range(f.metadata["low"], f.metadata["high"]))
    return usual._replace(low=min(usual.low, now), high=max(usual.high, now))


def parse_space(values: Mapping[str, Any], config: TrainConfig) -> dict[str, Dimension]:
    """The space that a file or a page describes.

    Args:
        values: for each setting {"low": ..., "high": ..., "log": ...}, or a list of choices.
        config: the present settings, which must lie in the space.

    Raises:
        SpaceError: a setting is unknown or fixed, a range is outside of what is allowed, or nothing is varied.
    """
    if not isinstance(values, Mapping) or not values:
        raise SpaceError("the space is empty: expected at least one setting with a range or choices.")
    space = {name: _parse_dimension(name, value, config) for name, value in values.items()}
    if all(_is_single(dimension) for dimension in space.values()):
        raise SpaceError("the space holds one point alone: expected a setting with two or more values.")
    if "network" in space and config.start_names:
        raise SpaceError("start_from gives weights for one network: do not vary network, or leave out start_from.")
    return space


def to_json(space: Space) -> dict[str, Any]:
    """The space as plain values, which `parse_space` reads."""
    return {
        name: list(dimension.values) if isinstance(dimension, Choices) else dimension._asdict()
        for name, dimension in space.items()
    }


def make_config(space: Space, config: TrainConfig, trial: Suggests) -> TrainConfig:
    """The settings of a trial: those that are varied as it suggests, all others as they are."""
    values: dict[str, Any] = {name: _suggest(name, dimension, trial) for name, dimension in space.items()}
    if values.get("network", config.network) != own_network.OWN:
        values["layers"] = ""
    return dataclasses.replace(config, **values)


def to_distributions(space: Space) -> dict[str, Any]:
    """The space in Optuna's words."""
    from optuna import distributions  # not installed everywhere

    found: dict[str, Any] = {}
    for name, dimension in space.items():
        if isinstance(dimension, Choices):
            found[name] = distributions.CategoricalDistribution(dimension.values)
        elif is_whole(name):
            low, high = int(dimension.low), int(dimension.high)
            found[name] = distributions.IntDistribution(low, high, log=dimension.log)
        else:
            found[name] = distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return found


def group_of(name: str) -> str:
    """The group of settings that a setting belongs to, for a page."""
    if name in AUGMENTATIONS or name == "adversarial":
        return "Augmentation"
    return "Network" if name in ("network", "dropout") else "Optimiser"


def is_whole(name: str) -> bool:
    """Whether a setting's values are whole numbers."""
    return FIELDS[name].type == "int"


def _suggest(name: str, dimension: Dimension, trial: Suggests) -> str | float:
    if isinstance(dimension, Choices):
        return trial.suggest_categorical(name, dimension.values)
    if is_whole(name):
        return trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
    value = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return min(max(_round(value), dimension.low), dimension.high)


def _round(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def _parse_dimension(name: str, value: Any, config: TrainConfig) -> Dimension:
    if name in FIXED:
        raise SpaceError(f"{name} cannot be varied: all trials share it. Set it before the search.")
    if name not in FIELDS:
        raise SpaceError(f"unknown setting {name!r} in the space: expected some of {', '.join(FIELDS)}.")
    dimension = _parse_range(name, value) if isinstance(value, Mapping) else _parse_choices(name, value)
    now = getattr(config, name)
    if not _holds(dimension, now):
        raise SpaceError(
            f"{name} is {now} now, which is outside of {_describe(dimension)}: the present settings are the first "
            "trial. Widen the range, or change the setting."
        )
    return dimension


def _parse_range(name: str, value: Mapping[str, Any]) -> Range:
    f = FIELDS[name]
    if "choices" in f.metadata:
        raise SpaceError(f"{name} has no range: expected a list of some of {', '.join(f.metadata['choices'])}.")
    unknown = set(value) - set(Range._fields)
    low, high, log = value.get("low"), value.get("high"), value.get("log", False)
    if unknown or not _is_number(low) or not _is_number(high) or not isinstance(log, bool):
        raise SpaceError(f"{name} is {dict(value)}: expected low and high as numbers, and log as true or false.")
    assert low is not None and high is not None
    allowed = f.metadata["low"], f.metadata["high"]
    if not allowed[0] <= low <= high <= allowed[1]:
        raise SpaceError(f"{name} is {low} to {high}: expected a range within {allowed[0]} to {allowed[1]}.")
    if is_whole(name) and not (float(low).is_integer() and float(high).is_integer()):
        raise SpaceError(f"{name} is {low} to {high}: expected whole numbers.")
    if log and low <= 0:
        raise SpaceError(f"{name} is {low} to {high} on a logarithmic scale: expected a lower end above 0.")
    return Range(low, high, log)


def _parse_choices(name: str, value: Any) -> Choices:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise SpaceError(f'{name} is {value!r}: expected {{"low": ..., "high": ...}} or a list of choices.')
    for each in value:
        # One by one with the default settings: what a setting may be does not depend on the others but for `own`.
        if name == "network" and each == own_network.OWN:
            continue
        try:
            TrainConfig(**{name: each})
        except ConfigError as error:
            raise SpaceError(f"the choices of {name}: {error}") from error
    return Choices(tuple(dict.fromkeys(value)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _holds(dimension: Dimension, value: Any) -> bool:
    if isinstance(dimension, Choices):
        return value in dimension.values
    return dimension.low <= value <= dimension.high


def _is_single(dimension: Dimension) -> bool:
    return len(dimension.values) == 1 if isinstance(dimension, Choices) else dimension.low == dimension.high


def _describe(dimension: Dimension) -> str:
    if isinstance(dimension, Choices):
        return ", ".join(map(str, dimension.values))
    return f"{dimension.low:g} to {dimension.high:g}"
