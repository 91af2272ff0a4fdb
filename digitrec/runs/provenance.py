"""What a network has learnt from in all: its own training, those it began with, and those of its teachers."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from digitrec.data import loading
from digitrec.data.loading import DatasetError
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import RunFolder
from digitrec.runs.store import RunError, open_run


class TrainingData(NamedTuple):
    """The part of a data set that a network has learnt from: its training images without those for validation."""

    dataset: str
    validation_share: float
    seed: int
    data_sha256: str | None  # of a data set that a person made, as it was then


def list_inherited_data(config: TrainConfig) -> list[TrainingData]:
    """What the networks have learnt from that a training begins with or is taught by; of unknown runs, nothing."""
    found = []
    for name in (*config.start_names, *config.teacher_names):
        with contextlib.suppress(RunError):
            found += list_training_data(open_run(name))
    return list(dict.fromkeys(found))


def list_training_data(run: RunFolder) -> list[TrainingData]:
    """All that a run's network has learnt from; its own training's part first.

    What came before is in the history's first row: the runs of that time may be gone, or others by now.
    """
    start = next((row for row in reversed(run.history()) if row["kind"] == "start"), {})
    own = describe_training_data(run.config)._replace(data_sha256=start.get("data"))
    return list(dict.fromkeys([own, *(TrainingData(*each) for each in start.get("learnt_before", ()))]))


def describe_training_data(config: TrainConfig) -> TrainingData:
    """What a training with this config learns from now."""
    return TrainingData(config.dataset, config.validation_share, config.seed, dataset_sha256(config.dataset))


def dataset_sha256(dataset: str) -> str | None:
    """By which a data set that a person made is known from another of the same name; None for all others."""
    try:
        return kept.sha256 if (kept := loading.describe(dataset).kept) else None
    except DatasetError:
        return None
