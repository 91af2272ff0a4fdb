"""What a run's folder keeps beside its network: its calibration, and the confidence that a person asks for."""

import json

import pytest

from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Notes


@pytest.fixture
def run(models_folder):
    return store.create(TrainConfig(dataset="digits", network="mlp"), ("a", "b"), "mine")


def test_a_new_run_has_no_calibration_and_asks_for_no_confidence(run):
    assert (run.calibration, run.reject, run.reference_path.exists()) == (None, None, False)


def test_what_was_fitted_is_read_as_it_was_kept(run):
    run.save_calibration({"temperature": 1.25, "limits": {"a": [1, 2]}})
    assert store.open_run("mine").calibration == {"temperature": 1.25, "limits": {"a": [1, 2]}}


@pytest.mark.parametrize("threshold", [0, 0.9, 1])
def test_a_person_chooses_a_confidence_and_takes_it_back(run, threshold):
    run.save_reject_threshold(threshold)
    assert store.open_run("mine").reject == threshold
    run.save_reject_threshold(None)
    run.save_reject_threshold(None)
    assert run.reject is None


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_from_0_to_1(run, threshold):
    with pytest.raises(ValueError, match="expected a confidence from 0 to 1"):
        run.save_reject_threshold(threshold)
    assert run.reject is None


@pytest.mark.parametrize("kept", [{"threshold": "much"}, {"threshold": 2}, {"threshold": None}, {}, [], "x"])
def test_a_damaged_choice_is_as_good_as_none(run, kept):
    (run.path / "reject.json").write_text(json.dumps(kept))
    assert run.reject is None


def test_a_choice_for_a_shipped_run_leaves_the_program_as_it_came(run, folders, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ("mine",))
    monkeypatch.setattr(store, "SHIPPED_FOLDER", run.path.parent)
    before, run = sorted(run.path.iterdir()), store.open_run("mine")
    run.save_reject_threshold(0.9)
    assert run.is_shipped and run.reject == 0.9 and sorted(run.path.iterdir()) == before
    run.save_reject_threshold(None)
    assert run.reject is None


@pytest.mark.parametrize("notes", [Notes(("a tag", "ü"), "Two\nlines."), Notes((), "x"), Notes(("x",)), Notes()])
def test_tags_and_note_are_read_as_they_were_written_and_empty_ones_leave_no_file(run, notes):
    run.save_notes(Notes(("before",), "before"))
    run.save_notes(notes)
    assert store.open_run("mine").notes == notes
    assert (run.path / "notes.json").exists() == (notes != Notes())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tags": 1, "text": []}', '{"tags": [1, null]}'])
def test_damaged_notes_are_as_good_as_none(run, text):
    (run.path / "notes.json").write_text(text)
    assert run.notes == Notes()


def test_notes_on_a_shipped_run_leave_the_program_as_it_came(run, folders, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ("mine",))
    monkeypatch.setattr(store, "SHIPPED_FOLDER", run.path.parent)
    shipped = store.open_run("mine")
    shipped.save_notes(Notes(("kept",)))
    assert shipped.notes == Notes(("kept",)) and not (run.path / "notes.json").exists()
