"""Optuna, where it is installed, and where it keeps the trials of a search: a journal file, or a database."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

from digitrec.search.space import SearchError

HEARTBEAT_SECONDS = 10  # between two signs of life of a trial in a database
GRACE_SECONDS = 40  # without one, after which a trial is lost
CONNECT_SECONDS = 5  # to reach a database
_SCHEMES = ("postgresql", "postgresql+psycopg")


def has_optuna() -> bool:
    """Whether Optuna is installed; does not import it."""
    return util.find_spec("optuna") is not None


def explain_missing_optuna() -> str:
    """What to do where Optuna is not installed."""
    return 'A search needs Optuna: pip install "digitrec[search]"'


def load_optuna() -> Any:
    """The module `optuna`, which takes 0.7 s to import.

    Raises:
        SearchError: it is not installed.
    """
    if not has_optuna():
        raise SearchError(explain_missing_optuna())
    module = importlib.import_module("optuna")
    module.logging.set_verbosity(module.logging.ERROR)  # what happens to trials is said in our words
    return module


def open_journal(path: Path, *, is_writer: bool = False) -> Any:
    """The storage in a file.

    Args:
        path: of the file, which is made where it is missing.
        is_writer: whether this process is the only one that writes; it mends what a crash has left.

    Raises:
        SearchError: Optuna is missing.
        OSError: the file cannot be written.
    """
    optuna = load_optuna()
    if is_writer:
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)  # of a process that was killed
        _cut_off_half_line(path)
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))


def _cut_off_half_line(path: Path) -> None:
    """Cut off a last line without an end: a crash, or a full disk, came in its midst."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        data = file.read()
        if data and not data.endswith(b"\n"):
            file.truncate(data.rfind(b"\n") + 1)


def open_database(url: str, when_lost: Callable[[Any, Any], None] | None = None) -> Any:
    """The storage in a PostgreSQL database.

    Args:
        url: of the database.
        when_lost: gets the study and the trial of a worker that gives no sign of life.

    Raises:
        SearchError: the address is none, the driver is missing, or the database cannot be reached.
    """
    optuna = load_optuna()
    sqlalchemy = importlib.import_module("sqlalchemy")
    try:
        address = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        address = None
    if address is None or address.drivername not in _SCHEMES:
        raise SearchError(
            f"{hide_password(url)!r} is no database for a search: expected postgresql://user@host:port/database."
        )
    if util.find_spec("psycopg") is None:
        raise SearchError('A search in PostgreSQL needs psycopg: pip install "digitrec[search,postgresql]"')
    shown = address.render_as_string(hide_password=True)
    address = address.set(drivername="postgresql+psycopg")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of the heartbeat
            return optuna.storages.RDBStorage(
                address.render_as_string(hide_password=False),
                engine_kwargs={"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_SECONDS}},
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=GRACE_SECONDS,
                heartbeat_stale_trial_callback=when_lost,
            )
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise SearchError(f"the database {shown} cannot be used: {_first_line(error)}. Is it running?") from error


def hide_password(url: str) -> str:
    """An address of a database as it may be shown."""
    before, at, place = url.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{place}" if at and "://" in before else url


def _first_line(error: Exception) -> str:
    reason = str(getattr(error, "orig", None) or error)
    return reason.strip().splitlines()[0].rstrip(".") if reason.strip() else type(error).__name__
