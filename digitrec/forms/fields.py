"""What stands in the fields of a page, however it was read: as a grid, by a template, or as numbers."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from digitrec.imaging import Floats, Gray

Kind: TypeAlias = Literal["digit", "number", "tick", "empty", "notes", "struck out", "stain"]
State: TypeAlias = Literal["sure", "look", "empty"]


class FieldReading(NamedTuple):
    """What stands in one field of a page.

    Attributes:
        name: unique on the page, such as a template's name for it, or "3, 4" for row and column of a grid from 1.
        kind: what stands there.
        text: a digit's class, a number's text, or "x" for a tick; empty for all else.
        confidence: calibrated, 0 to 1, that the text is right; 0 where there is none.
        sure: whether it need not be looked at.
        why: what is doubtful; empty if it is sure.
        box: left, top, right and bottom in the straight page's pixels.
    """

    name: str
    kind: Kind
    text: str
    confidence: float
    sure: bool
    why: str
    box: tuple[int, int, int, int]

    @property
    def state(self) -> State:
        """What a person has to do."""
        return "look" if not self.sure else "empty" if self.kind == "empty" else "sure"


class PageReading(NamedTuple):
    """A page, put straight, and its fields.

    Attributes:
        page: uint8 (height, width), put straight.
        corners: float (4, 2) of it in the picture, x and y, clockwise from the top left.
        fields: in the order in which they are read.
        turns: quarter turns by which the page lay on its side in the picture: 2 is upside down.
    """

    page: Gray
    corners: Floats
    fields: tuple[FieldReading, ...]
    turns: int = 0
