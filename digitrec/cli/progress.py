"""What the commands that read pictures print on standard error: a progress bar, errors, and the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from digitrec.cli.answer_files import STANDARD_OUTPUT
from digitrec.inference import ReadError

_BAR_WIDTH = 30  # characters
_BAR_STEPS = 200  # how often it moves, at most


def describe_error(error: ReadError) -> str:
    """Why a picture cannot be read, as a sentence."""
    return f"the file cannot be read: {error.strerror}." if isinstance(error, OSError) else str(error)


def print_end(targets: Iterable[str | None], read: int, others: Sequence[str]) -> None:
    """Print on standard error which files were left out, and what was written."""
    if len(others) == 1:
        print(f"Left out {others[0]}: its name is not that of a picture.", file=sys.stderr)
    elif others:
        print(f"Left out {len(others):,} files that are not pictures, such as {others[0]}.", file=sys.stderr)
    for target in targets:
        if target not in (None, STANDARD_OUTPUT):
            print(f"Wrote {target}: {read:,} pictures.", file=sys.stderr)


class Bar:
    """A progress bar on standard error, if that is a terminal."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total, self._shown, self._every = total, shown and total > 1, max(1, total // _BAR_STEPS)

    def show(self, done: int) -> None:
        """Show how many pictures are done."""
        if self._shown and (done % self._every == 0 or done == self._total):
            full = _BAR_WIDTH * done // self._total
            bar = "#" * full + "." * (_BAR_WIDTH - full)
            print(f"\r[{bar}] {done:,} of {self._total:,}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make room for a line."""
        if self._shown:
            print("\r" + " " * (_BAR_WIDTH + 2 * len(f"{self._total:,}") + 8) + "\r", end="", file=sys.stderr)
