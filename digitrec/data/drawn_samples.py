"""Samples that a person draws class by class, to train on: each stroke is stored, so that a crash loses nothing.

taught/NAME.npz    images, labels and the number of each sample; `about`, JSON: the class names

The file is replaced whole with each change. It grows and shrinks, so a training takes a copy of it as a data set
of its own, see `copy_for_training`.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data import loading, user_datasets
from digitrec.data.catalogue import DatasetError, Description
from digitrec.data.user_datasets import TrainTest
from digitrec.files import replace
from digitrec.imaging import Image, Images, Labels

FOLDER = "taught"  # below the cache folder
MIN_CLASSES, MAX_CLASSES = 2, 62
MAX_SAMPLES = 5_000  # of one collection: each stroke writes them all, 4 MB
_DAMAGE_ERRORS = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


class Samples(NamedTuple):
    """Drawn samples, oldest first."""

    class_names: tuple[str, ...] = ()
    images: Images = np.empty((0, 28, 28), np.uint8)  # (n, 28, 28)
    labels: Labels = np.empty(0, np.int64)  # (n,)
    numbers: NDArray[np.int64] = np.empty(0, np.int64)  # (n,) the number of each sample, which it keeps

    @property
    def counts(self) -> list[int]:
        """The number of samples of each class."""
        return [int(count) for count in np.bincount(self.labels, minlength=len(self.class_names))]

    def of_class(self, label: int) -> Samples:
        """The samples of one class."""
        return self._take(self.labels == label)

    def _take(self, chosen: NDArray[np.bool_]) -> Samples:
        return self._replace(images=self.images[chosen], labels=self.labels[chosen], numbers=self.numbers[chosen])


def load(name: str) -> Samples:
    """The samples of a collection; none, and no classes, where it is new.

    Raises:
        DatasetError: its file is damaged.
    """
    path = _path(name)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            names = tuple(map(str, json.loads(str(file["about"]))["class_names"]))
            found = Samples(names, file["images"], file["labels"], file["numbers"])
            _check(found)
            return found
    except FileNotFoundError:
        return Samples()
    except _DAMAGE_ERRORS as error:
        raise DatasetError(
            f"the drawn samples cannot be read ({error}): their file is damaged. Start over, or restore {path}."
        ) from error


def put(name: str, image: Image, label: int, number: int | None = None, *, class_name: str | None = None) -> int:
    """Store a sample, or a new state of one, and return its number.

    Args:
        name: of the collection.
        image: uint8 (28, 28), from `to_mnist`.
        label: index of its class.
        number: of the sample that this is a new state of; None, or one that was deleted: a new sample.
        class_name: of its class as a person saw it; another page may have given the index to another class.

    Raises:
        DatasetError: there is no such class, there are too many samples, or the folder cannot be written.
    """
    with _changing(name) as (samples, write):
        if class_name is not None:
            if class_name not in samples.class_names:
                raise DatasetError(f"the class {class_name!r} is gone, or has another name now. Choose a class.")
            label = samples.class_names.index(class_name)
        if not 0 <= label < len(samples.class_names):
            raise DatasetError(f"there is no class {label}: expected 0 to {len(samples.class_names) - 1}.")
        same = samples.numbers == number
        if number is not None and same.any():
            images, labels = samples.images.copy(), samples.labels.copy()
            images[same], labels[same] = image, label
            write(samples._replace(images=images, labels=labels))
            return number
        if len(samples.labels) >= MAX_SAMPLES:
            raise DatasetError(
                f"there are {len(samples.labels):,} samples: expected fewer than {MAX_SAMPLES:,}. Delete some."
            )
        new = int(samples.numbers.max(initial=-1)) + 1
        images = np.concatenate([samples.images, image[None]])
        write(
            Samples(samples.class_names, images, np.append(samples.labels, label), np.append(samples.numbers, new))
        )
        return new


def delete(name: str, number: int) -> None:
    """Delete a sample; do nothing where it is gone.

    Raises:
        DatasetError: the folder cannot be written.
    """
    with _changing(name) as (samples, write):
        write(samples._take(samples.numbers != number))


def set_classes(name: str, class_names: tuple[str, ...]) -> None:
    """Set the classes of a collection: those with a name that was there keep their samples, wherever they stand.

    A new name in the place of one that is not there any more is that class's new name.

    Raises:
        DatasetError: a name is invalid or used twice, there are too many, or a class is missing.
    """
    names = tuple(map(user_datasets.normalise_name, class_names))
    user_datasets.check_class_names(names)
    if len(names) > MAX_CLASSES:
        raise DatasetError(f"there are {len(names)} classes: expected at most {MAX_CLASSES}.")
    with _changing(name) as (samples, write):
        places = [_find_place(i, samples.class_names, names) for i in range(len(samples.class_names))]
        labels = np.array(places, np.int64)[samples.labels] if places else samples.labels
        write(samples._replace(class_names=names, labels=labels))


def _find_place(i: int, before: tuple[str, ...], names: tuple[str, ...]) -> int:
    """Where class i is among other names: by its name, else it has a new one in the same place."""
    if before[i] in names:
        return names.index(before[i])
    if i < len(names) and names[i] not in before:
        return i
    raise DatasetError(
        f"the class {before[i]!r} is missing: expected it, or a new name in its line. To delete it with its "
        "samples, remove it."
    )


def remove_class(name: str, label: int) -> None:
    """Remove a class with its samples.

    Raises:
        DatasetError: the folder cannot be written.
    """
    with _changing(name) as (samples, write):
        if not 0 <= label < len(samples.class_names):
            return
        stays = samples._take(samples.labels != label)
        names = tuple(each for i, each in enumerate(samples.class_names) if i != label)
        write(stays._replace(class_names=names, labels=stays.labels - (stays.labels > label)))


def clear(name: str) -> None:
    """Delete a collection, damaged or not: its samples and its classes.

    Raises:
        DatasetError: its file cannot be deleted.
    """
    files.refuse_if_read_only("no samples can be deleted")
    try:
        with user_datasets.lock():
            _path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(f"the samples cannot be deleted: {error.strerror or error}.") from error


def copy_for_training(
    title: str, class_names: tuple[str, ...], parts: TrainTest, *, source: str = "Drawn on this machine"
) -> Description:
    """Store a copy of samples as a data set to train on, under a new name that begins with the title.

    The same samples make one copy, however often a training takes them.

    Args:
        title: such as "taught".
        class_names: what each label stands for.
        parts: the training images, and the test images or none.
        source: a sentence, without its full stop.

    Raises:
        DatasetError: the copy cannot be stored.
    """
    with user_datasets.lock():
        cache = loading.cache_folder()
        same = user_datasets.find_same(cache, parts, class_names)
        if same is not None and same.name.startswith(f"{title} "):
            return same
        taken = {each.casefold() for each in user_datasets.list_names(cache)}
        name = next(each for i in range(1, 100_000) if (each := f"{title} {i}").casefold() not in taken)
        dated = f"{source}, {datetime.now(UTC):%Y-%m-%d}"
        return user_datasets.write(cache, Description(name, name, class_names, dated, "yours"), parts)


@contextlib.contextmanager
def _changing(name: str) -> Iterator[tuple[Samples, _Write]]:
    """The samples and a way to write others, while no other session of this process changes them."""
    files.refuse_if_read_only("no samples can be stored")
    with user_datasets.lock():
        yield load(name), _Write(name)


class _Write(NamedTuple):
    name: str

    def __call__(self, samples: Samples) -> None:
        buffer, path = io.BytesIO(), _path(self.name)
        about = np.array(json.dumps({"class_names": samples.class_names}))
        np.savez(buffer, about=about, images=samples.images, labels=samples.labels, numbers=samples.numbers)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, buffer.getvalue())
        except OSError as error:
            raise DatasetError(
                f"the drawing cannot be stored in {path.parent}: {error.strerror or error}. Make room, or set "
                "DIGITREC_CACHE to another folder."
            ) from error


def _check(samples: Samples) -> None:
    """Refuse what `_Write` did not write.

    Raises:
        ValueError: the arrays do not fit each other.
    """
    n = len(samples.labels)
    fits = samples.images.shape == (n, 28, 28) and samples.numbers.shape == samples.labels.shape == (n,)
    is_whole = samples.images.dtype == np.uint8 and samples.labels.dtype == samples.numbers.dtype == np.int64
    if not (fits and is_whole and (n == 0 or 0 <= samples.labels.min() <= samples.labels.max() < len(samples[0]))):
        raise ValueError("its arrays do not fit each other")


def _path(name: str) -> Path:
    return loading.cache_folder() / FOLDER / f"{name}.npz"
