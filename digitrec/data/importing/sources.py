"""A user's file once it is open: the class of each image, and a way to its images, or to some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Progress
from digitrec.data.importing.arrays import MAX_IMAGES, RawDataset
from digitrec.data.importing.columns import LabelColumnError
from digitrec.data.importing.pictures import (
    MAX_ODD_SHARE,
    Picture,
    PictureArchive,
    PictureFile,
    apply_conversion,
    describe_conversion,
    describe_polarity,
    gray_arrays,
    guess_conversion,
    invert_each,
    read_files,
    to_gray_levels,
)
from digitrec.data.importing.tables import Table
from digitrec.data.user_datasets import normalise_name
from digitrec.imaging import PICTURE_KINDS, SIDE, Gray, Images

Rows = Mapping[str, NDArray[np.integer]]  # of each part, numbers of images


class Loaded(NamedTuple):
    """Images of a part of a file."""

    rows: NDArray[np.integer]  # (n,) their numbers in the part; pictures that cannot be read are missing
    images: Images  # (n, 28, 28); without ink they are blank
    originals: list[Gray]  # as in the file, 0 to 255, of any size; empty unless asked for


class Load(NamedTuple):
    """Images that were loaded."""

    parts: dict[str, Loaded]
    facts: dict[str, str]  # about the form of the file, by what they are about
    notes: list[str]  # sentences about what was done
    left_out: list[str]  # pictures that cannot be read, each with its reason


class Source:
    """A file that was opened. Its parts are "train", "validation" and "test", or "all" if it is not divided."""

    kind: str
    labels: Mapping[str, Sequence[str]]  # of each part, the class of each image, as the file names it
    order: tuple[str, ...] | None = None  # of the classes, if the file says so
    notes: tuple[str, ...] = ()  # sentences about what the file is taken for
    left_out: tuple[str, ...] = ()  # what is known to be left out, each with its reason
    columns: tuple[str, ...] = ()  # of a CSV
    label_column: int | None = None  # of a CSV

    def load(
        self, rows: Rows | None, *, inverted: bool | None, progress: Progress | None, originals: bool = False
    ) -> Load:
        """Load these images of each part, or all.

        Args:
            rows: of each part, numbers of images, ascending; None: all.
            inverted: whether the ink is dark on light paper; None: the borders tell.
            progress: receives the step and its fraction, 0 to 1.
            originals: whether to keep the images as they are in the file.

        Raises:
            DatasetError: the images cannot be read.
        """
        raise NotImplementedError

    def blank_rows(self) -> dict[str, NDArray[np.integer]] | None:
        """Of each part, the numbers of the images without ink; None if all images would have to be loaded."""
        return None

    def size_of(self, part: str, row: int) -> int:
        """How much there is to read for an image, bytes; 0 if it is in memory."""
        del part, row
        return 0


class ArraySource(Source):
    """Arrays in memory."""

    def __init__(self, kind: str, raw: RawDataset) -> None:
        self.kind, self._raw, self.order, self.notes = kind, raw, raw.class_names, raw.notes
        self.labels = {part: name_labels(each.labels, raw.class_names) for part, each in raw.parts.items()}
        for part, each in raw.parts.items():
            if len(each.images) != len(self.labels[part]):
                raise DatasetError(
                    f"there are {len(each.images):,} images and {len(self.labels[part]):,} labels: expected equal "
                    "numbers."
                )
        _check_labels(self.labels)

    def load(
        self, rows: Rows | None, *, inverted: bool | None, progress: Progress | None, originals: bool = False
    ) -> Load:
        """Load images; how is decided from all of them."""
        load = _convert(self._grays(), rows, inverted, progress, originals)
        return load._replace(facts={"File": self.kind, "Labels": "in an array of their own"} | load.facts)

    def blank_rows(self) -> dict[str, NDArray[np.integer]]:
        """Of each part, the numbers of the images with one value only."""
        return {
            part: np.flatnonzero(array.max((1, 2)) == array.min((1, 2))) for part, array in self._grays().items()
        }

    def _grays(self) -> dict[str, NDArray[Any]]:
        grays = gray_arrays([each.images for each in self._raw.parts.values()])
        return dict(zip(self.labels, grays, strict=True))


class TableSource(Source):
    """The lines of a CSV, or of one for each part."""

    kind = "a CSV with the pixels of an image in each line"

    def __init__(self, tables: Mapping[str, Table], notes: tuple[str, ...] = (), kind: str | None = None) -> None:
        self.kind = kind or self.kind
        self._tables, self._first = tables, next(iter(tables.values()))
        self.columns, self.label_column = self._first.columns, self._first.label
        self.labels = {part: [normalise_name(label) for label in table.labels()] for part, table in tables.items()}
        self.notes = self._first.notes[1:] + notes  # where the labels are is a fact
        try:
            _check_labels(self.labels)
        except DatasetError as error:
            raise LabelColumnError(
                f"{self.columns[self._first.label]} of the CSV: {error}", self.columns
            ) from error

    def load(
        self, rows: Rows | None, *, inverted: bool | None, progress: Progress | None, originals: bool = False
    ) -> Load:
        """Load images; how is decided from these."""
        numbers = {
            part: np.arange(len(each)) if rows is None else rows[part] for part, each in self.labels.items()
        }
        pixels = [self._tables[part].images(each, progress) for part, each in numbers.items()]
        grays = gray_arrays(pixels)
        load = _convert(dict(zip(numbers, grays, strict=True)), None, inverted, progress, originals)
        parts = {part: each._replace(rows=numbers[part]) for part, each in load.parts.items()}
        facts = {"File": self.kind, "Labels": self._first.label_place, **load.facts, "Values": self._first.scale}
        return load._replace(parts=parts, facts=facts)


class PictureSource(Source):
    """Pictures in a ZIP."""

    kind = "a ZIP of pictures"

    def __init__(
        self, archive: PictureArchive, files: Sequence[PictureFile], label_place: str, left_out: Sequence[str]
    ) -> None:
        self._archive, self._label_place, self.left_out = archive, label_place, tuple(left_out)
        self._files: dict[str, list[PictureFile]] = {}
        for file in files:
            self._files.setdefault(file.part, []).append(file)
        self.labels = {part: [file.name for file in each] for part, each in self._files.items()}

    def load(
        self, rows: Rows | None, *, inverted: bool | None, progress: Progress | None, originals: bool = False
    ) -> Load:
        """Load pictures; those that cannot be read are left out."""
        wanted = {
            part: np.arange(len(files)) if rows is None else rows[part] for part, files in self._files.items()
        }
        every = [(part, int(row)) for part, numbers in wanted.items() for row in numbers]
        pictures, left_out = read_files(
            self._archive,
            [self._files[part][row] for part, row in every],
            progress,
            inverted=inverted,
            originals=originals,
        )
        places = [i for i, picture in enumerate(pictures) if picture is not None]
        if not places:
            first = (*self.left_out, *left_out)[:1]
            raise no_pictures(f" The first file: {first[0]}." if first else "")
        images, facts, notes = _stack([p for p in pictures if p is not None], inverted, progress)
        loaded = {}
        for part in wanted:
            chosen = [i for i, place in enumerate(places) if every[place][0] == part]
            numbers = np.array([every[places[i]][1] for i in chosen], np.int64)
            grays = [p.gray for i in chosen if (p := pictures[places[i]]) is not None and p.gray is not None]
            loaded[part] = Loaded(numbers, images[chosen], grays)
        return Load(loaded, {"File": self.kind, "Labels": self._label_place} | facts, notes, left_out)

    def size_of(self, part: str, row: int) -> int:
        """The size of a picture once unpacked, as the archive states it."""
        return self._files[part][row].member.info.file_size


def no_pictures(first: str = "") -> DatasetError:
    """Why a ZIP or another file has no picture that can be imported."""
    return DatasetError(
        f"the file has no usable picture: expected {PICTURE_KINDS} files; in a ZIP one folder per class, or a "
        f"CSV or JSON with the class of each.{first}"
    )


def name_labels(labels: NDArray[Any], class_names: tuple[str, ...] | None) -> list[str]:
    """The class name of each label; numbers without class names are their own names.

    Raises:
        DatasetError: the labels are fractions.
    """
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


def _check_labels(labels: Mapping[str, Sequence[str]]) -> None:
    """Check the number of images and of classes."""
    total = sum(map(len, labels.values()))
    if not total:
        raise DatasetError(f"the file has no images: expected 1 to {MAX_IMAGES:,}.")
    if total > MAX_IMAGES:
        raise DatasetError(f"there are {total:,} images: expected at most {MAX_IMAGES:,}. Leave some out.")
    names = {name for each in labels.values() for name in each}
    if total > 1 and len(names) == 1:
        raise DatasetError(
            f"all {total:,} images have the label {next(iter(names))[:40]!r}: expected two or more classes."
        )


def _convert(
    grays: Mapping[str, NDArray[Any]],
    rows: Rows | None,
    inverted: bool | None,
    progress: Progress | None,
    originals: bool,
) -> Load:
    conversion, notes = guess_conversion(list(grays.values()), inverted)
    loaded = {}
    for part, array in grays.items():
        numbers = np.arange(len(array)) if rows is None else rows[part]
        chosen = array if rows is None else array[numbers]
        images = apply_conversion(conversion, chosen, progress)
        shown = list(to_gray_levels(conversion, chosen)) if originals else []
        loaded[part] = Loaded(numbers, images, shown)
    shape = next(iter(grays.values())).shape[1:]
    return Load(loaded, describe_conversion(conversion, shape), notes, [])


def _stack(
    pictures: Sequence[Picture], inverted: bool | None, progress: Progress | None
) -> tuple[NDArray[np.uint8], dict[str, str], list[str]]:
    """The pictures as one array (n, 28, 28), 0 = paper; facts and sentences about them."""
    raw = [i for i, picture in enumerate(pictures) if picture.is_raw]
    images = np.stack([picture.image for picture in pictures])
    cleaned = f"cleaned and scaled to {SIDE} × {SIDE} pixels"
    facts, notes = {"Size": f"each {cleaned}", "Ink": describe_polarity(None)}, list[str]()
    if raw:
        conversion, notes = guess_conversion([images[raw]], inverted)
        facts["Size"] = f"{SIDE} × {SIDE} pixels"
        if inverted is None and conversion.odd > MAX_ODD_SHARE * len(raw):
            images[raw], count = invert_each(images[raw])
            notes = [f"{count:,} of {len(raw):,} pictures of 28 x 28 were dark on light: these were inverted."]
        else:
            images[raw] = apply_conversion(conversion, images[raw], progress)
            facts["Ink"] = describe_polarity(conversion)
    if len(raw) < len(pictures):
        notes.append(f"{len(pictures) - len(raw):,} pictures were cleaned and scaled to {SIDE} x {SIDE}.")
    if 0 < len(raw) < len(pictures):
        facts["Size"] += f"; others {cleaned}"
    return images, facts, notes
