"""Images with labels that a person brings along: read from a file, brought to our form, and kept as a data set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from digitrec.data import import_arrays, import_pictures, loading, user_datasets
from digitrec.data.archives import MOST_BYTES, Archive, Member
from digitrec.data.catalogue import DIGITS, DatasetError, Description
from digitrec.data.import_arrays import MOST_IMAGES, RawSet
from digitrec.data.raw_images import to_images
from digitrec.data.splits import Split, read_only, validation_split
from digitrec.data.user_datasets import Parts, in_form
from digitrec.runs import overlap

KINDS = ("zip", "npz", "csv")  # endings of the files that are taken
TEST_SHARE = 0.2  # of each class, where a file does not say what is for testing
LEAST = 50  # images; fewer are all for testing

Progress = Callable[[str, float], None]


class Found(NamedTuple):
    """What a file holds, in our form."""

    parts: Mapping[str, Split]  # "train", "test", or "all" where it is not parted
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what was done to the images: sentences
    left_out: tuple[str, ...] = ()  # which are not among them, and why


class Imported(NamedTuple):
    """A data set that was added."""

    known: Description
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def read(data: bytes, progress: Progress | None = None) -> Found:
    """The images in a file: a ZIP of pictures with a folder for each class, an .npz, IDX files in a ZIP, or a CSV.

    Raises:
        DatasetError: it is none of these, damaged, too large, or holds no image that can be used.
    """
    if len(data) > MOST_BYTES:
        raise DatasetError(
            f"the file has {len(data) / 1e6:.0f} MB: expected at most {MOST_BYTES / 1e6:.0f} MB. Divide it."
        )
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return _text(data, progress)
    archive = Archive(data)
    members = archive.members()
    if any(member.name.casefold().endswith(".npy") for member in members):
        return _arrays(import_arrays.from_npz(archive), progress)
    if any(map(import_arrays.is_idx, members)):
        return _arrays(import_arrays.from_idx(archive), progress)
    tables = [member for member in members if member.name.casefold().endswith(".csv")]
    if tables:
        return _arrays(import_arrays.from_csv(_only(archive, tables), progress), progress)
    return _pictures(archive, progress)


def add(name: str, found: Found, *, origin: str, only_test: bool = False) -> Imported:
    """Keep what was found as a data set.

    Args:
        origin: where it came from, in words that follow "From".
        only_test: whether nothing of it is to be learnt from.

    Raises:
        DatasetError: the name is taken or no name, or the set cannot be kept.
    """
    user_datasets.check_name(loading.cache_folder(), name)
    parts, how = _parted(found, only_test)
    source = f"From {origin}, {datetime.now(UTC):%Y-%m-%d}. {how.rstrip('.')}"
    about = Description(name, name, found.class_names, source, "whoever made the images says")
    known = user_datasets.write(loading.cache_folder(), about, parts)
    return Imported(known, (*found.notes, how), found.left_out)


def name_from(file_name: str) -> str:
    """A name for the data set of a file, as far as the file's own name gives one."""
    stem = file_name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"[^A-Za-z0-9 ._-]+", " ", stem).strip(" ._-")[:40].strip(" ._-")


def _text(data: bytes, progress: Progress | None) -> Found:
    start = data[:2000]
    if b"\0" in start or not any(separator in start for separator in b",;\t"):
        raise DatasetError(
            "the file is none that can be imported: expected a ZIP of pictures with one folder for each class, an "
            ".npz, a ZIP of IDX files, or a CSV with the label first."
        )
    return _arrays(import_arrays.from_csv(data, progress), progress)


def _only(archive: Archive, tables: Sequence[Member]) -> bytes:
    """The one table of a ZIP: the training one where there are others, as those have no labels."""
    train = [member for member in tables if member.name.casefold().rpartition("/")[2].startswith("train")]
    chosen = train if len(train) == 1 else tables
    if len(chosen) != 1:
        names = ", ".join(repr(member.name[-40:]) for member in tables[:5])
        raise DatasetError(f"the ZIP has {len(tables)} CSV files ({names}): unpack it, and import one of them.")
    return import_arrays.member_bytes(archive, chosen[0], MOST_BYTES)


def _arrays(raw: RawSet, progress: Progress | None) -> Found:
    """Arrays in our form, each image with its class."""
    names = {part: _label_names(each.labels, raw.class_names) for part, each in raw.parts.items()}
    for part, each in raw.parts.items():
        if len(each.images) != len(names[part]):
            raise DatasetError(
                f"there are {len(each.images):,} images and {len(names[part]):,} labels: expected as many of both."
            )
    if not 1 <= sum(map(len, names.values())) <= MOST_IMAGES:
        total = sum(map(len, names.values()))
        raise DatasetError(f"there are {total:,} images: expected 1 to {MOST_IMAGES:,}. Leave some out.")
    images, notes = to_images([each.images for each in raw.parts.values()], progress)
    found = _found(dict(zip(raw.parts, images, strict=True)), names, raw.class_names)
    return found._replace(notes=tuple(notes))


def _pictures(archive: Archive, progress: Progress | None) -> Found:
    pictures, left_out = import_pictures.read(archive, progress)
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
        (turned,), notes = to_images([images[raw]], progress)
        images[raw] = turned
    if len(raw) < len(pictures):
        notes.append(f"{len(pictures) - len(raw):,} pictures were cleaned and brought to 28 x 28, as on Draw.")
    parts = {part: [i for i, picture in enumerate(pictures) if picture.part == part] for part in ("train", "test")}
    parts |= {"all": [i for i, picture in enumerate(pictures) if picture.part == "all"]}
    there = {part: places for part, places in parts.items() if places}
    names = {part: [pictures[i].name for i in places] for part, places in there.items()}
    found = _found({part: images[places] for part, places in there.items()}, names)
    return found._replace(notes=tuple(notes), left_out=(*left_out, *found.left_out))


def _found(
    images: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]], order: tuple[str, ...] | None = None
) -> Found:
    """Images with names as splits with labels, without the blank ones; the classes in this order, if it fits."""
    class_names = _class_names({name for each in names.values() for name in each}, order)
    index = {name: i for i, name in enumerate(class_names)}
    parts, left_out = {}, []
    for part, each in images.items():
        inked = each.any((1, 2))
        of = "" if part == "all" else f" of the {part} part"
        left_out += [f"image {i + 1:,}{of}: it is blank" for i in np.flatnonzero(~inked)]
        labels = np.array([index[name] for name in names[part]], np.int64)
        if inked.any():
            parts[part] = read_only(each[inked], labels[inked])
    if not parts:
        raise DatasetError("all images are blank: expected ink above 0 on paper of 0, or dark ink on light paper.")
    return Found(parts, class_names, left_out=tuple(left_out))


def _label_names(labels: np.ndarray, class_names: tuple[str, ...] | None) -> list[str]:
    """The name of each label: of whole numbers what they stand for, or the numbers themselves."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "buif":  # one-hot
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if labels.dtype.kind == "S":
        return [in_form(each.decode("utf-8", errors="replace")) for each in labels.tolist()]
    if labels.dtype.kind == "U":
        return [in_form(each) for each in labels.tolist()]
    if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.rint(labels))).all():
        raise DatasetError("the labels are fractions: expected whole numbers or names.")
    numbers = [int(each) for each in labels.tolist()]
    if class_names and numbers and min(numbers) >= 0 and max(numbers) < len(class_names):
        return [in_form(class_names[each]) for each in numbers]
    return list(map(str, numbers))


def _class_names(found: set[str], order: tuple[str, ...] | None) -> tuple[str, ...]:
    """The classes in order: all ten digits where there are only digits, so that networks for digits fit."""
    named = tuple(map(in_form, order or ()))
    user_datasets.check_class_names(tuple(found))
    if found <= set(DIGITS):
        return DIGITS
    if found <= set(named):
        user_datasets.check_class_names(named)
        return named
    if len(found) < 2:
        raise DatasetError(f"there is one class alone, {next(iter(found))!r}: expected two or more to tell apart.")
    return tuple(sorted(found, key=_by_number))


def _by_number(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """As people sort: 9 before 10, and class 9 before class 10."""
    pieces = re.findall(
        r"[0-9]+|[^0-9]+", name.casefold()
    )  # digits by turns with others: comparable in each place
    numbers = [int(piece) if piece[0] in "0123456789" else -1 for piece in pieces]
    return [(number < 0, number, piece) for number, piece in zip(numbers, pieces, strict=True)], name


def _parted(found: Found, only_test: bool) -> tuple[Parts, str]:
    """What is learnt from and what tests, and a sentence that says how that was decided."""
    everything = _joined(list(found.parts.values()))
    nothing = read_only(everything.images[:0], everything.labels[:0])
    count = len(everything.labels)
    if only_test:
        return Parts(nothing, everything), "All images are for testing, as you said."
    if "test" in found.parts and len(found.parts) > 1:
        train = _joined([split for part, split in found.parts.items() if part != "test"])
        return Parts(train, found.parts["test"]), "Training and test images are divided as the file divides them."
    if "test" in found.parts:
        return Parts(nothing, everything), "All images are for testing, as the file says."
    if count < LEAST:
        return Parts(nothing, everything), f"All images are for testing: there are fewer than {LEAST} of them."
    return _divided(everything, nothing)


def _divided(everything: Split, nothing: Split) -> tuple[Parts, str]:
    _, first, inverse = np.unique(overlap.hashes(everything.images), return_index=True, return_inverse=True)
    groups = first[inverse]  # images that are the same share the place of the first of them
    train, test = validation_split(everything.labels, TEST_SHARE, seed=0, groups=groups)
    if not len(test):
        return Parts(nothing, everything), "All images are for testing: no class has two different ones."
    parts = (read_only(everything.images[places], everything.labels[places]) for places in (train, test))
    return Parts(*parts), (
        f"{TEST_SHARE:.0%} of each class, chosen by chance (seed 0), were set aside for the test; images that are "
        "the same stay together."
    )


def _joined(splits: list[Split]) -> Split:
    if len(splits) == 1:
        return splits[0]
    return read_only(*(np.concatenate(arrays) for arrays in zip(*splits, strict=True)))
