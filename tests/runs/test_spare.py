"""The spare worker: ready before there is a run, trains the run that it gets, and ends when nobody needs it."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from digitrec.runs import jobs, processes, spare, store
from digitrec.runs.config import TrainConfig
from support.stand_ins import wait_until

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=1, batch_size=512)
ECHO = "import sys; sys.stdout.write(sys.stdin.readline())"


@pytest.fixture(autouse=True)
def no_spare(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(spare, "_spare", None)
    yield
    if spare._spare:
        spare.end(spare._spare.process)


@pytest.fixture
def stand_in(monkeypatch) -> list[subprocess.Popen]:
    """Instead of a worker a process that prints the line that it gets."""
    started: list[subprocess.Popen] = []

    def start(models):
        pipe = subprocess.PIPE
        started.append(subprocess.Popen([sys.executable, "-c", ECHO], stdin=pipe, stdout=pipe))
        return started[-1]

    monkeypatch.setattr(processes, "start_spare", start)
    return started


def make_run(name: str = "run") -> store.Run:
    return store.create(CONFIG, tuple("0123456789"), name)


def test_the_run_is_handed_over_once_and_the_worker_is_recorded(stand_in, models_folder):
    spare.prepare(models_folder)
    spare.prepare(models_folder)
    assert len(stand_in) == 1
    run = make_run()
    assert spare.hand_over(run)
    assert run.worker is not None and run.worker.pid == stand_in[0].pid
    assert b'"run": "run"' in stand_in[0].communicate()[0]
    assert not spare.hand_over(make_run("second"))


def test_a_worker_that_has_ended_is_not_used_and_the_next_page_gets_another(stand_in, models_folder):
    spare.prepare(models_folder)
    stand_in[0].kill()
    stand_in[0].wait()
    run = make_run()
    assert not spare.hand_over(run) and run.worker is None
    spare.prepare(models_folder)
    assert len(stand_in) == 2


def test_a_worker_that_may_have_waited_too_long_is_not_used(stand_in, models_folder, monkeypatch):
    spare.prepare(models_folder)
    monkeypatch.setattr(spare, "IDLE_SECONDS", 0)
    assert not spare.hand_over(make_run())
    spare.prepare(models_folder)
    assert len(stand_in) == 2


def test_a_worker_for_another_folder_of_runs_is_not_used(stand_in, models_folder, tmp_path):
    spare.prepare(tmp_path / "others")
    assert not spare.hand_over(make_run())


def test_no_worker_is_kept_where_none_can_be_started(monkeypatch, models_folder):
    def fail(models):
        raise OSError("no more processes")

    monkeypatch.setattr(processes, "start_spare", fail)
    spare.prepare(models_folder)
    assert not spare.hand_over(make_run())


@pytest.mark.slow
def test_a_spare_worker_trains_the_run_and_ends(models_folder):
    spare.prepare(models_folder)
    assert spare._spare is not None
    process = spare._spare.process
    run = make_run()
    jobs.start(run)
    assert run.worker is not None and run.worker.pid == process.pid
    wait_until(lambda: process.poll() is not None, seconds=300)  # it has a low priority, beside other tests
    assert jobs.status(run) is jobs.Status.FINISHED
    assert "epoch 1 of 1" in run.log_path.read_text()


@pytest.mark.slow
def test_a_spare_worker_ends_with_the_server(models_folder):
    spare.prepare(models_folder)
    assert spare._spare is not None
    process = spare._spare.process
    time.sleep(0.2)
    spare.end(process)
    wait_until(lambda: process.poll() == 0, seconds=60)
