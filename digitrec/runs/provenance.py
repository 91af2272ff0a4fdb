"""What a network has learnt from in all: its own training, those it began with, and those of its teachers."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence, Set
from typing import NamedTuple

from digitrec.data import loading, splits
from digitrec.data.catalogue import DATASETS, DatasetError
from digitrec.data.splits import Dataset, Split, hash_images
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
        return kept.sha256 if (kept := loading.describe(dataset).user_made) else None
    except DatasetError:
        return None


def overlap_notes(run: RunFolder, dataset: str, split: str, part: Split) -> list[str]:
    """What a person should know before believing a network's numbers on these images: sentences, or none.

    Args:
        run: whose network.
        dataset: name of the data set that the images are of.
        split: name of the part of it; the validation part is the one that the run itself kept for that.
        part: the images.

    Raises:
        DatasetError: a data set is damaged.
    """
    return overlap_notes_for(list_training_data(run), dataset, split, part)


def overlap_notes_for(learnt: Sequence[TrainingData], dataset: str, split: str, part: Split) -> list[str]:
    """As `notes`, for a network that has learnt from all of this; its own training's part is the first."""
    own = learnt[0]
    if own.dataset == dataset and split == "train":
        return []
    if own.dataset == dataset and _was_replaced(own):
        return [
            f"The data set {loading.title(dataset)} is not the one that this network learnt from, which had the "
            "same name: which of these images it has learnt from is not known."
        ]
    if split == "test" and any(_has_seen_writers(each, dataset) for each in learnt):
        return ["The network has learnt from other digits of these writers: the numbers are too good by that."]
    seen: set[int] = set()
    unknown = []
    for each in learnt:
        if _is_disjoint(each, own, dataset, split):
            continue
        name = each.dataset if each.dataset == dataset else _base_dataset(each.dataset)
        here = loading.is_available(name)
        if _was_replaced(each):
            unknown.append(f"another data set is called {name} now")
        elif not here and not (name in DATASETS and _holds_user_drawings(dataset)):
            unknown.append(f"{name} is not here")
        elif here:
            seen |= _training_hashes(loading.load(name), each.validation_share, each.seed)
    told = [f"Whether the network has learnt from some of these images cannot be told: {why}." for why in unknown]
    if seen and (count := count_learnt_images(part, seen)):
        told.append(
            f"{count:,} of these {len(part.labels):,} images are among those that the network learnt from: the "
            "numbers are too good by them."
        )
    return told


def count_learnt_images(part: Split, learnt: Set[int]) -> int:
    """How many of the images are among those of these `hashes`."""
    return sum(each in learnt for each in hash_images(part.images))


def _has_seen_writers(learnt: TrainingData, dataset: str) -> bool:
    """Whether the writers whose digits a fold keeps for its test have been learnt from in another one."""
    try:
        fold, other = loading.describe(dataset).fold, loading.describe(learnt.dataset)
    except DatasetError:
        return False
    return fold is not None and other.base is not None and other.fold != fold


def _is_disjoint(each: TrainingData, own: TrainingData, dataset: str, split: str) -> bool:
    """Whether it is known that what was learnt holds none of the images."""
    first, second = _base_dataset(each.dataset), _base_dataset(dataset)
    if first not in DATASETS or second not in DATASETS:
        return False
    parts_differ = (each.validation_share, each.seed) != (own.validation_share, own.seed)
    return first != second or split != "validation" or not parts_differ


def _holds_user_drawings(dataset: str) -> bool:
    """Whether a data set holds drawings that were kept on the Draw page."""
    kept = loading.describe(dataset).user_made
    return kept is not None and kept.is_own


def _base_dataset(name: str) -> str:
    """The data set, or the one that people's drawings joined: those are made here, which takes minutes."""
    try:
        return loading.describe(name).base or name
    except DatasetError:
        return name


@functools.lru_cache(maxsize=4)  # 4 MB each for MNIST
def _training_hashes(dataset: Dataset, share: float, seed: int) -> frozenset[int]:
    return frozenset(hash_images(splits.select_part(dataset, "train", share=share, seed=seed).images))


def _was_replaced(learnt: TrainingData) -> bool:
    """Whether another data set has the name of the one that was learnt from."""
    now = dataset_sha256(learnt.dataset)
    return None not in (learnt.data_sha256, now) and learnt.data_sha256 != now
