"""How processes end with others, what they may take, and what they leave to read."""

import os
import subprocess
import sys
import threading

import pytest

from digitrec.runs import WorkFolder, processes


@pytest.fixture
def folder(tmp_path) -> WorkFolder:
    return WorkFolder(tmp_path)


def test_the_last_words_are_the_last_that_this_program_said(folder):
    assert processes.last_words(folder) is None
    folder.log_path.write_text("digitrec: first\ndigitrec: the disk is full\nTensorFlow says bye\n")
    assert processes.last_words(folder) == "the disk is full"


def test_a_worker_ends_when_its_server_closes_the_pipe(monkeypatch):
    ended, saved = threading.Event(), os.dup(0)
    others: list = []
    monkeypatch.setattr(processes, "end_with", lambda other: (others.append(other), ended.set()))
    reading, writing = os.pipe()
    try:
        os.dup2(reading, 0)
        processes.end_with_server()
        os.write(writing, b"still here")
        assert not ended.is_set()
        os.close(writing)
        assert ended.wait(60) and others == ["the server"]
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(reading)


def test_a_worker_lowers_its_priority_where_the_system_has_any(monkeypatch):
    steps: list = []
    monkeypatch.setattr(os, "nice", steps.append, raising=False)
    processes.lower_priority()
    assert steps == [10]
    monkeypatch.delattr(os, "nice")
    processes.lower_priority()


@pytest.mark.parametrize("disk_is_full", [False, True])
def test_it_ends_at_once_even_where_it_cannot_say_so(disk_is_full, monkeypatch, capsys):
    class Full:
        def write(self, text: str) -> None:
            raise OSError(28, "No space left on device")

    ended: list = []
    monkeypatch.setattr(os, "_exit", ended.append)
    if disk_is_full:
        monkeypatch.setattr(sys, "stderr", Full())
        with pytest.raises(OSError, match="No space"):
            processes.end_with("the search")
    else:
        processes.end_with("the search")
        assert capsys.readouterr().err == "digitrec: the search has ended; this process ends with it.\n"
    assert ended == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no such limits")
def test_a_process_that_opens_a_stranger_s_file_is_limited_but_never_above_what_it_may(monkeypatch):
    import resource

    set_to: dict[int, tuple[int, int]] = {}
    hard = {resource.RLIMIT_DATA: resource.RLIM_INFINITY, resource.RLIMIT_CPU: 60, resource.RLIMIT_FSIZE: 2**40}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (0, hard[kind]))
    monkeypatch.setattr(resource, "setrlimit", set_to.__setitem__)
    processes.limit_resources()
    assert set_to == {
        resource.RLIMIT_DATA: (6 * 2**30, resource.RLIM_INFINITY),
        resource.RLIMIT_CPU: (60, 60),
        resource.RLIMIT_FSIZE: (2**30, 2**40),
    }


def test_where_the_system_has_no_such_limits_none_is_set(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)  # importing it would fail
    processes.limit_resources()


def test_on_windows_the_shell_waits_for_the_dashboard(monkeypatch, tmp_path):
    called: list = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "call", lambda command: called.append(command) or 3)
    with pytest.raises(SystemExit) as end:
        processes.become_dashboard(["--server.port=81"])
    assert end.value.code == 3 and called[0][-1] == "--server.port=81"


def test_who_has_the_first_place_in_the_queue_does_not_wait(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "POLL_SECONDS", 0)
    processes.claim(folder)
    assert processes.is_mine(folder) and processes.is_live(folder)
    other = WorkFolder(tmp_path / "other")
    other.path.mkdir()
    processes.claim(other)
    asked: list = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 2

    queue = lambda: [folder, other]  # noqa: E731
    assert processes.wait_for_turn(folder, queue, cancelled) and len(asked) == 1
    assert not processes.wait_for_turn(other, queue, cancelled) and len(asked) == 3


def test_a_folder_without_a_process_is_last_and_one_of_a_dead_process_is_not_live(folder):
    assert processes.queue_key(folder) == (float("inf"), 0) and not processes.is_live(folder)
    processes.claim(folder)
    worker = folder.worker
    folder.record_worker(worker._replace(started=worker.started - 60))  # the number is another process's now
    assert not processes.is_live(folder)
