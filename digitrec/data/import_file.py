"""Imports images with labels from a user's file, and stores them as a data set.

The file is a ZIP of pictures with one folder per class, an .npz, a ZIP of IDX files, or a CSV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import import_arrays, import_pictures, loading, user_datasets
from digitrec.data.catalogue import DIGITS, DatasetError, Description, Progress
from digitrec.data.import_arrays import MAX_FILE_BYTES, MAX_IMAGES, Archive, Member, RawDataset
from digitrec.data.import_pictures import Picture, convert_images
from digitrec.data.splits import Split, hash_images, make_split, validation_split
from digitrec.data.user_datasets import TrainTest, normalise_name
from digitrec.imaging import SIDE

FILE_TYPES = ("zip", "npz", "csv")
TEST_SHARE = 0.2  # of each class, if the file does not say which images are for testing
MIN_SPLIT_IMAGES = 50  # with fewer images, all are test images
LICENCE = "not stated in the file"
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


class FileContent(NamedTuple):
    """The images and labels of a file."""

    parts: Mapping[str, Split]  # "train" and "test", or "all" if the file does not divide them
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()  # sentences about what was done to the images
    left_out: tuple[str, ...] = ()  # images left out, each with its reason


class ImportResult(NamedTuple):
    """A data set that was stored."""

    description: Description
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def read(data: bytes, progress: Progress | None = None) -> FileContent:
    """Read the images and labels in a file.

    Raises:
        DatasetError: its type is unknown, it is damaged or too large, or it has no usable image.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DatasetError(
            f"the file is {len(data) / 1e6:.0f} MB: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    if data[:4] not in _ZIP_SIGNATURES:
        return _read_csv_text(data, progress)
    archive = Archive(data)
    members = archive.members()
    if any(member.name.casefold().endswith(".npy") for member in members):
        return _convert_arrays(import_arrays.read_npz(archive), progress)
    if any(map(import_arrays.is_idx, members)):
        return _convert_arrays(import_arrays.read_idx(archive), progress)
    tables = [member for member in members if member.name.casefold().endswith(".csv")]
    if tables:
        return _convert_arrays(import_arrays.read_csv(_read_single_csv(archive, tables), progress), progress)
    return _convert_pictures(archive, progress)


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


def _read_csv_text(data: bytes, progress: Progress | None) -> FileContent:
    start = data[:2000]
    if b"\0" in start or not any(separator in start for separator in b",;\t"):
        raise DatasetError(
            "the type of this file is unknown: expected a ZIP of pictures with one folder per class, an .npz, a "
            "ZIP of IDX files, or a CSV with the label first."
        )
    return _convert_arrays(import_arrays.read_csv(data, progress), progress)


def _read_single_csv(archive: Archive, tables: Sequence[Member]) -> bytes:
    """The only CSV of a ZIP, or the one for training; the others usually have no labels."""
    train = [member for member in tables if member.name.casefold().rpartition("/")[2].startswith("train")]
    chosen = train if len(train) == 1 else tables
    if len(chosen) != 1:
        names = ", ".join(repr(member.name[-40:]) for member in tables[:5])
        raise DatasetError(f"the ZIP has {len(tables)} CSV files ({names}): unpack it, and import one of them.")
    return import_arrays.read_member(archive, chosen[0], MAX_FILE_BYTES)


def _convert_arrays(raw: RawDataset, progress: Progress | None) -> FileContent:
    """Arrays as images with labels."""
    names = {part: _name_labels(each.labels, raw.class_names) for part, each in raw.parts.items()}
    for part, each in raw.parts.items():
        if len(each.images) != len(names[part]):
            raise DatasetError(
                f"there are {len(each.images):,} images and {len(names[part]):,} labels: expected equal numbers."
            )
    total = sum(map(len, names.values()))
    if not 1 <= total <= MAX_IMAGES:
        raise DatasetError(f"there are {total:,} images: expected 1 to {MAX_IMAGES:,}. Leave some out.")
    images, notes = convert_images([each.images for each in raw.parts.values()], progress)
    content = _build_content(dict(zip(raw.parts, images, strict=True)), names, raw.class_names)
    return content._replace(notes=tuple(notes))


def _convert_pictures(archive: Archive, progress: Progress | None) -> FileContent:
    """The pictures of a ZIP as images with labels."""
    pictures, left_out = import_pictures.read_pictures(archive, progress)
    if not pictures:
        first = f" The first file: {left_out[0]}." if left_out else ""
        raise DatasetError(
            "the ZIP has no usable picture: expected PNG, JPEG, WebP, BMP or GIF files, one folder per class."
            + first
        )
    images, notes = _stack(pictures, progress)
    places: dict[str, list[int]] = {"train": [], "test": [], "all": []}
    for i, picture in enumerate(pictures):
        places[picture.part].append(i)
    places = {part: indices for part, indices in places.items() if indices}
    names = {part: [pictures[i].name for i in indices] for part, indices in places.items()}
    content = _build_content({part: images[indices] for part, indices in places.items()}, names)
    return content._replace(notes=tuple(notes), left_out=(*left_out, *content.left_out))


def _stack(pictures: Sequence[Picture], progress: Progress | None) -> tuple[NDArray[np.uint8], list[str]]:
    """The pictures as one array (n, 28, 28), 0 = paper, and notes about them."""
    raw = [i for i, picture in enumerate(pictures) if picture.is_raw]
    images = np.stack([picture.image for picture in pictures])
    notes: list[str] = []
    if raw:
        (inverted,), notes = convert_images([images[raw]], progress)
        images[raw] = inverted
    if len(raw) < len(pictures):
        notes.append(f"{len(pictures) - len(raw):,} pictures were cleaned and scaled to {SIDE} x {SIDE}.")
    return images, notes


def _build_content(
    images: Mapping[str, NDArray[np.uint8]],
    names: Mapping[str, Sequence[str]],
    order: tuple[str, ...] | None = None,
) -> FileContent:
    """Splits of images and labels, without blank images. The classes are in this order, if it fits."""
    class_names = _order_classes({name for each in names.values() for name in each}, order)
    index = {name: i for i, name in enumerate(class_names)}
    parts, left_out = {}, []
    for part, each in images.items():
        has_ink = each.any((1, 2))
        place = "" if part == "all" else f" of the {part} part"
        left_out += [f"image {i + 1:,}{place}: it is blank" for i in np.flatnonzero(~has_ink)]
        labels = np.array([index[name] for name in names[part]], np.int64)
        if has_ink.any():
            parts[part] = make_split(each[has_ink], labels[has_ink])
    if not parts:
        raise DatasetError("all images are blank: expected ink above 0 on paper of 0, or dark ink on light paper.")
    return FileContent(parts, class_names, left_out=tuple(left_out))


def _name_labels(labels: NDArray[Any], class_names: tuple[str, ...] | None) -> list[str]:
    """The class name of each label; numbers without class names are their own names."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "buif":  # one-hot
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if labels.dtype.kind == "S":
        return [normalise_name(each.decode("utf-8", errors="replace")) for each in labels.tolist()]
    if labels.dtype.kind == "U":
        return [normalise_name(each) for each in labels.tolist()]
    if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.rint(labels))).all():
        raise DatasetError("the labels are fractions: expected whole numbers or names.")
    numbers = [int(each) for each in labels.tolist()]
    if class_names and numbers and min(numbers) >= 0 and max(numbers) < len(class_names):
        return [normalise_name(class_names[each]) for each in numbers]
    return list(map(str, numbers))


def _order_classes(names: set[str], order: tuple[str, ...] | None) -> tuple[str, ...]:
    """The classes in order. Digits become all ten digits, so that networks for digits fit."""
    given = tuple(map(normalise_name, order or ()))
    user_datasets.check_class_names(tuple(names))
    if names <= set(DIGITS):
        return DIGITS
    if names <= set(given):
        user_datasets.check_class_names(given)
        return given
    if len(names) < 2:
        raise DatasetError(f"there is only one class, {next(iter(names))!r}: expected two or more.")
    return tuple(sorted(names, key=_natural_key))


def _natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A sort key by which 9 comes before 10, and "class 9" before "class 10"."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    numbers = [int(piece) if piece[0] in "0123456789" else -1 for piece in pieces]
    return [(number < 0, number, piece) for number, piece in zip(numbers, pieces, strict=True)], name


def _divide(content: FileContent, only_test: bool) -> tuple[TrainTest, str]:
    """Training and test images, and a sentence with the rule that divided them."""
    everything = _concatenate(list(content.parts.values()))
    nothing = make_split(everything.images[:0], everything.labels[:0])
    if only_test:
        return TrainTest(nothing, everything), "All images are test images, as you chose."
    if "test" in content.parts and len(content.parts) > 1:
        train = _concatenate([split for part, split in content.parts.items() if part != "test"])
        return TrainTest(train, content.parts["test"]), "The file says which images are for training and testing."
    if "test" in content.parts:
        return TrainTest(nothing, everything), "All images are test images, as the file says."
    if len(everything.labels) < MIN_SPLIT_IMAGES:
        rule = f"All images are test images, because there are fewer than {MIN_SPLIT_IMAGES}."
        return TrainTest(nothing, everything), rule
    return _divide_at_random(everything, nothing)


def _divide_at_random(everything: Split, nothing: Split) -> tuple[TrainTest, str]:
    hashes = hash_images(everything.images)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    groups = first[inverse]  # the group of equal images is the index of the first one
    train, test = validation_split(everything.labels, TEST_SHARE, seed=0, groups=groups)
    if not len(test):
        return TrainTest(
            nothing, everything
        ), "All images are test images, because no class has two different ones."
    parts = (make_split(everything.images[indices], everything.labels[indices]) for indices in (train, test))
    return TrainTest(*parts), (
        f"{TEST_SHARE:.0%} of each class, chosen at random (seed 0), are test images. Equal images stay together."
    )


def _concatenate(splits: list[Split]) -> Split:
    if len(splits) == 1:
        return splits[0]
    images, labels = (np.concatenate(arrays) for arrays in zip(*splits, strict=True))
    return make_split(images, labels)
