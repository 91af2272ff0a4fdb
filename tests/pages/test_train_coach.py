"""The coach on the Train page: what it says, and its advice at a click."""

import pytest

from digitrec.runs import RunError, jobs, processes
from digitrec.runs.history import DIVERGED, Epoch, Health, LayerHealth
from support import made_runs
from support.made_runs import open_page, rerun, words


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def test_the_coach_says_what_it_sees_and_fills_the_page_with_its_advice():
    run = made_runs.ended(made_runs.new("first"))
    layers = (LayerHealth("dense 1", 0.005, 0.9), LayerHealth("output", 0.006, None))
    run.append(Health(epoch=3, gradient_norm=0.5, layers=layers))
    page = open_page("train")
    assert "90% of the units of a layer are 0" in words(page)
    for _ in range(2):  # a click that is delivered twice
        page.button(key="advice first dead units").click()
        rerun(page)
        (rate,) = [each for each in page.select_slider if each.label == "Learning rate"]
        assert rate.value == pytest.approx(0.3 * run.config.learning_rate)
        assert page.query_params["learning_rate"] == "0.0003"


def test_a_training_that_ends_while_the_page_is_made_is_shown_once(monkeypatch):
    run = made_runs.ended(made_runs.new("first"))
    layers = (LayerHealth("dense 1", 0.005, 0.9), LayerHealth("output", 0.006, None))
    run.append(Health(epoch=3, gradient_norm=0.5, layers=layers))
    monkeypatch.setattr(jobs, "queue", lambda: [run])  # asked a moment before
    page = open_page("train")
    assert not page.exception
    assert words(page).count("90% of the units of a layer are 0") == 1


def test_a_training_that_diverged_is_explained():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    run.append(Epoch(epoch=1, loss=2.0, accuracy=0.1))
    run.record_error(processes.describe_error(RunError(f"{DIVERGED} nan in epoch 2")))  # as a worker does
    assert "It diverged" in words(open_page("train"))
