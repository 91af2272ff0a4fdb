"""Whether a network has learnt from the images that it is tested on: told of the data sets that people made.

Of the known data sets it is known which parts are apart; what a person imports or draws may hold anything.
"""

from __future__ import annotations

import functools

import numpy as np

from digitrec import datasets
from digitrec.catalogue import DATASETS, DatasetError
from digitrec.partition import Dataset, Split
from digitrec.run_folder import RunFolder


def notes(run: RunFolder, dataset: str, split: str, part: Split) -> list[str]:
    """What a person should know before believing a network's numbers on these images: sentences, or none.

    Args:
        run: whose network.
        dataset: name of the data set that the images are of.
        split: name of the part of it.
        part: the images.

    Raises:
        DatasetError: a data set is damaged.
    """
    of_own = run.config.dataset == dataset
    if datasets.described(dataset).kept is None or (of_own and split == "train"):
        return []
    if of_own and _was_replaced(run):
        return [
            f"The data set {datasets.title(dataset)} is not the one that this network learnt from, which had the "
            "same name: which of these images it has learnt from is not known."
        ]
    learnt = _without_drawings(run.config.dataset)
    if not datasets.is_here(learnt):
        if learnt in DATASETS and datasets.described(dataset).kept.is_own:
            return []
        return [f"Whether the network has learnt from some of these images cannot be told: {learnt} is not here."]
    seen = count_seen(part, _learnt(datasets.load(learnt), run.config.validation_share, run.config.seed))
    if not seen:
        return []
    return [
        f"{seen:,} of these {len(part.labels):,} images are among those that the network learnt from: the numbers "
        "are too good by them."
    ]


def count_seen(part: Split, learnt: frozenset[int]) -> int:
    """How many of the images are among those of these `hashes`."""
    return sum(each in learnt for each in hashes(part.images))


def hashes(images: np.ndarray) -> list[int]:
    """A number for each image uint8 (n, 28, 28): the same for the same image, in this process."""
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    return [hash(row.tobytes()) for row in rows]


def _without_drawings(name: str) -> str:
    """The data set, or the one that people's drawings joined: those are made here, which takes minutes."""
    try:
        return datasets.described(name).base or name
    except DatasetError:
        return name


@functools.lru_cache(maxsize=4)  # 4 MB each for MNIST
def _learnt(dataset: Dataset, share: float, seed: int) -> frozenset[int]:
    return frozenset(hashes(datasets.part(dataset, "train", share=share, seed=seed).images))


def _was_replaced(run: RunFolder) -> bool:
    """Whether the run's data set is another now than when its training began."""
    begun = [row.get("data") for row in run.history() if row["kind"] == "start"]
    try:
        kept = datasets.described(run.config.dataset).kept
    except DatasetError:
        return False
    return bool(begun and begun[-1] and kept and begun[-1] != kept.sha256)
