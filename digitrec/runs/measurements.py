"""Long measurements in processes of their own, one at a time: started, watched and cancelled by the page.

The process is the command line's, so that it takes no time from the pages, and ends with the server, however that
ends. It tells on its standard output how far it is, one JSON object a line, and at last what it found; it also
keeps that with the run, where this module only remembers it, for a folder that cannot be written.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (sys.executable, "-m", "digitrec")
_REMEMBERED = 8  # ended works whose results stay in memory
_SAID = 40  # last lines of standard error that are kept to tell what went wrong

_works: dict[Hashable, _Work] = {}
_lock = threading.Lock()  # of `_works`
_turn = threading.Lock()  # held by the work whose process runs


class Progress(NamedTuple):
    """How far a work is, or how it ended."""

    done: int  # steps
    of: int  # steps in all; 0 while that is not known
    seconds: float  # since its process started; 0 while it waits
    seconds_left: float | None  # None before two steps are done
    is_live: bool  # waiting or in work
    is_waiting: bool
    error: str | None  # why it failed, for a person
    result: dict[str, Any] | None  # what it found


@dataclass
class _Work:
    command: Sequence[str]
    models: Path
    done: int = 0
    of: int = 0
    began: float | None = None
    first: float | None = None  # when the first step was done: what came before it does not come again
    ended: float | None = None
    is_cancelled: bool = False
    process: subprocess.Popen[str] | None = None
    result: dict[str, Any] | None = None
    error: str | None = None
    said: list[str] = field(default_factory=list)


def start(key: Hashable, arguments: Sequence[str], models: Path) -> None:
    """Start `python -m digitrec` with these arguments, once those before it are done; nothing if it is live.

    Args:
        key: names the work, for `progress` and `cancel`.
        arguments: of the command line; "--watch-stdin" is added.
        models: the folder that the run lies in.
    """
    with _lock:
        if key in _works and _works[key].ended is None:
            return  # a second click, or another browser's
        _works.pop(key, None)
        ended = [other for other, work in _works.items() if work.ended is not None]
        for other in ended[: max(0, len(ended) - _REMEMBERED + 1)]:
            del _works[other]
        work = _works[key] = _Work([*arguments, "--watch-stdin"], models)
    threading.Thread(target=_do, args=(work,), daemon=True, name=f"background {arguments[0]}").start()


def progress(key: Hashable) -> Progress | None:
    """How far the work of this key is, or how it ended; None where there is none."""
    work = _works.get(key)
    if work is None:
        return None
    began = work.began
    seconds = 0.0 if began is None else (work.ended or time.monotonic()) - began
    is_live = work.ended is None
    left = _left(work)
    return Progress(work.done, work.of, seconds, left, is_live, is_live and began is None, work.error, work.result)


def _left(work: _Work) -> float | None:
    if work.first is None or work.done < 2:
        return None
    return (time.monotonic() - work.first) / (work.done - 1) * (work.of - work.done)


def cancel(key: Hashable) -> None:
    """End the work of this key, whether it waits or runs, and forget it."""
    with _lock:
        work = _works.pop(key, None)
        if work is not None:
            work.is_cancelled = True
            if work.process is not None:
                work.process.terminate()


def _do(work: _Work) -> None:
    with _turn:
        try:
            _run(work)
        except OSError as error:
            work.error = f"no process can be started: {error.strerror}."
        finally:
            work.ended = time.monotonic()


def _run(work: _Work) -> None:
    with _lock:
        if work.is_cancelled:
            return
        work.began = time.monotonic()
        process = work.process = subprocess.Popen(
            [*_PROGRAM, *work.command],
            cwd=_ROOT,
            env=os.environ | {"DIGITREC_MODELS": str(work.models), "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdin=subprocess.PIPE,  # its other end closes with this process
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # the terminal's Ctrl-C is for the server
        )
    with process:  # closes its pipes at the end
        listener = threading.Thread(target=_listen, args=(work, process), daemon=True)
        listener.start()
        for line in process.stdout:
            _take(work, line)
        listener.join()
    if process.returncode and not work.is_cancelled:
        work.error = _why(work.said, process.returncode)


def _listen(work: _Work, process: subprocess.Popen[str]) -> None:
    for line in process.stderr:  # read all the time: a full pipe would hold the process up
        work.said = [*work.said, line.strip()][-_SAID:]


def _take(work: _Work, line: str) -> None:
    with contextlib.suppress(json.JSONDecodeError):  # libraries print as well
        row = json.loads(line)
        if isinstance(row, dict) and {"done", "of"} <= set(row):
            work.done, work.of = row["done"], row["of"]
            work.first = work.first or time.monotonic()
        elif isinstance(row, dict) and "result" in row:
            work.result = row["result"]


def _why(said: Sequence[str], status: int) -> str:
    """The last of our own words, else what is known of the process's end."""
    ours = [line.removeprefix("digitrec: ") for line in said if line.startswith("digitrec: ")]
    if ours:
        return ours[-1]
    last = next((line for line in reversed(said) if line), "it said nothing")
    how = f"was ended by signal {-status}" if status < 0 else f"failed with status {status}"
    return f"the process {how}; perhaps the machine ran out of memory. The last it said: {last}"


def teller(*, as_json: bool) -> Callable[[int, int], None]:
    """For the process itself: a function that tells how many steps are done, of how many.

    Args:
        as_json: tell it to the server that reads standard output; else to a person, in one line that changes.
    """

    def tell(done: int, of: int) -> None:
        if as_json:
            print(json.dumps({"done": done, "of": of}), flush=True)
        else:
            print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return tell


def tell_result(numbers: Mapping[str, Any]) -> None:
    """For the process itself: tell the server what was found."""
    print(json.dumps({"result": numbers}), flush=True)
