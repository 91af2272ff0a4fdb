"""Shows what a user's file is taken for before it is imported: its form, classes, and some of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from digitrec.data.catalogue import DIGITS, DatasetError, Progress
from digitrec.data.importing.columns import LabelColumnError
from digitrec.data.importing.content import (
    GUESSED,
    Choices,
    all_blank,
    describe_blanks,
    division_rule,
    order_classes,
    rename_classes,
)
from digitrec.data.importing.grids import Grid, GridSource
from digitrec.data.importing.opening import open_file
from digitrec.data.importing.sources import Load, Source
from digitrec.imaging import Gray, Images, Labels, Turn, turn_images

SAMPLE_IMAGES = 100  # loaded, spread over the classes and over the file
SHOWN_IMAGES = 12
_SAMPLE_BYTES = 8_000_000  # of pictures: with larger ones fewer are loaded, but those that are shown
_THUMBNAIL_SIDE = 160  # pixels of a picture as it is in the file

_Place = tuple[str, int]  # a part and the number of an image in it


class Preview(NamedTuple):
    """What a file is taken for. Classes are called as the file calls them."""

    facts: Mapping[str, str]  # about the form of the file, by what they are about
    notes: tuple[str, ...]  # more sentences
    left_out: tuple[str, ...]  # what is known to be left out, each with its reason
    columns: tuple[str, ...]  # of a CSV, to choose the labels from
    label_column: int | None  # of a CSV
    counts: Mapping[str, Mapping[str, int]]  # of each part, the images of each class
    names: Mapping[str, str]  # what each class is called once imported
    class_names: tuple[str, ...]  # the classes of the data set, in order
    originals: list[Gray]  # (k,) some images as in the file, any size up to a thumbnail
    images: Images  # (k, 28, 28) the same once imported, but not turned
    labels: tuple[str, ...]  # (k,) their classes
    grid: Grid | None = None  # how one picture with many digits is cut

    def digits(self) -> tuple[Images, Labels]:
        """The images of digits that have ink, uint8 (d, 28, 28), and their digits, int64 (d,)."""
        names = [self.names[label] for label in self.labels]
        chosen = [i for i, name in enumerate(names) if name in DIGITS and self.images[i].any()]
        return self.images[chosen], np.array([int(names[i]) for i in chosen], np.int64)

    def shown(self, turn: Turn) -> Images:
        """The images that are shown, turned: uint8 (at most 12, 28, 28)."""
        return turn_images(self.images[:SHOWN_IMAGES], turn)

    def division(self, *, only_test: bool) -> str:
        """A sentence about which images are for training and which for testing."""
        counts = {part: sum(each.values()) for part, each in self.counts.items()}
        return division_rule(counts, only_test=only_test)[1]


def preview(data: bytes, choices: Choices = GUESSED, progress: Progress | None = None) -> Preview:
    """What a file is taken for, with these choices of a person. Only a sample of its images is loaded.

    Raises:
        LabelColumnError: the column of the labels of a CSV cannot be told.
        DatasetError: it cannot be imported.
    """
    source = open_file(data, label_column=choices.label_column, grid=choices.grid)
    names, renamed = rename_classes(source, choices.class_names)
    class_names = _order_classes(source, names)
    load, places, images, originals = _load_sample(source, choices, progress)
    if not images.any():
        raise all_blank()
    blank = source.blank_rows()
    if blank is None:  # known of the sample only
        no_ink = [place for place, image in zip(places, images, strict=True) if not image.any()]
        blank = {part: np.array([row for p, row in no_ink if p == part]) for part in source.labels}
    blanks = [line for part, rows in blank.items() for line in describe_blanks(part, rows)]
    return Preview(
        facts=load.facts,
        notes=(*source.notes, *renamed),
        left_out=(*source.left_out, *load.left_out, *blanks),
        columns=source.columns,
        label_column=source.label_column,
        counts={part: _count(labels) for part, labels in source.labels.items()},
        names=names,
        class_names=class_names,
        originals=[_shrink(gray) for gray in originals],
        images=images,
        labels=tuple(source.labels[part][row] for part, row in places),
        grid=source.grid if isinstance(source, GridSource) else None,
    )


def _order_classes(source: Source, names: Mapping[str, str]) -> tuple[str, ...]:
    """The classes in order.

    Raises:
        LabelColumnError: they cannot be classes; perhaps another column of the CSV has the labels.
        DatasetError: they cannot be classes.
    """
    labels = {part: [names[label] for label in each] for part, each in source.labels.items()}
    try:
        return order_classes(labels, source.order, names)
    except DatasetError as error:
        if source.label_column is None:
            raise
        message = f"{source.columns[source.label_column]} of the CSV: {error}"
        raise LabelColumnError(message, source.columns) from error


def list_columns(data: bytes) -> tuple[str, ...]:
    """The names of a CSV's columns, also if the one of the labels cannot be told; none for other files.

    Raises:
        DatasetError: the file cannot be opened.
    """
    try:
        return open_file(data).columns
    except LabelColumnError as error:
        return error.columns


def _load_sample(
    source: Source, choices: Choices, progress: Progress | None
) -> tuple[Load, list[_Place], Images, list[Gray]]:
    """Load a sample: where its images are, the images, and the first ones as they are in the file.

    Raises:
        DatasetError: none can be read.
    """
    places = _sample(source)
    rows = {part: np.array(sorted(row for p, row in places if p == part), np.int64) for part in source.labels}
    load = source.load(rows, inverted=choices.inverted, progress=progress, originals=True)
    numbers = {(part, int(row)): i for part, each in load.parts.items() for i, row in enumerate(each.rows)}
    read = [place for place in places if place in numbers]
    images = np.stack([load.parts[part].images[numbers[part, row]] for part, row in read])
    originals = [load.parts[part].originals[numbers[part, row]] for part, row in read[:SHOWN_IMAGES]]
    return load, read, images, originals


def _count(labels: Sequence[str]) -> dict[str, int]:
    """The number of images of each class, in the order of the classes' names."""
    names, counts = np.unique(np.array(labels, object).astype(str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _sample(source: Source) -> list[_Place]:
    """Some images, spread over the file, one class after the other: the first ones show all classes."""
    by_class: dict[str, list[_Place]] = {}
    for part, labels in source.labels.items():
        for row, label in enumerate(labels):
            by_class.setdefault(label, []).append((part, row))
    wanted = max(1, -(-SAMPLE_IMAGES // len(by_class)))
    spread = [_spread(by_class[label], wanted) for label in sorted(by_class)]
    turns = [places[i] for i in range(wanted) for places in spread if i < len(places)]
    chosen: list[_Place] = []
    size = 0
    for part, row in turns[:SAMPLE_IMAGES]:
        size += source.size_of(part, row)
        if len(chosen) >= SHOWN_IMAGES and size > _SAMPLE_BYTES:
            break
        chosen.append((part, row))
    return chosen


def _spread(places: Sequence[_Place], count: int) -> list[_Place]:
    """So many of these places, or all, at equal distances."""
    indices = np.unique(np.linspace(0, len(places) - 1, min(count, len(places))).astype(int))
    return [places[i] for i in indices]


def _shrink(gray: NDArray[np.uint8]) -> Gray:
    picture = PIL.Image.fromarray(np.ascontiguousarray(gray))
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    return np.asarray(picture)
