"""A real Dask cluster on loopback: a scheduler and its workers as processes, one machine each."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from digitrec.cluster.connection import Connection
from support.places import ROOT
from support.stand_ins import wait_until

MAX_SECONDS = 150.0  # for a hang, not a measurement
PROGRAM = Path(__file__).with_name("cluster_program.py")
_BEGIN = """
import sys
from digitrec.runs import processes
if {program!r}:
    processes._PROGRAM = (sys.executable, {program!r})
from digitrec.cluster import agent  # before it has work
from distributed.cli.{command} import main
main()
"""
_QUIET = {
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
}


class Cluster:
    """A scheduler, and workers that may be killed and started again."""

    def __init__(self, folder: Path, *, program: Path | None = PROGRAM) -> None:
        self._folder, self._program = folder, program
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.workers: list[subprocess.Popen] = []
        self.scheduler = self._start("dask_scheduler", ["--host", "127.0.0.1", "--port", str(port)])
        wait_until(lambda: _listens(port), MAX_SECONDS)

    def grow_to(self, count: int) -> None:
        """Have so many live workers at least, and wait until the scheduler knows them, and no dead one."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        count = max(count, len(self.workers))
        for _ in range(count - len(self.workers)):
            options = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0"]
            options += ["--local-directory", str(self._folder)]
            self.workers.append(self._start("dask_worker", [self.address, *options]))
        with Connection(self.address) as connection:
            wait_until(lambda: connection.count_places() == count, MAX_SECONDS)

    def hang_once(self) -> None:
        """Let the next measurement stop in its midst."""
        (self._folder / "hang").touch()

    def kill_one(self) -> None:
        """Kill a worker, whatever it does."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def kill_the_one_at_work(self) -> None:
        """Kill the one worker that has a task, as when its machine loses its power."""
        with Connection(self.address) as connection:
            wait_until(lambda: len(connection.list_busy()) == 1, MAX_SECONDS)
            pid = connection.call(connection.list_busy()[0], os.getpid)
        worker = next(worker for worker in self.workers if worker.pid == pid)
        worker.kill()
        worker.wait()

    def end(self) -> None:
        """End all of its processes."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def _start(self, command: str, options: Sequence[str]) -> subprocess.Popen:
        script = _BEGIN.format(program=str(self._program or ""), command=command)
        homes = {"DIGITREC_DATA": "", "DIGITREC_CACHE": str(self._folder / "none"), "PYTHONPATH": str(ROOT)}
        homes["CLUSTER_FOLDER"] = str(self._folder)
        log = (self._folder / f"{command}.log").open("ab")
        return subprocess.Popen(
            [sys.executable, "-c", script, *options, "--no-dashboard"],
            cwd=self._folder,
            env=os.environ | _QUIET | homes,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
