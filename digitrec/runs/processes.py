"""Starts all processes of the program: workers, which report in a folder, and others, which the caller awaits.

A worker is `python -m digitrec ... --watch-stdin`. It holds the reading end of a pipe whose writing end only the
server has. When the server ends, however it ends, the pipe closes and the worker ends as well.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import util
from pathlib import Path
from typing import IO

import psutil

from digitrec import files
from digitrec.files import app_root
from digitrec.runs.run import Worker, WorkFolder

POLL_SECONDS = 0.25  # between two checks of a queued worker whether it is its turn
MAX_CLOCK_DRIFT_SECONDS = (
    5  # start times this close are one: psutil adds the boot time, which moves with the clock
)
MAX_START_SECONDS = 10  # so long after it was asked for, work may be without a process
_MAX_MEMORY_BYTES = 6 * 2**30  # of a process that opens a stranger's file; TensorFlow alone takes about one
_MAX_CPU_SECONDS = 600
_MAX_FILE_BYTES = 2**30
_FOLDERS = ("DIGITREC_DATA", "DIGITREC_CACHE", "DIGITREC_MODELS")
_PROGRAM = (sys.executable, "-m", "digitrec")
_THREAD_LIMITS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")  # TensorFlow reads them


Process = subprocess.Popen[bytes]

# --- workers, seen from the server ---


def start_worker(
    folder: WorkFolder, arguments: Sequence[str], *, models: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Start `python -m digitrec` with these arguments and record it as the folder's worker.

    Args:
        folder: where the process reports; what it prints goes to its log.
        arguments: of the command line; "--watch-stdin" is added.
        models: the folder of the runs.
        environment: variables that differ from those of this process.

    Raises:
        OSError: no process can be started.
    """
    files.refuse_if_read_only("no work can be started")
    with folder.log_path.open("ab") as log:
        process = _start([*arguments, "--watch-stdin"], models=models, output=log, environment=environment)
    record(folder, process.pid)


def start_spare(
    models: Path,
    *,
    is_series: bool = False,
    threads: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a worker that has no run yet, and waits for one: see `spare`.

    Args:
        models: the folder of the runs.
        is_series: it trains one run after the other.
        threads: that TensorFlow computes with; None: one a core.
        environment: variables that differ from those of this process.

    Raises:
        OSError: no process can be started.
    """
    files.refuse_if_read_only("no work can be started")
    arguments = ["train", "--series" if is_series else "--spare"]
    return _start(arguments, models=models, output=subprocess.DEVNULL, threads=threads, environment=environment)


def _start(
    arguments: Sequence[str],
    *,
    models: Path,
    output: IO[bytes] | int,
    threads: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    limits = {} if threads is None else dict.fromkeys(_THREAD_LIMITS, str(threads))
    process = subprocess.Popen(
        [*_PROGRAM, *arguments],
        cwd=app_root(),
        env={**_environment(models), **limits, **(environment or {})},
        stdin=subprocess.PIPE,  # its other end closes with this process
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # the terminal's Ctrl-C is for the server, which then ends the worker
    )
    threading.Thread(target=process.wait, daemon=True, name=f"reaper of {process.pid}").start()
    return process


def is_live(folder: WorkFolder) -> bool:
    """Whether the folder's worker is a running process."""
    worker = folder.worker
    if worker is None:
        return False
    try:
        process = psutil.Process(worker.pid)
        # The system reuses process ids: only the same start time makes it the same process.
        is_same = abs(process.create_time() - worker.started) < MAX_CLOCK_DRIFT_SECONDS
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def queue_key(folder: WorkFolder) -> tuple[float, int]:
    """Sorts folders by when their workers joined the queue."""
    worker = folder.worker
    return (worker.claimed, worker.pid) if worker else (float("inf"), 0)


def last_words(folder: WorkFolder) -> str | None:
    """The last line of the log that this program printed, or None. Libraries print there, too."""
    lines = [line for line in (files.read(folder.log_path) or "").split("\n") if line.startswith("digitrec: ")]
    return lines[-1].removeprefix("digitrec: ") if lines else None


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- workers, seen from themselves ---


def claim(folder: WorkFolder) -> None:
    """Record this process as the folder's worker. It joins the queue now, unless `start_worker` entered it."""
    record(folder, os.getpid())


def is_mine(folder: WorkFolder) -> bool:
    """Whether this process is the folder's worker."""
    return folder.worker is not None and folder.worker.pid == os.getpid()


def wait_for_turn(
    folder: WorkFolder, queue: Callable[[], Iterable[WorkFolder]], cancelled: Callable[[], bool]
) -> bool:
    """Wait until no live worker in the queue joined it earlier; False if `cancelled` is true before that."""
    while not cancelled():
        # The sleep comes first: a worker that takes an earlier place at this moment has then recorded it.
        time.sleep(POLL_SECONDS)
        if not any(other.path != folder.path and queue_key(other) < queue_key(folder) for other in queue()):
            return True
    return False


def lower_priority() -> None:
    """Lower the priority of this process, so that the rest of the machine stays responsive."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)


def end_with_server() -> None:
    """End this process when the server ends, which holds the other end of standard input."""
    threading.Thread(target=_watch_stdin, daemon=True).start()


def describe_error(error: Exception) -> str:
    """Why work failed, for a person. Our own errors say it all; another's needs its kind as well."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full. Make room, then start again."
    if type(error).__module__.partition(".")[0] == "digitrec":
        text = str(error)
        return text[:1].upper() + text[1:]
    return f"{type(error).__name__}: {error}"


def _watch_stdin() -> None:
    while os.read(0, 1024):
        pass
    end_with("the server")


def end_with(other: str) -> None:
    """End this process at once, because another one has ended, such as "the server"."""
    try:
        print(f"digitrec: {other} has ended; this process ends with it.", file=sys.stderr, flush=True)
    finally:
        os._exit(1)  # even where the log's disk is full


def record(folder: WorkFolder, pid: int) -> None:
    """Record a process as the folder's worker; it keeps its place in the queue if it is that already."""
    # Both `start_worker` and the worker itself come here: its place in the queue is from whichever was first.
    if folder.worker is None or folder.worker.pid != pid:
        folder.record_worker(Worker(pid, psutil.Process(pid).create_time(), time.time()))


def _environment(models: Path) -> Mapping[str, str]:
    return os.environ | {"DIGITREC_MODELS": str(models), "TF_CPP_MIN_LOG_LEVEL": "2"}


# --- TensorFlow, which only workers import ---


def has_tensorflow() -> bool:
    """Whether TensorFlow and Keras are installed; imports neither."""
    return has_packages("tensorflow", "keras")


def has_packages(*names: str) -> bool:
    """Whether all these packages are installed; imports none of them."""
    return all(util.find_spec(name) is not None for name in names)


def explain_missing_tensorflow(what: str) -> str:
    """What to do where `what`, such as "Training", needs TensorFlow and it is not installed."""
    return f'{what} needs TensorFlow: pip install "digitrec[train]"'


# glibc's settings (malloc.h, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_TOP_PAD), with which freed memory is reused.
_MALLOC_SETTINGS = {-1: 2**31 - 1, -3: 2**31 - 1, -2: 2**28}  # bytes


# What an import makes lives on. By Python's own settings its collector looks through all of it again and again:
# that took 0.8 s of the 6.6 s of processor time in which TensorFlow and Keras are imported.
_COLLECTED_AFTER = (100_000, 10, 10)  # objects, then collections of the younger ones


def prepare_tensorflow() -> None:
    """Let TensorFlow print only warnings and errors, and keep its memory. Call it before TensorFlow is imported.

    Each step of a training allocates and frees large buffers. glibc would return them to the system each time,
    which costs as much as the arithmetic; another C library has no such settings and is left as it is.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    gc.set_threshold(*_COLLECTED_AFTER)
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        for parameter, value in _MALLOC_SETTINGS.items():
            library.mallopt(parameter, value)


# --- the dashboard ---


def become_dashboard(arguments: Sequence[str]) -> None:
    """Replace this process by the server of the dashboard, with the configuration in the folder of the app.

    Args:
        arguments: for Streamlit.
    """
    folders = {name: str(Path(os.environ[name]).resolve()) for name in _FOLDERS if os.environ.get(name)}
    os.environ.update(folders)  # the working folder changes
    os.chdir(app_root())
    command = [sys.executable, "-m", "streamlit", "run", str(app_root() / "app.py"), *arguments]
    if sys.platform == "win32":  # there another process would take the place, and the shell would not wait
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)


# --- work that the caller awaits ---


class DownloadError(Exception):
    """The file of a network cannot be given: the message says why."""


class ProcessError(Exception):
    """A process did not do its work: the message is the last that it said."""


def run_to_end(arguments: Sequence[str], *, models: Path, seconds: float) -> None:
    """Run `python -m digitrec` with these arguments and wait for its end.

    Args:
        arguments: of the command line.
        models: the folder of the runs.
        seconds: after which it is ended.

    Raises:
        ProcessError: it failed, died or took too long.
        OSError: no process can be started.
    """
    command = [*_PROGRAM, *arguments]
    try:
        done = subprocess.run(
            command, cwd=app_root(), env=_environment(models), capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"it took longer than {seconds:g} s: try again.") from error
    if done.returncode < 0:
        raise ProcessError(
            f"the process was ended by signal {-done.returncode}. The file may be damaged: save or send it again."
        )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        ours = [line for line in lines if line.startswith("digitrec: ")] or lines or ["it printed nothing"]
        raise ProcessError(ours[-1].removeprefix("digitrec: "))


def limit_resources() -> None:
    """Limit what this process may take, before it opens a file that somebody else made."""
    if sys.platform != "linux":
        return
    import resource  # not on Windows

    limits = {
        resource.RLIMIT_DATA: _MAX_MEMORY_BYTES,
        resource.RLIMIT_CPU: _MAX_CPU_SECONDS,
        resource.RLIMIT_FSIZE: _MAX_FILE_BYTES,
    }
    for kind, value in limits.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
