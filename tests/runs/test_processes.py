"""Processes that the caller awaits, and what is said of errors."""

import errno
import subprocess
from pathlib import Path

import pytest

from digitrec.runs import processes, store
from digitrec.runs.processes import ProcessError, describe_error


def answer(monkeypatch, *, code: int, errors: str = "") -> None:
    done = subprocess.CompletedProcess([], code, "", errors)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def run_to_end(models: Path) -> None:
    processes.run_to_end(["export", "mine"], models=models, seconds=1)


@pytest.mark.parametrize(
    ("code", "errors", "words"),
    [
        (1, "warning\ndigitrec: the disk is full\nTensorFlow says bye\n", "^the disk is full$"),
        (1, "Segmentation\nTraceback of something\n", "^Traceback of something$"),
        (2, "", "it printed nothing"),
        (-11, "", "ended by signal 11"),
    ],
)
def test_a_process_that_fails_gives_its_last_words(code, errors, words, models_folder, monkeypatch):
    answer(monkeypatch, code=code, errors=errors)
    with pytest.raises(ProcessError, match=words):
        run_to_end(models_folder)


def test_a_process_that_succeeds_says_nothing(models_folder, monkeypatch):
    answer(monkeypatch, code=0, errors="digitrec: a note")
    run_to_end(models_folder)


def test_a_process_that_hangs_is_given_up(models_folder, monkeypatch):
    def hang(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ProcessError, match="took longer than 1 s"):
        run_to_end(models_folder)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full. Make room, then start again."),
        (OSError(errno.EACCES, "Permission denied"), "PermissionError: [Errno 13] Permission denied"),
        (store.RunError("there is no run 'x': choose another."), "There is no run 'x': choose another."),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_errors_are_described_for_a_person(error, words):
    assert describe_error(error) == words
