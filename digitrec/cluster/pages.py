"""Many small things of one kind on a cluster, such as the pages of a folder: their results in order, each once."""

from __future__ import annotations

import errno
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import distributed

from digitrec.cluster.connection import Connection
from digitrec.imaging import PictureError
from digitrec.runs import ClusterError

T = TypeVar("T")
Kit = Mapping[str, bytes]  # files that all of them need, by name
MAX_WAIT_SECONDS = 1.0  # between two looks whether the scheduler is there


def work_through(
    connection: Connection, loads: Iterable[Callable[[], bytes]], work: Callable[[Kit, bytes], T], kit: Kit
) -> Iterator[T | OSError | PictureError]:
    """Have each of many things worked on; where a machine is lost, another one does its part again.

    Args:
        connection: to the cluster.
        loads: functions that give the bytes of a thing; a few are called ahead of the results.
        work: called on a machine of the cluster; it can be found there by its name.
        kit: what it needs.

    Yields:
        What `work` returns; the error of what cannot be loaded; an OSError where each machine that took it ended.

    Raises:
        ClusterError: the scheduler is gone.
    """
    name = uuid.uuid4().hex
    # By a task, not as data that is put there: where its machine is lost, Dask makes it again.
    shared = connection.submit(dict, kit, key=f"kit-{name}")
    waiting: deque[Any] = deque()
    for number, load in enumerate(loads):
        try:
            data = load()
        except (OSError, PictureError) as error:
            waiting.append(error)
        else:
            waiting.append(connection.submit(work, shared, data, key=f"page-{name}-{number}"))
        while len(waiting) > 2 * connection.count_places() + 1:
            yield _wait(connection, waiting.popleft())
    while waiting:
        yield _wait(connection, waiting.popleft())


def _wait(connection: Connection, future: Any) -> Any:
    if isinstance(future, OSError | PictureError):
        return future
    while True:
        try:
            return future.result(timeout=MAX_WAIT_SECONDS)
        except TimeoutError:
            connection.count_places()  # raises where the scheduler is gone
        except distributed.KilledWorker:
            return OSError(errno.EIO, "each machine of the cluster that took it has ended")
        except distributed.CancelledError as error:
            raise connection.lost() from error
        except RuntimeError as error:
            raise ClusterError(f"a machine of the cluster cannot work: {error}") from error
