"""A typical image of each class: a real training image, the one closest to the mean of its class.

Those of MNIST come with the program, so that they are there where MNIST is not. `python -m digitrec.typical` made
the file, and makes it again, from MNIST's training images (LeCun, Cortes and Burges; CC BY-SA 3.0).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitrec import datasets
from digitrec.datasets import DATASETS, DatasetError, Split

PATH = Path(__file__).with_name("typical-mnist.npz")
MOST = 20_000  # training images that are looked at where nothing was prepared: a moment, not seconds


class Typical(NamedTuple):
    """One image per class, and which of the data set's training images they are."""

    images: np.ndarray  # uint8 (c, 28, 28)
    indices: np.ndarray  # int64 (c,); -1 for a class without images
    title: str  # of the data set


def closest_to_mean(split: Split, classes: int) -> np.ndarray:
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


@functools.cache
def typical(dataset: str, class_names: tuple[str, ...]) -> Typical | None:
    """Typical training images for a network that was trained on a data set; None where there are none.

    Digits are MNIST's, from the file beside this module. Of other classes, the data set itself is asked, where it
    is on this machine.

    Args:
        dataset: name of the data set; it need not be known here.
        class_names: of the network, in order.
    """
    if class_names == DATASETS["mnist"].class_names:
        with np.load(PATH) as arrays:
            return Typical(arrays["images"], arrays["indices"], DATASETS["mnist"].title)
    try:
        if dataset not in DATASETS or not datasets.find(dataset):
            return None
        loaded = datasets.load(dataset)
    except DatasetError:
        return None  # what is wrong with it is said where the data set is the matter
    return _found(loaded.title, loaded.train, len(class_names)) if loaded.class_names == class_names else None


def _found(title: str, split: Split, classes: int) -> Typical:
    indices = closest_to_mean(Split(split.images[:MOST], split.labels[:MOST]), classes)
    return Typical(split.images[indices], indices, title)


def main() -> None:
    """Make the file of MNIST's typical digits again."""
    mnist = datasets.load("mnist")
    indices = closest_to_mean(mnist.train, len(mnist.class_names))
    np.savez_compressed(PATH, images=mnist.train.images[indices], indices=indices)
    print(f"{PATH}: {PATH.stat().st_size:,} bytes, training images {indices.tolist()}")


if __name__ == "__main__":
    main()
