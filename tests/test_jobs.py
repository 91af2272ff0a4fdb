"""Jobs: what a run's status is derived from, and real workers that wait, are stopped, fail or are killed.

"Real" is a worker process that trains. A stand-in is a process that does nothing and is recorded as a worker.
"""

import contextlib
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from digitrec import jobs, runs
from digitrec.config import TrainConfig
from digitrec.jobs import Progress, Status
from digitrec.runs import Run, RunError, Worker

DIGITS = tuple("0123456789")
# Without validation images there is nothing to calibrate when it is stopped; left alone it takes minutes.
LONG = TrainConfig(dataset="digits", network="mlp", epochs=200, batch_size=8, validation_share=0)
SHORT = TrainConfig(dataset="digits", network="mlp", epochs=1, validation_share=0)
BEGIN = {"kind": "start", "time": 100.0, "epochs": 4, "steps_per_epoch": 50}
ROOT = Path(__file__).resolve().parent.parent


def create(name: str, config: TrainConfig = LONG) -> Run:
    return runs.create(config, DIGITS, name)


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Poll until the condition holds; the deadline is for a hang, not a measurement."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


@pytest.fixture
def run() -> Run:
    return create("run")


@pytest.fixture
def stand_in() -> Iterator[Callable[[Run], subprocess.Popen]]:
    """Records an idle process as a run's worker."""
    started = []

    def begin(run: Run) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        started.append(process)
        run.record_worker(Worker(process.pid, psutil.Process(process.pid).create_time(), time.time()))
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def start(models_folder) -> Iterator[Callable[[Run], None]]:
    """`jobs.start`, and no worker left behind whatever the test does."""
    yield jobs.start
    for folder in models_folder.iterdir():
        worker = Run(folder).worker
        with contextlib.suppress(psutil.NoSuchProcess):
            if worker and jobs.is_live(Run(folder)):
                psutil.Process(worker.pid).kill()


def backdate(run: Run) -> None:
    path = run.path / "config.json"
    then = datetime.now(UTC) - timedelta(minutes=5)
    path.write_text(path.read_text().replace(run.created.isoformat(), then.isoformat()))
    vars(run).clear()  # what was read of the config before
    vars(run)["path"] = path.parent


# --- what status is derived from ---


def test_a_new_run_waits_for_its_worker_but_not_for_ever(run):
    assert jobs.status(run) is Status.WAITING and jobs.reason(run) is None
    backdate(run)
    assert jobs.status(run) is Status.INTERRUPTED
    assert "The server ended before the training process was started" in jobs.reason(run)


@pytest.mark.parametrize(
    ("kinds", "living", "dead"),
    [
        ([], Status.WAITING, Status.INTERRUPTED),
        (["start"], Status.TRAINING, Status.INTERRUPTED),
        (["start", "batch", "epoch"], Status.TRAINING, Status.INTERRUPTED),
        (["start", "epoch", "finished"], Status.FINISHED, Status.FINISHED),
        (["start", "epoch", "early stopping"], Status.FINISHED, Status.FINISHED),
        (["start", "epoch", "stopped"], Status.STOPPED, Status.STOPPED),
        (["stopped"], Status.STOPPED, Status.STOPPED),
    ],
)
def test_status_follows_from_the_rows_and_the_process(run, stand_in, kinds, living, dead):
    process = stand_in(run)
    for kind in kinds:
        if kind in ("start", "batch", "epoch"):
            run.append(kind)
        else:
            run.append("end", reason=kind)
    assert jobs.status(run) is living
    process.kill()
    process.wait()
    assert jobs.status(run) is dead
    run.record_error("the reason")
    assert (jobs.status(run), jobs.reason(run)) == (Status.FAILED, "the reason")


def test_a_worker_that_ended_after_the_rows_were_read_is_not_called_interrupted(run, stand_in):
    process = stand_in(run)
    run.append("start")
    read = run.history()
    run.append("end", reason="finished")
    process.kill()
    process.wait()
    assert jobs.status(run, read) is Status.FINISHED


def test_a_process_that_only_has_the_same_pid_is_not_the_worker(run, stand_in):
    worker = stand_in(run) and run.worker
    run.record_worker(worker._replace(started=worker.started - 60))
    assert not jobs.is_live(run)
    run.record_worker(worker._replace(started=worker.started - 1))  # the clock was set meanwhile
    assert jobs.is_live(run)


def test_a_process_that_nobody_has_reaped_is_dead(run, stand_in):
    process = stand_in(run)
    process.kill()
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not jobs.is_live(run)


def test_the_reason_of_an_interruption_has_our_last_words_and_none_of_tensorflow_s(run):
    backdate(run)
    run.record_worker(Worker(2**22 + 1, 0.0, 0.0))
    assert jobs.reason(run).endswith("Start it again from the Train page.")
    run.log_path.write_text("digitrec: one\ndigitrec: the server is gone.\nE0000 failed call to cuInit\n")
    assert jobs.reason(run).endswith("The last it said: the server is gone.")


def test_a_full_disk_is_named(run, monkeypatch):
    backdate(run)
    run.record_worker(Worker(2**22 + 1, 0.0, 0.0))
    usage = type("Usage", (), {"free": 4096})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    assert jobs.reason(run).startswith("The disk is full")


# --- the line ---


def test_jobs_stand_in_line_as_they_came(stand_in):
    made = [create(name) for name in "bac"]
    processes = [stand_in(run) for run in made]
    assert jobs.queue() == made
    processes[0].kill()
    processes[0].wait()
    assert jobs.queue() == made[1:]


def test_a_turn_comes_when_all_that_came_earlier_are_gone(stand_in):
    first, mine, later = create("first"), create("mine"), create("later")
    ahead = stand_in(first)
    jobs.claim(mine)
    stand_in(later)
    waits = iter(range(3))
    assert not jobs.wait_for_turn(mine, cancelled=lambda: next(waits, None) is None)
    ahead.kill()
    ahead.wait()
    assert jobs.wait_for_turn(mine, cancelled=lambda: False)


def test_a_place_in_line_is_taken_when_it_is_claimed_not_when_the_process_began(stand_in):
    stand_in(create("training"))
    mine = create("claimed later by an older process")
    jobs.claim(mine)
    assert mine.worker.started < Run(mine.path.with_name("training")).worker.started
    assert [run.name for run in jobs.queue()] == ["training", mine.name]


def test_a_run_is_claimed_once(run, stand_in):
    jobs.claim(run)
    mine = run.worker
    jobs.claim(run)
    assert run.worker == mine
    stand_in(run)
    with pytest.raises(RunError, match="'run' is waiting: only a new run can be trained"):
        jobs.claim(run)


@pytest.mark.parametrize(("reason", "shown"), [("finished", "finished"), ("stopped", "stopped")])
def test_a_run_that_has_been_trained_is_not_claimed_again(run, reason, shown):
    run.append("end", reason=reason)
    with pytest.raises(RunError, match=f"'run' is {shown}"):
        jobs.claim(run)


# --- progress ---


def batch(step: int, epoch: int, at: float) -> dict:
    return {"kind": "batch", "time": at, "step": step, "epoch": epoch, "images_per_second": 640}


def test_progress_before_the_first_rows():
    assert jobs.progress([]) is None
    assert jobs.progress([BEGIN]) == Progress(0.0, 0, 4, None, None)
    assert jobs.progress([BEGIN, batch(1, 1, 109.0)]) == Progress(1 / 200, 1, 4, 640, None)


def test_the_time_left_goes_on_at_the_pace_since_the_first_batch():
    rows = [BEGIN, batch(10, 1, 130.0), {"kind": "epoch", "time": 134.0}, batch(60, 2, 140.0)]
    # 50 steps in 10 s; 140 of 200 steps to go.
    assert jobs.progress(rows) == Progress(0.3, 2, 4, 640, pytest.approx(28.0))


def test_progress_ends_at_one():
    rows = [BEGIN, batch(1, 1, 101.0), batch(200, 4, 150.0), {"kind": "end", "time": 151.0}]
    assert jobs.progress(rows) == Progress(1.0, 4, 4, 640, 0.0)


# --- real workers ---


@pytest.mark.slow
def test_the_second_start_waits_and_trains_when_the_first_has_stopped(start):
    first, second = create("first"), create("second", SHORT)
    start(first)
    start(second)
    wait_until(first.history)
    assert (jobs.status(first), jobs.status(second)) == (Status.TRAINING, Status.WAITING)
    assert jobs.queue() == [first, second]
    jobs.stop(first)
    wait_until(lambda: not jobs.queue())
    assert (jobs.status(first), jobs.status(second)) == (Status.STOPPED, Status.FINISHED)
    assert first.has_model and second.has_model
    assert first.history()[-1]["time"] <= second.history()[0]["time"]


@pytest.mark.slow
def test_a_waiting_job_can_be_stopped(run, start, stand_in):
    stand_in(create("ahead"))
    start(run)
    assert jobs.status(run) is Status.WAITING
    jobs.stop(run)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.STOPPED and not run.has_model


@pytest.mark.slow
def test_a_killed_worker_leaves_an_interrupted_run_and_the_next_in_line_goes_on(run, start):
    start(run)
    wait_until(run.history)
    psutil.Process(run.worker.pid).send_signal(signal.SIGKILL)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.INTERRUPTED
    assert "it was killed" in jobs.reason(run)
    assert jobs.wait_for_turn(create("next"), cancelled=lambda: False)


@pytest.mark.slow
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
    assert jobs.status(run) is status and words in jobs.reason(run)
    assert not run.has_model


@pytest.mark.slow
def test_a_data_set_that_went_away_fails_the_run_with_the_reason(start, monkeypatch, tmp_path):
    run = create("run", TrainConfig(dataset="mnist", network="mlp"))
    monkeypatch.setenv("DIGITREC_DATA", str(tmp_path / "gone"))
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "empty"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens: as good as no network
    start(run)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.FAILED
    assert "mnist" in jobs.reason(run).lower()


SERVER = """
import sys, time
from digitrec import jobs, runs
jobs.start(runs.open_run("run"))
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("phase", ["just begun", "training"])
def test_the_server_s_end_ends_the_worker_within_5_s(run, start, end, phase):
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_until(lambda: run.history() if phase == "training" else jobs.is_live(run))
    server.send_signal(end)
    server.wait(timeout=60)
    wait_until(lambda: not jobs.is_live(run), seconds=5)  # what is promised
    assert jobs.status(run) is Status.INTERRUPTED
    assert "the server is gone" in jobs.reason(run)
