"""The runs whose weights a training starts from, and whether they fit it."""

from __future__ import annotations

from digitrec.runs import checkpoints
from digitrec.runs.architectures import count_layers
from digitrec.runs.config import IMPORTED, StartPoint, TrainConfig
from digitrec.runs.run import Run
from digitrec.runs.store import RunError, open_run


class StartError(RunError):
    """A training cannot start from a run's weights: the message says which, why, and what to do."""


def open_starts(config: TrainConfig) -> list[Run]:
    """The runs that a training starts from, checked as far as that is possible without reading their weights.

    Their classes may be others than those of the training, which then has a new last layer. But several runs are
    averaged, so they must have the same.

    Raises:
        StartError: a run does not exist, has no network or another one, several started differently, or more
            layers are to be trained than there are.
    """
    _check_trained_layers(config)
    runs = [_open(point, config) for point in config.start_points]
    names = ", ".join(repr(each.name) for each in runs)
    if runs and not set.intersection(*({each.name, *each.config.start_names} for each in runs)):
        starts = "; ".join(f"{each.name!r} from {each.config.start_from or 'random weights'}" for each in runs)
        raise StartError(
            f"the weights of {names} cannot be averaged: they started from different weights ({starts}). Choose "
            "runs that started from the same run, or that run and one of these."
        )
    if len({each.class_names for each in runs}) > 1:
        raise StartError(
            f"the weights of {names} cannot be averaged: their classes differ. Choose runs with the same classes."
        )
    return runs


def _check_trained_layers(config: TrainConfig) -> None:
    wanted, count = config.trained_layers, count_layers(config.architecture)
    if wanted and not config.start_from:
        raise StartError(
            f"trained_layers is {wanted} but start_from names no run: the other layers would stay random. Name a "
            "run to start from, or set trained_layers to 0."
        )
    if wanted > count:
        raise StartError(
            f"trained_layers is {wanted}, but the network {config.network!r} has {count} layers with weights. Set "
            f"it to {count} at most."
        )


def _open(point: StartPoint, config: TrainConfig) -> Run:
    name = point.name
    try:
        start = open_run(name)
    except RunError as error:
        raise StartError(f"the training cannot start from {name!r}: {error}") from error
    if point.epoch is None and not start.has_model:
        raise StartError(f"the run {name!r} has no trained network to start from: train it to the end first.")
    if point.epoch is not None and point.epoch not in checkpoints.epochs(start):
        raise StartError(explain_missing_epoch(start, point.epoch))
    if start.config.network_title != config.network_title or start.config.network == IMPORTED:
        raise StartError(
            f"the training cannot start from {name!r}: it is a {start.config.network_title!r}, expected a "
            f"{config.network_title!r}. Choose that network, or another run to start from."
        )
    return start


def explain_missing_epoch(start: Run, epoch: int) -> str:
    """Why a training cannot start from an epoch of a run."""
    kept = ", ".join(map(str, checkpoints.epochs(start))) or "none"
    return (
        f"the training cannot start from epoch {epoch} of {start.name!r}: it is not kept, or damaged. Epochs that "
        f"are kept: {kept}."
    )
