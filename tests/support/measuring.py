"""Processes that stand in for those that measure: they take their place, report, and end as a test wants it."""

import sys
import time
from collections.abc import Callable

import pytest

from digitrec.runs import measurements, processes
from digitrec.runs.measurements import Measurement, Progress

# The page's process, less the work: the arguments are those of the command line.
_BEGIN = """
import sys
from digitrec.runs import measurements, processes, store
from digitrec.runs.measurements import Measurement
kind, run, *options = sys.argv[1:]
values = dict(option.removeprefix("--").split("=") for option in options if "=" in option)
measurement = Measurement(kind, store.open_run(run), values["dataset"], values["split"])
processes.end_with_server()
folder = measurements.claim(measurement, int(values["images"]), by_server=True)
with measurements.in_turn(folder) as report:
"""
COUNT = "    report(1, 2); report(2, 2); print('a library prints'); measurements.finish(folder, {'right': 7})"
WAIT = "    report(30, 75); import time; time.sleep(600)"
FAIL = "    print('warning'); folder.record_error('The model is damaged.')"
DIE = "    import os; print('digitrec: last words'); sys.stdout.flush(); os.kill(os.getpid(), 9)"


def stand_in(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Run this script in place of the command line."""
    monkeypatch.setattr(processes, "_PROGRAM", (sys.executable, "-c", _BEGIN + script))


def until(condition: Callable[[], object]) -> None:
    """Poll until the condition holds; the deadline is for a hang, not a measurement."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


def ended(measurement: Measurement) -> Progress:
    """What came of a measurement."""
    until(lambda: not measurements.progress(measurement).is_live)
    return measurements.progress(measurement)
