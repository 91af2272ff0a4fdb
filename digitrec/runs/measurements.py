"""Long measurements, one at a time, each in a process of its own and a folder of its own.

The folder is the only channel between the server and the process. Any session, and any process, sees how far the
measurement is, and can cancel it. As with jobs, its state is derived from the files and the live process.

request.json    what is asked for, and when
progress.jsonl  one row a step, append only; the first says that the work begins
control.json    what a person asks of the process: "cancel"
worker.json     the process, see `run.Worker`
worker.log      what the process printed
result.json     the numbers; also stored as an evaluation of the run, unless its folder cannot be written
error.txt       why it failed
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from digitrec import files
from digitrec.data import cache_folder
from digitrec.runs import places, processes
from digitrec.runs.config import TrainConfig
from digitrec.runs.processes import POLL_SECONDS
from digitrec.runs.run import Run, WorkFolder
from digitrec.runs.store import models_folder

CANCEL = "cancel"
MIN_ESTIMATE_SECONDS = 0.5  # of steps, from which the seconds left are told
MAX_CANCEL_SECONDS = 2  # in which a cancelled process has ended
_lock = threading.Lock()  # two sessions of the server are two threads


class MeasurementError(Exception):
    """A measurement cannot be made: the message says why and what to do."""


class Measurable(Protocol):
    """What can be measured in the background: of a run, or for a training that is to come."""

    @property
    def folder(self) -> WorkFolder:
        """Where the process reports."""

    @property
    def needs_run(self) -> bool:
        """Whether the folder lies in that of a run, which does not come back where it was deleted meanwhile."""

    @property
    def title(self) -> str:
        """What is measured, for a message."""

    def arguments(self, images: int) -> list[str]:
        """The command line that measures this on so many images; 0 for all."""


@dataclass(frozen=True)
class Measurement:
    """What is measured of a run."""

    kind: str  # the command's name: "robustness" or "attack"
    run: Run
    dataset: str
    split: str

    @property
    def folder(self) -> WorkFolder:
        """Where the process reports: in the run's folder, or in the cache where that cannot be written."""
        home = self.run.local_path
        if not self.run.is_shipped and home.is_dir() and not os.access(home, os.W_OK):
            home = cache_folder() / "runs" / self.run.name
        name = "-".join(quote(part, safe=" ") for part in (self.kind, self.dataset, self.split))
        return WorkFolder(home / "measurements" / name)

    @property
    def needs_run(self) -> bool:
        """Whether the folder lies in the run's own."""
        return self.run.path in self.folder.path.parents

    @property
    def title(self) -> str:
        """What is measured, for a message."""
        return f"the {self.kind} of {self.run.name!r} on these images"

    def arguments(self, images: int) -> list[str]:
        """The command line that measures this on so many images; 0 for all."""
        options = {"--dataset": self.dataset, "--split": self.split, "--images": str(images)}
        return [self.kind, self.run.name, *(f"{name}={value}" for name, value in options.items())]


_NOT_NAMED = ("learning_rate", "schedule", "warmup", "epochs", "patience")  # they make no difference to the test
MAX_RANGE_TESTS = 20  # that are stored
MAPS_FOLDER, ODD_IMAGES = "maps", "odd-images"
CACHED_HOMES = (
    "range-tests",
    MAPS_FOLDER,
    ODD_IMAGES,
)  # in the cache: of measurements without a run


@dataclass(frozen=True)
class RangeTest:
    """The learning-rate range test of a training that is to come."""

    config: TrainConfig

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that make a difference and are not the default."""
        first, found = TrainConfig().to_dict(), self.config.to_dict()
        # Of one kind: a command line gives 8.0 where a preset has 8.
        found = {name: type(first[name])(value) for name, value in found.items() if name not in _NOT_NAMED}
        return {name: value for name, value in found.items() if value != first[name]}

    @property
    def folder(self) -> WorkFolder:
        """Where the process reports: in the cache, as there is no run yet."""
        name = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:24]
        return WorkFolder(_range_tests() / name)

    @property
    def needs_run(self) -> bool:
        """There is no run yet."""
        return False

    @property
    def title(self) -> str:
        """What is measured, for a message."""
        return "the learning-rate range test of these settings"

    def arguments(self, images: int) -> list[str]:
        """The command line of the test; the number of images makes no difference."""
        del images
        return ["find-rate", *(f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items())]


def _range_tests() -> Path:
    return cached_home("range-tests")


def cached_home(kind: str) -> Path:
    """Where the measurements of a kind lie that belong to no run: one of `CACHED_HOMES`."""
    return cache_folder() / kind


def forget_range_tests() -> None:
    """Delete the oldest range tests that are stored, but for `MAX_RANGE_TESTS`."""
    forget_oldest(_range_tests(), MAX_RANGE_TESTS)


def forget_oldest(home: Path, count: int) -> None:
    """Delete the oldest measurements in a folder, but for so many."""
    folders = [WorkFolder(path) for path in home.glob("*")]
    ended = [folder for folder in folders if not processes.is_live(folder)]
    for folder in sorted(ended, key=_modified_at)[: max(0, len(folders) - count)]:
        shutil.rmtree(folder.path, ignore_errors=True)


def _modified_at(folder: WorkFolder) -> float:
    with contextlib.suppress(OSError):
        return folder.path.stat().st_mtime
    return 0.0


class Progress(NamedTuple):
    """How far a measurement is, or how it ended."""

    done: int = 0  # steps
    of: int = 0  # steps in all; 0 while that is unknown
    seconds_left: float | None = None  # None before two steps are done
    is_live: bool = False  # queued or running
    is_waiting: bool = False
    error: str | None = None  # why it failed, for a person
    result: dict[str, Any] | None = None  # the numbers


# --- seen from the server ---


def start(measurement: Measurable, images: int) -> None:
    """Start to measure so many images, 0 for all, once the measurements before it are done.

    Nothing happens where the same is measured already, as after a second click or one in another browser.

    Raises:
        OSError: no process can be started, or the folder cannot be written.
    """
    files.refuse_if_read_only("nothing can be measured")
    with _lock:
        state = progress(measurement)
        if state is None or not state.is_live:
            folder = _make_folder(measurement, images)
            arguments = measurement.arguments(images)
            if isinstance(measurement, Measurement):  # all that it needs is the run and the data set
                places.record(folder, places.dashboard_cluster())
                arguments += places.arguments()
            processes.start_worker(folder, arguments, models=models_folder())


def progress(measurement: Measurable) -> Progress | None:
    """How far a measurement is, or how it ended; None where none was started, or it was cancelled."""
    folder = measurement.folder
    is_live = processes.is_live(folder)
    # The files are read after that: a worker may end in between, but one that has ended writes no more.
    request = files.read_json(folder.path / "request.json")
    if request is None or folder.wish == CANCEL:
        return None
    error, result = folder.error, files.read_json(folder.path / "result.json")
    if not is_live and error is None and result is None:
        is_live = folder.worker is None and time.time() - request.get("time", 0.0) < processes.MAX_START_SECONDS
        error = None if is_live else _explain_interruption(folder)
    is_live = is_live and error is None and result is None
    rows = files.read_rows(folder.path / "progress.jsonl")
    done, of, seconds_left = _steps(rows)
    return Progress(done, of, seconds_left, is_live, is_live and not rows, error, result)


def waits_for_another(measurement: Measurable) -> bool:
    """Whether another measurement works before this one."""
    return any(other.path != measurement.folder.path for other in queue()[:1])


def cancel(measurement: Measurable) -> None:
    """Ask the process of a measurement to end, queued or running; it does so within a second."""
    if (folder := measurement.folder).path.is_dir():
        folder.ask(wish=CANCEL)


def queue() -> list[WorkFolder]:
    """The folders of this machine's live measurements in the order of their starts: the first works."""
    homes = (models_folder(), cache_folder() / "runs")
    paths = [path for home in homes for path in home.glob("*/measurements/*/worker.json")]
    paths += [path for kind in CACHED_HOMES for path in cached_home(kind).glob("*/worker.json")]
    folders = {WorkFolder(path.parent) for path in paths}
    here = [folder for folder in folders if places.find(folder) is None]
    return sorted(filter(processes.is_live, here), key=processes.queue_key)


def _make_folder(measurement: Measurable, images: int) -> WorkFolder:
    """An empty folder with the request; a run that was deleted meanwhile does not come back by it."""
    folder = measurement.folder
    deadline = time.monotonic() + MAX_CANCEL_SECONDS
    while processes.is_live(folder) and time.monotonic() < deadline:  # it was cancelled, and is about to end
        time.sleep(POLL_SECONDS / 10)
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.path.parent.mkdir(parents=not measurement.needs_run, exist_ok=True)
    folder.path.mkdir()
    files.replace(folder.path / "request.json", json.dumps({"images": images, "time": time.time()}).encode())
    return folder


def _steps(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int, float | None]:
    """Steps done, steps in all and seconds left."""
    if not rows:
        return 0, 0, None
    # From the first step on: what comes before it, such as the start of TensorFlow, does not come again.
    first, last = next((row for row in rows if row["done"]), rows[-1]), rows[-1]
    steps, seconds = last["done"] - first["done"], last["time"] - first["time"]
    is_known = steps > 0 and (seconds >= MIN_ESTIMATE_SECONDS or last["done"] == last["of"])
    return last["done"], last["of"], seconds / steps * (last["of"] - last["done"]) if is_known else None


def _explain_interruption(folder: WorkFolder) -> str:
    words = processes.last_words(folder)
    last = f" Its last message: {words}" if words else ""
    return (
        "the process ended early. It was killed, the machine ran out of memory, or the server was shut down. "
        f"Measure again.{last}"
    )


# --- seen from the process that measures ---


def claim(measurement: Measurable, images: int, *, by_server: bool) -> WorkFolder:
    """Record this process as the one that measures, and join the queue.

    Args:
        measurement: what is measured.
        images: how many, 0 for all.
        by_server: whether `start` has made the folder for this process.

    Raises:
        MeasurementError: another process measures the same.
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only("nothing can be measured")
    folder = measurement.folder
    if not by_server:
        state = progress(measurement)
        if state is not None and state.is_live:
            raise MeasurementError(
                f"another process measures {measurement.title}: wait until it is done, or cancel it."
            )
        folder = _make_folder(measurement, images)
    processes.claim(folder)
    return folder


@contextlib.contextmanager
def in_turn(folder: WorkFolder) -> Iterator[Callable[[int, int], None]]:
    """Wait for the turn of this process; then give what reports steps done, of how many.

    The process ends at once when its measurement is cancelled or its folder is deleted.
    """
    with ending_when_cancelled(folder):
        processes.wait_for_turn(folder, queue, cancelled=lambda: False)
        _report(folder, 0, 0)
        yield functools.partial(_report, folder)


@contextlib.contextmanager
def ending_when_cancelled(folder: WorkFolder) -> Iterator[None]:
    """End this process at once when its measurement is cancelled or its folder is deleted."""
    ended = threading.Event()
    watch = threading.Thread(target=_end_when_cancelled, args=(folder, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()  # what is cancelled after this does not end the process, which does other things now


def finish(folder: WorkFolder, numbers: Mapping[str, Any]) -> None:
    """Store the result: plain values, ready for JSON.

    Raises:
        OSError: the folder cannot be written.
    """
    files.replace(folder.path / "result.json", json.dumps(numbers).encode())


def _report(folder: WorkFolder, done: int, of: int) -> None:
    with contextlib.suppress(OSError):  # the numbers are right all the same
        files.append_row(folder.path / "progress.jsonl", {"time": time.time(), "done": done, "of": of})


def _end_when_cancelled(folder: WorkFolder, ended: threading.Event) -> None:
    while not ended.wait(POLL_SECONDS):
        if folder.wish == CANCEL or not processes.is_mine(folder):
            os._exit(1)
