"""What the Search page says of a search: how far it is, its trials in work, and what could not be done."""

from types import SimpleNamespace

import pytest

from digitrec.reporting import format_duration
from digitrec.search import Outcome, SearchError, Status, folder, results
from digitrec.search.study import Trial
from digitrec.ui.search import progress
from support import made_runs
from support.searches import PLAN
from support.views import show


def trial(
    number: int, state: str = "complete", *, run: str | None = None, accuracy: float = 0.9, **outcome
) -> Trial:
    settings = {"learning_rate": 0.01, "dropout": 0.1}
    return Trial(number, state, settings, {}, Outcome(accuracy, 0.3, **outcome), run, "a host", number == 0)


@pytest.fixture
def search(folders):
    return folder.create(PLAN, "mine")


def bar(shown) -> str:
    return shown.get("progress")[0].proto.text


def test_a_search_that_failed_says_why_and_can_go_on_or_be_deleted(search):
    search.record_error("The *disk* is full.")
    found = results.find([trial(0), trial(1, "pruned")], PLAN)
    shown = show(progress.show_state, search, PLAN, found, Status.FAILED)
    assert shown.error[0].value == "It failed. The \\*disk\\* is full."
    assert bar(shown).startswith("2 of 6 trials, 1 pruned · ")
    assert shown.button(key="search-resume").label == "Resume"
    assert shown.number_input[0].value == 4
    shown.button(key="search-delete").click().run()
    assert not search.path.exists()


def test_a_search_that_is_done_can_be_extended_by_as_many_trials_again(search, monkeypatch):
    started: list = []
    monkeypatch.setattr(folder, "start", started.append)
    found = results.find([trial(number) for number in range(6)], PLAN)
    shown = show(progress.show_state, search, PLAN, found, Status.FINISHED)
    assert shown.button(key="search-resume").label == "Extend" and shown.number_input[0].value == 6
    shown.button(key="search-resume").click().run()
    assert [each.name for each in started] == ["mine"] and search.plan.trials == 12


def test_not_fewer_trials_can_be_added_than_were_stopped_as_those_are_tried_in_any_case(search):
    stopped = [trial(number, state) for number, state in enumerate(["stopped", "stopped", "waiting", "waiting"])]
    shown = show(progress.show_state, search, PLAN, results.find(stopped, PLAN), Status.STOPPED)
    assert (shown.number_input[0].min, shown.number_input[0].value) == (2, 6)


def test_what_cannot_be_done_is_said(search, monkeypatch):
    def fail(search):
        raise SearchError("the search 'mine' is searching: stop it *first*.")

    monkeypatch.setattr(folder, "delete", fail)
    shown = show(progress.show_state, search, PLAN, None, Status.STOPPED)
    shown.button(key="search-delete").click().run()
    assert shown.error[0].value == "the search 'mine' is searching: stop it \\*first\\*."


def test_a_live_search_can_be_stopped_once(search):
    shown = show(progress.show_state, search, PLAN, None, Status.SEARCHING)
    assert "starting" in bar(shown)
    shown.button(key="search-stop").click().run()
    assert search.wish == "stop"
    shown = show(progress.show_state, search, PLAN, None, Status.SEARCHING)
    assert shown.button(key="search-stop").disabled and "stopping" in bar(shown)
    assert "starting" in bar(show(progress.show_state, search, PLAN, None, Status.QUEUED))


def test_trials_that_cannot_be_read_are_told(search, monkeypatch):
    def fail(search):
        raise SearchError("the database is away.")

    monkeypatch.setattr(results, "read", fail)
    assert show(progress.read, search).warning[0].value == "The trials cannot be read: the database is away."


def test_each_trial_in_work_says_where_it_is(folders):
    run = made_runs.in_epoch(made_runs.new("mine 000"), 2)
    assert progress._describe_trial(trial(0, "running", run="mine 000")) == "trial 0: epoch 2 of 3"
    made_runs.new("mine 001")
    assert progress._describe_trial(trial(1, "running", run="mine 001")) == "trial 1: starting"
    for name in (None, "not here"):
        assert progress._describe_trial(trial(2, "running", run=name)) == "trial 2 on a host"
    found = results.find([trial(0, "running", run=run.name), *(trial(n, "running") for n in range(1, 5))], PLAN)
    said = progress._describe_running(found)
    assert said == "trial 0: epoch 2 of 3, trial 1 on a host, trial 2 on a host"


def test_a_trial_rests_while_a_person_trains(monkeypatch):
    history = SimpleNamespace(is_paused=True, batches=[1])
    monkeypatch.setattr(progress, "open_run", lambda name: SimpleNamespace(history=lambda: history))
    said = progress._describe_trial(trial(3, "running", run="mine 003"))
    assert said == "trial 3 rests while your own training runs"


def test_the_trials_are_listed_the_best_first_and_the_ones_without_an_end_last(folders):
    given = [
        trial(0, accuracy=0.8, seconds=90.0),
        trial(1, accuracy=0.9, size=1.5),
        trial(2, "failed"),
        trial(3, "pruned"),
    ]
    found = results.find(given, PLAN)
    shown = show(progress.show_trials, found, PLAN, lambda config: {})
    rows = shown.dataframe[0].value
    assert list(rows["Trial"]) == ["1 ★", "0 (first)", "3", "2"]
    assert list(rows["Accuracy"])[:2] == pytest.approx([90, 80])
    assert list(rows["State"]) == ["✓ complete", "✓ complete", "✂ pruned", "✗ failed"]
    assert list(rows["Time"])[1] == format_duration(90.0) and rows["Size"].iloc[0] == 1.5


def test_the_chosen_trial_says_why_it_failed_and_gives_its_settings(folders, monkeypatch):
    links: list = []
    monkeypatch.setattr(progress.st, "page_link", lambda path, **options: links.append(options))
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    monkeypatch.setattr(progress.st, "dataframe", lambda *_, **__: chosen)
    found = results.find([trial(5, "failed", error="The loss became *nan*.")], PLAN)
    shown = show(progress.show_trials, found, PLAN, lambda config: {"rate": str(config.learning_rate)})
    assert shown.caption[0].value == "Trial 5: The loss became \\*nan\\*."
    assert links[0]["label"] == "Train with the settings of trial 5" and links[0]["query_params"] == {
        "rate": "0.01"
    }


def test_the_best_trial_is_described_with_the_settings_that_changed(folders, monkeypatch):
    monkeypatch.setattr(progress.st, "page_link", lambda path, **options: None)
    assert not show(progress.show_best, results.find([], PLAN), PLAN, lambda config: {}).markdown
    shown = show(progress.show_best, results.find([trial(1)], PLAN), PLAN, lambda config: {})
    rows = shown.table[0].value
    assert set(rows["Setting"]) == {"Learning rate", "Dropout"} and shown.caption[0].value == results.CAUTION


def test_the_newest_search_is_chosen_until_a_person_or_another_page_chooses(folders):
    searches = [folder.create(PLAN, name) for name in ("newer", "older")]
    key = progress.state.SEARCH_NAME
    assert show(progress.pick_search, searches).selectbox[0].value == "newer"
    assert show(progress.pick_search, searches, **{key: "older"}).selectbox[0].value == "older"
    asked = {progress.state.next_choice(key): "older", key: "newer"}
    assert show(progress.pick_search, searches, **asked).selectbox[0].value == "older"
    assert show(progress.pick_search, searches, **{key: "deleted"}).selectbox[0].value == "newer"
    assert not show(progress.pick_search, []).selectbox
