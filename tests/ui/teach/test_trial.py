"""Trying a taught network at once: the answer in words, its bars, and why there is none."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.imaging import InkError
from digitrec.inference import ClassifierError, Verdict
from digitrec.inference.verdict import Reason
from digitrec.runs import teaching
from digitrec.ui import pickers
from digitrec.ui.components import canvas, digits
from digitrec.ui.teach import trial
from support.views import show

RUN = SimpleNamespace(name="my_net", has_model=True)
UNSURE = Reason("many loops", "ink", 3, (0, 2))


def verdict(*proba: float, names=("<b>", "dog"), reasons=()) -> Verdict:
    return Verdict(np.array(proba, np.float32), tuple(names), tuple(reasons))


def test_a_sure_answer_says_how_sure_and_its_class_name_is_text():
    said = trial.answer_html(verdict(0.97, 0.03))
    assert '<strong class="long">&lt;b&gt;</strong>' in said and "<b>" not in said and "97" in said
    assert '<strong class="short">7</strong>' in trial.answer_html(verdict(1.0, names=("7",)))


def test_an_answer_that_is_not_sure_says_so_and_why():
    said = trial.answer_html(verdict(0.6, 0.4, names=("cat", "dog"), reasons=[UNSURE]))
    assert "<b>Not sure.</b> Best guess:" in said and "<strong" in said and "cat" in said
    assert "It has more closed loops than a digit usually has." in said


@pytest.fixture
def tried(monkeypatch):
    """A function that shows the canvas with ink on it, and what is shown, for a verdict or an error."""
    bars: list = []
    monkeypatch.setattr(canvas, "digit_canvas", lambda key, hint: np.ones((280, 280), np.uint8))
    monkeypatch.setattr(pickers, "load_classifier", lambda run: None)
    monkeypatch.setattr(
        digits, "probabilities", lambda proba, names: bars.append((proba.astype(float).round(2).tolist(), names))
    )
    monkeypatch.setattr(teaching, "find_runs", lambda name: [SimpleNamespace(has_model=False), RUN])

    def show_trial(found):
        def read(*_):
            if isinstance(found, Exception):
                raise found
            return SimpleNamespace(verdict=found)

        monkeypatch.setattr(pickers, "read_drawing", read)
        return show(trial.view, "taught"), bars

    return show_trial


def test_the_newest_network_answers_with_a_bar_for_each_class(tried):
    shown, bars = tried(verdict(0.1, 0.9, names=("cat", "dog")))
    assert shown.caption[0].value == "Read by my\\_net."
    assert bars == [([0.1, 0.9], ["cat", "dog"])]


def test_of_many_classes_the_most_probable_have_a_bar(tried):
    proba = np.arange(20) / 190
    _, ((heights, names),) = tried(verdict(*proba, names=[str(i) for i in range(20)]))
    assert names == [str(i) for i in range(19, 7, -1)] and heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("error", [InkError("there is *too little* ink."), ClassifierError("it is damaged.")])
def test_why_there_is_no_answer_is_said(error, tried):
    shown, bars = tried(error)
    assert shown.error[0].value == str(error).replace("*", "\\*") and not bars


def test_blank_paper_invites_to_draw(tried, monkeypatch):
    monkeypatch.setattr(canvas, "digit_canvas", lambda key, hint: None)
    shown, bars = tried(verdict(1.0, 0.0))
    assert ["Draw here." in each.proto.body for each in shown.get("html")] == [True] and not bars
