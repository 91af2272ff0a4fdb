"""Works in processes of their own: progress, results, failures in words, one at a time, cancelled."""

import sys
import time
from collections.abc import Callable, Iterator

import pytest

from digitrec import background

COUNT = """
import json
for done in (1, 2):
    print(json.dumps({"done": done, "of": 2}), flush=True)
print("a library's own words")
print(json.dumps({"result": {"right": 7}}))
"""
WAIT = "import json, sys; print(json.dumps({'done': 1, 'of': 9}), flush=True); sys.stdin.read()"
FAIL = "import sys; print('warning', file=sys.stderr); sys.exit('digitrec: the disk is full')"
DIE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The first argument is the script that the process runs; nothing is left over for the next test."""
    monkeypatch.setattr(background, "_PROGRAM", (sys.executable, "-c"))
    monkeypatch.setattr(background, "_works", {})
    yield
    for key in list(background._works):
        background.cancel(key)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60  # for a hang, not a measurement
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


def ended(key: str) -> background.Progress:
    until(lambda: not background.progress(key).is_live)
    return background.progress(key)


def test_what_was_never_started_has_no_progress():
    assert background.progress("none") is None
    background.cancel("none")


def test_progress_and_result_come_through_and_other_words_do_not_disturb(tmp_path):
    background.start("count", [COUNT], tmp_path)
    found = ended("count")
    assert (found.done, found.of, found.error, found.result) == (2, 2, None, {"right": 7})
    assert found.seconds > found.seconds_left == 0


@pytest.mark.parametrize(("script", "words"), [(FAIL, "the disk is full"), (DIE, "ended by signal 9")])
def test_a_failure_is_told_in_words(script, words, tmp_path):
    background.start("bad", [script], tmp_path)
    found = ended("bad")
    assert words in found.error and "warning" not in found.error
    assert found.result is None


def test_one_works_at_a_time_and_a_cancelled_one_makes_room(tmp_path):
    background.start("first", [WAIT], tmp_path)
    until(lambda: background.progress("first").done)
    background.start("second", [COUNT], tmp_path)
    time.sleep(0.1)
    assert background.progress("second").is_waiting and not background.progress("first").is_waiting
    process = background._works["first"].process
    background.cancel("first")
    assert background.progress("first") is None
    assert ended("second").result == {"right": 7}
    assert process.wait(timeout=60) < 0


def test_a_cancelled_one_that_waited_never_starts(tmp_path):
    background.start("first", [WAIT], tmp_path)
    background.start("second", [f"open({str(tmp_path / 'ran')!r}, 'w')"], tmp_path)
    background.cancel("second")
    background.cancel("first")
    background.start("third", [COUNT], tmp_path)
    assert ended("third").result
    assert not (tmp_path / "ran").exists()


def test_a_second_click_starts_nothing(tmp_path):
    background.start("key", [WAIT], tmp_path)
    first = background._works["key"]
    background.start("key", [COUNT], tmp_path)
    assert background._works["key"] is first


def test_only_a_few_ended_works_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(background, "_REMEMBERED", 2)
    for number in range(4):
        background.start(number, ["pass"], tmp_path)
        ended(number)
    assert list(background._works) == [2, 3]


def test_the_process_tells_a_server_in_json_and_a_person_in_one_line(capsys):
    background.teller(as_json=True)(1, 3)
    background.tell_result({"n": 2})
    background.teller(as_json=False)(3, 3)
    said = capsys.readouterr()
    assert said.out == '{"done": 1, "of": 3}\n{"result": {"n": 2}}\n'
    assert said.err == "\r3 of 3\n"
