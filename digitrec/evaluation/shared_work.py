"""Long work that runs once for all callers who ask for it at the same time, and outlives a caller who leaves.

The next click interrupts a Streamlit script and what it computes. So the work runs in a thread of its own, and
scripts wait for it. A script that starts again finds the same work in progress.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Progress = Callable[[int, int], None]  # called with the steps done and the steps in all
Result = TypeVar("Result")

_POLL_SECONDS = 0.05  # between two looks at the progress

_running: dict[Hashable, _Work] = {}
_lock = threading.Lock()  # of `_running`


def run_shared(key: Hashable, work: Callable[[Progress], Result], progress: Progress | None = None) -> Result:
    """The result of `work`, or of the same work that is already running.

    Results are not cached: a call after the end runs the work again.

    Args:
        key: names the work. Calls with equal keys share one result.
        work: is called in a thread of its own, with a function to report its progress to.
        progress: is called in the caller's thread. If it raises, the caller stops waiting; the work goes on.

    Raises:
        Exception: whatever the work raised.
    """
    running = _find_or_start(key, work)
    reported = None
    while running.is_alive():
        running.join(_POLL_SECONDS)
        if progress is not None and running.done is not None and running.done != reported:
            reported = running.done
            progress(*reported)
    result: Result = running.result.result()
    return result


def poll_shared(key: Hashable, work: Callable[[Progress], object]) -> tuple[int, int] | None:
    """Start the work unless it is running, and do not wait for it: it stores its own result.

    Returns:
        The steps done and the steps in all; None before the first report.
    """
    return _find_or_start(key, work).done


def _find_or_start(key: Hashable, work: Callable[[Progress], object]) -> _Work:
    with _lock:
        running = _running.get(key)
        if running is None or not running.is_alive():
            running = _running[key] = _Work(key, work)
            running.start()
        return running


class _Work(threading.Thread):
    """A work in its thread, with its progress and its result."""

    def __init__(self, key: Hashable, work: Callable[[Progress], object]) -> None:
        super().__init__(daemon=True)
        self.done: tuple[int, int] | None = None
        self.result: Future[Any] = Future()
        self._key, self._work = key, work

    def run(self) -> None:
        """Do the work; what it raises goes to the callers."""
        try:
            self.result.set_result(self._work(self._report))
        except BaseException as error:
            self.result.set_exception(error)
        finally:
            with _lock:
                _running.pop(self._key, None)

    def _report(self, done: int, n: int) -> None:
        self.done = done, n
