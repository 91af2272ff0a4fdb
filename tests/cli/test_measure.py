"""`digitrec robustness` and `attack`: numbers are stored, failures are left in the measurement's folder."""

import pytest

from digitrec.cli.main import main
from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.robustness import scores
from digitrec.runs import measurements, processes, store
from digitrec.runs.measurements import Measurement
from digitrec.runs.run import Run
from support import made_runs
from support.made_runs import Reader

OPTIONS = ["--dataset=digits", "--split=test", "--images=5"]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, folders) -> None:
    """No shipped run, and every network is one with known mistakes."""
    monkeypatch.setattr(store, "SHIPPED", ())
    for module in (scoring, scores):
        monkeypatch.setattr(module, "Classifier", Reader)


@pytest.fixture
def run() -> Run:
    return made_runs.ended(made_runs.new("mine"))


def test_robustness_is_stored_with_the_run_and_printed(run, capsys):
    assert main(["robustness", "mine", *OPTIONS]) == 0
    said = capsys.readouterr()
    assert "mine on digits, test:" in said.out and "75 of 75" in said.err
    stored = run.load_evaluation("digits", scores.record_name("test"))
    state = measurements.progress(Measurement("robustness", run, "digits", "test"))
    assert stored["n"] == 5 and (state.done, state.of, state.is_live) == (75, 75, False)
    assert state.result == stored
    assert run.count_views("digits", "test") == 1


def test_numbers_that_cannot_be_stored_with_the_run_are_left_in_the_folder(run, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "save_evaluation", full)
    assert main(["robustness", "mine", *OPTIONS]) == 0
    assert "cannot be saved with the run (No space left on device)" in capsys.readouterr().err
    assert measurements.progress(Measurement("robustness", run, "digits", "test")).result["n"] == 5


def test_a_failure_is_said_and_left_in_the_folder(capsys):
    run = made_runs.new("mine")
    assert main(["robustness", "mine", *OPTIONS]) == 1
    assert "'mine' has no trained network" in capsys.readouterr().err
    state = measurements.progress(Measurement("robustness", run, "digits", "test"))
    assert state.error.startswith("The run 'mine' has no trained network") and not state.is_live


def test_an_attack_without_tensorflow_says_what_to_install(run, monkeypatch, capsys):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    assert main(["attack", "mine", *OPTIONS]) == 1
    assert 'The attack needs TensorFlow: pip install "digitrec[train]"' in capsys.readouterr().err
    state = measurements.progress(Measurement("attack", run, "digits", "test"))
    assert "The attack needs TensorFlow" in state.error


def test_an_interrupted_command_leaves_no_measurement(run, monkeypatch, capsys):
    def interrupt(name: object, *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "load", interrupt)
    assert main(["robustness", "mine", *OPTIONS]) == 1
    assert measurements.progress(Measurement("robustness", run, "digits", "test")) is None
