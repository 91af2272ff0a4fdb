"""Corrections of one picture that is read as a grid, which are kept by its content: see `forms.corrections`.

What was said of a picture before it came with a stack is taken over. What is said in a stack is said there, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from digitrec.forms import corrections
from digitrec.stacks import log
from digitrec.stacks.log import Place
from digitrec.stacks.pages import Page
from digitrec.stacks.stack import Stack


def take(stack: Stack, number: int) -> None:
    """Take over what was said of a page before.

    Raises:
        OSError: the log cannot be written.
    """
    page = next((page for page in reversed(stack.pages) if page.number == number), None)
    key = _key(stack, page)
    if key is None:
        return
    said = [
        ((number, f"{row + 1}, {column + 1}"), "digit" if text else "empty", text)
        for (row, column), text in sorted(corrections.load(key).items())
    ]
    if said:
        log.say(stack, said, cause="before")


def put(stack: Stack, places: Iterable[Place]) -> None:
    """Say what stands in the log of these fields for their pictures, too.

    Raises:
        OSError: the file cannot be written.
    """
    if stack.way.kind != "grid":
        return
    pages, standing = {page.number: page for page in stack.pages}, log.standing(stack)
    changes: dict[int, dict[tuple[int, int], str | None]] = {}
    for number, name in places:
        row, column = map(int, name.split(", "))
        said = standing.get((number, name))
        text = said.text if said is not None and said.is_final else None
        changes.setdefault(number, {})[row - 1, column - 1] = text
    for number, cells in changes.items():
        if key := _key(stack, pages.get(number)):
            corrections.change(key, cells)


def _key(stack: Stack, page: Page | None) -> corrections.PageKey | None:
    """What a page's corrections are kept by; None where it is no grid that fills its file."""
    if stack.way.kind != "grid" or page is None or not page.fields:
        return None
    if sum(other.sha256 == page.sha256 for other in stack.pages) != 1:  # of a file with several
        return None
    rows, columns = map(int, page.fields[-1].name.split(", "))
    return corrections.PageKey(page.sha256, rows, columns)
