"""Runs to be worked on, idle processes that are recorded as their workers, and a cluster that is there."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Self

import psutil

from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run, Worker

DIGITS = tuple("0123456789")
# Without validation images there is nothing to calibrate when it is stopped; left alone it takes minutes.
LONG = TrainConfig(dataset="digits", network="mlp", epochs=200, batch_size=8, validation_share=0)


class ConnectedCluster:
    """Takes the place of a connection to a cluster: it can be reached."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def create(name: str, config: TrainConfig = LONG) -> Run:
    return store.create(config, DIGITS, name)


def wait_until(condition: Callable[[], object], seconds: float = 240) -> None:
    """Poll until the condition holds; the deadline is for a hang, not a measurement."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


@contextlib.contextmanager
def stand_ins() -> Iterator[Callable[[Run], subprocess.Popen]]:
    """A function that starts an idle process and records it as a run's worker; all end with the context."""
    started = []

    def begin(run: Run) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        started.append(process)
        run.record_worker(Worker(process.pid, psutil.Process(process.pid).create_time(), time.time()))
        return process

    try:
        yield begin
    finally:
        for process in started:
            process.kill()
            process.communicate()
