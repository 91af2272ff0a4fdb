"""Where jobs run: on this machine, or on a Dask cluster. The package `cluster` does what is said here.

The dashboard sends jobs to the cluster that DIGITREC_CLUSTER names; the commands have the option --cluster. A job
on a cluster has a process here as well, which keeps its folder as if the work were done here.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from importlib import util
from typing import NamedTuple
from urllib.parse import urlsplit

from digitrec import files
from digitrec.runs.run import WorkFolder

VARIABLE = "DIGITREC_CLUSTER"
EXAMPLE = "tcp://scheduler:8786"
SCHEMES = ("tcp", "tls")
_FILE = "cluster.json"
REACH_SECONDS = 0.5  # in which a page waits for a scheduler


class ClusterError(Exception):
    """A cluster cannot be used: the message says why and what to do."""


class Place(NamedTuple):
    """A cluster that does the work of a folder.

    Attributes:
        address: of its scheduler.
        host: the machine there, once one has begun.
    """

    address: str
    host: str | None = None


def find(folder: WorkFolder) -> Place | None:
    """The cluster that does the work of a folder; None: this machine does."""
    values = files.read_json(folder.path / _FILE) or {}
    address, host = values.get("address"), values.get("host")
    return Place(address, host if isinstance(host, str) else None) if isinstance(address, str) else None


def record(folder: WorkFolder, address: str | None, host: str | None = None) -> None:
    """Record which cluster does the work of a folder, and which machine there; with None, that this machine does.

    Raises:
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only(f"{folder.path.name!r} cannot be sent to a cluster")
    if address is None:
        (folder.path / _FILE).unlink(missing_ok=True)
    else:
        files.replace(folder.path / _FILE, json.dumps(Place(address, host)._asdict()).encode())


def dashboard_cluster() -> str | None:
    """The address of the cluster on which the jobs of the dashboard run; None: on this machine."""
    return os.environ.get(VARIABLE, "").strip() or None


def arguments() -> list[str]:
    """What a command line needs in addition, so that its job runs where those of the dashboard do."""
    address = dashboard_cluster()
    return [] if address is None else ["--cluster", address]


def check_address(address: str) -> tuple[str, int]:
    """Host and port of a scheduler.

    Raises:
        ClusterError: it is no address, or Dask is not installed.
    """
    found = None
    with contextlib.suppress(ValueError):  # the port is no number
        parts = urlsplit(address)
        if parts.scheme in SCHEMES and parts.hostname and parts.port and not parts.path:
            found = parts.hostname, parts.port
    if found is None:
        raise ClusterError(f"{address!r} is no address of a cluster: expected one such as {EXAMPLE}, or tls://...")
    if util.find_spec("distributed") is None:
        raise ClusterError('a cluster needs Dask: pip install "digitrec[cluster]"')
    return found


def reach(address: str, seconds: float = REACH_SECONDS, *, otherwise: str = "work on this machine") -> None:
    """Check that somebody listens at the address of a cluster.

    Args:
        address: of its scheduler.
        seconds: to wait.
        otherwise: what a person can do instead.

    Raises:
        ClusterError: nobody does, it is no address, or Dask is not installed.
    """
    where = check_address(address)
    try:
        socket.create_connection(where, seconds).close()
    except OSError as error:
        raise ClusterError(
            f"the cluster {address} cannot be reached: {error.strerror or 'no answer'}. Start its scheduler, "
            f"correct the address, or {otherwise}."
        ) from error


def find_problem() -> str | None:
    """Why the cluster of the dashboard cannot be used now, in sentences; None where it can be reached."""
    address = dashboard_cluster()
    if address is not None:
        try:
            reach(address, otherwise=f"start the dashboard without {VARIABLE} to work on this machine")
        except ClusterError as error:
            return f"{str(error)[:1].upper()}{str(error)[1:]}"
    return None
