"""Corrected digits as drawings of one's own, to test networks on and to train them with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import numpy as np

from digitrec.data import user_drawings
from digitrec.forms import cut_fields
from digitrec.imaging import InkError, to_mnist
from digitrec.stacks.stack import Stack
from digitrec.stacks.table import Table

_Box: TypeAlias = tuple[int, int, int, int]


class Saved(NamedTuple):
    """How many digits became drawings, and how many have no ink that can be cut out."""

    total: int
    without_ink: int


class _Digit(NamedTuple):
    """A digit on a page: where, and what a person says that it is."""

    box: _Box
    label: int


def list_corrected(table: Table, *, checked: bool = False) -> list[int]:
    """The fields with digits that a person has corrected, and if wanted those that were confirmed.

    These are fields with one digit, and numbers with a box for each digit in which no box is left empty. Of a
    number that is written freely nobody has said where its digits end.
    """
    states = ("corrected", "checked") if checked else ("corrected",)
    return [index for index in sorted(table.said) if table.state(index) in states and _find_digits(table, index)]


def count_digits(table: Table, indices: Iterable[int]) -> int:
    """How many digits stand in these fields."""
    return sum(len(_find_digits(table, index)) for index in indices)


def save(table: Table, indices: list[int]) -> Saved:
    """Save the digits of fields as drawings, each with the class that a person gave it.

    Args:
        table: of the stack.
        indices: of fields, by `list_corrected`.

    Raises:
        DatasetError: there are too many drawings, or the folder cannot be written.
    """
    images, labels, without_ink = [], [], 0
    by_page: dict[int, list[int]] = {}
    for index in indices:
        by_page.setdefault(table.page(index).number, []).append(index)
    for number, found in by_page.items():
        page = table.stack.image(number)
        # All fields of the page are cut, as where it was read: what is ink is told from the others beside it.
        cells: list[tuple[_Box, int | None]] = []
        for index in table.indices(table.page(found[0])):
            digits = _find_digits(table, index) if index in found else []
            cells += [(digit.box, digit.label) for digit in digits] or [(table.reading(index).box, None)]
        inks = cut_fields(page, [box for box, _ in cells]) if page is not None else []
        for at, (_, label) in enumerate(cells):
            if label is None:
                continue
            try:
                images.append(to_mnist(inks[at]))
                labels.append(label)
            except (InkError, IndexError):
                without_ink += 1
    if images:
        user_drawings.save_all(np.stack(images), np.array(labels, np.int64), table.stack.classes)
    return Saved(len(images), without_ink)


def _find_digits(table: Table, index: int) -> list[_Digit]:
    """The digits of a field, from left to right; empty where it is not known where each stands."""
    kind, text = table.value(index)
    classes, field = table.stack.classes, table.reading(index)
    if kind == "digit" and text in classes:
        return [_Digit(field.box, classes.index(text))]
    digits = text.replace(".", "")
    count = _boxes_by_name(table.stack).get(field.name)
    if kind != "number" or len(digits) != count or not set(digits) <= set(classes):
        return []
    left, top, right, bottom = field.box
    edges = np.linspace(left, right, count + 1).round().astype(int).tolist()
    return [
        _Digit((start, top, end, bottom), classes.index(digit))
        for digit, start, end in zip(digits, edges, edges[1:], strict=False)
    ]


def _boxes_by_name(stack: Stack) -> dict[str, int]:
    """Into how many boxes each number of the template is divided."""
    found = (stack.way.template or {}).get("fields")
    return {
        str(field["name"]): field["length"]
        for field in (found if isinstance(found, list) else ())
        if isinstance(field, dict) and field.get("boxed") and isinstance(field.get("length"), int)
    }
