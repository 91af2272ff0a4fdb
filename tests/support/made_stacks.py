"""Stacks of pages that nobody has read: their fields are said to have been."""

from collections.abc import Sequence

import numpy as np

from digitrec.forms import FieldReading
from digitrec.stacks import Model, Page, Stack, Way, create

MODEL = Model("draw", "0" * 64, tuple("0123456789"))
CELL = 20  # pixels
GRID = Way("grid")


def new(count: int = 1, way: Way = GRID, **about) -> Stack:
    """A stack of so many files, none of which is read."""
    return create([(f"{at}.png", bytes([at % 256, at // 256])) for at in range(count)], MODEL, way, **about)


def field(name: str, text: str, confidence: float = 0.9999, *, sure: bool = True, kind: str = "digit", at=(0, 0)):
    """A field of a page; without a text it is empty, if it is nothing else."""
    kind = kind if text or kind != "digit" else "empty"
    left, top = at[1] * CELL, at[0] * CELL
    box = left, top, left + CELL, top + CELL
    return FieldReading(name, kind, text, confidence if text else 0.0, sure, "" if sure else "Two digits.", box)


def page(number: int, rows: Sequence[str], **doubts: float) -> Page:
    """A page with a grid; " " is empty. `r1c2=0.8` is the confidence of a field, which is not sure then."""
    fields = []
    for r, row in enumerate(rows, 1):
        for c, text in enumerate(row, 1):
            confidence = doubts.get(f"r{r}c{c}", 0.9999)
            sure = f"r{r}c{c}" not in doubts
            fields.append(field(f"{r}, {c}", text.strip(), confidence, sure=sure, at=(r - 1, c - 1)))
    size = len(rows[0]) * CELL, len(rows) * CELL
    corners = ((0.0, 0.0), (float(size[0]), 0.0), (float(size[0]), float(size[1])), (0.0, float(size[1])))
    return Page(number, f"{number}.png", f"{number:064d}", tuple(fields), size, corners)


def add(stack: Stack, *pages: Page) -> Stack:
    """Store pages as read, each with a white picture."""
    for each in pages:
        stack.add_page(each, np.full(each.size[::-1], 255, np.uint8) if each.fields else None)
    return stack
