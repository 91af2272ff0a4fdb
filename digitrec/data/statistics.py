"""What can be counted in a data set: images per class, mean images, pixel intensities."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from digitrec.data import loading
from digitrec.data.catalogue import DatasetError
from digitrec.data.loading import describe
from digitrec.data.splits import Dataset, Split

PIXEL_LEVELS = 256  # intensities a pixel can have
_MAX_CACHED_DATASETS = 6  # data sets, which stay in memory with their statistics
_CHUNK_IMAGES = 1000  # images at a time: NumPy counts in 8 bytes a pixel, and MNIST has 47 million


class Intensities(NamedTuple):
    """How the pixels of a set of images are spread."""

    counts: np.ndarray  # int64 (256,), pixels of each intensity
    mean: float  # in [0, 1], as the network's first layer scales
    deviation: float  # the same
    paper: float  # share of the pixels that are 0

    def rebin(self, bins: int) -> tuple[np.ndarray, np.ndarray]:
        """The counts in so many bins of equal width, int64 (bins,), and their edges (bins + 1,).

        Args:
            bins: a divisor of 256.
        """
        return self.counts.reshape(bins, -1).sum(1), np.linspace(0, PIXEL_LEVELS, bins + 1)


class DatasetStatistics(NamedTuple):
    """What `of` counts in a data set."""

    class_counts: dict[str, np.ndarray]  # for each split, int64 (c,)
    measured: str  # the split that the rest is of: "train", or "test" where there are no training images
    mean_images: np.ndarray  # uint8 (c, 28, 28), of each class
    intensities: Intensities


def compute_statistics(name: str) -> DatasetStatistics:
    """The statistics of a data set, counted once.

    Raises:
        DatasetError: it cannot be had.
    """
    return _compute_statistics(loading.load(name))


@functools.lru_cache(maxsize=_MAX_CACHED_DATASETS)  # by data set, not by name: one that a person made may change
def _compute_statistics(dataset: Dataset) -> DatasetStatistics:
    classes = len(dataset.class_names)
    splits = {"train": dataset.train, "test": dataset.test}
    measured = "train" if len(dataset.train.labels) else "test"
    images, labels = splits[measured]
    return DatasetStatistics(
        {split: class_counts(part.labels, classes) for split, part in splits.items()},
        measured,
        mean_images(images, labels, classes),
        measure_intensities(images),
    )


def class_counts(labels: np.ndarray, classes: int) -> np.ndarray:
    """Images of each class, int64 (c,), in labels int64 (n,)."""
    return np.bincount(labels, minlength=classes)


def mean_images(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The mean of each class, uint8 (c, 28, 28); blank paper where a class has no image.

    Args:
        images: uint8 (n, 28, 28).
        labels: int64 (n,).
        classes: number of classes c.
    """
    means = np.zeros((classes, *images.shape[1:]), np.uint8)
    for label in np.unique(labels):
        members = images[labels == label]
        means[label] = np.rint(members.sum(0, dtype=np.uint32) / len(members))
    return means


def measure_intensities(images: np.ndarray) -> Intensities:
    """How the pixels of images uint8 (n, 28, 28) are spread; n is at least 1."""
    counts = np.zeros(PIXEL_LEVELS, np.int64)
    for start in range(0, len(images), _CHUNK_IMAGES):
        counts += np.bincount(images[start : start + _CHUNK_IMAGES].reshape(-1), minlength=PIXEL_LEVELS)
    shares = counts / counts.sum()
    levels = np.linspace(0, 1, PIXEL_LEVELS)
    mean = float(shares @ levels)
    return Intensities(counts, mean, float(np.sqrt(shares @ (levels - mean) ** 2)), float(shares[0]))


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
