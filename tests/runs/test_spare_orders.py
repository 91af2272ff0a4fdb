"""The spare worker's own side: the line that it gets on standard input, and where its output goes then."""

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from digitrec.runs import processes, spare, store
from digitrec.runs.config import TrainConfig


@pytest.fixture
def pipe() -> Iterator[int]:
    """Where the server writes; this process reads it as standard input, and gets its streams back afterwards."""
    sys.stdout.flush()
    saved = [os.dup(number) for number in range(3)]
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    yield writing
    for number, stream in enumerate(saved):
        os.dup2(stream, number)
        os.close(stream)
    os.close(writing)


def order(name: str, log: Path) -> bytes:
    return json.dumps({"run": name, "log": str(log)}).encode() + b"\n"


def test_the_run_that_is_handed_over_is_named_and_all_output_goes_to_its_log(pipe, tmp_path):
    (tmp_path / "log").write_text("before\n")
    os.write(pipe, order("mine", tmp_path / "log"))
    name = spare.wait_for_run()
    os.write(1, b"out\n")
    os.write(2, b"error\n")
    assert name == "mine" and (tmp_path / "log").read_text() == "before\nout\nerror\n"


def test_no_run_is_named_where_the_server_ends(pipe):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    assert spare.wait_for_run() is None


def test_no_run_is_named_where_none_comes_in_time(pipe, monkeypatch):
    monkeypatch.setattr(spare, "IDLE_SECONDS", 0.01)
    assert spare.wait_for_run() is None


def test_the_runs_of_a_series_come_one_after_the_other_and_their_process_ends_with_the_search(
    pipe, tmp_path, monkeypatch
):
    ended, others = threading.Event(), []
    lines = b"".join(order(name, tmp_path / name) for name in ("first", "second"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    monkeypatch.setattr(processes, "end_with", lambda other: (others.append(other), ended.set()))
    runs = spare.wait_for_runs()
    for name in ("first", "second"):
        assert next(runs) == name
        os.write(1, name.encode())
    assert ended.wait(60) and others == ["the search"]
    assert [(tmp_path / name).read_text() for name in ("first", "second")] == ["first", "second"]


class Broken(io.BytesIO):
    """The standard input of a process that has just ended."""

    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.parametrize("stdin", [Broken(), io.BytesIO()])
def test_a_worker_that_does_not_take_the_run_is_told(stdin, monkeypatch):
    run = store.create(TrainConfig(dataset="digits", network="mlp"), tuple("0123456789"), "mine")
    process = SimpleNamespace(pid=os.getpid(), stdin=stdin)
    if not isinstance(stdin, Broken):
        monkeypatch.setattr(spare, "_MAX_LINE", 8)
    assert not spare.hand_to(process, run)
    assert stdin.closed is not isinstance(stdin, Broken)
