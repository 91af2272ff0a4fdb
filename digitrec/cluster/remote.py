"""A job on a cluster, seen from this machine: what it needs goes there, and what is new comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from digitrec.cluster import agent, parcels
from digitrec.cluster.agent import Seat
from digitrec.cluster.connection import Connection, WorkerLostError
from digitrec.cluster.mirror import Mirror
from digitrec.cluster.parcels import Order
from digitrec.runs import ClusterError, WorkFolder, places

T = TypeVar("T")
POLL_SECONDS = 0.4  # between two looks for news
MAX_LOSSES = 4  # machines lost under a job, after which it is not tried again: the job may be what kills them


class JobLostError(ClusterError):
    """A job was lost too often."""


class Job(NamedTuple):
    """What is to be done, and where it reports here.

    Attributes:
        order: for the machine that does it.
        list_files: the files that it needs, by their path in the home there; asked anew for each attempt.
        folder: here, of what comes back.
        work: here, of what a person asks; for the process there.
        prepare: called before each attempt but the first one.
        is_cancelled: whether nobody wants it any more.
        is_done: whether it came to an end, well or not; asked when the process there has ended.
        echo: gets what the process there printed.
    """

    order: Order
    list_files: Callable[[], Mapping[str, Path]]
    folder: Path
    work: WorkFolder
    prepare: Callable[[], None]
    is_cancelled: Callable[[], bool]
    is_done: Callable[[], bool]
    echo: Callable[[str], None]


def follow(connection: Connection, job: Job) -> bool:
    """Have a job done, and its news written here until it has ended; False where it was cancelled before that.

    Raises:
        ClusterError: the scheduler is gone, or files were damaged.
        JobLostError: machines were lost too often.
        OSError: a disk is full.
        DatasetError, RunError: what it needs is not on this machine.
    """
    for losses in range(MAX_LOSSES):
        if losses:
            job.prepare()
            job.echo(f"digitrec: the machine that did this is gone; another one goes on ({losses + 1}).\n")
        with connection.hold() as (name, future):
            try:
                return _Attempt(connection, job, name, future).do()
            except WorkerLostError:
                continue
    raise JobLostError(
        f"the cluster lost this job {MAX_LOSSES} times: the machines that took it ended. It may need more memory "
        "than they have. Look at their logs, or work on this machine."
    )


class _Attempt:
    """One attempt to have a job done."""

    def __init__(self, connection: Connection, job: Job, name: str, future: Any) -> None:
        self._connection, self._job, self._name, self._future = connection, job, name, future
        self._worker, self._seat = "", Seat("", "")
        self._mirror = Mirror(job.folder, job.echo)

    def do(self) -> bool:
        """The whole way; False where it was cancelled before it began."""
        if not self._wait_for_seat():
            return False
        places.record(self._job.work, self._connection.address, self._seat.host)
        self._send()
        while self._take_news():
            time.sleep(POLL_SECONDS)
        self._connection.call(self._worker, agent.finish, self._name)
        if not self._job.is_done():  # the process there was killed
            raise WorkerLostError(self._worker)
        return True

    def _wait_for_seat(self) -> bool:
        while not self._job.is_cancelled():
            worker = self._connection.find_worker(self._name)
            if worker is not None:
                seat = self._connection.call(worker, agent.greet, self._name)
                if seat is not None:
                    self._worker, self._seat = worker, seat
                    return True
            elif self._future.status != "pending":
                raise self._connection.explain_end(self._future)
            time.sleep(POLL_SECONDS)
        return False

    def _send(self) -> None:
        paths = self._job.list_files()
        described = parcels.describe(paths)
        missing = set(self._held(agent.offer, described))
        for each in described:
            if each.sha256 in missing:
                missing.remove(each.sha256)
                self._deliver(each.sha256, paths[each.path], each.size)
        home = f"{self._job.order.folder}/"
        grown = {each.path.removeprefix(home): each.size for each in described if each.path.startswith(home)}
        self._mirror.begin_at({path: size for path, size in grown.items() if parcels.is_growing(path)})
        controls = self._mirror.controls(self._job.work.path)
        self._held(agent.begin, self._job.order, described, controls)

    def _deliver(self, sha256: str, path: Path, size: int) -> None:
        with path.open("rb") as file:
            offset = 0
            while True:
                data = file.read(agent.MAX_BYTES)
                is_last = offset + len(data) >= size
                is_right = self._held(agent.deliver, sha256, offset, data, is_last=is_last)
                offset += len(data)
                if is_last or not data:
                    break
        if not is_right:
            raise ClusterError(f"{path} arrived damaged, or has changed meanwhile. Start again.")

    def _take_news(self) -> bool:
        """Write what is new; whether more is to come."""
        controls = self._mirror.controls(self._job.work.path)
        news = self._held(agent.read_news, self._mirror.sent, controls)
        self._mirror.write(news)
        return not (news.is_gone or (news.is_ended and news.is_complete))

    def _held(self, function: Callable[..., T | None], *args: Any, **kwargs: Any) -> T:
        """Call a function for this job on its machine, which must hold its place still."""
        answer = self._connection.call(self._worker, function, self._name, *args, **kwargs)
        if answer is None:
            raise WorkerLostError(self._worker)
        return answer
