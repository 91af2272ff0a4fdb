"""A search and the files in its folder, `models/.searches/NAME/`; its trials are runs beside all others.

search.json   the plan, and when it was made; replaced whole when the search is extended
journal.log   Optuna's trials, unless they are in a database
events.jsonl  when the search was asked for, began, and ended, one row each, append only
control.json, worker.json, worker.log, error.txt   as of a run

As with jobs, a search's status is derived from these files and the live process at each call.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from digitrec import files
from digitrec.runs import RunError, WorkFolder, places, processes, store
from digitrec.search.plan import Plan
from digitrec.search.space import SearchError

FOLDER = ".searches"  # below the folder of the runs
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,38}[A-Za-z0-9]|[A-Za-z0-9]")
ENDED, TIME_OVER, STOPPED = "finished", "time over", "stopped"  # why a search ended


class Status(StrEnum):
    """What a search is doing, or how it ended."""

    QUEUED = "queued"
    SEARCHING = "searching"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_live(self) -> bool:
        """Whether a process works on the search, or waits to."""
        return self in (Status.QUEUED, Status.SEARCHING)


@dataclass(frozen=True)
class Search(WorkFolder):
    """A search; everything is read from its folder at each access."""

    @property
    def name(self) -> str:
        """The name of the folder, and of the study in Optuna."""
        return self.path.name

    @property
    def journal_path(self) -> Path:
        """Optuna's file of the trials."""
        return self.path / "journal.log"

    @property
    def created(self) -> float:
        """When it was made, seconds since 1970."""
        return float((files.read_json(self.path / "search.json") or {}).get("created", 0.0))

    @property
    def plan(self) -> Plan:
        """The plan as it is now.

        Raises:
            SearchError: it is damaged.
        """
        values = files.read_json(self.path / "search.json")
        if values is None:
            raise SearchError(f"the search {self.name!r} is gone, or its search.json is damaged.")
        return Plan.from_json(values)

    def save_plan(self, plan: Plan) -> None:
        """Replace the plan."""
        files.refuse_if_read_only(f"the search {self.name!r} cannot be changed")
        about = plan.to_json() | {"created": self.created or time.time()}
        files.replace(self.path / "search.json", json.dumps(about, indent=1).encode())

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened, oldest first: "asked", "begin" or "end" as "kind", with "time"."""
        return files.read_rows(self.path / "events.jsonl")

    def note(self, kind: str, **facts: Any) -> None:
        """Add an event."""
        files.refuse_if_read_only(f"the search {self.name!r} cannot be changed")
        files.append_row(self.path / "events.jsonl", {"kind": kind, "time": time.time(), **facts})


def create(plan: Plan, name: str | None = None) -> Search:
    """Make a search; it does not begin by that.

    Raises:
        SearchError: the name is taken or not allowed, or the folder cannot be written.
    """
    files.refuse_if_read_only("no search can be created")
    name = (name or f"{time.strftime('%Y-%m-%d %H.%M.%S')} search").strip()
    if not _NAME.fullmatch(name):
        raise SearchError(
            f"{name!r} cannot be a search's name: expected 1 to 40 letters, digits, spaces, dots, dashes or "
            "underscores, with a letter or digit first and last."
        )
    search = Search(searches_folder() / name)
    try:
        search.path.parent.mkdir(parents=True, exist_ok=True)
        search.path.mkdir()
        search.save_plan(plan)
    except FileExistsError as error:
        raise SearchError(
            f"there is a search named {name!r} already: choose another name, or go on with that one."
        ) from error
    except OSError as error:
        shutil.rmtree(search.path, ignore_errors=True)
        raise SearchError(f"the search {name!r} cannot be written: {error.strerror}.") from error
    return search


def searches_folder() -> Path:
    """Where the searches are."""
    return store.models_folder() / FOLDER


def list_searches() -> list[Search]:
    """All readable searches, the newest first."""
    found = []
    for path in searches_folder().glob("*/search.json"):
        with contextlib.suppress(SearchError):
            search = Search(path.parent)
            _ = search.plan
            found.append(search)
    return sorted(found, key=lambda search: search.created, reverse=True)


def open_search(name: str) -> Search:
    """The search with this name.

    Raises:
        SearchError: there is none, or its plan is damaged.
    """
    search = Search(searches_folder() / name)
    if not _NAME.fullmatch(name) or not (search.path / "search.json").is_file():
        names = ", ".join(each.name for each in list_searches()) or "none yet"
        raise SearchError(f"there is no search {name!r}: expected one of: {names}.")
    _ = search.plan
    return search


def delete(search: Search) -> None:
    """Delete a search that is not live, with its trials, but those that were kept as runs.

    Raises:
        SearchError: it is live, or cannot be removed.
    """
    files.refuse_if_read_only(f"the search {search.name!r} cannot be deleted")
    if status(search).is_live:
        raise SearchError(f"the search {search.name!r} is {status(search)}: stop it first.")
    try:
        for run in store.list_runs(search=search.name):
            store.delete(run)
        shutil.rmtree(search.path)
    except FileNotFoundError:
        return  # another browser was quicker
    except (OSError, RunError) as error:
        raise SearchError(f"the search {search.name!r} cannot be deleted: {error}") from error


# --- its process ---


def status(search: Search) -> Status:
    """What a search is doing, or how it ended."""
    is_live = processes.is_live(search)
    # The files are read after that: a process may end in between, but one that has ended writes no more.
    events = search.events
    last: Mapping[str, Any] = events[-1] if events else {"kind": "none"}
    if search.error is not None:
        return Status.FAILED
    if last["kind"] == "end":
        return Status.STOPPED if last.get("reason") == STOPPED else Status.FINISHED
    if is_live:
        return Status.SEARCHING if last["kind"] == "begin" else Status.QUEUED
    about_to_start = last["kind"] == "asked" and time.time() - last["time"] < processes.MAX_START_SECONDS
    return Status.QUEUED if about_to_start else Status.INTERRUPTED


def failure_reason(search: Search) -> str | None:
    """Why a search failed or was interrupted, in sentences, or None."""
    now = status(search)
    if now is Status.FAILED:
        return search.error
    if now is not Status.INTERRUPTED:
        return None
    words = processes.last_words(search)
    return (
        "The process of the search ended early. It was killed, the machine ran out of memory, or the server was "
        f"shut down. Resume the search: only the trials in work are lost."
        f"{f' Its last message: {words}' if words else ''}"
    )


def start(search: Search) -> None:
    """Start the process of a search, or of one that has ended once more.

    Raises:
        SearchError: it is live already.
        OSError: no process can be started.
    """
    prepare_to_go_on(search)
    places.record(search, places.dashboard_cluster())
    arguments = ["search", "--resume", search.name, *places.arguments()]
    processes.start_worker(search, arguments, models=store.models_folder())


def prepare_to_go_on(search: Search, *, trials: int | None = None, hours: float | None = None) -> None:
    """Note that a search begins, or goes on, with other limits where they are given; who works then claims it.

    Raises:
        SearchError: it is live already.
    """
    files.refuse_if_read_only(f"the search {search.name!r} cannot be started")
    now = status(search)
    if now.is_live and not processes.is_mine(search) and search.worker is not None:
        raise SearchError(f"the search {search.name!r} is {now}: it goes on already.")
    extend(search, trials=trials, hours=hours)
    search.forget_error()
    search.ask_nothing()
    search.note("asked")


def extend(search: Search, *, trials: int | None = None, hours: float | None = None) -> None:
    """Change how many trials a search makes in all, and its hours, also while it runs.

    Raises:
        SearchError: such a limit is not allowed.
    """
    changes: dict[str, Any] = {"trials": trials, "hours": hours}
    given = {name: value for name, value in changes.items() if value is not None}
    if given:
        search.save_plan(dataclasses.replace(search.plan, **given))


def stop(search: Search) -> None:
    """Ask the process of a search to end; the settings of the trial in work are tried again when it goes on."""
    search.ask(wish="stop")


def queue() -> list[Search]:
    """The live searches of this machine in the order of their starts: the first works, the others wait."""
    return [search for search in list_live() if places.find(search) is None]


def list_live() -> list[Search]:
    """All live searches, those on a cluster as well, in the order of their starts."""
    searches = (Search(path.parent) for path in searches_folder().glob("*/worker.json"))
    return sorted(filter(processes.is_live, searches), key=processes.queue_key)


def claim(search: Search) -> None:
    """Record this process as the one that works on a search.

    Raises:
        SearchError: another process does.
    """
    if processes.is_live(search) and not processes.is_mine(search):
        raise SearchError(f"the search {search.name!r} is {status(search)}: another process works on it.")
    processes.claim(search)
