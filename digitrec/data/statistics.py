"""Statistics of a data set: images per class, mean images, pixel intensities, and a prototype of each class."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import loading, mapped
from digitrec.data.catalogue import DatasetError, Description
from digitrec.data.splits import Dataset, Split
from digitrec.imaging import Images, Labels

PIXEL_LEVELS = 256
MAX_MEASURED = 70_000  # images of a split that are measured; of more, blocks at equal distances
_BLOCK_IMAGES = 100  # of these, that lie side by side in a file
MAX_PROTOTYPE_CANDIDATES = 20_000  # training images to choose from, which takes a moment and not seconds
_MAX_CACHED_DATASETS = 6  # they stay in memory with their statistics
_MAX_CACHED_PROTOTYPES = 3  # data sets
_CHUNK_IMAGES = 1000  # counted together: NumPy counts in 8 bytes per pixel, and MNIST has 47 million pixels


class Intensities(NamedTuple):
    """The distribution of pixel values."""

    counts: NDArray[np.int64]  # (256,), pixels of each value
    mean: float  # in [0, 1], as the first layer of a network scales
    deviation: float  # in the same unit
    paper: float  # share of pixels with value 0

    def rebin(self, bins: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Counts int64 (bins,) in bins of equal width, and their edges (bins + 1,).

        Args:
            bins: a divisor of 256.
        """
        return self.counts.reshape(bins, -1).sum(1), np.linspace(0, PIXEL_LEVELS, bins + 1)


class DatasetStatistics(NamedTuple):
    """The result of `compute_statistics`."""

    class_counts: dict[str, NDArray[np.int64]]  # for "train" and "test", (c,)
    measured: str  # the split of the following values: "train", or "test" if there are no training images
    sampled: int  # how many of its images they are from
    mean_images: Images  # (c, 28, 28)
    deviation_images: Images  # (c, 28, 28), twice the deviation
    intensities: Intensities


class Prototypes(NamedTuple):
    """One training image per class: the nearest to the mean of its class."""

    images: Images  # (c, 28, 28)
    indices: NDArray[np.int64]  # (c,), among the training images; -1 for a class without images
    title: str  # of the data set


def compute_statistics(dataset: Dataset | str) -> DatasetStatistics:
    """The statistics of a data set, computed once.

    Args:
        dataset: a data set, or its name.

    Raises:
        DatasetError: there is no data set with this name, or it cannot be loaded.
    """
    return _compute_statistics(loading.load(dataset) if isinstance(dataset, str) else dataset)


@functools.lru_cache(maxsize=_MAX_CACHED_DATASETS)  # by data set and not by name: one made by a user may change
def _compute_statistics(dataset: Dataset) -> DatasetStatistics:
    classes = len(dataset.class_names)
    splits = {"train": dataset.train, "test": dataset.test}
    measured = "train" if len(dataset.train.labels) else "test"
    images, labels = _spread(splits[measured])
    return DatasetStatistics(
        {split: class_counts(part.labels, classes) for split, part in splits.items()},
        measured,
        len(labels),
        mean_images(images, labels, classes),
        deviation_images(images, labels, classes),
        measure_intensities(images),
    )


def _spread(part: Split) -> Split:
    """At most `MAX_MEASURED` images of a part; the part itself if it has no more.

    They are blocks of images at equal distances: single ones of a file would cost the reading of nearly all.
    """
    n = len(part.labels)
    if n <= MAX_MEASURED:
        return part
    starts = np.linspace(0, n - _BLOCK_IMAGES, MAX_MEASURED // _BLOCK_IMAGES).astype(np.int64)
    images = np.empty((len(starts) * _BLOCK_IMAGES, *part.images.shape[1:]), np.uint8)
    for block, start in enumerate(starts):
        images[block * _BLOCK_IMAGES : (block + 1) * _BLOCK_IMAGES] = part.images[start : start + _BLOCK_IMAGES]
        mapped.release(part.images)
    return Split(images, np.concatenate([part.labels[start : start + _BLOCK_IMAGES] for start in starts]))


def class_counts(labels: Labels, classes: int) -> NDArray[np.int64]:
    """The number of images of each class, int64 (c,), from labels int64 (n,)."""
    return np.bincount(labels, minlength=classes)


def mean_images(images: Images, labels: Labels, classes: int) -> Images:
    """The mean image of each class, uint8 (c, 28, 28); blank for a class without images.

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


def deviation_images(images: Images, labels: Labels, classes: int) -> Images:
    """The standard deviation of each pixel within each class, doubled, uint8 (c, 28, 28); blank without images.

    The largest possible deviation, of a pixel that is as often paper as ink, becomes 255.

    Args:
        images: uint8 (n, 28, 28).
        labels: int64 (n,).
        classes: number of classes c.
    """
    deviations = np.zeros((classes, *images.shape[1:]), np.uint8)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        sums, squares = np.zeros((2, *images.shape[1:]), np.float64)
        for start in range(0, len(members), _CHUNK_IMAGES):
            chunk = images[members[start : start + _CHUNK_IMAGES]].astype(np.float32)  # (k, 28, 28)
            sums += chunk.sum(0, dtype=np.float64)
            squares += np.einsum("nij,nij->ij", chunk, chunk, dtype=np.float64)
        variance = np.maximum(squares / len(members) - (sums / len(members)) ** 2, 0)
        deviations[label] = np.rint(np.minimum(2 * np.sqrt(variance), 255))
    return deviations


def measure_intensities(images: Images) -> Intensities:
    """The distribution of pixel values in images uint8 (n, 28, 28), n at least 1."""
    counts = np.zeros(PIXEL_LEVELS, np.int64)
    for start in range(0, len(images), _CHUNK_IMAGES):
        counts += np.bincount(images[start : start + _CHUNK_IMAGES].reshape(-1), minlength=PIXEL_LEVELS)
    shares = counts / counts.sum()
    levels = np.linspace(0, 1, PIXEL_LEVELS)
    mean = float(shares @ levels)
    return Intensities(counts, mean, float(np.sqrt(shares @ (levels - mean) ** 2)), float(shares[0]))


def nearest_to_mean(split: Split, classes: int) -> NDArray[np.int64]:
    """The index of the image of each class with the least squared distance to the mean of its class: int64 (c,).

    The first one in a tie; -1 for a class without images.
    """
    nearest = np.full(classes, -1, np.int64)
    for label in range(classes):
        members = np.flatnonzero(split.labels == label)
        if members.size:
            images = split.images[members].reshape(len(members), -1).astype(np.float32)  # (k, 784)
            # The squared distance, without the square of the mean, which is the same for all.
            distances = np.einsum("ij,ij->i", images, images) - 2 * images @ images.mean(0)
            nearest[label] = members[distances.argmin()]
    return nearest


def find_prototypes(dataset: str | Description, class_names: tuple[str, ...]) -> Prototypes | None:
    """Prototypes of the classes of a data set; None if it is not on this machine, or has no training images.

    No other data set replaces it: classes of the same names may be other classes.

    Args:
        dataset: what a network was trained on; a name may be unknown on this machine.
        class_names: of the network, in order; a data set with other classes is not the one it was trained on.
    """
    try:
        description = loading.describe(dataset) if isinstance(dataset, str) else dataset
        if description.class_names != class_names or not loading.is_available(description):
            return None
        loading.check_trainable(description)
        return _prototypes_of(loading.load(description))
    except DatasetError:
        return None  # a damaged data set is reported where it is chosen


@functools.lru_cache(maxsize=_MAX_CACHED_PROTOTYPES)  # by data set and not by name, as above
def _prototypes_of(dataset: Dataset) -> Prototypes:
    images, labels = dataset.train
    candidates = Split(images[:MAX_PROTOTYPE_CANDIDATES], labels[:MAX_PROTOTYPE_CANDIDATES])
    indices = nearest_to_mean(candidates, len(dataset.class_names))
    return Prototypes(images[indices], indices, dataset.title)
