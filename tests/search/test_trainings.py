"""Trials as runs in a worker process: pruned, paused, stopped, killed. Its stand-in here only writes rows."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from digitrec.runs import Run, Status, TrainConfig, jobs, processes, store
from digitrec.runs.run import Worker
from digitrec.search import trainings
from digitrec.search.trainings import Trainer
from digitrec.search.work import Task, TrialLostError, TrialStoppedError
from support.made_runs import at_work, new
from support.places import ROOT
from support.stand_ins import wait_until

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=3)
# Rows as a training writes them; what is asked of it is obeyed between two of them.
WORKER = """
import json, sys, time
from digitrec.runs import End, Epoch, Start, checkpoints, jobs, store, Checkpoint
for line in sys.stdin:
    run = store.open_run(json.loads(line)["run"])
    jobs.claim(run)
    if run.config.dropout == 0.8:
        run.record_error("The loss became nan in epoch 1 by step 3.")
        continue
    run.append(Start(epochs=3, steps_per_epoch=10, parameters=99, validation_images=200))
    for epoch in range(1, run.config.epochs + 1):
        values = {"val_loss": 2 / epoch, "val_accuracy": 0.5 + epoch / 10}
        run.append(Epoch(epoch=epoch, loss=1 / epoch, accuracy=0.9, **values))
        checkpoints.save(run, Checkpoint(epoch, [], {}), keep=())
        while run.config.batch_size == 64 and run.wish is None:
            time.sleep(0.02)
        time.sleep(0.1)
        if run.wish is not None:
            break
    if run.wish == jobs.DISCARD:
        store.delete(run)
    elif run.wish == jobs.PRUNED:
        run.append(End(reason=jobs.PRUNED))
    else:
        run.tflite_path.write_bytes(b"x" * 250_000)
        run.keras_path.write_bytes(b"x")
        run.append(End(reason="finished", best_epoch=epoch, val_accuracy=0.8))
"""
WAITS = 64  # batch size with which it waits for a wish after its first epoch
NAN = 0.8  # dropout with which the loss becomes NaN


@pytest.fixture
def trainer(monkeypatch, models_folder) -> Iterator[Trainer]:
    def start(threads: int | None) -> subprocess.Popen:
        environment = os.environ | {"DIGITREC_MODELS": str(models_folder)}
        return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, stdin=subprocess.PIPE, env=environment)

    monkeypatch.setattr(trainings, "_start_worker", start)
    monkeypatch.setattr(trainings, "REST_SECONDS", 0.05)
    with Trainer("mine") as made:
        yield made


def task(name: str = "mine 000", *, prune_after: int = 9, is_over=lambda: False, **settings) -> Task:
    reports: list[tuple[int, float, float]] = []
    config = dataclasses.replace(CONFIG, **settings)

    def report(*numbers) -> bool:
        reports.append(numbers)
        return numbers[0] >= prune_after

    return Task(name, config, report, reports.append, is_over)


def reported(task: Task) -> list:
    return task.note_run.__self__


def test_a_trial_is_a_run_that_belongs_to_the_search_and_the_next_has_the_same_process(trainer):
    first, second = task(), task("mine 001", prune_after=1, batch_size=WAITS)
    found = trainer(first)
    rounded = [pytest.approx(numbers) for numbers in ((1, 2.0, 0.4), (2, 1.0, 0.3), (3, 2 / 3, 0.2))]
    assert reported(first) == ["mine 000", *rounded]
    assert (found.accuracy, found.loss, found.size) == (0.8, 2 / 3, 0.25)
    assert (found.parameters, found.images, found.is_pruned, found.error) == (99, 200, False, None)
    process = trainer._process
    pruned = trainer(second)
    assert (pruned.is_pruned, pruned.accuracy, pruned.loss) == (True, 0.6, 2.0)
    assert trainer._process is process
    trials = store.list_runs(search="mine")
    assert [run.name for run in trials] == ["mine 001", "mine 000"]
    assert [jobs.status(run) for run in trials] == [Status.PRUNED, Status.FINISHED]
    assert not [run for run in store.list_runs() if not run.is_shipped]  # they do not drown the other runs
    assert not list(trials[1].path.glob("checkpoints/*"))
    nan = trainer(task("mine 002", dropout=NAN))
    assert nan.is_diverged and "nan" in nan.error


def test_a_trial_that_is_stopped_leaves_nothing(trainer):
    asked = iter([False] * 3)
    with pytest.raises(TrialStoppedError):
        trainer(task(is_over=lambda: next(asked, True), batch_size=WAITS))
    wait_until(lambda: not store.list_runs(search="mine"))


def test_a_killed_worker_is_told_and_the_next_trial_has_another(trainer):
    def kill(name: str) -> None:
        threading.Thread(target=_kill_worker, args=(name,)).start()

    with pytest.raises(TrialLostError):
        trainer(task(batch_size=WAITS)._replace(note_run=kill))
    assert trainer(task("mine 001")).accuracy == 0.8


def test_a_worker_that_still_takes_runs_while_it_is_being_killed_costs_one_trial(trainer, monkeypatch):
    assert trainer(task()).accuracy == 0.8
    dying = trainer._process
    with dying_slowly(dying, monkeypatch):
        with pytest.raises(TrialLostError):
            trainer(task("mine 001"))
        assert trainer(task("mine 002")).accuracy == 0.8
    assert trainer._process is not dying


@contextlib.contextmanager
def dying_slowly(process: subprocess.Popen, monkeypatch) -> Iterator[None]:
    """The process is dead, but its pipe is open and it was not waited for yet, as with a large one."""
    reading, writing = os.pipe()
    process.kill()
    process.wait()
    monkeypatch.setattr(process, "poll", lambda: None)
    monkeypatch.setattr(process, "stdin", os.fdopen(writing, "wb"))
    record = processes.record

    def record_any(run: Run, pid: int) -> None:
        if pid == process.pid:  # of which nothing is left here
            run.record_worker(Worker(pid, 0.0, 0.0))
        else:
            record(run, pid)

    monkeypatch.setattr(processes, "record", record_any)
    yield
    os.close(reading)


def _kill_worker(name: str) -> None:
    run = store.open_run(name)
    wait_until(lambda: run.history().epochs)
    psutil.Process(run.worker.pid).kill()


def test_a_person_s_own_training_goes_first(trainer):
    own = new("own")
    with at_work(own):
        threading.Thread(target=_end_when_paused, args=(own,)).start()
        found = trainer(task(batch_size=WAITS, is_over=lambda: False))
    assert found.accuracy == 0.8


def _end_when_paused(own) -> None:
    """While the own one is there, the trial waits; then one comes while it trains: it rests until that is gone."""
    trial = next(iter(wait_for_trials()))
    assert trial.worker is None
    psutil.Process(own.worker.pid).kill()
    wait_until(lambda: trial.history().epochs)
    other = new("other")
    with at_work(other):
        wait_until(lambda: trial.wishes.paused)
    wait_until(lambda: not trial.wishes.paused)
    jobs.stop(trial)


def wait_for_trials() -> list:
    wait_until(lambda: store.list_runs(search="mine"))
    return store.list_runs(search="mine")


def test_a_trial_that_cannot_begin_says_why(trainer):
    assert "no data set" in trainer(task(dataset="gone")).error
    new("mine 000")
    assert "there is a run named 'mine 000' already" in trainer(task()).error


def test_without_tensorflow_nothing_is_started(monkeypatch):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    with Trainer("mine") as trainer, pytest.raises(trainings.SearchError, match=r"digitrec\[train\]"):
        trainer(task())


def test_a_trial_is_marked_before_it_can_be_listed(monkeypatch):
    run = store.create(CONFIG, tuple("0123456789"), "t", search="mine")
    assert run.search == "mine" and json.loads((run.path / "trial.json").read_text()) == {"search": "mine"}
    assert store.open_run("t") == run and store.list_runs(search="other") == []
    assert new("own").search is None


def test_trials_at_the_same_time_have_a_process_each_and_share_the_cores(trainer, monkeypatch):
    started, start = [], trainings._start_worker
    monkeypatch.setattr(trainings, "_start_worker", lambda threads: started.append(threads) or start(threads))
    monkeypatch.setattr(processes, "count_cores", lambda: 5)
    both = threading.Barrier(2, timeout=20)
    with trainings.Trainers("mine", 2) as trainers, ThreadPoolExecutor(2) as pool:
        tasks = [task(f"mine 00{i}")._replace(note_run=lambda _: both.wait()) for i in range(2)]
        outcomes = list(pool.map(trainers, tasks))
        assert trainers(task("mine 002")).accuracy == 0.8
    assert [outcome.accuracy for outcome in outcomes] == [0.8, 0.8] and started == [3, 3]
