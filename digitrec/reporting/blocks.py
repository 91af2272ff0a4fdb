"""The blocks of an evaluation: headings, texts, numbers, tables, figures and galleries.

A section is made once, as a list of blocks (`sections`). The page and the HTML report each render the same blocks;
CSV files hold their tables. Texts are plain; the renderer escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from digitrec.imaging import Images
from digitrec.reporting.tables import Table

if TYPE_CHECKING:
    import plotly.graph_objects as go  # at run time only `sections` needs it: the command line prints without


class Heading(NamedTuple):
    """A heading; level 2 begins a section, level 3 a part of one."""

    text: str
    level: Literal[2, 3] = 2


class Strong(str):
    """A part of a text that stands out."""


class Text(NamedTuple):
    """A paragraph: "body", a smaller "caption", or a "note" that is set apart."""

    parts: tuple[str, ...]  # joined without a space; those of type `Strong` stand out
    role: Literal["body", "caption", "note"] = "body"

    def __str__(self) -> str:
        return "".join(self.parts)


class Number(NamedTuple):
    """A number with its title, its interval and one sentence about it."""

    title: str
    value: str
    interval: str  # "1.00% to 2.00%"
    sentence: str


class Numbers(NamedTuple):
    """Several numbers: a grid of cards, two columns of large ones, or a row."""

    entries: tuple[Number, ...]
    layout: Literal["cards", "columns", "row"] = "cards"  # on a page


class TableBlock(NamedTuple):
    """A table; a folded one is opened by its title where the medium can fold."""

    table: Table
    is_folded: bool = False


class Figure(NamedTuple):
    """A figure; `name` is its own among the figures shown together, `alt` says what it shows."""

    name: str
    figure: go.Figure
    alt: str


class Pair(NamedTuple):
    """Two blocks side by side where there is room."""

    left: Block
    right: Block


class Gallery(NamedTuple):
    """Images (n, 28, 28), each with a caption; folded as a table."""

    title: str
    images: Images
    captions: tuple[str, ...]
    is_folded: bool = False


Block = Heading | Text | Numbers | TableBlock | Figure | Pair | Gallery


def body(*parts: str) -> Text:
    """A paragraph."""
    return Text(parts)


def caption(*parts: str) -> Text:
    """A paragraph in small letters, below what it explains."""
    return Text(parts, "caption")


def note(*parts: str) -> Text:
    """A paragraph set apart: a caution, or a hint."""
    return Text(parts, "note")


def split_sections(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """The blocks by section: the title of each heading of level 2, and what follows it.

    Raises:
        ValueError: the first block is not a heading of level 2.
    """
    sections: list[tuple[str, list[Block]]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            sections.append((block.text, []))
        elif not sections:
            raise ValueError(f"the first block is {type(block).__name__}: expected a heading of level 2.")
        else:
            sections[-1][1].append(block)
    return sections
