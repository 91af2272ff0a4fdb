"""The Train page's controls of a training that runs, waits or has ended, without training anything."""

import dataclasses

import pytest

from digitrec.runs import jobs
from digitrec.runs.history import Batch, Change, End
from digitrec.runs.jobs import Status
from digitrec.runs.wishes import Wishes
from digitrec.ui.train import steering
from support import made_runs
from support.made_runs import open_page, rerun, words


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def test_a_waiting_job_says_what_it_trains_and_overtakes_the_one_before_it():
    first, second = made_runs.in_epoch(made_runs.new("first"), 1), made_runs.new("second")
    third = made_runs.new("third", dataclasses.replace(made_runs.SMALL, network="cnn", epochs=4))
    with made_runs.at_work(first, second, third):
        page = open_page("train")
        assert "cnn on" in words(page) and "4 epochs" in words(page)
        page.button(key="up third").click()
        assert "**third**: queued (2nd of 3)" in words(rerun(page)) and jobs.queue()[0] == first
        jobs.overtake(third, second)  # a second click in vain
        jobs.overtake(third, first)  # none overtakes the one that trains
        jobs.overtake(first, third)
        assert jobs.queue() == [first, third, second]


def test_a_training_is_paused_and_goes_on_by_one_button():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        page.button(key="pause first").click()
        assert "Pausing in epoch 2 of 3" in words(rerun(page)) and run.wishes.paused
        run.append(Change(setting="paused", before=0, after=1, epoch=2, done=1.5))
        assert "first: paused" in words(rerun(page)) and "Paused in epoch 2 of 3" in words(page)
        page.button(key="go on first").click()
        rerun(page)
        assert not run.wishes.paused and jobs.status(run) is Status.PAUSED  # until the worker has seen it


def test_after_the_last_epoch_nothing_is_offered_that_the_worker_would_not_do():
    run = made_runs.in_epoch(made_runs.new("first"), 3)
    run.append(Batch(step=30, epoch=3, loss=0.1, accuracy=0.9, images_per_second=4000))
    with made_runs.at_work(run):
        page = open_page("train")
        assert "Saving and checking the network" in words(page)
        assert all(page.button(key=f"{name} first").disabled for name in ("pause", "stop", "discard"))


def test_settings_are_changed_while_it_trains_and_only_those_that_differ_are_asked_for():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        (rate,) = [field for field in page.number_input if field.label == "Learning rate"]
        rate.set_value(0.0005)
        (apply,) = [button for button in page.button if button.label == "Apply"]
        apply.click()
        assert [toast.value for toast in rerun(page).toast] == ["Learning rate from 0.001 to 0.0005."]
        assert page.button(key="steering-done").disabled  # in place of the popover, which closes so
        assert "steering-done" not in [button.key for button in rerun(page).button]
        assert run.wishes == Wishes(learning_rate=0.0005)
        run.append(Change(setting="learning_rate", before=0.001, after=0.0005, epoch=2, done=1.5))
        assert "In epoch 2: Learning rate from 0.001 to 0.0005." in words(rerun(page))


def test_the_best_weights_are_asked_back_at_each_click():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        for count in (1, 2):
            page.button(key="restore first").click()
            rerun(page)
            assert run.wishes.restores == count


def test_nothing_is_thrown_away_before_a_second_click():
    run = made_runs.in_epoch(made_runs.new("first"), 1)
    with made_runs.at_work(run):
        page = open_page("train")
        page.button(key="discard first").click()
        rerun(page)
        assert run.wish is None
        page.button(key="delete-discard").click()
        assert "nothing is kept" in words(rerun(page)) and run.wish == "discard"


def test_an_ended_run_is_resumed_for_more_epochs(monkeypatch):
    run = made_runs.ended(made_runs.new("first"))
    started = []
    monkeypatch.setattr(jobs, "start", started.append)
    page = open_page("train")
    (epochs,) = [field for field in page.number_input if field.label == "Epochs in all"]
    epochs.set_value(9)
    (resume,) = [button for button in page.button if button.label == "Resume"]
    resume.click()
    rerun(page)
    assert started == [run] and run.history().planned_epochs == 9 and run.history().end is None


@pytest.mark.parametrize("reason", ["stopped", None])
def test_a_run_that_ended_too_early_is_resumed_by_one_click(monkeypatch, reason):
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    if reason:
        run.append(End(reason=reason, best_epoch=1, val_accuracy=0.91))
    else:
        run.record_error("The disk is full.")
    started = []
    monkeypatch.setattr(jobs, "start", started.append)
    page = open_page("train")
    page.button(key="resume now first").click()
    rerun(page)
    assert started == [run] and run.history().is_to_go_on and run.error is None


def test_a_run_that_cannot_go_on_says_why(monkeypatch):
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    run.append(End(reason="stopped", best_epoch=1, val_accuracy=0.91))
    page = open_page("train")

    def refuse(run: object) -> None:
        raise OSError("no memory for a process")

    monkeypatch.setattr(jobs, "start", refuse)
    page.button(key="resume now first").click()
    assert "could not go on: no memory for a process" in words(rerun(page))


def test_what_a_person_did_has_its_words():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    for setting, before, after in (("paused", 0, 1), ("paused", 1, 0), ("weights", 2, 1), ("batch_size", 128, 64)):
        run.append(Change(setting=setting, before=before, after=after, epoch=2, done=1.5))
    history = run.history()
    assert steering.list_marks(history) == [
        (1.5, "paused"),
        (1.5, "went on"),
        (1.5, "the weights of epoch 1 came back"),
        (1.5, "Batch size from 128 to 64"),
    ]
    assert steering.describe_changes(history)[0] == "In epoch 2: Batch size from 128 to 64."
    assert len(steering.describe_changes(history)) == 2


def test_a_click_that_is_delivered_twice_pauses_all_the_same():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        pause = page.button(key="pause first")
        pause.click()
        rerun(page)
        assert run.wishes.paused and not [button for button in page.button if button.key == "pause first"]
        (go_on,) = [button for button in page.button if button.label == "Go on"]
        assert go_on.key != pause.key  # what comes late for the one does not press the other
