"""Images with labels that a person brings along: read from a file, brought to our form, and kept as a data set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from digitrec.data import import_arrays, import_pictures, loading, user_datasets
from digitrec.data.catalogue import DIGITS, DatasetError, Description
from digitrec.data.import_arrays import MAX_FILE_BYTES, MAX_IMAGES, Archive, Member, RawDataset
from digitrec.data.import_pictures import convert_images
from digitrec.data.splits import Split, hash_images, make_split, validation_split
from digitrec.data.user_datasets import TrainTest, normalise_name

FILE_TYPES = ("zip", "npz", "csv")  # endings of the files that are taken
TEST_SHARE = 0.2  # of each class, where a file does not say what is for testing
MIN_SPLIT_IMAGES = 50  # images; fewer are all for testing

Progress = Callable[[str, float], None]


class FileContent(NamedTuple):
    """What a file holds, in our form."""

    parts: Mapping[str, Split]  # "train", "test", or "all" where it is not parted
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what was done to the images: sentences
    left_out: tuple[str, ...] = ()  # which are not among them, and why


class ImportResult(NamedTuple):
    """A data set that was added."""

    known: Description
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def read(data: bytes, progress: Progress | None = None) -> FileContent:
    """The images in a file: a ZIP of pictures with a folder for each class, an .npz, IDX files in a ZIP, or a CSV.

    Raises:
        DatasetError: it is none of these, damaged, too large, or holds no image that can be used.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DatasetError(
            f"the file has {len(data) / 1e6:.0f} MB: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
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


def add_dataset(name: str, found: FileContent, *, origin: str, only_test: bool = False) -> ImportResult:
    """Keep what was found as a data set.

    Args:
        origin: where it came from, in words that follow "From".
        only_test: whether nothing of it is to be learnt from.

    Raises:
        DatasetError: the name is taken or no name, or the set cannot be kept.
    """
    user_datasets.check_name(loading.cache_folder(), name)
    parts, how = _divide(found, only_test)
    source = f"From {origin}, {datetime.now(UTC):%Y-%m-%d}. {how.rstrip('.')}"
    about = Description(name, name, found.class_names, source, "whoever made the images says")
    known = user_datasets.write(loading.cache_folder(), about, parts)
    return ImportResult(known, (*found.notes, how), found.left_out)


def suggest_name(file_name: str) -> str:
    """A name for the data set of a file, as far as the file's own name gives one."""
    stem = file_name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"[^A-Za-z0-9 ._-]+", " ", stem).strip(" ._-")[:40].strip(" ._-")


def _read_csv_text(data: bytes, progress: Progress | None) -> FileContent:
    start = data[:2000]
    if b"\0" in start or not any(separator in start for separator in b",;\t"):
        raise DatasetError(
            "the file is none that can be imported: expected a ZIP of pictures with one folder for each class, an "
            ".npz, a ZIP of IDX files, or a CSV with the label first."
        )
    return _convert_arrays(import_arrays.read_csv(data, progress), progress)


def _read_single_csv(archive: Archive, tables: Sequence[Member]) -> bytes:
    """The one table of a ZIP: the training one where there are others, as those have no labels."""
    train = [member for member in tables if member.name.casefold().rpartition("/")[2].startswith("train")]
    chosen = train if len(train) == 1 else tables
    if len(chosen) != 1:
        names = ", ".join(repr(member.name[-40:]) for member in tables[:5])
        raise DatasetError(f"the ZIP has {len(tables)} CSV files ({names}): unpack it, and import one of them.")
    return import_arrays.read_member(archive, chosen[0], MAX_FILE_BYTES)


def _convert_arrays(raw: RawDataset, progress: Progress | None) -> FileContent:
    """Arrays in our form, each image with its class."""
    names = {part: _name_labels(each.labels, raw.class_names) for part, each in raw.parts.items()}
    for part, each in raw.parts.items():
        if len(each.images) != len(names[part]):
            raise DatasetError(
                f"there are {len(each.images):,} images and {len(names[part]):,} labels: expected as many of both."
            )
    if not 1 <= sum(map(len, names.values())) <= MAX_IMAGES:
        total = sum(map(len, names.values()))
        raise DatasetError(f"there are {total:,} images: expected 1 to {MAX_IMAGES:,}. Leave some out.")
    images, notes = convert_images([each.images for each in raw.parts.values()], progress)
    found = _build_content(dict(zip(raw.parts, images, strict=True)), names, raw.class_names)
    return found._replace(notes=tuple(notes))


def _convert_pictures(archive: Archive, progress: Progress | None) -> FileContent:
    pictures, left_out = import_pictures.read_pictures(archive, progress)
    if not pictures:
        why = f" The first: {left_out[0]}." if left_out else ""
        raise DatasetError(
            "the ZIP has no picture that can be used: expected PNG, JPEG, WebP, BMP or GIF files, one folder for "
            f"each class.{why}"
        )
    raw = [i for i, picture in enumerate(pictures) if picture.is_raw]
    images = np.stack([picture.image for picture in pictures])
    notes = []
    if raw:
        (turned,), notes = convert_images([images[raw]], progress)
        images[raw] = turned
    if len(raw) < len(pictures):
        notes.append(f"{len(pictures) - len(raw):,} pictures were cleaned and brought to 28 x 28, as on Draw.")
    parts = {part: [i for i, picture in enumerate(pictures) if picture.part == part] for part in ("train", "test")}
    parts |= {"all": [i for i, picture in enumerate(pictures) if picture.part == "all"]}
    there = {part: places for part, places in parts.items() if places}
    names = {part: [pictures[i].name for i in places] for part, places in there.items()}
    found = _build_content({part: images[places] for part, places in there.items()}, names)
    return found._replace(notes=tuple(notes), left_out=(*left_out, *found.left_out))


def _build_content(
    images: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]], order: tuple[str, ...] | None = None
) -> FileContent:
    """Images with names as splits with labels, without the blank ones; the classes in this order, if it fits."""
    class_names = _order_classes({name for each in names.values() for name in each}, order)
    index = {name: i for i, name in enumerate(class_names)}
    parts, left_out = {}, []
    for part, each in images.items():
        inked = each.any((1, 2))
        of = "" if part == "all" else f" of the {part} part"
        left_out += [f"image {i + 1:,}{of}: it is blank" for i in np.flatnonzero(~inked)]
        labels = np.array([index[name] for name in names[part]], np.int64)
        if inked.any():
            parts[part] = make_split(each[inked], labels[inked])
    if not parts:
        raise DatasetError("all images are blank: expected ink above 0 on paper of 0, or dark ink on light paper.")
    return FileContent(parts, class_names, left_out=tuple(left_out))


def _name_labels(labels: np.ndarray, class_names: tuple[str, ...] | None) -> list[str]:
    """The name of each label: of whole numbers what they stand for, or the numbers themselves."""
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


def _order_classes(found: set[str], order: tuple[str, ...] | None) -> tuple[str, ...]:
    """The classes in order: all ten digits where there are only digits, so that networks for digits fit."""
    named = tuple(map(normalise_name, order or ()))
    user_datasets.check_class_names(tuple(found))
    if found <= set(DIGITS):
        return DIGITS
    if found <= set(named):
        user_datasets.check_class_names(named)
        return named
    if len(found) < 2:
        raise DatasetError(f"there is one class alone, {next(iter(found))!r}: expected two or more to tell apart.")
    return tuple(sorted(found, key=_natural_key))


def _natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """As people sort: 9 before 10, and class 9 before class 10."""
    pieces = re.findall(
        r"[0-9]+|[^0-9]+", name.casefold()
    )  # digits by turns with others: comparable in each place
    numbers = [int(piece) if piece[0] in "0123456789" else -1 for piece in pieces]
    return [(number < 0, number, piece) for number, piece in zip(numbers, pieces, strict=True)], name


def _divide(found: FileContent, only_test: bool) -> tuple[TrainTest, str]:
    """What is learnt from and what tests, and a sentence that says how that was decided."""
    everything = _concatenate(list(found.parts.values()))
    nothing = make_split(everything.images[:0], everything.labels[:0])
    count = len(everything.labels)
    if only_test:
        return TrainTest(nothing, everything), "All images are for testing, as you said."
    if "test" in found.parts and len(found.parts) > 1:
        train = _concatenate([split for part, split in found.parts.items() if part != "test"])
        return TrainTest(
            train, found.parts["test"]
        ), "Training and test images are divided as the file divides them."
    if "test" in found.parts:
        return TrainTest(nothing, everything), "All images are for testing, as the file says."
    if count < MIN_SPLIT_IMAGES:
        return TrainTest(
            nothing, everything
        ), f"All images are for testing: there are fewer than {MIN_SPLIT_IMAGES} of them."
    return _divide_at_random(everything, nothing)


def _divide_at_random(everything: Split, nothing: Split) -> tuple[TrainTest, str]:
    _, first, inverse = np.unique(hash_images(everything.images), return_index=True, return_inverse=True)
    groups = first[inverse]  # images that are the same share the place of the first of them
    train, test = validation_split(everything.labels, TEST_SHARE, seed=0, groups=groups)
    if not len(test):
        return TrainTest(nothing, everything), "All images are for testing: no class has two different ones."
    parts = (make_split(everything.images[places], everything.labels[places]) for places in (train, test))
    return TrainTest(*parts), (
        f"{TEST_SHARE:.0%} of each class, chosen by chance (seed 0), were set aside for the test; images that are "
        "the same stay together."
    )


def _concatenate(splits: list[Split]) -> Split:
    if len(splits) == 1:
        return splits[0]
    return make_split(*(np.concatenate(arrays) for arrays in zip(*splits, strict=True)))
