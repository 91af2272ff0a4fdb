"""The charts of a search: what each shows, and what is said while there is nothing to show."""

import dataclasses

import pytest

from digitrec.charts import search as charts
from digitrec.search import Choices, Outcome, Range, SearchError, folder, results, storage
from digitrec.search.study import Trial
from digitrec.ui.search import figures, form
from support.searches import PLAN
from support.views import show

COSTLY = dataclasses.replace(PLAN, objectives=("accuracy", "size"))


def trial(number: int, state: str = "complete", accuracy: float | None = 0.9, **outcome) -> Trial:
    settings = {"learning_rate": 10.0 ** -(number % 3 + 1), "dropout": 0.1 * (number % 5)}
    curve = {1: 0.5 - number / 50, 2: 0.4 - number / 50} if accuracy else {}
    return Trial(number, state, settings, curve, Outcome(accuracy, 0.3, **outcome), None, "here", number == 0)


def shown(chart: str, trials: list[Trial], plan=PLAN):
    return show(figures.show, plan, results.find(trials, plan), **{figures._SHOWN: chart})


@pytest.mark.parametrize(
    ("chart", "says"),
    [
        (figures.CURVES, "No trial has finished an epoch yet."),
        (figures.SETTINGS, "No trial is done yet."),
        (figures.IMPORTANCE, "It needs "),
        (figures.FRONTIER, "No trial is complete yet."),
    ],
)
def test_without_trials_each_chart_says_what_it_waits_for(chart, says):
    found = shown(chart, [trial(0, "running", None)])
    assert found.caption[0].value.startswith(says) and not found.get("arrow_vega_lite_chart")


def test_curves_count_the_pruned_trials_and_are_not_there_with_costs():
    assert (
        shown(figures.CURVES, [trial(0), trial(1, "pruned")]).caption[0].value.startswith("Pruned: 1 of 2 trials.")
    )
    assert shown(figures.CURVES, [trial(0)], COSTLY).caption[0].value.startswith("With costs no trial is pruned")


def test_each_trial_is_a_line_through_its_settings_to_its_accuracy(monkeypatch):
    drawn: list = []
    real = charts.parallel_coordinates
    monkeypatch.setattr(charts, "parallel_coordinates", lambda *given: drawn.append(given) or real(*given))
    shown(figures.SETTINGS, [trial(0, accuracy=0.8), trial(1, accuracy=0.9), trial(2, "running", None)])
    ((axes, paths),) = drawn
    assert [axis.title for axis in axes] == ["Learning rate", "Dropout", "Accuracy"]
    assert [path[2][-1] for path in paths] == pytest.approx([0, 1]) and paths[0][3][-1] == "80.00%"
    shown(figures.SETTINGS, [trial(0, accuracy=0.8)])
    assert drawn[1][1][0][2][-1] == 0.5  # the only one is neither good nor bad


def test_the_frontier_names_the_trials_that_no_other_beats():
    trials = [trial(0, accuracy=0.8, size=1.0), trial(1, accuracy=0.9, size=2.0), trial(2, accuracy=0.7, size=3.0)]
    said = shown(figures.FRONTIER, trials, COSTLY).caption[0].value
    assert said.startswith("On the line, no trial is better in both: ") and "2" not in said.partition(": ")[2]


def test_a_value_has_its_place_in_a_range_or_among_choices():
    assert results.place(Range(0.001, 0.1, log=True), 0.01) == pytest.approx(0.5)
    assert results.place(Range(0.0, 4.0), 1.0) == 0.25 and results.place(Range(2.0, 2.0), 2.0) == 0.5
    choices = Choices((8, 16, 32))
    assert [results.place(choices, value) for value in (8, 16, 32, 64)] == [0, 0.5, 1, 0]
    assert figures._ends(choices) == ("8", "32")


def test_the_best_trial_is_told_with_its_interval_and_beside_the_first_one():
    describe = results.describe_best
    assert describe(results.find([], PLAN), PLAN) == "No trial is complete yet."
    first, best = trial(0, accuracy=0.8), trial(1, accuracy=0.9, images=200)
    said = describe(results.find([first, best], PLAN), PLAN)
    assert said.startswith("Trial 1 is the best of 2 trials: 90.00% of 200 validation images right (")
    assert said.endswith("The settings that it began with: 80.00%.")
    assert describe(results.find([first], PLAN), PLAN).endswith(
        "These are the settings that the search began with."
    )


def test_numbers_of_a_trial_have_their_units_and_unknown_ones_a_dash():
    outcome = Outcome(0.9, 0.25, 1.234, 0.5, None)
    said = [results.format_objective(name, outcome) for name in ("accuracy", "loss", "latency", "size", "seconds")]
    assert said[:2] == ["90.00%", "0.2500"] and said[2].startswith("1.23 ") and said[4] == "–"


@pytest.fixture
def session(session) -> dict:
    session[form._NAME] = " mine "
    return session


@pytest.mark.parametrize("error", [SearchError("it is searching."), OSError("no more processes")])
def test_a_search_that_cannot_be_started_says_why_and_keeps_no_name(error, session, monkeypatch):
    def fail(search):
        raise error

    monkeypatch.setattr(folder, "start", fail)
    form._start(PLAN)
    assert session[form._ERROR] == f"The search could not be started: {error}" and not folder.list_searches()
    monkeypatch.setattr(folder, "start", lambda search: None)
    form._start(PLAN)
    assert [search.name for search in folder.list_searches()] == ["mine"] and session[form._NAME] == ""


def test_a_database_that_is_away_is_told_before_anything_is_written(session, monkeypatch):
    def away(url):
        raise SearchError("the database is away.")

    monkeypatch.setattr(storage, "open_database", away)
    form._start(dataclasses.replace(PLAN, storage="postgresql://127.0.0.1:9/db"))
    assert session[form._ERROR] == "The search could not be started: the database is away."
    assert not folder.list_searches()
