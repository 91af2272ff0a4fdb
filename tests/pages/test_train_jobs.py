"""The Train page: trainings that run, wait or have ended, without training anything."""

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs import jobs, store
from digitrec.runs.history import End
from digitrec.ui.train import training
from support import made_runs
from support.made_runs import open_page, rerun, words


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def count_curves(page: AppTest) -> int:
    """The curves of trainings; the learning rate of the settings is always there."""
    return len(page.main.get("vega_lite_chart")) - 1


def test_the_queue_is_shown_with_places():
    runs = made_runs.in_epoch(made_runs.new("first"), 1), made_runs.new("second"), made_runs.new("third")
    with made_runs.at_work(*runs):
        said = words(open_page("train"))
    assert "**second**: queued (2nd of 3)" in said and "**third**: queued (3rd of 3)" in said


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (113, "113th"), (21, "21st")],
)
def test_places_have_their_endings(number, text):
    assert training._ordinal(number) == text


def test_a_job_that_gets_ready_says_so():
    with made_runs.at_work(made_runs.new("first")):
        page = open_page("train")
        assert "Starting" in words(page)


def test_a_job_in_work_shows_how_far_it_is_and_its_numbers():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        assert "Epoch 2 of 3" in words(page)
        assert "4,000 images per second" in words(page)
        assert [metric.value for metric in page.main.metric] == ["0.0667", "50.00%", "0.6000", "91.00%"]


def test_stop_asks_the_job_in_work_and_cancel_the_waiting_one():
    first, second = made_runs.in_epoch(made_runs.new("first"), 1), made_runs.new("second")
    with made_runs.at_work(first, second):
        page = open_page("train")
        page.button(key="stop second").click()
        rerun(page)
        assert (first.wish, second.wish) == (None, "stop")
        page.button(key="stop first").click()
        assert "saving the best weights" in words(rerun(page))
        assert first.wish == "stop"
        assert page.button(key="stop first").disabled


def test_a_finished_run_shows_its_result_and_the_ways_on():
    made_runs.ended(made_runs.new("first"))
    page = open_page("train")
    assert "92.00% of the validation images right. Best epoch: 2." in page.main.success[0].value
    page.button(key="to evaluate").click()
    assert rerun(page).main.title[0].value == "Evaluate"


def test_a_run_without_validation_images_is_not_said_to_have_a_best_epoch():
    run = made_runs.in_epoch(made_runs.new("first"), 3)
    run.append(End(reason="finished", best_epoch=3))
    said = open_page("train").main.success[0].value
    assert said.endswith("It has the weights of epoch 3.") and "Best epoch" not in said


def test_a_stopped_run_says_how_far_it_came_and_is_no_success():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    run.append(End(reason="stopped", best_epoch=1, val_accuracy=0.91))
    page = open_page("train")
    assert re.search(r"stopped after .*, at 50%: 91.00% of the validation images right", page.main.info[-1].value)
    assert not page.main.success


def test_a_result_is_one_line_that_can_be_dismissed():
    made_runs.ended(made_runs.new("first"))
    page = open_page("train")
    assert page.main.success and count_curves(page) == 0
    page.button(key="dismiss").click()
    assert not rerun(page).main.success and not rerun(page).main.success
    made_runs.ended(made_runs.new("second"))
    assert "second" in rerun(page).main.success[0].value


def test_the_curves_of_a_result_are_shown_when_asked_for():
    made_runs.ended(made_runs.new("first"))
    page = open_page("train")
    page.button(key="curves").click()
    assert count_curves(rerun(page)) == 2
    page.button(key="curves").click()
    assert count_curves(rerun(page)) == 0


def test_a_finished_run_is_announced_though_another_follows():
    first, second = made_runs.in_epoch(made_runs.new("first"), 2), made_runs.new("second")
    with made_runs.at_work(first, second):
        page = open_page("train")
    made_runs.ended(first)
    with made_runs.at_work(second):
        rerun(page)
        assert "**first**, done in" in page.main.success[0].value
        assert [toast.value for toast in page.toast] == ["first: finished, 92.00% of the validation images right."]
        rerun(page)
        assert not page.toast


def test_a_cancelled_run_is_not_announced():
    first, second = made_runs.in_epoch(made_runs.new("first"), 2), made_runs.new("second")
    with made_runs.at_work(first, second):
        page = open_page("train")
    store.delete(second)  # as its worker does
    with made_runs.at_work(first):
        assert not rerun(page).toast


def test_while_a_training_runs_its_own_settings_are_shown():
    odd = dataclasses.replace(made_runs.SMALL, learning_rate=0.0007, batch_size=100, epochs=11)
    with made_runs.at_work(made_runs.in_epoch(made_runs.new("first", odd), 1)):
        page = open_page("train")
    said = words(page).replace("\\", "")
    assert "mlp on scikit-learn digits · 11 epochs · batches of 100 · learning rate 0.0007, constant" in said
    table = next(each.value for each in page.main.table if "Setting" in each.value)
    assert dict(zip(table["Setting"], table["Value"], strict=True))["Batch size"] == "100"


def test_a_job_taken_out_of_the_line_left_nothing():
    made_runs.new("first").append(End(reason="stopped", best_epoch=None, val_accuracy=None))
    assert "it has no network" in open_page("train").main.info[-1].value


def test_a_failed_run_says_why_and_shows_its_log():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    run.log_path.write_text("first line\nlast line\n")
    run.record_error("the loss became nan: the learning rate is too high.")
    page = open_page("train")
    assert "the learning rate is too high" in page.main.error[0].value
    assert page.main.code[0].value == "first line\nlast line"


def test_an_interrupted_run_says_so():
    made_runs.killed(made_runs.in_epoch(made_runs.new("first"), 2))
    assert "was interrupted" in open_page("train").main.warning[0].value


def test_the_settings_of_an_ended_run_can_be_used_again():
    odd = dataclasses.replace(made_runs.SMALL, learning_rate=0.0007, batch_size=100, epochs=11)
    made_runs.ended(made_runs.new("first", odd))
    page = open_page("train")
    page.button(key="again").click()
    rerun(page).button(key="start").click()
    rerun(page)
    assert store.list_runs()[0].config == odd


def test_a_damaged_config_is_passed_over():
    (made_runs.ended(made_runs.new("first")).path / "config.json").write_text("{")
    assert not open_page("train").main.error
