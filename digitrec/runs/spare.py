"""A spare worker: it has loaded TensorFlow and waits, so that a training begins at once.

The server starts it when a training is likely, and hands a run to it by a line on its standard input. It ends by
itself when none comes for some minutes, and with the server.

A search has such a worker for a series of runs: it gets one after the other, and ends with the search.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from digitrec.runs import processes
from digitrec.runs.processes import Process
from digitrec.runs.run import Run

IDLE_SECONDS = 240  # after which the spare worker ends, and gives back some 500 MB
_MAX_LINE = 4096  # bytes; shorter ones go through a pipe in one piece


class _Spare(NamedTuple):
    process: Process
    models: Path
    started: float  # monotonic, seconds

    def fits(self, models: Path) -> bool:
        """Whether it still waits, for a run of this folder; its own time begins later, with its waiting."""
        is_young = time.monotonic() - self.started < IDLE_SECONDS
        return is_young and self.models == models and self.process.poll() is None


_lock = threading.Lock()
_spare: _Spare | None = None


# --- seen from the server ---


def prepare(models: Path) -> None:
    """Have a spare worker for the runs of this folder; does nothing if there is one, or no TensorFlow.

    A worker that cannot be started is no error: the training will start one of its own.
    """
    global _spare
    with _lock:
        if _spare and not _spare.fits(models):
            end(_spare.process)
            _spare = None
        if _spare is None and processes.has_tensorflow():
            try:
                _spare = _Spare(processes.start_spare(models), models, time.monotonic())
            except OSError:
                return


def hand_over(run: Run) -> bool:
    """Let the spare worker train this run; False if there is none, or it does not take it."""
    global _spare
    with _lock:
        if _spare is None or not _spare.fits(run.path.parent):
            return False
        process, _spare = _spare.process, None
    return hand_to(process, run)


def hand_to(process: Process, run: Run) -> bool:
    """Let a worker that waits train this run; False if it does not take it."""
    line = json.dumps({"run": run.name, "log": str(run.log_path)}).encode() + b"\n"
    if len(line) > _MAX_LINE:
        end(process)
        return False
    try:
        processes.record(run, process.pid)
        assert process.stdin is not None
        process.stdin.write(line)
        process.stdin.flush()
    except OSError:  # it has just ended
        return False
    return True


def end(process: Process) -> None:
    """End a spare worker: it sees that its standard input closes."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended, and a line for it could not be written
            process.stdin.close()


# --- seen from the worker ---


def wait_for_run() -> str | None:
    """The name of the run that the server hands over; None if none comes in time, or the server ends.

    From then on all output goes to the run's log.
    """
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: lines.put(os.read(0, _MAX_LINE)), daemon=True).start()
    try:
        line = lines.get(timeout=IDLE_SECONDS)
    except queue.Empty:
        return None
    return _begin(line) if line else None


def wait_for_runs() -> Iterator[str]:
    """The names of the runs of a series, each when the one before is done; this process ends with the search.

    From then on all output goes to the log of the run.
    """
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read_lines, args=(lines,), daemon=True).start()
    while True:
        yield _begin(lines.get())


def _read_lines(lines: queue.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    processes.end_with("the search")


def _begin(line: bytes) -> str:
    """The name of the run in a line; all output goes to its log."""
    order = json.loads(line)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    return str(order["run"])
