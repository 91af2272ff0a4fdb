"""What the commands that read pictures share: answers go to files, a bar and errors to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from digitrec.cli.answer_files import STANDARD_OUTPUT
from digitrec.data import picture_files
from digitrec.inference import ReadError
from digitrec.reporting import format_count

Targets = tuple[str | None, ...]  # the files that were asked for

_BAR_WIDTH = 30  # characters
_BAR_STEPS = 200  # how often it moves, at most


class PredictError(Exception):
    """A picture cannot be read, or a run cannot be calibrated: the message says which and why."""


def write_answers(
    found: picture_files.PictureList,
    answers: Iterator[Any],
    writing: AbstractContextManager[Sequence[Callable[[str, Any], object]]],
    targets: Targets,
) -> None:
    """Give each answer to the writers; print errors, a bar and the end on standard error.

    Args:
        found: the pictures.
        answers: one for each picture, in order: an answer, or why it cannot be read.
        writing: gives what takes the name of a file and its answer.
        targets: without any, answers are printed as lines.

    Raises:
        PredictError: some pictures could not be read.
    """
    prints_lines, total = not any(targets), len(found.files)
    bar = Bar(total, shown=sys.stderr.isatty() and not (prints_lines and sys.stdout.isatty()))
    failed = 0
    with writing as writers:
        for done, (file, answer) in enumerate(zip(found.files, answers, strict=True), start=1):
            if isinstance(answer, ReadError):
                failed += 1
                bar.clear()
                print(f"{file.name}: {describe_error(answer)}", file=sys.stderr)
            else:
                for write in writers:
                    write(file.name, answer)
            bar.show(done)
    bar.clear()
    print_end(targets, total - failed, found.others)
    if failed:
        raise PredictError(f"{failed:,} of {format_count(total, 'picture')} could not be read.")


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
            print(f"Wrote {target}: {format_count(read, 'picture')}.", file=sys.stderr)


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
