"""Saves drawings with their labels: a data set to test networks on.

All of them are test images. The data set grows, so a training on it could not be repeated. To train on drawings,
make a copy, which does not change.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.data import loading, user_datasets
from digitrec.data.catalogue import DIGITS, DatasetError, Description
from digitrec.data.splits import Split, make_split
from digitrec.data.user_datasets import TrainTest
from digitrec.imaging import Images, Labels

MAX_DRAWINGS = 10_000  # of one list of classes
TITLE = "Your drawings"
_TITLE_CLASSES = 6  # class names in a title
_NO_DRAWINGS = make_split(np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))


class SaveResult(NamedTuple):
    """The result of saving a drawing."""

    total: int  # drawings that are saved now
    was: str | None = None  # the class of the same drawing, if it was saved before


def dataset_name(class_names: tuple[str, ...]) -> str:
    """The name of the data set with the drawings of these classes: "own" for the ten digits."""
    if class_names == DIGITS:
        return "own"
    return f"own-{hashlib.sha256(repr(class_names).encode()).hexdigest()[:8]}"


def save(image: NDArray[np.uint8], label: int, class_names: tuple[str, ...]) -> SaveResult:
    """Save a drawing. If the same image was saved before, it gets the new label.

    Args:
        image: uint8 (28, 28), from `to_mnist`.
        label: index of its class.
        class_names: all classes.

    Raises:
        DatasetError: there are too many drawings already, or the folder cannot be written.
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
                f"there are {len(labels):,} saved drawings: expected fewer than {MAX_DRAWINGS:,}. Download them "
                "and remove some, then go on."
            )
        _write(np.concatenate([images, image[None]]), np.append(labels, label), class_names)
        return SaveResult(len(labels) + 1)


def save_all(images: Images, labels: Labels, class_names: tuple[str, ...]) -> SaveResult:
    """Save drawings in one go. An image that was saved before gets its new label.

    Args:
        images: uint8 (n, 28, 28), from `to_mnist`.
        labels: int64 (n,), of their classes.
        class_names: all classes.

    Raises:
        DatasetError: there are too many drawings, or the folder cannot be written.
    """
    with user_datasets.lock():
        before = load(class_names)
        found = {
            image.tobytes(): (image, label)
            for image, label in [*zip(*before, strict=True), *zip(images, labels, strict=True)]
        }
        if len(found) > MAX_DRAWINGS:
            raise DatasetError(
                f"there would be {len(found):,} saved drawings: expected at most {MAX_DRAWINGS:,}. Download them "
                "and remove some, then go on."
            )
        if found:
            _write(
                np.stack([image for image, _ in found.values()]),
                np.array([label for _, label in found.values()], np.int64),
                class_names,
            )
        return SaveResult(len(found))


def load(class_names: tuple[str, ...]) -> Split:
    """The saved drawings of these classes, oldest first.

    Raises:
        DatasetError: their file is damaged.
    """
    cache, name = loading.cache_folder(), dataset_name(class_names)
    return user_datasets.read(cache, name).test if user_datasets.describe(cache, name) else _NO_DRAWINGS


def count(class_names: tuple[str, ...]) -> int:
    """The number of saved drawings of these classes.

    Raises:
        DatasetError: their file is damaged.
    """
    description = user_datasets.describe(loading.cache_folder(), dataset_name(class_names))
    return description.user_made.test if description and description.user_made else 0


def remove_last(class_names: tuple[str, ...]) -> None:
    """Remove the newest drawing, and the data set with the last one.

    Raises:
        DatasetError: the file is damaged, or the folder cannot be written.
    """
    with user_datasets.lock():
        if len(images := load(class_names).images):
            remove(images[-1], class_names)


def remove(image: NDArray[np.uint8], class_names: tuple[str, ...]) -> None:
    """Remove this drawing, uint8 (28, 28), if it is saved, and the data set with the last one.

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
    """The drawings as a ZIP of PNG pictures, one folder per class, which can be imported."""
    buffer = io.BytesIO()
    is_valid = all(map(user_datasets.is_class_name, class_names))  # those of a run from elsewhere may not be
    folders = class_names if is_valid else [f"class {index}" for index in range(len(class_names))]
    with zipfile.ZipFile(buffer, "w") as archive:  # not compressed: a PNG is already
        for i, (image, label) in enumerate(zip(*drawings, strict=True)):
            picture = io.BytesIO()
            Image.fromarray(image).save(picture, "PNG")
            archive.writestr(f"{folders[label]}/{i:05d}.png", picture.getvalue())
    return buffer.getvalue()


def _write(images: Images, labels: Labels, class_names: tuple[str, ...]) -> None:
    more = " ..." if len(class_names) > _TITLE_CLASSES else ""
    others = "" if class_names == DIGITS else f" of {', '.join(class_names[:_TITLE_CLASSES])}{more}"
    source = "Drawn and labelled on this machine"
    description = Description(dataset_name(class_names), TITLE + others, class_names, source, "yours")
    parts = TrainTest(_NO_DRAWINGS, Split(images, labels))
    user_datasets.write(loading.cache_folder(), description, parts, is_own=True)
