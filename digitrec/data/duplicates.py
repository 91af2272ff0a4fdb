"""Images that are in a data set more than once: the same pixels, whatever their labels and splits."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from digitrec.data.splits import Dataset, hash_images
from digitrec.imaging import Labels, Mask

_cache: WeakKeyDictionary[Dataset, Duplicates] = WeakKeyDictionary()
_lock = threading.Lock()  # of `_cache`


class Duplicates(NamedTuple):
    """Which of n images are equal; the training images first, then the test images.

    Attributes:
        groups: int64 (n,): equal images share a number, in the order of their first one; -1 for an image that is
            there once.
        leaks: bool (n,): an equal image is in the other split. Then the test images are not new to a network.
        conflicts: bool (n,): an equal image has another label.
    """

    groups: NDArray[np.int64]
    leaks: Mask
    conflicts: Mask


def find_duplicates(dataset: Dataset) -> Duplicates:
    """The equal images of a data set, found once: MNIST's 70,000 take about a second."""
    with _lock:
        found = _cache.get(dataset)
    if found is None:
        hashes = np.array([*hash_images(dataset.train.images), *hash_images(dataset.test.images)], np.int64)
        labels = np.concatenate([dataset.train.labels, dataset.test.labels])
        found = group_equal(hashes, labels, np.arange(len(labels)) >= len(dataset.train.labels))
        with _lock:
            _cache[dataset] = found
    return found


def group_equal(values: NDArray[Any], labels: Labels, is_test: Mask) -> Duplicates:
    """Group equal values (n,), and find the groups with images of both splits or of several labels."""
    _, first, codes, counts = np.unique(values, return_index=True, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(counts > 1)
    numbers = np.full(len(counts), -1)
    numbers[shared[np.argsort(first[shared])]] = np.arange(len(shared))
    groups = numbers[codes]
    leaks, conflicts = (
        (groups >= 0) & _is_mixed(codes, column, len(counts)) for column in (is_test.astype(np.int64), labels)
    )
    for column in (groups, leaks, conflicts):
        column.flags.writeable = False
    return Duplicates(groups, leaks, conflicts)


def _is_mixed(codes: NDArray[np.int64], column: NDArray[np.int64], n: int) -> Mask:
    """Whether the group of each row holds several values of a column (n,)."""
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(low, codes, column)
    np.maximum.at(high, codes, column)
    mixed: Mask = (low != high)[codes]
    return mixed
