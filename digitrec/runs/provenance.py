"""What a network has learnt from, in its own training and those before it, and whether test images are among it.

The shipped data sets have parts that are known to be disjoint. What a person imports or draws may hold any image,
and another training may have held out other images for validation.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from digitrec.data import (
    DATASETS,
    Dataset,
    DatasetError,
    Description,
    Split,
    catalogue,
    hash_images,
    loading,
    splits,
)
from digitrec.runs.config import IMPORTED, TrainConfig
from digitrec.runs.history import TrainingData
from digitrec.runs.run import Run
from digitrec.runs.store import RunError, open_run


def describe_training_data(config: TrainConfig, dataset: Description) -> TrainingData:
    """What a training with this config learns from; `dataset` describes the config's data set."""
    return TrainingData(dataset.name, config.validation_share, config.seed, _sha256(dataset))


def list_inherited_data(config: TrainConfig) -> list[TrainingData]:
    """What the runs have learnt from that a training starts from or is taught by; unknown runs are left out."""
    inherited: list[TrainingData] = []
    for name in (*config.start_names, *config.teacher_names):
        with contextlib.suppress(RunError):
            inherited += list_training_data(open_run(name))
    return list(dict.fromkeys(inherited))


def list_training_data(run: Run) -> list[TrainingData]:
    """All that a run's network has learnt from, its own training data first.

    What came before is in the history: the runs of that time may be gone, or may have changed.
    """
    start, config = run.history().start, run.config
    data_sha256, before = (start.data_sha256, start.learnt_before) if start else (None, ())
    own = TrainingData(config.dataset, config.validation_share, config.seed, data_sha256)
    return list(dict.fromkeys([own, *before]))


def find_learnt_dataset(run: Run) -> Description:
    """The data set on this machine that a run's network has learnt from, for examples of what it knows.

    Classes of the same names in another data set may be other classes, so nothing replaces it. If pen drawings
    were added to a data set, it is that data set: the network has learnt it as well, and making the drawings takes
    minutes.

    Raises:
        DatasetError: it is not on this machine, it is damaged, or another data set has its name now.
    """
    name = run.config.dataset
    try:
        description = loading.describe(name)
    except DatasetError as error:
        if name in loading.find_damaged():
            raise
        raise DatasetError(f"the network's training data set, {name}, is not on this machine.") from error
    if description.class_names != run.class_names or _was_replaced(run, description):
        raise DatasetError(f"the data set {name} is not the one of the same name that the network learnt from.")
    learnt = loading.describe(description.base) if description.base else description
    if not loading.is_available(learnt):
        raise DatasetError(f"the network's training data set, {learnt.title}, is not on this machine.")
    return learnt


def _was_replaced(run: Run, description: Description) -> bool:
    """Whether this is certainly another data set than the one of its name that the run was trained on."""
    if description.user_made is None:
        return False
    own = TrainingData(description.name, 0, 0, _read_data_sha256(run, run.created))
    return _Source(own, description).was_replaced


@functools.lru_cache(maxsize=32)  # asked with each stroke; the row is written once
def _read_data_sha256(run: Run, created: datetime) -> str | None:
    del created  # only a part of the cache key: another run may have the same path later
    start = run.history().start
    return start.data_sha256 if start else None


def overlap_notes(run: Run, dataset: Description, split: str, part: Split) -> list[str]:
    """What a person should know before believing a network's numbers on these images: sentences, or none.

    Args:
        run: whose network.
        dataset: the data set of the images.
        split: its part that the images are; "validation" is what the run itself held out.
        part: the images.

    Raises:
        DatasetError: a data set is damaged.
    """
    if run.config.network == IMPORTED:
        return ["The network was trained elsewhere: it may have learnt from any of these images."]
    return overlap_notes_for(list_training_data(run), dataset, split, part)


def overlap_notes_for(learnt: Sequence[TrainingData], dataset: Description, split: str, part: Split) -> list[str]:
    """As `overlap_notes`, for a network that has learnt from all of this; its own training data is the first."""
    sources = _describe_sources(learnt, dataset)
    own = sources[0]
    if own.data.dataset == dataset.name:
        if split == "train":
            return []
        if own.was_replaced:
            return [
                f"The data set {dataset.title} is not the one of the same name that the network learnt from. The "
                "network may have learnt from some of these images."
            ]
    if split == "test" and any(_has_seen_writers(source, dataset) for source in sources):
        return ["The network has learnt from other digits by these writers: these numbers are too high."]
    others = [source for source in sources if not _is_disjoint(source, own, dataset, split)]
    here = {source.name_for(dataset): loading.is_available(source.compared_to(dataset)) for source in others}
    return [
        *_unknown_notes(others, dataset, here),
        *_count_notes(others, dataset, here, part),
        *(_drawing_notes(sources, dataset) if split == "validation" else []),
        *_collection_notes(sources, dataset, split),
    ]


class _Source(NamedTuple):
    """What was learnt from, and the data set that has this name now, or None."""

    data: TrainingData
    description: Description | None

    @property
    def base(self) -> str:
        """The data set, or the one that people's drawings joined: making those takes minutes."""
        return _base(self.description) or self.data.dataset

    @property
    def was_replaced(self) -> bool:
        """Whether another data set has this name now."""
        now = _sha256(self.description)
        return None not in (self.data.data_sha256, now) and self.data.data_sha256 != now

    def compared_to(self, dataset: Description) -> Description | str:
        """What the images of `dataset` are compared with: a description, or a name where there is none."""
        if self.data.dataset == dataset.name:
            return dataset
        return _base(self.description) or self.description or self.data.dataset

    def name_for(self, dataset: Description) -> str:
        """The name of what the images of `dataset` are compared with."""
        compared = self.compared_to(dataset)
        return compared if isinstance(compared, str) else compared.name


def _describe_sources(learnt: Sequence[TrainingData], dataset: Description) -> list[_Source]:
    """What was learnt from, with its descriptions; each name is looked up once."""
    descriptions: dict[str, Description | None] = {dataset.name: dataset}
    for data in learnt:
        if data.dataset not in descriptions:
            descriptions[data.dataset] = _describe(data.dataset)
    return [_Source(data, descriptions[data.dataset]) for data in learnt]


def _describe(name: str) -> Description | None:
    try:
        return loading.describe(name)
    except DatasetError:
        return None


def _unknown_notes(sources: Sequence[_Source], dataset: Description, here: Mapping[str, bool]) -> list[str]:
    """A sentence for each source that cannot be compared."""
    reasons = []
    for source in sources:
        name = source.name_for(dataset)
        if source.was_replaced:
            reasons.append(f"another data set has the name {name} now")
        elif not here[name] and not (name in DATASETS and _holds_user_drawings(dataset)):
            reasons.append(f"{name} is not on this machine")
    return [f"The network may have learnt from some of these images: {reason}." for reason in reasons]


def _count_notes(
    sources: Sequence[_Source], dataset: Description, here: Mapping[str, bool], part: Split
) -> list[str]:
    """A sentence on how many images are in the sources that can be compared; none where no image is."""
    learnt: set[int] = set()
    for source in sources:
        name = source.name_for(dataset)
        if here[name] and not source.was_replaced:
            compared = loading.load(source.compared_to(dataset))
            learnt |= _training_hashes(compared, source.data.validation_share, source.data.seed)
    count, total = count_learnt_images(part, learnt) if learnt else 0, len(part.labels)
    if not count:
        return []
    return [f"The network has learnt from {count:,} of these {total:,} images: these numbers are too high."]


def _drawing_notes(sources: Sequence[_Source], dataset: Description) -> list[str]:
    """Words where the network has learnt from other drawings on the same base, which holds out others."""
    base = _base(dataset)
    others = {
        source.data.dataset
        for source in sources
        if base and _base(source.description) == base and source.data.dataset != dataset.name
    }
    if not others:
        return []
    names = " and ".join(sorted(others))
    return [
        "The network may have learnt from some of these drawings. It has learnt from "
        f"{names}, where other drawings are held out."
    ]


def _collection_notes(sources: Sequence[_Source], dataset: Description, split: str) -> list[str]:
    """A sentence for each other public data set with the same handwriting, scaled in another way."""
    found = {
        source.description.title: shared
        for source in sources
        if source.description and (shared := catalogue.shared_collection(source.description, dataset, split))
    }
    return [
        f"The network may have learnt from some of this handwriting: {title} and {dataset.title} both hold some "
        f"of {shared}. These numbers may be too high."
        for title, shared in found.items()
    ]


def count_learnt_images(part: Split, learnt: Set[int]) -> int:
    """How many of the images are among those with these `hash_images`."""
    return sum(each in learnt for each in hash_images(part.images))


@functools.lru_cache(maxsize=4)  # 4 MB each for MNIST
def _training_hashes(dataset: Dataset, share: float, seed: int) -> frozenset[int]:
    return frozenset(hash_images(splits.select_part(dataset, "train", share=share, seed=seed).images))


def _has_seen_writers(source: _Source, dataset: Description) -> bool:
    """Whether the network has learnt from the writers whose digits a fold holds out for its test."""
    other = source.description
    return dataset.fold is not None and other is not None and bool(other.base) and other.fold != dataset.fold


def _is_disjoint(source: _Source, own: _Source, dataset: Description, split: str) -> bool:
    """Whether the network has certainly learnt from none of the images."""
    first, second = source.base, _base(dataset) or dataset.name
    if first not in DATASETS or second not in DATASETS:
        return False
    # The same share and seed divide a data set the same way.
    same_division = source.data[1:3] == own.data[1:3]
    return first != second or split != "validation" or same_division


def _holds_user_drawings(dataset: Description) -> bool:
    """Whether a data set holds drawings that were saved on this machine."""
    return dataset.user_made is not None and dataset.user_made.is_own


def _base(dataset: Description | None) -> str | None:
    return dataset.base if dataset else None


def _sha256(dataset: Description | None) -> str | None:
    """Identifies a data set that a person made, among others of the same name; None for the rest."""
    return dataset.user_made.sha256 if dataset and dataset.user_made else None
