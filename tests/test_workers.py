"""Real workers, processes that train: they wait, are stopped, fail or are killed, and end with their server."""

import contextlib
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from digitrec.runs import jobs
from digitrec.runs.config import TrainConfig
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run
from support.places import ROOT
from support.stand_ins import create, wait_until

pytestmark = pytest.mark.slow
SHORT = TrainConfig(dataset="digits", network="mlp", epochs=1, validation_share=0)


@pytest.fixture
def run() -> Run:
    return create("run")


@pytest.fixture
def start(models_folder) -> Iterator[Callable[[Run], None]]:
    """`jobs.start`, and no worker left behind whatever the test does."""
    yield jobs.start
    for folder in models_folder.iterdir():
        worker = Run(folder).worker
        with contextlib.suppress(psutil.NoSuchProcess):
            if worker and jobs.is_live(Run(folder)):
                psutil.Process(worker.pid).kill()


def test_the_second_start_waits_and_trains_when_the_first_has_stopped(start):
    first, second = create("first"), create("second", SHORT)
    start(first)
    start(second)
    wait_until(first.history)
    assert (jobs.status(first), jobs.status(second)) == (Status.TRAINING, Status.QUEUED)
    assert jobs.queue() == [first, second]
    jobs.stop(first)
    wait_until(lambda: not jobs.queue())
    assert (jobs.status(first), jobs.status(second)) == (Status.STOPPED, Status.FINISHED)
    assert first.has_model and second.has_model
    assert first.history().end.time <= second.history().start.time


def test_a_waiting_job_can_be_cancelled_and_leaves_nothing(run, start, stand_in):
    stand_in(create("ahead"))
    start(run)
    assert jobs.status(run) is Status.QUEUED
    jobs.stop(run)
    wait_until(lambda: not jobs.is_live(run))
    wait_until(lambda: not run.path.exists())


def test_a_killed_worker_leaves_an_interrupted_run_and_the_next_in_line_goes_on(run, start):
    start(run)
    wait_until(run.history)
    psutil.Process(run.worker.pid).send_signal(signal.SIGKILL)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.INTERRUPTED
    assert "It was killed" in jobs.failure_reason(run)
    assert jobs.wait_for_turn(create("next"), cancelled=lambda: False)


@pytest.mark.parametrize(
    ("limit", "status", "words"),
    [(400, Status.FAILED, "File too large"), (0, Status.INTERRUPTED, "ended early")],
    ids=["room for the reason", "no room at all"],
)
def test_a_disk_that_takes_no_more_ends_the_run_with_a_reason(run, start, stand_in, limit, status, words):
    ahead = stand_in(create("ahead"))
    start(run)
    # A limit on file sizes fails a write just as a full disk does, half-way through a row.
    resource.prlimit(run.worker.pid, resource.RLIMIT_FSIZE, (limit, limit))
    ahead.kill()
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is status and words in jobs.failure_reason(run)
    assert not run.has_model


def test_a_data_set_that_went_away_fails_the_run_with_the_reason(start, monkeypatch, tmp_path):
    run = create("run", TrainConfig(dataset="mnist", network="mlp"))
    monkeypatch.setenv("DIGITREC_DATA", str(tmp_path / "gone"))
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "empty"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens: as good as no network
    start(run)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.FAILED
    assert "mnist" in jobs.failure_reason(run).lower()


SERVER = """
import sys, time
from digitrec.runs import jobs; from digitrec.runs import store
jobs.start(store.open_run("run"))
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("phase", ["just begun", "training"])
def test_the_server_s_end_ends_the_worker(run, start, end, phase):
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_until(lambda: run.history() if phase == "training" else jobs.is_live(run))
    server.send_signal(end)
    server.wait(timeout=60)
    wait_until(lambda: not jobs.is_live(run))  # left alone it would train to its end and be called finished
    assert jobs.status(run) is Status.INTERRUPTED
    assert "the server has ended" in jobs.failure_reason(run)
