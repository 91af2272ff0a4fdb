"""Works in processes of their own: progress, results, failures in words, one at a time, cancelled."""

import sys
import time
from collections.abc import Callable, Iterator

import pytest

from digitrec.runs import measurements

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
    monkeypatch.setattr(measurements, "_PROGRAM", (sys.executable, "-c"))
    monkeypatch.setattr(measurements, "_works", {})
    yield
    for key in list(measurements._works):
        measurements.cancel(key)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60  # for a hang, not a measurement
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


def ended(key: str) -> measurements.Progress:
    until(lambda: not measurements.progress(key).is_live)
    return measurements.progress(key)


def test_what_was_never_started_has_no_progress():
    assert measurements.progress("none") is None
    measurements.cancel("none")


def test_progress_and_result_come_through_and_other_words_do_not_disturb(tmp_path):
    measurements.start("count", [COUNT], tmp_path)
    found = ended("count")
    assert (found.done, found.of, found.error, found.result) == (2, 2, None, {"right": 7})
    assert found.seconds > found.seconds_left == 0


@pytest.mark.parametrize(("script", "words"), [(FAIL, "the disk is full"), (DIE, "ended by signal 9")])
def test_a_failure_is_told_in_words(script, words, tmp_path):
    measurements.start("bad", [script], tmp_path)
    found = ended("bad")
    assert words in found.error and "warning" not in found.error
    assert found.result is None


def test_one_works_at_a_time_and_a_cancelled_one_makes_room(tmp_path):
    measurements.start("first", [WAIT], tmp_path)
    until(lambda: measurements.progress("first").done)
    measurements.start("second", [COUNT], tmp_path)
    time.sleep(0.1)
    assert measurements.progress("second").is_waiting and not measurements.progress("first").is_waiting
    process = measurements._works["first"].process
    measurements.cancel("first")
    assert measurements.progress("first") is None
    assert ended("second").result == {"right": 7}
    assert process.wait(timeout=60) < 0


def test_a_cancelled_one_that_waited_never_starts(tmp_path):
    measurements.start("first", [WAIT], tmp_path)
    measurements.start("second", [f"open({str(tmp_path / 'ran')!r}, 'w')"], tmp_path)
    measurements.cancel("second")
    measurements.cancel("first")
    measurements.start("third", [COUNT], tmp_path)
    assert ended("third").result
    assert not (tmp_path / "ran").exists()


def test_a_second_click_starts_nothing(tmp_path):
    measurements.start("key", [WAIT], tmp_path)
    first = measurements._works["key"]
    measurements.start("key", [COUNT], tmp_path)
    assert measurements._works["key"] is first


def test_only_a_few_ended_works_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(measurements, "_REMEMBERED", 2)
    for number in range(4):
        measurements.start(number, ["pass"], tmp_path)
        ended(number)
    assert list(measurements._works) == [2, 3]


def test_the_process_tells_a_server_in_json_and_a_person_in_one_line(capsys):
    measurements.teller(as_json=True)(1, 3)
    measurements.tell_result({"n": 2})
    measurements.teller(as_json=False)(3, 3)
    said = capsys.readouterr()
    assert said.out == '{"done": 1, "of": 3}\n{"result": {"n": 2}}\n'
    assert said.err == "\r3 of 3\n"
