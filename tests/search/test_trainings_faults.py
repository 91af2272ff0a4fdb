"""Faults of the process that trains a search's trials: told, tried once more, or another process takes over."""

from types import SimpleNamespace

import pytest

from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import End, Start, processes, spare, store
from digitrec.search import SearchError, trainings
from digitrec.search.trainings import Trainer, Watch
from digitrec.search.work import TrialLostError, TrialStoppedError
from support import made_runs


@pytest.fixture
def started(monkeypatch) -> list:
    """The processes that were started; each waits, and takes runs."""
    made: list = []

    def start(threads):
        made.append(SimpleNamespace(poll=lambda: None, stdin=None))
        return made[-1]

    monkeypatch.setattr(trainings, "_start_worker", start)
    monkeypatch.setattr(spare, "hand_to", lambda process, run: True)
    return made


def test_a_process_that_takes_no_run_is_replaced_once_and_then_the_trial_is_lost(started, monkeypatch):
    run, answers = made_runs.new("mine 000"), [False, True, False, False]
    monkeypatch.setattr(spare, "hand_to", lambda process, run: answers.pop(0))
    trainer = Trainer("mine")
    trainer._hand_over(run)
    assert trainer._runs == 1
    with pytest.raises(TrialLostError, match="'mine 000' could not be handed over"):
        trainer._hand_over(run)
    assert not answers


def test_after_many_runs_another_process_takes_the_place(started, monkeypatch):
    monkeypatch.setattr(trainings, "MAX_SERIES", 2)
    with Trainer("mine") as trainer:
        for _ in range(5):
            trainer._hand_over(None)
        assert len(started) == 3
    assert trainer._process is None


def test_a_process_that_has_ended_is_not_used(started):
    trainer = Trainer("mine")
    trainer._hand_over(None)
    started[0].poll = lambda: 1
    trainer._hand_over(None)
    assert len(started) == 2 and trainer._runs == 1


def test_why_no_process_can_be_started_is_said(monkeypatch):
    def fail(*_, **__):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    monkeypatch.setattr(processes, "start_spare", fail)
    with pytest.raises(SearchError, match="no process can be started to train: Resource temporarily unavailable"):
        trainings._start_worker(None)


def test_a_network_that_cannot_be_loaded_has_no_latency(monkeypatch):
    def fail(path):
        raise ClassifierError("it is damaged.")

    monkeypatch.setattr(Classifier, "load", fail)
    assert trainings._measure_latency(made_runs.new("mine 000")) is None


def test_a_trial_that_ended_before_its_first_epoch_says_so(monkeypatch):
    run = made_runs.new("mine 000")
    run.append(Start(epochs=3, steps_per_epoch=10, parameters=9, train_images=1, validation_images=20))
    run.append(End(reason="stopped"))
    watch = Watch(run, SimpleNamespace(is_over=lambda: False))
    assert watch.has_ended()
    found = watch.outcome()
    assert found.error == "The training was stopped before the end of its first epoch." and found.images == 20


def test_a_trial_that_waits_for_a_person_s_training_ends_with_the_search(started, monkeypatch):
    monkeypatch.setattr(trainings.jobs, "queue", lambda: ["a person's"])
    task = SimpleNamespace(
        name="mine 000", config=made_runs.SMALL, note_run=lambda name: None, is_over=lambda: True
    )
    with pytest.raises(TrialStoppedError):
        Trainer("mine")(task)
    assert not store.list_runs(search="mine") and not started
