"""The answer and all classes as a browser reads them; both keep their place, whatever is said."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.inference.verdict import Reason, Verdict
from digitrec.reporting import format_probability
from support.html_reader import Reader

CHANCE = np.random.default_rng(0)
BLANK = np.zeros((28, 28), np.uint8)
UNSURE = Reason("between two classes", "confidence", 0.55, (0.6, 1.0))
UNLIKE = Reason("unlike class", "distance", 3, (0, 1))


def html_of(function, *arguments) -> str:
    page = AppTest.from_function(function, args=arguments).run()
    assert not page.exception
    return "".join(block.proto.body for block in page.get("html"))


def answer(verdict, image, chosen=None):
    from digitrec.ui.draw.answer import show_answer

    show_answer(verdict, image, chosen=chosen)


def shown(verdict: Verdict) -> Reader:
    return Reader(html_of(answer, verdict, BLANK))


def no_answer(names):
    from digitrec.ui.draw.answer import show_no_answer

    show_no_answer("Draw <here>.", "Then.", names)


def test_class_names_are_text_whatever_they_hold():
    names = ('<img src="x">', "\"'&")
    found = shown(Verdict(np.array([0.7, 0.3], np.float32), names))
    assert len(found.images) == 1
    assert [found.texts.count(name) for name in names] == [2, 1]


def test_not_sure_is_said_with_a_guess_the_reason_and_what_it_looks_like_and_no_share():
    found = shown(Verdict(np.array([0.01, 0.09, 0.9]), ("a", "7", "<b>"), (UNLIKE,)))
    said = " ".join(found.texts)
    assert said.startswith("Not sure.") and "<b>" in found.texts
    assert "It looks unlike a <b> in the training images." in said
    assert "Of all classes, it looks most like a <b>, then a 7." in said
    # The classes stay in their place, but nothing is said of how likely they are.
    assert "%" not in said and found.texts[-6:] == ["a", "–", "7", "–", "<b>", "–"]


def test_where_only_the_confidence_lacks_the_shares_are_shown():
    found = shown(Verdict(np.array([0.45, 0.55]), ("a", "b"), (UNSURE,)))
    assert found.texts[0] == "Not sure." and found.texts[-2:] == ["b", "55.0%"]
    assert "looks most like" not in " ".join(found.texts)


@pytest.mark.parametrize("classes", [2, 10, 26])
def test_the_answer_names_every_class_in_order_with_its_share(classes):
    proba = CHANCE.dirichlet(np.ones(classes)).astype(np.float32)
    names = [f"class {i}" for i in range(classes)]
    bars = shown(Verdict(proba, tuple(names))).texts[-2 * classes :]
    assert bars == [text for name, p in zip(names, proba, strict=True) for text in (name, format_probability(p))]


@pytest.mark.parametrize("reasons", [(), (UNSURE,), (UNLIKE,)])
def test_all_classes_have_their_place_whatever_is_said(reasons):
    verdict = Verdict(np.array([0.45, 0.55], np.float32), ("a", "b"), reasons)
    bars = html_of(answer, verdict, BLANK).partition("<ul")[2]
    blank = html_of(no_answer, ("a", "b")).partition("<ul")[2]
    assert Reader(bars).tags == Reader(blank).tags


def test_a_class_can_be_chosen_once_something_was_read():
    verdict = Verdict(np.array([0.45, 0.55], np.float32), ("a", "b"))
    html = html_of(answer, verdict, BLANK, 1)
    assert html.count('aria-pressed="true"') == html.count('data-class="1" class="best" aria-pressed="true"') == 1
    blank = html_of(no_answer, ("a", "b"))
    assert blank.count("disabled") == 2 and "&lt;here&gt;" in blank
