"""Looking back at an epoch, how long a training takes, and what a wish for other settings came to."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.evaluation import durations
from digitrec.runs import RunError, TrainConfig, jobs, snapshots
from digitrec.runs.snapshots import Snapshot
from digitrec.ui.train import durations as shown_durations
from digitrec.ui.train import replay, steering
from support import made_runs
from support.views import show

FILTERS = np.ones((4, 3, 3), np.float16)
CONFIG = TrainConfig(dataset="digits", network="mlp")


def test_without_validation_images_there_are_no_errors_to_look_at():
    snapshot = Snapshot(1, FILTERS)
    for part in (replay._show_confusion, replay._show_errors):
        assert show(part, snapshot, ("a", "b")).caption[0].value == "There are no validation images."


def test_the_errors_of_an_epoch_are_counted(monkeypatch):
    monkeypatch.setattr(replay, "digit_gallery", lambda images, captions, size: seen.append(captions))
    seen: list = []
    confusion = np.array([[5, 1], [2, 4]])
    images, labels, answers = np.zeros((1, 28, 28), np.uint8), np.array([0]), np.array([1])
    snapshot = Snapshot(2, FILTERS, answers, confusion, np.array([0]), images, labels, 3, 2)
    said = show(replay._show_errors, snapshot, ("a", "b")).caption[0].value
    assert said == "3 read wrong that were right an epoch before. 2 others are right now. The first 1:"
    assert seen == [["a, not b"]]
    first = show(replay._show_errors, snapshot._replace(epoch=1), ("a", "b")).caption[0].value
    assert first.startswith("3 read wrong after the first epoch.")
    whole = show(replay._show_confusion, snapshot, ("a", "b")).caption[0].value
    assert whole.startswith("3 of 12 validation images read wrong.")


@pytest.mark.parametrize("filters", [FILTERS * 0, FILTERS * np.float16("nan"), np.empty((0, 3, 3), np.float16)])
def test_filters_that_cannot_be_drawn_say_why(filters):
    assert "cannot be drawn" in show(replay._show_filters, Snapshot(1, filters)).caption[0].value


def test_an_epoch_that_was_removed_is_told_and_an_older_one_is_named(monkeypatch):
    run = made_runs.new("mine")
    monkeypatch.setattr(snapshots, "epochs", lambda run: [1, 2, 3])
    shown = show(lambda: replay.choose_epoch(run, key="epoch"), epoch=9)
    assert shown.session_state["epoch"] == 3  # 9 was removed
    monkeypatch.setattr(snapshots, "load", lambda run, epoch: None)
    said = show(lambda: replay.show_snapshot(run, 2, is_last=False)).caption[0].value
    assert said == "Epoch 2 cannot be shown: its file is damaged or was removed."
    monkeypatch.setattr(snapshots, "load", lambda run, epoch: Snapshot(2, FILTERS))
    shown = show(lambda: replay.show_snapshot(run, 2, is_last=False))
    assert shown.caption[0].value == "As it was after epoch 2."
    assert not show(lambda: replay.show_snapshot(run, None, is_last=True)).caption


def test_how_long_it_takes_is_said_by_what_it_is_known(monkeypatch):
    found: list = [None]
    is_testing: list = [True]
    monkeypatch.setattr(durations, "find_duration", lambda config: found[0])
    monkeypatch.setattr(durations, "is_testing", lambda: is_testing[0])
    describe = shown_durations.describe_duration
    assert describe(CONFIG) == "Testing for two seconds how fast this machine is ..."
    is_testing[0] = False
    assert "is not known yet" in describe(CONFIG)
    found[0] = SimpleNamespace(seconds=90.0, run=None)
    assert describe(CONFIG) == "Roughly 1 min 30 s while this machine does nothing else, by a test of its speed."
    found[0] = SimpleNamespace(seconds=90.0, run=SimpleNamespace(name="first"))
    assert describe(CONFIG) == "About 1 min 30 s on this machine, by the run first."


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(steering.st, "rerun", lambda: None)
    return session


def steer(run, **changed) -> None:
    same = {
        "learning_rate": CONFIG.learning_rate,
        "epochs": 3,
        "batch_size": CONFIG.batch_size,
        "augmentation": 1.0,
    }
    steering._steer(run, **(same | changed))


def test_a_wish_is_said_in_words_and_only_what_differs_is_asked_for(session):
    run = made_runs.in_epoch(made_runs.new("mine"), 2)
    steer(run)
    assert session[steering._SAID] == "Nothing is different."
    steer(run, epochs=9)
    assert session[steering._SAID] == "Epochs from 3 to 9." and run.wishes.epochs == 9


def test_a_wish_that_no_training_may_have_is_refused(session):
    run = made_runs.in_epoch(made_runs.new("mine"), 2)
    steer(run, learning_rate=-1.0)
    assert session[steering._PROBLEM].startswith("Not changed: ") and steering._SAID not in session
    shown = show(steering.show_problem, **session)
    assert shown.error[0].value.startswith("Not changed: ")


def test_why_a_training_cannot_go_on_is_said_and_the_best_weights_are_asked_for(session, monkeypatch):
    run = made_runs.in_epoch(made_runs.new("mine"), 2)

    def fail(run, epochs):
        raise RunError("it goes on already.")

    monkeypatch.setattr(jobs, "go_on", fail)
    steering._go_on(run, 9)
    assert session[steering._PROBLEM] == "The training could not go on: it goes on already."
    restored: list = []
    monkeypatch.setattr(jobs, "restore_best", restored.append)
    steering._restore(run)
    assert restored == [run] and session[steering._SAID] == "It goes on from the best weights."
