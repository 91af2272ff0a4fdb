"""The connection of this process to the scheduler of a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, TypeVar

import distributed

from digitrec._version import __version__
from digitrec.cluster import agent
from digitrec.runs import ClusterError, places

T = TypeVar("T")
CONNECT_SECONDS = 5.0  # to reach a scheduler, at first and after the connection was lost
WORD_SECONDS = 10.0  # in which a machine that the scheduler knows answers
PAUSE_SECONDS = 0.25  # between two questions
_COMM_FAULTS = (ConnectionError, TimeoutError)
# The last two are what a client says that has lost its scheduler for good.
_FAULTS = (OSError, TimeoutError, futures.CancelledError, RuntimeError, AttributeError)


def check(address: str) -> None:
    """Check that a cluster can be used: somebody answers, with the versions of this machine.

    Raises:
        ClusterError: it cannot.
    """
    Connection(address).close()


class WorkerLostError(Exception):
    """A machine of the cluster is gone, and what it did with it."""


class Connection:
    """A client of Dask. Used as a context, which closes it."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: of the scheduler, such as tcp://scheduler:8786; tls:// takes its keys from Dask's settings.

        Raises:
            ClusterError: it cannot be reached, or its versions differ from those here.
        """
        places.reach(address, CONNECT_SECONDS)  # Dask tries for as long, also where nobody listens
        _check_encryption(address)
        self.address = address
        for name in ("distributed", "distributed.client"):  # what happens is said in our words
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of versions that differ: see below
                self._client: Any = distributed.Client(  # type: ignore[no-untyped-call]
                    address, timeout=CONNECT_SECONDS, set_as_default=False, name="digitrec"
                )
        except (OSError, TimeoutError, ValueError, TypeError, ImportError) as error:
            raise ClusterError(f"the cluster {address} cannot be used: {_explain(error, address)}") from error
        try:
            self._check_versions()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the jobs that it holds end."""
        with contextlib.suppress(*_FAULTS):
            self._client.close(timeout=2)

    def count_places(self) -> int:
        """How many jobs run at the same time: the threads of all workers.

        Raises:
            ClusterError: the scheduler is gone.
        """
        return sum(self._ask(self._client.nthreads).values())

    @contextlib.contextmanager
    def hold(self) -> Iterator[tuple[str, Any]]:
        """Ask for a place for a job; its name, and the future of Dask. The place is given up at the end."""
        job = f"digitrec-{uuid.uuid4().hex}"
        future = self._ask(lambda: self._client.submit(agent.hold, job, key=job, pure=False))
        try:
            yield job, future
        finally:
            with contextlib.suppress(*_FAULTS):
                future.release()

    def find_worker(self, job: str) -> str | None:
        """The address of the worker that has the place of a job, or will have it; None while there is none."""
        found = self._ask(self._client.processing)
        return next((worker for worker, keys in found.items() if job in keys), None)

    def list_busy(self) -> list[str]:
        """The addresses of the workers that have a task."""
        return [worker for worker, keys in self._ask(self._client.processing).items() if keys]

    def call(self, worker: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function in the process of a worker, beside its tasks.

        Raises:
            WorkerLostError: the worker is gone.
            ClusterError: the scheduler is gone.
        """
        deadline = time.monotonic() + WORD_SECONDS
        while True:
            if worker not in self._ask(self._client.nthreads):  # else Dask tries to reach it for half a minute
                raise WorkerLostError(worker)
            answers = self._ask(
                lambda: self._client.run(function, *args, workers=[worker], on_error="return", **kwargs)
            )
            answer = answers.get(worker)
            if not isinstance(answer, BaseException):
                return answer
            if isinstance(answer, OSError) and answer.errno is not None and not isinstance(answer, _COMM_FAULTS):
                raise ClusterError(f"the machine {worker} of the cluster: {answer.strerror}.") from answer
            if not isinstance(answer, OSError | TimeoutError):
                raise answer
            if time.monotonic() > deadline:
                raise WorkerLostError(worker) from answer
            time.sleep(PAUSE_SECONDS)

    def submit(self, function: Callable[..., T], *args: Any, key: str) -> Any:
        """The future of a function that a worker calls; where that worker dies, another one does."""
        return self._ask(lambda: self._client.submit(function, *args, key=key, pure=False))

    def explain_end(self, future: Any) -> Exception:
        """Why a place was given up before its client said so."""
        if future.status == "error":
            error = future.exception()
            if not isinstance(error, distributed.KilledWorker):
                return ClusterError(
                    f"a machine of the cluster {self.address} cannot work: {_explain(error, self.address)}"
                )
        return WorkerLostError(future.key)

    def _ask(self, question: Callable[[], T]) -> T:
        """The answer of the scheduler; after a short loss of the connection it is asked again.

        Raises:
            ClusterError: it is gone.
        """
        deadline = time.monotonic() + 2 * CONNECT_SECONDS
        while True:
            try:
                return question()
            except _FAULTS as error:
                if self._client.status in ("closed", "closing") or time.monotonic() > deadline:
                    raise self.lost() from error
                time.sleep(PAUSE_SECONDS)

    def lost(self) -> ClusterError:
        """What is said where the scheduler is gone."""
        return ClusterError(
            f"the scheduler of the cluster {self.address} has ended, or cannot be reached any more. Start it "
            "again with its workers, or work on this machine."
        )

    def _check_versions(self) -> None:
        """Refuse machines with other versions: a job would end there in its midst, or give other numbers."""
        here = agent.tell_versions()
        found: dict[str, Any] = self._ask(lambda: self._client.run(agent.tell_versions, on_error="return"))
        try:
            found["the scheduler"] = self._ask(lambda: self._client.run_on_scheduler(agent.tell_versions))
        except ModuleNotFoundError as error:
            found["the scheduler"] = error
        for place, there in found.items():
            if isinstance(there, ModuleNotFoundError):
                raise self._refuse(f"digitrec {here['digitrec']} here, {there.name} is missing on {place}")
            if isinstance(there, BaseException):
                continue  # it has just ended
            differing = [name for name in here if there.get(name) != here[name]]
            if differing:
                said = (f"{name} {here[name]} here, {there.get(name)} on {place}" for name in differing)
                raise self._refuse(", ".join(said))

    def _refuse(self, why: str) -> ClusterError:
        return ClusterError(
            f"the cluster {self.address} has other versions than this machine: {why}. Install the same on all of "
            f'them: pip install "digitrec[train,cluster]=={__version__}"'
        )


def _check_encryption(address: str) -> None:
    """Refuse tls:// without certificates, and tcp:// where Dask's settings ask for encryption.

    Raises:
        ClusterError: the message says what to set.
    """
    refused = f"the cluster {address} cannot be used"
    try:
        security: Any = distributed.Security()  # type: ignore[no-untyped-call]
        needed = security.get_connection_args("client")
    except (OSError, ValueError, TypeError) as error:  # an SSLError is an OSError
        raise ClusterError(
            f"{refused}: the certificates that Dask's settings name cannot be read ({error}). Correct ca-file and "
            "client at distributed.comm.tls."
        ) from error
    if address.startswith("tls:") and needed["ssl_context"] is None:
        raise ClusterError(
            f"{refused}: tls:// needs certificates. Name ca-file and client at distributed.comm.tls in Dask's "
            "settings, ~/.config/dask/distributed.yaml."
        )
    if address.startswith("tcp:") and needed["require_encryption"]:
        raise ClusterError(
            f"{refused}: Dask's settings here require encryption. Write tls:// in the address, or correct "
            "distributed.comm.require-encryption."
        )


def _explain(error: BaseException, address: str) -> str:
    if isinstance(error, OSError | TimeoutError):
        likely = "the certificates do not match" if address.startswith("tls:") else "it wants tls://"
        return f"what answers there is no scheduler of Dask, or {likely} ({error})."
    return f"{type(error).__name__}: {error}"
