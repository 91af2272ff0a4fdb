"""Reads the pages of stacks in the background: one stack at a time, in a process that ends with the server.

The stack's folder is the only channel between the server and the process. The state is derived from its files and
the live process, so it is right after a crash. Each page is stored as soon as it is read; a process that begins
again goes on with the first page that is not.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from digitrec import files
from digitrec.imaging import InkError, PictureError, count_pages, read_page
from digitrec.inference import ClassifierError
from digitrec.runs import WorkFolder, processes, store
from digitrec.stacks import old_corrections, readers
from digitrec.stacks.pages import Page, to_page
from digitrec.stacks.stack import Stack, Upload, home, open_stack

PAUSE, STOP = "pause", "stop"  # what a person asks of the process
MAX_ATTEMPTS = 3  # at a page whose reading ends the process
Action: TypeAlias = Callable[[Stack], None]
State: TypeAlias = Literal["queued", "reading", "paused", "stopped", "failed", "interrupted", "done"]
_DONE = "done"  # a file that is there when all pages are read
_RECENT = 40  # pages over which the speed is measured
_MIN_SECONDS = 1.0  # that they take at least
_starting = threading.Lock()  # two sessions of the server are two threads


class Progress(NamedTuple):
    """How far the reading of a stack is.

    Attributes:
        state: what happens with it.
        done: pages that were read, or could not be.
        of: pages in all; 0 while that is unknown.
        seconds_left: None where that is unknown.
        error: why it failed, for a person.
    """

    state: State
    done: int
    of: int
    seconds_left: float | None = None
    error: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether a process reads, or is about to."""
        return self.state in ("queued", "reading")


# --- seen from the server ---


def start(stack: Stack) -> None:
    """Begin to read a stack, or go on with it; nothing happens where that is done already.

    Raises:
        OSError: no process can be started, or the folder cannot be written.
    """
    files.refuse_if_read_only("no pages can be read")
    with _starting:
        if find_progress(stack).state == "done":
            return
        stack.work.ask(wish=None)
        if processes.is_live(stack.work):
            return
        stack.work.forget_error()
        processes.start_worker(stack.work, ["read-stack", stack.id], models=store.models_folder())


def pause(stack: Stack) -> None:
    """Let the process end after the page that it reads."""
    stack.work.ask(wish=PAUSE)


def stop(stack: Stack) -> None:
    """The same; the pages that are not read are left out."""
    stack.work.ask(wish=STOP)


def go_on() -> None:
    """Go on with all stacks whose process ended with the server that had started it.

    Raises:
        OSError: no process can be started, or a folder cannot be written.
    """
    if files.is_read_only():
        return
    for path in home().glob("*/about.json"):
        stack = Stack(path.parent)
        is_read = (stack.path / _DONE).exists()  # it is not looked at any closer: there may be many
        if not is_read and find_progress(stack).state == "interrupted":
            start(stack)


def find_progress(stack: Stack) -> Progress:
    """How far the reading of a stack is."""
    is_live = processes.is_live(stack.work)
    # The files are read after that: a process may end in between, but one that has ended writes no more.
    plan, pages = read_plan(stack), stack.pages
    done, total = len({page.number for page in pages}), len(plan or ())
    if plan is not None and done >= total:
        return Progress("done", done, total)
    wish, error = stack.work.wish, stack.work.error
    if wish in (PAUSE, STOP):
        return Progress("paused" if wish == PAUSE else "stopped", done, total)
    if is_live:
        return Progress(
            "reading" if plan is not None else "queued", done, total, _seconds_left(stack, total - done)
        )
    if error is not None:
        return Progress("failed", done, total, error=error)
    return Progress("interrupted", done, total)


def queue() -> list[WorkFolder]:
    """The folders of all stacks with a live process, in the order of their starts."""
    folders = [WorkFolder(path.parent) for path in home().glob("*/worker.json")]
    return sorted(filter(processes.is_live, folders), key=processes.queue_key)


def _seconds_left(stack: Stack, pages: int) -> float | None:
    speed = files.read_json(stack.path / "speed.json") or {}
    seconds = speed.get("seconds")  # a page
    return seconds * pages if isinstance(seconds, float) else None


# --- seen from the process that reads, or a test ---


class Planned(NamedTuple):
    """A page that is to be read."""

    upload: int
    page: int  # of the file, from 0
    name: str
    problem: str = ""  # why the file has no page that can be read


def read_plan(stack: Stack) -> list[Planned] | None:
    """All pages of a stack; None before they were counted."""
    found = files.read_json(stack.path / "plan.json")
    try:
        return None if found is None else [Planned(*each) for each in found["pages"]]
    except (KeyError, TypeError):
        return None


def work(stack_id: str) -> None:
    """Read a stack in this process, once it is its turn; end when a person asks for it, or deletes the stack.

    Raises:
        StackError: there is no such stack, or its model is not there any more.
        ClassifierError: the model cannot be used.
        OSError: the folder cannot be written.
    """
    stack = open_stack(stack_id)
    processes.claim(stack.work)
    if not processes.wait_for_turn(stack.work, queue, cancelled=lambda: _is_asked_to_end(stack)):
        return
    try:
        read_stack(stack)
    except FileNotFoundError:
        if stack.path.exists():
            raise
    except Exception as error:  # the process's outermost frame: the page must be able to show any error
        with contextlib.suppress(OSError):
            stack.work.record_error(processes.describe_error(error))
        raise


def read_stack(stack: Stack) -> None:
    """Read all pages of a stack that are not read yet, in this thread.

    Raises:
        StackError: its model is not there any more.
        ClassifierError: the model cannot be used.
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only("no pages can be read")
    model, run = readers.open_model(stack)
    reader = readers.make_reader(stack.way, model, run)
    plan = read_plan(stack) or _make_plan(stack)
    done = {page.number for page in stack.pages}
    times = [time.monotonic()]
    for number, planned in enumerate(plan):
        if number in done:
            continue
        if _is_asked_to_end(stack):
            return
        _read_page(stack, number, planned, reader)
        times = [*times[-_RECENT:], time.monotonic()]
        if times[-1] - times[0] > _MIN_SECONDS:
            speed = {"seconds": (times[-1] - times[0]) / (len(times) - 1)}
            files.replace(stack.path / "speed.json", json.dumps(speed).encode())
    (stack.path / _DONE).touch()


def _make_plan(stack: Stack) -> list[Planned]:
    """Count the pages of all files, and store them."""
    first = {upload.sha256: number for number, upload in reversed(list(enumerate(stack.uploads)))}
    plan: list[Planned] = []
    for number, upload in enumerate(stack.uploads):
        if (before := first[upload.sha256]) < number:
            problem = f"it is the same file as {stack.uploads[before].name}, so its fields would count twice."
            plan.append(Planned(number, 0, upload.name, problem))
        else:
            plan += _plan_upload(stack, number, upload)
    files.replace(stack.path / "plan.json", json.dumps({"pages": plan}).encode())
    return plan


def _plan_upload(stack: Stack, number: int, upload: Upload) -> Iterator[Planned]:
    try:
        count = count_pages(stack.upload_path(number))
    except (PictureError, OSError) as error:
        yield Planned(number, 0, upload.name, _explain(error))
        return
    for page in range(count):
        yield Planned(number, page, upload.name if count == 1 else f"{upload.name}, page {page + 1}")


def _read_page(stack: Stack, number: int, planned: Planned, reader: readers.ReadPage) -> None:
    upload = stack.uploads[planned.upload]
    problem = planned.problem or _count_attempt(stack, number)
    if not problem:
        try:
            gray = read_page(stack.upload_path(planned.upload), planned.page)
            corners = stack.corners(planned.upload, planned.page)
            reading = reader(gray, corners if corners is None else corners * gray.shape[::-1])
        except ClassifierError:
            raise
        except Exception as error:  # one page, whatever it holds, does not end the others
            problem = _explain(error)
    if problem:
        stack.add_page(Page(number, planned.name, upload.sha256, problem=problem))
        return
    stack.add_page(to_page(number, planned.name, upload.sha256, reading), reading.page)
    old_corrections.take(stack, number)


def _count_attempt(stack: Stack, number: int) -> str:
    """Record that a page is begun; what to say of it instead, if that ended the process too often."""
    before = files.read_json(stack.path / "attempt.json") or {}
    count = before["count"] + 1 if before.get("page") == number and isinstance(before.get("count"), int) else 1
    if count > MAX_ATTEMPTS:
        return f"reading it ended the program {MAX_ATTEMPTS} times. Save the page as PNG, or make it smaller."
    files.replace(stack.path / "attempt.json", json.dumps({"page": number, "count": count}).encode())
    return ""


def _is_asked_to_end(stack: Stack) -> bool:
    return stack.work.wish in (PAUSE, STOP) or not stack.path.exists()


def _explain(error: Exception) -> str:
    """Why a page cannot be read, for a person."""
    if isinstance(error, PictureError | InkError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for it. Make it smaller."
    if isinstance(error, OSError):
        return f"it cannot be opened: {error.strerror or error}."
    return f"it cannot be read: {processes.describe_error(error)}"
