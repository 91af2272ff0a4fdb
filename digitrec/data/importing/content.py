"""Imports images with labels from a user's file, and stores them as a data set.

The file is a ZIP of pictures with class folders or a table of labels, an .npz, a ZIP of IDX files, a CSV, or of
another kind that `opening` knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import loading, user_datasets
from digitrec.data.catalogue import DIGITS, DatasetError, Description, Progress
from digitrec.data.importing.grids import Grid
from digitrec.data.importing.labels import read_class_names
from digitrec.data.importing.opening import open_file
from digitrec.data.importing.sources import Source
from digitrec.data.splits import Split, hash_images, make_split, validation_split
from digitrec.data.user_datasets import TrainTest, normalise_name
from digitrec.imaging import Turn, turn_images

_PICTURE_TYPES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif")
FILE_TYPES = (
    *("zip", "npz", "csv", "tsv", "txt", "data", "tra", "tes", "parquet", "arff", "h5", "hdf5"),
    *_PICTURE_TYPES,
)
TEST_SHARE = 0.2  # of each class, if the file does not say which images are for testing
MIN_SPLIT_IMAGES = 50  # with fewer images, all are test images
LICENCE = "not stated in the file"


class Choices(NamedTuple):
    """What a person says about a file. What is None is guessed."""

    label_column: int | None = None  # of a CSV, from 0
    inverted: bool | None = None  # whether the ink is dark on light paper
    turn: Turn = "none"  # turns the images upright
    class_names: Mapping[str, str] | None = None  # new names of some classes
    grid: Grid | None = None  # how one picture with many digits is cut


GUESSED = Choices()


class FileContent(NamedTuple):
    """The images and labels of a file."""

    parts: Mapping[str, Split]  # "train", "validation" and "test", or "all" if the file does not divide them
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()  # sentences about what was done to the images
    left_out: tuple[str, ...] = ()  # images left out, each with its reason


class ImportResult(NamedTuple):
    """A data set that was stored."""

    description: Description
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def read(data: bytes, progress: Progress | None = None, choices: Choices = GUESSED) -> FileContent:
    """Read the images and labels in a file.

    Raises:
        LabelColumnError: the column of the labels of a CSV cannot be told.
        DatasetError: its type is unknown, it is damaged or too large, or it has no usable image.
    """
    source = open_file(data, label_column=choices.label_column, grid=choices.grid)
    loaded, facts, notes, left_out = source.load(None, inverted=choices.inverted, progress=progress)
    names, renamed = rename_classes(source, choices.class_names)
    labels = {part: [names[source.labels[part][row]] for row in each.rows] for part, each in loaded.items()}
    images = {part: turn_images(each.images, choices.turn) for part, each in loaded.items()}
    if choices.turn != "none":
        notes = [*notes, f"All images were turned ({choices.turn})."]
    if source.columns:
        notes = [f"The labels are in {facts['Labels']}.", *notes]
    content = _build_content(images, labels, order_classes(labels, source.order, names))
    return content._replace(
        notes=(*source.notes, *renamed, *notes), left_out=(*source.left_out, *left_out, *content.left_out)
    )


def rename_classes(source: Source, wanted: Mapping[str, str] | None) -> tuple[dict[str, str], list[str]]:
    """What each class name of a file becomes, and a sentence if names were taken for digits.

    Raises:
        DatasetError: a class is unknown.
    """
    there = {name for each in source.labels.values() for name in each}
    names = read_class_names(there)
    changed = sorted(name for name, new in names.items() if new != name)
    notes = (
        [f"Class names are shortened, such as {changed[0][:40]!r} to {names[changed[0]]!r}."] if changed else []
    )
    if unknown := sorted(set(wanted or ()) - there):
        raise DatasetError(f"the file has no class {unknown[0][:40]!r}: expected one of {_join(sorted(there))}.")
    return names | {old: normalise_name(new) for old, new in (wanted or {}).items()}, notes


def add_dataset(name: str, content: FileContent, *, origin: str, only_test: bool = False) -> ImportResult:
    """Store the content of a file as a data set.

    Args:
        name: of the new data set.
        content: from `read`.
        origin: where it is from, such as a file name; follows "From" in a sentence.
        only_test: whether all images are test images.

    Raises:
        DatasetError: the name is invalid or taken, or the data set cannot be stored.
    """
    user_datasets.check_name(loading.cache_folder(), name)
    parts, rule = _divide(content, only_test)
    source = f"From {origin}, {datetime.now(UTC):%Y-%m-%d}. {rule.rstrip('.')}"
    description = Description(name, name, content.class_names, source, LICENCE)
    description = user_datasets.write(loading.cache_folder(), description, parts)
    return ImportResult(description, (*content.notes, rule), content.left_out)


def suggest_name(file_name: str) -> str:
    """A valid name for a data set, made of a file name; "" if that is impossible."""
    stem = file_name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"[^A-Za-z0-9 ._-]+", " ", stem).strip(" ._-")[:40].strip(" ._-")


def order_classes(
    labels: Mapping[str, Sequence[str]], order: tuple[str, ...] | None, names: Mapping[str, str]
) -> tuple[str, ...]:
    """The classes in order. Digits become all ten digits, so that networks for digits fit.

    Args:
        labels: the class of each image of each part.
        order: of the classes as the file names them, if it says so.
        names: what each class name of the file becomes.

    Raises:
        DatasetError: there is only one class, or a name is invalid.
    """
    there = {name for each in labels.values() for name in each}
    user_datasets.check_class_names(tuple(there))
    if there <= set(DIGITS):
        return DIGITS
    given = tuple(dict.fromkeys(names.get(normalise_name(name), normalise_name(name)) for name in order or ()))
    if there <= set(given):
        user_datasets.check_class_names(given)
        return given
    if len(there) < 2:
        raise DatasetError(f"there is only one class, {next(iter(there))!r}: expected two or more.")
    return tuple(sorted(there, key=_natural_key))


def division_rule(counts: Mapping[str, int], *, only_test: bool) -> tuple[tuple[str, ...] | None, str]:
    """The parts of a file that become test images, None if they are chosen at random; and a sentence about it.

    Args:
        counts: number of images in each part.
        only_test: whether all images are test images.
    """
    there = tuple(part for part, count in counts.items() if count)
    if only_test:
        return there, "All images are test images, as you chose."
    if "test" in there and len(there) > 1:
        said = "The file says which images are for training and testing."
        if "validation" in there:
            said += (
                f" Its {counts['validation']:,} validation images are training images: trainings choose their own."
            )
        return ("test",), said
    if there == ("test",):
        return there, "All images are test images, as the file says."
    if "validation" in there and len(there) > 1:
        return ("validation",), "The file has no test images: its validation images are the test images."
    if sum(counts.values()) < MIN_SPLIT_IMAGES:
        return there, f"All images are test images, because there are fewer than {MIN_SPLIT_IMAGES}."
    return None, (
        f"{TEST_SHARE:.0%} of each class, chosen at random (seed 0), are test images. Equal images stay together."
    )


def _build_content(
    images: Mapping[str, NDArray[np.uint8]], names: Mapping[str, Sequence[str]], class_names: tuple[str, ...]
) -> FileContent:
    """Splits of images and labels, without blank images."""
    index = {name: i for i, name in enumerate(class_names)}
    parts, left_out = {}, []
    for part, each in images.items():
        has_ink = each.any((1, 2))
        left_out += describe_blanks(part, np.flatnonzero(~has_ink))
        labels = np.array([index[name] for name in names[part]], np.int64)
        if has_ink.any():
            parts[part] = make_split(each[has_ink], labels[has_ink])
    if not parts:
        raise all_blank()
    return FileContent(parts, class_names, left_out=tuple(left_out))


def all_blank() -> DatasetError:
    """Why images without ink are refused."""
    return DatasetError("all images are blank: expected ink above 0 on paper of 0, or dark ink on light paper.")


def describe_blanks(part: str, rows: Iterable[int]) -> list[str]:
    """Why these images of a part are left out: they are blank."""
    place = "" if part == "all" else f" of the {part} part"
    return [f"image {row + 1:,}{place}: it is blank" for row in rows]


def _natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A sort key by which 9 comes before 10, and "class 9" before "class 10"."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    numbers = [int(piece) if piece[0] in "0123456789" else -1 for piece in pieces]
    return [(number < 0, number, piece) for number, piece in zip(numbers, pieces, strict=True)], name


def _divide(content: FileContent, only_test: bool) -> tuple[TrainTest, str]:
    """Training and test images, and a sentence with the rule that divided them."""
    counts = {part: len(split.labels) for part, split in content.parts.items()}
    test_parts, rule = division_rule(counts, only_test=only_test)
    everything = _concatenate(list(content.parts.values()))
    nothing = make_split(everything.images[:0], everything.labels[:0])
    if test_parts is None:
        return _divide_at_random(everything, nothing, rule)
    train, test = (
        [split for part, split in content.parts.items() if (part in test_parts) == is_test]
        for is_test in (False, True)
    )
    return TrainTest(_concatenate(train) if train else nothing, _concatenate(test)), rule


def _divide_at_random(everything: Split, nothing: Split, rule: str) -> tuple[TrainTest, str]:
    hashes = hash_images(everything.images)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    groups = first[inverse]  # the group of equal images is the index of the first one
    train, test = validation_split(everything.labels, TEST_SHARE, seed=0, groups=groups)
    if not len(test):
        return TrainTest(
            nothing, everything
        ), "All images are test images, because no class has two different ones."
    parts = (make_split(everything.images[indices], everything.labels[indices]) for indices in (train, test))
    return TrainTest(*parts), rule


def _join(names: Sequence[str]) -> str:
    """Some of these names, for a sentence."""
    return ", ".join(name[:40] for name in names[:10]) + (" and others" if len(names) > 10 else "")


def _concatenate(splits: list[Split]) -> Split:
    if len(splits) == 1:
        return splits[0]
    images, labels = (np.concatenate(arrays) for arrays in zip(*splits, strict=True))
    return make_split(images, labels)
