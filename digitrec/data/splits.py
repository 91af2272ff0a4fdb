"""A data set in memory and its parts: what is trained on, what validates, what tests, and whose hand it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Split(NamedTuple):
    """Part of a data set; its arrays are read-only."""

    images: np.ndarray  # uint8 (n, 28, 28)
    labels: np.ndarray  # int64 (n,)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named data set in memory."""

    name: str
    title: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    source: str
    licence: str
    base_count: int = 0  # so many training images are those of a data set that others joined
    groups: np.ndarray | None = None  # int64 (n,): training images with one number are of one drawing
    writers: tuple[np.ndarray, np.ndarray] | None = None  # of train and test, int64 (n,); -1 where not known


def make_split(images: np.ndarray, labels: np.ndarray) -> Split:
    """A split of these arrays, which nobody may write from now on."""
    split = Split(images, labels.astype(np.int64))
    for array in split:
        array.flags.writeable = False
    return split


def select_part(dataset: Dataset, name: str, *, share: float, seed: int) -> Split:
    """The "train", "validation" or "test" images of a data set.

    Args:
        dataset: the data set.
        name: which part.
        share: the share of the training images that is kept for validation, 0 or more and below 1.
        seed: which images those are; the same seed gives the same.

    Raises:
        ValueError: there is no such part, or the share is out of range.
    """
    if name == "test":
        return dataset.test
    indices = part_indices(dataset, name, share=share, seed=seed)
    if len(indices) == len(dataset.train.labels):
        return dataset.train  # spares a copy of all images
    return make_split(dataset.train.images[indices], dataset.train.labels[indices])


def select_groups(dataset: Dataset, name: str, *, share: float, seed: int) -> np.ndarray | None:
    """Which images of the training's or validation's `part` are versions of one another: those with one number.

    Returns:
        int64 (n,), or None where no image is a version of another.
    """
    return None if dataset.groups is None else dataset.groups[part_indices(dataset, name, share=share, seed=seed)]


def part_indices(dataset: Dataset, name: str, *, share: float, seed: int) -> np.ndarray:
    """Where the "train" or "validation" images of `part` are in the training set: int64 (n,), ascending.

    Raises:
        ValueError: as by `part`.
    """
    if name not in ("train", "validation"):
        raise ValueError(f"there is no part {name!r} of a data set: expected train, validation or test.")
    n, labels, groups = dataset.base_count, dataset.train.labels, dataset.groups
    which = 0 if name == "train" else 1
    # The images of the data set that others joined are divided as it is alone: what a network that was trained on
    # it before was validated on is then held out of this training, too.
    own = validation_split(labels[:n], share, seed=seed)[which]
    others = validation_split(labels[n:], share, seed=seed, groups=None if groups is None else groups[n:])[which]
    return np.concatenate([own, n + others])


def select_writers(dataset: Dataset, name: str, *, share: float, seed: int) -> np.ndarray | None:
    """Whose hand the images of `part` are by: int64 (n,), -1 where it is not known; None where it is of none.

    Raises:
        ValueError: as by `part`.
    """
    if dataset.writers is None:
        return None
    train, test = dataset.writers
    found = test if name == "test" else train[part_indices(dataset, name, share=share, seed=seed)]
    return found if (found >= 0).any() else None


def validation_split(
    labels: np.ndarray, share: float, *, seed: int, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divide a training set so that every class keeps its share in both parts.

    A class with two images (groups) or more is in both parts, one with a single one is trained on; with a share of
    0 nothing is kept for validation.

    Args:
        labels: int64 (n,).
        share: of each class for validation, 0 or more and below 1.
        seed: which images those are.
        groups: int64 (n,), where images are versions of one another: those of one group have the same label, and
            are never divided, so that nothing is validated on what is nearly the same as was learnt.

    Returns:
        Sorted int64 indices for training and for validation.

    Raises:
        ValueError: the share is out of range.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the validation share is {share!r}: expected a number from 0 to below 1.")
    rng = np.random.default_rng(seed)
    kept = np.zeros(len(labels), bool)
    for label in np.unique(labels) if share else ():
        members = np.flatnonzero(labels == label)
        units = rng.permutation(members if groups is None else np.unique(groups[members]))
        chosen = units[: min(max(round(share * len(units)), 1), len(units) - 1)]
        kept[chosen if groups is None else members[np.isin(groups[members], chosen)]] = True
    return np.flatnonzero(~kept), np.flatnonzero(kept)


def hash_images(images: np.ndarray) -> list[int]:
    """A number for each image uint8 (n, 28, 28): equal images have equal numbers. Valid in this process only."""
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    return [hash(row.tobytes()) for row in rows]


def hash_split(split: Split, class_names: tuple[str, ...]) -> str:
    """SHA-256 of the images, labels and class names. It changes with any of them, and with their order."""
    digest = hashlib.sha256(repr((split.images.shape, class_names)).encode())
    digest.update(np.ascontiguousarray(split.images).data)
    digest.update(np.ascontiguousarray(split.labels, np.int64).data)
    return digest.hexdigest()
