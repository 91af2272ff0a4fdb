"""Corrected digits as drawings of one's own, to test networks on and to train them with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.data import user_drawings
from digitrec.forms import cut_fields
from digitrec.imaging import InkError, to_mnist
from digitrec.stacks.table import Table


class Saved(NamedTuple):
    """How many digits became drawings, and how many have no ink that can be cut out."""

    total: int
    without_ink: int


def list_corrected(table: Table, *, checked: bool = False) -> list[int]:
    """The fields with one digit that a person has corrected, and if wanted those that were confirmed."""
    states = ("corrected", "checked") if checked else ("corrected",)
    return [
        index
        for index in sorted(table.said)
        if table.state(index) in states
        and table.value(index)[0] == "digit"
        and table.value(index)[1] in table.stack.classes
    ]


def save(table: Table, indices: list[int]) -> Saved:
    """Save fields as drawings, each with the class that a person gave it.

    Args:
        table: of the stack.
        indices: of fields with one digit.

    Raises:
        DatasetError: there are too many drawings, or the folder cannot be written.
    """
    images, labels, without_ink = [], [], 0
    by_page: dict[int, list[int]] = {}
    for index in indices:
        by_page.setdefault(table.page(index).number, []).append(index)
    for number, found in by_page.items():
        page = table.stack.image(number)
        boxes = [field.box for field in table.page(found[0]).fields]
        inks = cut_fields(page, boxes) if page is not None else []
        first = table.indices(table.page(found[0])).start
        for index in found:
            try:
                images.append(to_mnist(inks[index - first]))
                labels.append(table.stack.classes.index(table.value(index)[1]))
            except (InkError, IndexError):
                without_ink += 1
    if images:
        user_drawings.save_all(np.stack(images), np.array(labels, np.int64), table.stack.classes)
    return Saved(len(images), without_ink)
