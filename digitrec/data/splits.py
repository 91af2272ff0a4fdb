"""A data set in memory and its parts: training, validation and test images, their writers, and their hashes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import mapped
from digitrec.data.catalogue import Description
from digitrec.imaging import Images, Labels, Mask


class Split(NamedTuple):
    """A part of a data set. Its arrays are read-only."""

    images: Images  # (n, 28, 28)
    labels: Labels  # (n,)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory, with its description."""

    description: Description
    train: Split
    test: Split
    base_count: int = 0  # number of images from the base data set; they come first in `train`
    groups: NDArray[np.int64] | None = None  # (n,) of train; versions of one drawing share a number
    writers: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None  # of train and test, (n,); -1: unknown
    usual_count: int | None = None  # number of images before those of rare forms, which come last in `train`

    @property
    def name(self) -> str:
        """The name that `load` takes."""
        return self.description.name

    @property
    def title(self) -> str:
        """The name for people."""
        return self.description.title

    @property
    def class_names(self) -> tuple[str, ...]:
        """What each label stands for."""
        return self.description.class_names

    def take_images(self, rows: NDArray[np.int64]) -> Images:
        """The images uint8 (n, 28, 28) of rows, which count the training images first and then the test images."""
        n_train = len(self.train.labels)
        is_test = rows >= n_train
        images = np.empty((len(rows), *self.train.images.shape[1:]), np.uint8)
        images[~is_test] = self.train.images[rows[~is_test]]
        images[is_test] = self.test.images[rows[is_test] - n_train]
        return images

    @property
    def source(self) -> str:
        """Who made the images, and where they come from."""
        return self.description.source

    @property
    def licence(self) -> str:
        """The licence of the images."""
        return self.description.licence


def make_split(images: Images, labels: NDArray[np.integer]) -> Split:
    """A split of these arrays, which become read-only."""
    split = Split(images, labels.astype(np.int64))
    for array in split:
        array.flags.writeable = False
    return split


def select_part(dataset: Dataset, name: str, *, share: float, seed: int) -> Split:
    """The "train", "validation" or "test" images of a data set.

    Args:
        dataset: the data set.
        name: "train", "validation" or "test".
        share: share of the training images that is held out for validation, in [0, 1).
        seed: seed of the choice of these images.

    Raises:
        ValueError: there is no such part, or the share is out of range.
    """
    if name == "test":
        return dataset.test
    indices = part_indices(dataset, name, share=share, seed=seed)
    if len(indices) == len(dataset.train.labels):
        return dataset.train  # saves a copy of all images
    return make_split(mapped.take(dataset.train.images, indices), dataset.train.labels[indices])


def part_indices(dataset: Dataset, name: str, *, share: float, seed: int) -> NDArray[np.int64]:
    """Indices of the "train" or "validation" images within the training set: int64 (n,), ascending.

    Raises:
        ValueError: as `select_part`.
    """
    if name not in ("train", "validation"):
        raise ValueError(f"there is no part {name!r} of a data set: expected train, validation or test.")
    n, labels, groups = dataset.base_count, dataset.train.labels, dataset.groups
    which = 0 if name == "train" else 1
    # The base part is divided by itself. So the validation images of a network that was trained on the base before
    # are held out of this training, too.
    base = validation_split(labels[:n], share, seed=seed)[which]
    others = validation_split(labels[n:], share, seed=seed, groups=None if groups is None else groups[n:])[which]
    return np.concatenate([base, n + others])


def mask_usual(dataset: Dataset, name: str, *, share: float, seed: int) -> Mask | None:
    """Which images of the "train" or "validation" part show no rare form: bool (n,), or None if all do not.

    Raises:
        ValueError: as `select_part`.
    """
    if dataset.usual_count is None:
        return None
    return part_indices(dataset, name, share=share, seed=seed) < dataset.usual_count


def select_writers(dataset: Dataset, name: str, *, share: float, seed: int) -> NDArray[np.int64] | None:
    """The writer of each image in a part: int64 (n,), -1 if unknown; None if all are unknown.

    Raises:
        ValueError: as `select_part`.
    """
    if dataset.writers is None:
        return None
    train, test = dataset.writers
    writers = test if name == "test" else train[part_indices(dataset, name, share=share, seed=seed)]
    return writers if (writers >= 0).any() else None


def validation_split(
    labels: NDArray[np.integer], share: float, *, seed: int, groups: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide a training set into training and validation indices, stratified by class.

    A class with two or more images (groups) has images in both parts. A class with one image (group) is only
    trained on. With a share of 0 there is no validation image.

    Args:
        labels: int64 (n,).
        share: share of each class for validation, in [0, 1).
        seed: seed of the choice.
        groups: int64 (n,), if images are versions of one another. The images of a group have the same label and
            stay in one part, so that no validation image has a near-copy among the training images.

    Returns:
        Sorted int64 indices for training and for validation.

    Raises:
        ValueError: the share is out of range.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the validation share is {share!r}: expected a number from 0 to below 1.")
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels) if share else ():
        members = np.flatnonzero(labels == label)
        units = rng.permutation(members if groups is None else np.unique(groups[members]))
        chosen = units[: min(max(round(share * len(units)), 1), len(units) - 1)]
        held_out[chosen if groups is None else members[np.isin(groups[members], chosen)]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def hash_images(images: Images) -> list[int]:
    """A number for each image uint8 (n, 28, 28): equal images have equal numbers. Valid in this process only."""
    return [
        hash(row.tobytes())
        for chunk in mapped.iterate_chunks(images)
        for row in np.ascontiguousarray(chunk).reshape(len(chunk), -1)
    ]


def hash_split(split: Split, class_names: tuple[str, ...]) -> str:
    """SHA-256 of the images, labels and class names. It changes with any of them, and with their order."""
    digest = hashlib.sha256(repr((split.images.shape, class_names)).encode())
    for chunk in mapped.iterate_chunks(split.images):
        digest.update(np.ascontiguousarray(chunk).data)
    digest.update(np.ascontiguousarray(split.labels, np.int64).data)
    return digest.hexdigest()
