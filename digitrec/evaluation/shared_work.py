"""Long work that is done once however many ask for it, and that goes on when one who asked goes away.

A Streamlit script is cut off by the next click, and with it what it computes. So long work runs in a thread of its
own; scripts wait for it, and one that begins anew meets the work where it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import TypeVar

Progress = Callable[[int, int], None]  # is told how much is done, of how much
Result = TypeVar("Result")

_POLL_SECONDS = 0.05  # seconds between two looks at how far the work is

_running: dict[Hashable, _Work] = {}
_lock = threading.Lock()


def run_shared(key: Hashable, work: Callable[[Progress], Result], progress: Progress | None = None) -> Result:
    """Do some work, or wait for the same work that is under way already.

    Nothing is remembered: who asks once it is done has it done anew.

    Args:
        key: names the work; works that could give different results have different keys.
        work: is called with the progress to report to, in a thread of its own.
        progress: is told in the caller's thread how much is done, of how much. What it raises ends the waiting
            and not the work.

    Raises:
        Exception: whatever the work raised.
    """
    reading = _find_or_start(key, work)
    told = None
    while reading.is_alive():
        reading.join(_POLL_SECONDS)
        if progress is not None and reading.done != told:
            told = reading.done
            progress(*told)
    return reading.result.result()


def _find_or_start(key: Hashable, work: Callable[[Progress], Result]) -> _Work:
    with _lock:
        found = _running.get(key)
        if found is None or not found.is_alive():
            found = _running[key] = _Work(key, work)
            found.start()
        return found


class _Work(threading.Thread):
    """Some work in its thread: how far it is, and in the end what came of it."""

    def __init__(self, key: Hashable, work: Callable[[Progress], object]) -> None:
        super().__init__(daemon=True)
        self.done: tuple[int, int] | None = None
        self.result: Future = Future()
        self._key, self._work = key, work

    def run(self) -> None:
        """Work; what is raised goes to those who wait."""
        try:
            self.result.set_result(self._work(self._report))
        except BaseException as error:
            self.result.set_exception(error)
        finally:
            with _lock:
                _running.pop(self._key, None)

    def _report(self, done: int, n: int) -> None:
        self.done = done, n
