"""Measurements in processes of their own: progress, results, failures in words, one at a time, cancelled."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from digitrec.data.loading import cache_folder
from digitrec.runs import measurements, processes, store
from digitrec.runs.measurements import Measurement, MeasurementError, Progress
from digitrec.runs.run import Run, Worker, WorkFolder
from support.measuring import COUNT, DIE, FAIL, WAIT, ended, stand_in, until
from support.places import ROOT
from support.stand_ins import create


@pytest.fixture(autouse=True)
def nothing_left(folders, models_folder) -> Iterator[None]:
    """No process is left over, whatever the test does."""
    yield
    for folder in measurements.queue():
        if not processes.is_mine(folder):
            psutil.Process(folder.worker.pid).kill()


@pytest.fixture
def run() -> Run:
    return create("mine")


def of(run: Run, kind: str = "robustness") -> Measurement:
    return Measurement(kind, run, "digits", "test")


def rows(*steps: tuple[float, int, int]) -> str:
    return "".join(json.dumps(dict(zip(("time", "done", "of"), step, strict=True))) + "\n" for step in steps)


def working(measurement: Measurement, progress: str = "") -> WorkFolder:
    """A measurement that this very process works on."""
    folder = measurements.claim(measurement, 0, by_server=False)
    (folder.path / "progress.jsonl").write_text(progress)
    return folder


# --- by processes ---


def test_progress_and_result_come_through_and_what_libraries_print_does_not_disturb(run, monkeypatch):
    stand_in(monkeypatch, COUNT)
    measurements.start(of(run), 100)
    assert ended(of(run)) == Progress(2, 2, 0.0, result={"right": 7})
    assert json.loads((of(run).folder.path / "request.json").read_text())["images"] == 100


@pytest.mark.parametrize(
    ("script", "words"), [(FAIL, "The model is damaged."), (DIE, "It was killed, "), ("    1 / 0", "ended early")]
)
def test_a_failure_is_told_in_words(run, monkeypatch, script, words):
    stand_in(monkeypatch, script)
    measurements.start(of(run), 0)
    found = ended(of(run))
    assert words in found.error and found.result is None and not found.is_live


def test_a_killed_process_leaves_its_last_words(run, monkeypatch):
    stand_in(monkeypatch, DIE)
    measurements.start(of(run), 0)
    assert ended(of(run)).error.endswith("Measure again. Its last message: last words")


def test_one_works_at_a_time_and_a_cancelled_one_makes_room(run, monkeypatch):
    stand_in(monkeypatch, WAIT)
    first, second = of(run), of(create("other"), "attack")
    measurements.start(first, 0)
    until(lambda: measurements.progress(first).done)
    process = psutil.Process(first.folder.worker.pid)
    stand_in(monkeypatch, COUNT)
    measurements.start(second, 0)
    time.sleep(3 * processes.POLL_SECONDS)
    assert measurements.progress(second).is_waiting and not measurements.progress(first).is_waiting
    assert measurements.queue() == [first.folder, second.folder]
    measurements.cancel(first)
    assert measurements.progress(first) is None
    assert ended(second).result == {"right": 7}
    until(lambda: not process.is_running())


def test_a_cancelled_one_that_waited_never_works(run, monkeypatch, tmp_path):
    stand_in(monkeypatch, WAIT)
    measurements.start(of(run), 0)
    until(lambda: measurements.progress(of(run)).done)
    stand_in(monkeypatch, f"    open({str(tmp_path / 'ran')!r}, 'w')")
    measurements.start(of(run, "attack"), 0)
    measurements.cancel(of(run, "attack"))
    until(lambda: measurements.queue() == [of(run).folder])
    measurements.cancel(of(run))
    until(lambda: not measurements.queue())
    assert not (tmp_path / "ran").exists()


def test_a_cancelled_one_can_be_started_again_at_once(run, monkeypatch):
    stand_in(monkeypatch, WAIT)
    measurements.start(of(run), 0)
    until(lambda: measurements.progress(of(run)).done)
    measurements.cancel(of(run))
    stand_in(monkeypatch, COUNT)
    measurements.start(of(run), 0)
    assert ended(of(run)).result == {"right": 7}


def test_a_second_click_starts_nothing(run, monkeypatch):
    stand_in(monkeypatch, WAIT)
    measurements.start(of(run), 0)
    worker = of(run).folder.worker
    measurements.start(of(run), 50)
    assert of(run).folder.worker == worker


SERVER = """
import sys, time
sys.path.insert(0, "tests")
import pytest
from digitrec.runs import measurements, store
from support.measuring import WAIT, stand_in
stand_in(pytest.MonkeyPatch(), WAIT)
measurements.start(measurements.Measurement("robustness", store.open_run("mine"), "digits", "test"), 0)
time.sleep(600)
"""


def test_the_server_s_end_ends_the_measurement_and_another_process_sees_why(run):
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)
    until(lambda: (state := measurements.progress(of(run))) and state.done)  # seen from this process
    server.kill()
    server.wait(timeout=60)
    until(lambda: not measurements.progress(of(run)).is_live)
    assert "the server was shut down" in measurements.progress(of(run)).error


# --- by what is in the folder ---


def test_what_was_never_started_has_no_progress(run):
    assert measurements.progress(of(run)) is None
    measurements.cancel(of(run))
    assert not of(run).folder.path.exists()


@pytest.mark.parametrize(
    ("progress", "found"),
    [
        ("", Progress(is_live=True, is_waiting=True)),
        (rows((10, 0, 0)), Progress(is_live=True)),
        (rows((10, 0, 0), (30, 1, 9)), Progress(1, 9, is_live=True)),
        # The 20 s before the first step do not come again; 2 steps in 6 s, 6 to go.
        (rows((10, 0, 0), (30, 1, 9), (33, 2, 9), (36, 3, 9)), Progress(3, 9, 18.0, is_live=True)),
    ],
)
def test_progress_is_read_off_the_rows(run, progress, found):
    working(of(run), progress)
    assert measurements.progress(of(run)) == found


def test_a_process_that_is_about_to_start_is_waited_for_but_not_for_ever(run, monkeypatch):
    monkeypatch.setattr(processes, "start_worker", lambda *_, **__: None)
    measurements.start(of(run), 0)
    assert measurements.progress(of(run)) == Progress(is_live=True, is_waiting=True)
    monkeypatch.setattr(processes, "MAX_START_SECONDS", 0)
    assert "ended early" in measurements.progress(of(run)).error


def test_another_process_does_not_measure_the_same(run, stand_in):
    folder = working(of(run))
    folder.record_worker(stand_in(run) and run.worker)
    with pytest.raises(MeasurementError, match="another process measures the robustness of 'mine'"):
        measurements.claim(of(run), 0, by_server=False)


def test_the_folder_is_that_of_the_run_of_a_shipped_one_in_the_cache(run, monkeypatch):
    assert of(run).folder.path == run.path / "measurements" / "robustness-digits-test"
    monkeypatch.setattr(store, "SHIPPED_FOLDER", run.path.parent)
    monkeypatch.setattr(store, "SHIPPED", ("mine",))
    shipped = Measurement("attack", store.open_run("mine"), "../odd", "test")
    assert shipped.folder.path == cache_folder() / "runs" / "mine" / "measurements" / "attack-..%2Fodd-test"
    working(shipped)
    assert not (run.path / "measurements").exists() and measurements.queue() == [shipped.folder]


def test_a_folder_that_cannot_be_written_leaves_the_cache(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert of(run).folder.path.is_relative_to(cache_folder())


def test_a_deleted_run_does_not_come_back_by_a_measurement(run):
    shutil.rmtree(run.path)
    with pytest.raises(FileNotFoundError):
        measurements.start(of(run), 0)
    assert not run.path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_request_starts_anew(run, text):
    folder = working(of(run))
    folder.record_worker(Worker(2**22 + 1, 0.0, 0.0))
    (folder.path / "request.json").write_text(text)
    state = measurements.progress(of(run))
    assert state is None or "ended early" in state.error


def test_a_measurement_that_ended_leaves_its_numbers_while_its_process_ends(run):
    folder = working(of(run), rows((10, 0, 0), (11, 1, 1)))
    measurements.finish(folder, {"n": 2})
    assert measurements.progress(of(run)) == Progress(1, 1, result={"n": 2})


def test_what_is_cancelled_after_its_end_does_not_end_the_process(run, monkeypatch):
    folder = measurements.claim(of(run), 0, by_server=False)
    looks = threading.Event()

    def look_slowly(_: object) -> bool:
        looks.set()
        time.sleep(0.2)
        return True

    monkeypatch.setattr(processes, "is_mine", look_slowly)
    monkeypatch.setattr(measurements, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(os, "_exit", lambda status: pytest.fail("the process ended"))
    with measurements.in_turn(folder):
        assert looks.wait(20)
    names = [thread.name for thread in threading.enumerate() if "_end_when_cancelled" in thread.name]
    assert names == []  # nobody looks any more
