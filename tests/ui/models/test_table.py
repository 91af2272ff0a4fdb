"""The table of runs: a row or a cell chooses a run on all pages; notes and deletions that fail are said."""

import dataclasses
from types import SimpleNamespace

import pytest

from digitrec.evaluation import overview
from digitrec.runs import IMPORTED, jobs, store
from digitrec.runs.run import Run
from digitrec.ui import pickers, state
from digitrec.ui.models import actions, table
from support import made_runs

RUNS = [SimpleNamespace(name=name) for name in ("first", "second", "third")]


@pytest.mark.parametrize(
    ("rows", "cells", "chosen"),
    [([1], [], "second"), ([0], [(2, "Name")], "third"), ([0], [], None), ([9], [(9, "Name")], None)],
)
def test_the_row_or_cell_that_is_another_is_chosen_on_all_pages(rows, cells, chosen, session, monkeypatch):
    shared: list = []
    monkeypatch.setattr(pickers, "share_choice", lambda run: shared.append(run.name))
    session[state.MODELS_MODEL] = "first"
    session[table._TABLE] = {"selection": {"rows": rows, "cells": cells}}
    table._choose(RUNS)
    assert session[state.MODELS_MODEL] == (chosen or "first") and shared == ([chosen] if chosen else [])
    reruns: list = []
    monkeypatch.setattr(table.st, "rerun", lambda: reruns.append(True))
    for _ in range(2):
        table.rerun_when_chosen()
    assert len(reruns) == (chosen is not None)


def test_the_chosen_run_is_selected_once(session):
    session[state.MODELS_MODEL] = "second"
    table._select_chosen(["first", "second"])
    selected = session[table._TABLE]["selection"]
    assert (selected["rows"], selected["cells"]) == ([1], [(1, "Name")])
    kept = session[table._TABLE]
    table._select_chosen(["first", "second"])
    assert session[table._TABLE] is kept
    table._select_chosen(["first"])  # it was deleted
    assert session[table._TABLE]["selection"]["rows"] == []


def test_a_trial_is_named_by_what_tells_it_from_the_others():
    def name(run: str, search: str | None) -> str:
        return table._name(SimpleNamespace(name=run, search=search))

    assert [name("mine 012", "mine"), name("mine 000", "mine")] == ["Trial 12", "Trial 0"]
    assert [name("best", "mine"), name("mine 012", None)] == ["best", "mine 012"]


def test_notes_that_cannot_be_saved_are_told(session, monkeypatch):
    run = made_runs.new("mine")
    session.update({"key tags": ["a"], "key text": " why "})
    actions._save_notes(run, "key")
    assert (run.notes.tags, run.notes.text) == (("a",), "why")

    def full(self, notes):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "save_notes", full)
    actions._save_notes(run, "key")
    assert session["models-problem"] == f"The notes cannot be saved in {run.path}: No space left on device."


def test_a_run_that_trains_is_not_deleted(session, monkeypatch):
    run = made_runs.new("mine")
    monkeypatch.setattr(jobs, "is_live", lambda run: True)
    actions._delete(run)
    assert session["models-problem"] == "Not deleted: the run 'mine' is training: stop it first."
    assert store.open_run("mine") == run
    monkeypatch.setattr(jobs, "is_live", lambda run: False)
    actions._delete(run)
    assert not run.path.exists()


def test_a_renamed_run_stays_chosen_where_it_was_and_a_taken_name_is_refused(session):
    run = made_runs.new("mine")
    made_runs.new("taken")
    session.update({"models-new-name": "taken", state.DRAW_MODEL: "mine", state.EVALUATE_MODEL: "taken"})
    actions._rename(run)
    assert session["models-problem"].startswith("Not renamed: ") and session[state.DRAW_MODEL] == "mine"
    session["models-new-name"] = "better"
    actions._rename(run)
    assert session[state.DRAW_MODEL] == session[state.MODELS_MODEL] == "better"
    assert session[state.EVALUATE_MODEL] == "taken" and session["models-new-name"] == ""


def test_a_network_that_was_trained_elsewhere_has_no_epochs_here():
    run = made_runs.new("mine", dataclasses.replace(made_runs.SMALL, epochs=3))
    found = overview.summarise_run(run)
    assert table._row(found)["Epochs"] == "0 of 3"
    vars(run)["config"] = dataclasses.replace(run.config, network=IMPORTED)
    assert table._row(found)["Epochs"] == ""
