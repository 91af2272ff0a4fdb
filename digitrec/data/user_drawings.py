"""Drawings that a person keeps, with the digit that each is meant to be: a data set to test networks on.

All of them are test images and none is learnt from: the set grows, and which of its images a network was trained
on would change with it. Who wants to train on drawings makes a copy of them, which does not change any more.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import NamedTuple

import numpy as np
from PIL import Image

from digitrec.data import loading, user_datasets
from digitrec.data.catalogue import DIGITS, DatasetError, Description
from digitrec.data.splits import Split, make_split
from digitrec.data.user_datasets import TrainTest

MAX_DRAWINGS = 10_000  # drawings that are kept of one list of classes
TITLE = "Your drawings"
_NO_DRAWINGS = make_split(np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))


class SaveResult(NamedTuple):
    """What became of a drawing that was to be kept."""

    count: int  # drawings there are now
    was: str | None = None  # the class that the same drawing was kept as before


def dataset_name(class_names: tuple[str, ...]) -> str:
    """The name of the data set of the drawings kept for these classes: "own" for the ten digits."""
    if class_names == DIGITS:
        return "own"
    return f"own-{hashlib.sha256(repr(class_names).encode()).hexdigest()[:8]}"


def save(image: np.ndarray, label: int, class_names: tuple[str, ...]) -> SaveResult:
    """Keep a drawing; where the same was kept before, it gets the new label.

    Args:
        image: uint8 (28, 28), as `to_mnist` gave it.
        label: what it is meant to be, an index into the class names.
        class_names: the classes it is one of.

    Raises:
        DatasetError: there are as many as are kept, or the folder cannot be written.
    """
    with user_datasets.lock():
        images, labels = load(class_names)
        same = np.flatnonzero((images == image).all((1, 2)))
        if same.size:
            changed = labels.copy()
            changed[same] = label
            _write(images, changed, class_names)
            return SaveResult(len(labels), class_names[labels[same[-1]]])
        if len(labels) >= MAX_DRAWINGS:
            raise DatasetError(
                f"you have kept {len(labels):,} drawings, as many as are kept at most. Download them on Explore "
                "and remove some there, then go on."
            )
        _write(np.concatenate([images, image[None]]), np.append(labels, label), class_names)
        return SaveResult(len(labels) + 1)


def load(class_names: tuple[str, ...]) -> Split:
    """The drawings kept for these classes, in the order in which they were kept.

    Raises:
        DatasetError: their file is damaged.
    """
    cache, name = loading.cache_folder(), dataset_name(class_names)
    return user_datasets.read(cache, name).test if user_datasets.describe(cache, name) else _NO_DRAWINGS


def count(class_names: tuple[str, ...]) -> int:
    """How many drawings are kept for these classes.

    Raises:
        DatasetError: their file is damaged.
    """
    known = user_datasets.describe(loading.cache_folder(), dataset_name(class_names))
    return known.user_made.test if known else 0


def remove_last(class_names: tuple[str, ...]) -> None:
    """Remove the drawing that was kept last; with the only one goes the data set.

    Raises:
        DatasetError: the file is damaged, or the folder cannot be written.
    """
    with user_datasets.lock():
        if len(images := load(class_names).images):
            remove(images[-1], class_names)


def remove(image: np.ndarray, class_names: tuple[str, ...]) -> None:
    """Remove this drawing, uint8 (28, 28), if it is there; with the only one goes the data set.

    Raises:
        DatasetError: the file is damaged, or the folder cannot be written.
    """
    with user_datasets.lock():
        images, labels = load(class_names)
        stays = (images != image).any((1, 2))
        if stays.any():
            _write(images[stays], labels[stays], class_names)
        else:
            user_datasets.remove(loading.cache_folder(), dataset_name(class_names))


def to_zip(drawings: Split, class_names: tuple[str, ...]) -> bytes:
    """The drawings as a ZIP of PNG pictures, one folder a class: what an import takes."""
    buffer = io.BytesIO()
    named = all(map(user_datasets.is_class_name, class_names))  # those of a run from elsewhere may be anything
    folders = class_names if named else [f"class {index}" for index in range(len(class_names))]
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: PNGs are packed already
        for i, (image, label) in enumerate(zip(*drawings, strict=True)):
            picture = io.BytesIO()
            Image.fromarray(image).save(picture, "PNG")
            archive.writestr(f"{folders[label]}/{i:05d}.png", picture.getvalue())
    return buffer.getvalue()


def _write(images: np.ndarray, labels: np.ndarray, class_names: tuple[str, ...]) -> None:
    name = dataset_name(class_names)
    others = "" if class_names == DIGITS else f" of {', '.join(class_names[:6])}{' ...' * (len(class_names) > 6)}"
    source = "Drawn on this machine's Draw page and labelled by whoever drew them"
    about = Description(name, TITLE + others, class_names, source, "yours")
    parts = TrainTest(_NO_DRAWINGS, Split(images, labels))
    user_datasets.write(loading.cache_folder(), about, parts, is_own=True)
