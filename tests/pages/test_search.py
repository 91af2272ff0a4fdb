"""The Search page: the next search, one in every state, and what can be done with it. Nothing is trained."""

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs import store
from digitrec.runs.config import PRESETS
from digitrec.search import Search, folder, results, session, storage, study
from digitrec.search.folder import Status
from digitrec.ui.train import address
from support.made_runs import open_page, rerun, words
from support.searches import PLAN, train
from support.stand_ins import stand_ins


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started: a search that is asked for waits."""
    monkeypatch.setattr(folder.processes, "start_worker", lambda *_, **__: None)


@pytest.fixture
def ended() -> Search:
    """A search of twelve trials that has ended."""
    search = folder.create(dataclasses.replace(PLAN, trials=12), "mine")
    folder.claim(search)
    session.run_search(search, train, lambda line: None)
    (search.path / "worker.json").unlink()
    return search


def links(page: AppTest) -> dict[str, str]:
    return {each.proto.label: each.proto.query_string for each in page.main.get("page_link")}


def test_a_search_is_started_with_what_is_ticked_and_the_settings_of_train():
    page = open_page("search")
    assert "**First trial:** strided on" in words(page) and "20 trials" in words(page)
    page.checkbox(key="search-vary schedule").set_value(True)
    page.checkbox(key="search-vary dropout").set_value(False)
    page.number_input(key="search-trials").set_value(5)
    page.number_input(key="search-epochs").set_value(4)
    page.number_input(key="search-hours").set_value(1.5)
    page.text_input(key="search-new-name").set_value("first one")
    rerun(page).button(key="search-start").click()
    page = rerun(page)
    (search,) = folder.list_searches()
    plan = search.plan
    assert search.name == "first one" and (plan.trials, plan.hours, plan.objectives) == (5, 1.5, ("accuracy",))
    assert set(plan.space) == {"learning_rate", "batch_size", "schedule"}
    assert plan.config == dataclasses.replace(PRESETS["quick"], dataset="digits", epochs=4)
    assert folder.status(search) is Status.QUEUED and "0 of 5 trials · starting" in words(page)


def test_only_trials_that_start_from_a_run_vary_how_many_layers_learn():
    page = open_page("search")
    offered = {box.key.removeprefix("search-vary ") for box in page.checkbox}
    assert "learning_rate" in offered and "trained_layers" not in offered


def test_what_contradicts_itself_is_said_and_cannot_be_started():
    page = open_page("search")
    for name in ("learning_rate", "batch_size", "dropout"):
        page.checkbox(key=f"search-vary {name}").set_value(False)
    page = rerun(page)
    assert "the space is empty" in words(page) and page.button(key="search-start").disabled


def test_a_name_that_is_taken_and_a_database_that_is_none_are_refused(ended):
    page = open_page("search")
    page.text_input(key="search-new-name").set_value("mine")
    rerun(page).button(key="search-start").click()
    assert "could not be started: there is a search named 'mine' already" in words(rerun(page))
    page.text_input(key="search-storage").set_value("nonsense")
    rerun(page).button(key="search-start").click()
    assert "'nonsense' is no database" in words(rerun(page))
    assert len(folder.list_searches()) == 1


def test_the_best_trial_is_told_and_its_settings_go_to_train(ended):
    page = open_page("search")
    found = results.read(ended)
    assert results.describe_best(found, ended.plan) in words(page).replace("\\", "") and "a little lucky" in words(
        page
    )
    query = dict(pair.split("=") for pair in links(page)["Train with these settings"].split("&"))
    assert address.parse(query) == results.trial_config(ended.plan, found.best)
    assert len(page.dataframe[0].value) == len(found.trials)
    assert page.dataframe[0].value["Trial"].iloc[0].startswith(f"{found.best.number} ★")


@pytest.mark.parametrize("chart", ["Curves", "Settings", "Importance", "Frontier"])
def test_each_chart_is_drawn(ended, chart):
    folder.extend(ended, trials=40)
    folder.prepare_to_go_on(ended)
    folder.claim(ended)
    session.run_search(ended, lambda task: train(task._replace(report=lambda *_: False)), lambda line: None)
    page = open_page("search")
    page.segmented_control(key="search-chart").set_value(chart)
    page = rerun(page)
    assert len(page.main.get("vega_lite_chart") or page.main.get("arrow_vega_lite_chart")) == 1


def test_an_ended_search_is_extended_and_deleted(ended):
    page = open_page("search")
    page.number_input(key="search-more mine 12 0").set_value(3)
    rerun(page).button(key="search-resume").click()
    page = rerun(page)
    assert ended.plan.trials == 15 and folder.status(ended) is Status.QUEUED
    ended.note("end", reason="stopped")
    rerun(page).button(key="search-delete").click()
    page = rerun(page)
    assert not folder.list_searches() and not store.list_searches()


def test_a_live_search_is_stopped_and_says_so(search):
    study.open_study(search, PLAN)
    with stand_ins() as begin:
        begin(search)
        search.note("begin")
        page = open_page("search")
        assert "0 of 6 trials · starting" in words(page)
        assert [link.proto.label for link in page.sidebar.get("page_link")] == ["Show the search"]
        assert [text.value for text in page.sidebar.caption] == ["**mine**: searching"]
        page.button(key="search-stop").click()
        page = rerun(page)
        assert search.wish == "stop" and "stopping" in words(page) and page.button(key="search-stop").disabled
    page = rerun(page)
    assert "The process of the search ended early" in words(page) and page.button(key="search-resume")
    assert not page.sidebar.get("page_link")


def test_the_sidebar_says_no_longer_that_a_search_runs_when_its_process_has_ended(search, monkeypatch):
    waiting = iter([[search], []])  # it ends between the page and the next poll of the sidebar
    monkeypatch.setattr(folder, "queue", lambda: next(waiting, []))
    page = open_page("explore")
    assert not page.exception and not page.sidebar.caption and not page.sidebar.get("page_link")


def test_a_failed_search_says_why(search):
    search.record_error("3 trials in a row failed.")
    assert "It failed. 3 trials in a row failed." in words(open_page("search"))


def test_trials_that_cannot_be_read_are_no_traceback(search):
    search.save_plan(dataclasses.replace(PLAN, storage="postgresql://me:secret@127.0.0.1:9/db"))
    said = words(open_page("search"))
    assert "The trials cannot be read: the database" in said and "secret" not in said


@pytest.mark.parametrize("missing", ["optuna", "tensorflow"])
def test_what_is_not_installed_is_named(missing, monkeypatch):
    if missing == "optuna":
        monkeypatch.setattr(storage, "has_optuna", lambda: False)
    else:
        monkeypatch.setattr(folder.processes, "has_tensorflow", lambda: False)
    page = open_page("search")
    assert "A search needs" in words(page) and page.button(key="search-start").disabled


def test_models_lists_the_trials_of_a_search_when_one_asks():
    store.create(PLAN.config, tuple("0123456789"), "own")
    for name in ("mine 000", "mine 010", "renamed"):
        store.create(PLAN.config, tuple("0123456789"), name, search="mine")
    page = open_page("models")
    assert list(page.dataframe[0].value["Name"]) == ["own"]
    page.selectbox(key="models-search").set_value("mine")
    page = rerun(page)
    assert list(page.dataframe[0].value["Name"]) == ["renamed", "Trial 10", "Trial 0"]
