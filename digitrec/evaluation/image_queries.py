"""Images of a data set filtered and sorted: by class, split, writer, measures, and a network's answers.

Pure functions of columns (n,), one row an image: the training images first, then the test images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitrec.data import MEASURES, Duplicates
from digitrec.evaluation import queries
from digitrec.evaluation.predictions import Predictions
from digitrec.metrics import Labels, Mask

Indices: TypeAlias = NDArray[np.int64]  # (m,), rows
Range: TypeAlias = tuple[float, float]  # lowest and highest value, both included

TRAIN, TEST = "train", "test"
ALL, RIGHT, WRONG, OUTCOMES = queries.ALL, queries.RIGHT, queries.WRONG, queries.OUTCOMES
PLACE, CLASS, WRITER, ANSWER = "place", "class", "writer", "answer"
CONFIDENCE, LABEL_PROBA = "confidence", "label_proba"
GROUP = "group"  # of equal images
ORDERS = (PLACE, CLASS, *MEASURES, WRITER, ANSWER, CONFIDENCE, LABEL_PROBA, GROUP)
EQUAL, LEAKS, CONFLICTS = "equal", "leaks", "conflicts"
DUPLICATES = (ALL, EQUAL, LEAKS, CONFLICTS)
CHOICES = {"split": (ALL, TRAIN, TEST), "outcome": OUTCOMES, "duplicates": DUPLICATES, "sort": ORDERS}
RANGES = (*MEASURES, CONFIDENCE)  # what can be filtered by a lowest and a highest value


class ImageTable(NamedTuple):
    """What is known of n images.

    Attributes:
        labels: int64 (n,).
        is_test: bool (n,); the training images come first.
        measures: each of `MEASURES`, float32 (n,); empty if they are not known.
        writers: int64 (n,), -1 for an unknown one; None if all are unknown.
        predictions: a network's answers; None without a network.
        duplicates: the equal images; None if they were not looked for.
    """

    labels: Labels
    is_test: Mask
    measures: Mapping[str, NDArray[np.float32]] = {}
    writers: NDArray[np.int64] | None = None
    predictions: Predictions | None = None
    duplicates: Duplicates | None = None

    def column(self, order: str) -> NDArray[Any] | None:
        """The values (n,) of one of `ORDERS`; None if they are not known."""
        if order == PLACE:
            return np.arange(len(self.labels))
        if order == CLASS:
            return self.labels
        if order == WRITER:
            return self.writers
        if order in MEASURES:
            return self.measures.get(order)
        if order == GROUP:
            return None if self.duplicates is None else self.duplicates.groups
        if self.predictions is None:
            return None
        return getattr(self.predictions, "answers" if order == ANSWER else order)


class ImageQuery(NamedTuple):
    """Which images to find, and their order. None is for any.

    Attributes:
        split: `TRAIN`, `TEST` or `ALL`.
        label: the class.
        outcome: `RIGHT` or `WRONG` answers, or `ALL`.
        answer: the answered class.
        writer: the writer's number.
        duplicates: `EQUAL` images only, those that are `LEAKS` or `CONFLICTS`, or `ALL` images.
        ink, thickness, slant, width, height, confidence: lowest and highest value.
        sort: one of `ORDERS`.
        descending: whether the highest value comes first.
    """

    split: str = ALL
    label: int | None = None
    outcome: str = ALL
    answer: int | None = None
    writer: int | None = None
    ink: Range | None = None
    thickness: Range | None = None
    slant: Range | None = None
    width: Range | None = None
    height: Range | None = None
    confidence: Range | None = None
    duplicates: str = ALL
    sort: str = PLACE
    descending: bool = False


def find_images(table: ImageTable, query: ImageQuery) -> Indices:
    """The rows int64 (m,) that a query describes, in its order.

    A condition on something that is not known of these images, such as the writer, is ignored.

    Raises:
        ValueError: there is no such split, outcome or order.
    """
    for name, allowed in CHOICES.items():
        if getattr(query, name) not in allowed:
            raise ValueError(f"{name} is {getattr(query, name)!r}: expected one of {', '.join(allowed)}.")
    return _sort(np.flatnonzero(_matches(table, query)), table, query)


def _matches(table: ImageTable, query: ImageQuery) -> Mask:
    keep = np.ones(len(table.labels), bool)
    if query.split != ALL:
        keep &= table.is_test == (query.split == TEST)
    for order, wanted in ((CLASS, query.label), (ANSWER, query.answer), (WRITER, query.writer)):
        column = table.column(order)
        if wanted is not None and column is not None:
            keep &= column == wanted
    if query.outcome != ALL and table.predictions is not None:
        answers = table.predictions.answers
        keep &= (answers >= 0) & ((answers == table.labels) == (query.outcome == RIGHT))
    if query.duplicates != ALL and table.duplicates is not None:
        found = table.duplicates
        keep &= {EQUAL: found.groups >= 0, LEAKS: found.leaks, CONFLICTS: found.conflicts}[query.duplicates]
    for name in RANGES:
        limits, column = getattr(query, name), table.column(name)
        if limits is not None and column is not None:
            keep &= (column >= limits[0]) & (column <= limits[1])  # NaN is in no range
    return keep


def _sort(rows: Indices, table: ImageTable, query: ImageQuery) -> Indices:
    """The rows in the order of the query: equal ones in their place, unknown ones last."""
    column = table.column(query.sort)
    if column is None:
        return rows
    values = column[rows].astype(np.float64)
    unknown = np.isnan(values)
    if query.sort in (WRITER, ANSWER, GROUP):
        unknown = values < 0
    keys = np.where(unknown, np.inf, -values if query.descending else values)
    return rows[np.argsort(keys, kind="stable")]
