"""Downloads data sets in threads of the server: pages show their progress, and leaving a page ends none."""

from __future__ import annotations

import threading

from digitrec.data import loading
from digitrec.data.catalogue import DatasetError, Description
from digitrec.data.public import Cancelled

_LOCK = threading.Lock()
_FETCHES: dict[str, Fetch] = {}  # the last download of each data set, by name


class Fetch:
    """One download of a data set, at work or ended."""

    def __init__(self, description: Description, *, is_automatic: bool) -> None:
        self.description, self.is_automatic = description, is_automatic  # nobody has asked for it
        self.step, self.share = "Connecting ...", 0.0  # what is done now, and the fraction done, 0 to 1
        self.error: DatasetError | None = None
        self._is_cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fetch {description.name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it is at work."""
        return self._thread.is_alive()

    @property
    def was_cancelled(self) -> bool:
        """Whether a person has ended it."""
        return self._is_cancelled.is_set()

    def begin(self) -> None:
        """Begin the download."""
        self._thread.start()

    def cancel(self) -> None:
        """End the download as soon as data arrives. What is there is kept for the next one, if it is large."""
        self._is_cancelled.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, and return whether it came."""
        self._thread.join(seconds)
        return not self.is_running

    def _run(self) -> None:
        try:
            loading.download(self.description, self._report)
        except DatasetError as error:
            if not self.was_cancelled:
                self.error = error

    def _report(self, step: str, share: float) -> None:
        if self._is_cancelled.is_set():
            raise Cancelled("the download was cancelled.")
        self.step, self.share = step, share


def start(description: Description, *, is_automatic: bool = False) -> Fetch:
    """Begin the download of a data set, or return the one that is at work."""
    with _LOCK:
        fetch = _FETCHES.get(description.name)
        if fetch is None or not fetch.is_running:
            fetch = _FETCHES[description.name] = Fetch(description, is_automatic=is_automatic)
            fetch.begin()
        return fetch


def get(name: str) -> Fetch | None:
    """The last download of a data set since the server was started, at work or ended; None if there was none."""
    return _FETCHES.get(name)
