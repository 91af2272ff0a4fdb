"""A typical image of each class: a real training image, the one closest to the mean of its class."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from digitrec.data import loading
from digitrec.data.loading import Dataset, DatasetError, Split, describe

MAX_PROTOTYPE_CANDIDATES = 20_000  # training images that are looked at: a moment, not seconds


class Prototypes(NamedTuple):
    """One image per class, and which of the data set's training images they are."""

    images: np.ndarray  # uint8 (c, 28, 28)
    indices: np.ndarray  # int64 (c,); -1 for a class without images
    title: str  # of the data set


def nearest_to_mean(split: Split, classes: int) -> np.ndarray:
    """For each class the index of the image with the least squared distance to the class's mean image: int64 (c,).

    Of equal ones it is the first; -1 for a class without images.
    """
    found = np.full(classes, -1, np.int64)
    for label in range(classes):
        chosen = np.flatnonzero(split.labels == label)
        if chosen.size:
            images = split.images[chosen].reshape(len(chosen), -1).astype(np.float32)  # (k, 784)
            # The squared distance but for the mean's own square, which is the same for all.
            distances = np.einsum("ij,ij->i", images, images) - 2 * images @ images.mean(0)
            found[label] = chosen[distances.argmin()]
    return found


def find_prototypes(dataset: str, class_names: tuple[str, ...]) -> Prototypes | None:
    """Typical training images for a network that was trained on a data set; None where there are none.

    They are of the first data set on this machine with these classes: MNIST before all, because it is what most
    people mean by a digit, then the network's own, then the embedded digits.

    Args:
        dataset: name of the data set; it need not be known here.
        class_names: of the network, in order.
    """
    for name in ("mnist", dataset, "digits"):
        try:
            if describe(name).class_names == class_names and loading.find_folder(name):
                loading.check_trainable(name)
                return _prototypes_of(loading.load(name))
        except DatasetError:
            continue  # what is wrong with it is said where the data set is the matter
    return None


@functools.lru_cache(maxsize=3)  # by data set, not by name: one that a person made may change
def _prototypes_of(loaded: Dataset) -> Prototypes:
    looked_at = Split(
        loaded.train.images[:MAX_PROTOTYPE_CANDIDATES], loaded.train.labels[:MAX_PROTOTYPE_CANDIDATES]
    )
    indices = nearest_to_mean(looked_at, len(loaded.class_names))
    return Prototypes(loaded.train.images[indices], indices, loaded.title)
