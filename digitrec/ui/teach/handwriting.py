"""One's own handwriting."""

from __future__ import annotations


def view() -> None:
    """Not yet."""
