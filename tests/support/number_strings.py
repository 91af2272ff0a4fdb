"""Strings of scikit-learn's digits, and ink of plain strokes, for the tests of the number reader."""

import numpy as np

from digitrec.forms import made_strings
from support.digits_reader import IMAGES, LABELS


def hands(writers: int = 40) -> made_strings.Hands:
    """The embedded digits, shared out among so many made-up writers."""
    return made_strings.group_by_writer(IMAGES, LABELS.astype(np.int64), np.arange(len(LABELS)) % writers)


def bars(*lefts: int, height: int = 40, width: int = 6, paper: tuple[int, int] = (70, 260), top: int = 15):
    """Upright bars at these columns, as ones."""
    ink = np.zeros(paper, np.uint8)
    for left in lefts:
        ink[top : top + height, left : left + width] = 255
    return ink
