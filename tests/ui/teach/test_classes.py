"""One's own classes on Teach: named, followed when another page changes them, removed; what fails is said."""

import numpy as np
import pytest

from digitrec.data import drawn_samples
from digitrec.ui.components import canvas
from digitrec.ui.teach import classes
from digitrec.ui.teach.classes import NAME
from support.views import show

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(canvas, "start_over", lambda key: None)
    drawn_samples.set_classes(NAME, NAMES)
    return session


def names() -> tuple[str, ...]:
    return drawn_samples.load(NAME).class_names


def test_names_come_by_commas_and_lines_and_one_is_too_few(session):
    drawn_samples.clear(NAME)
    session[classes._FIRST] = " cat ,\n\n;"
    classes._create()
    assert names() == () and session[classes._PROBLEM].endswith("names, found 1.")
    session[classes._FIRST] = " cat , dog;owl\n"
    classes._create()
    assert names() == NAMES


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("set_classes", lambda: classes._set_classes(("a", "b"))),
        ("clear", classes._clear),
        ("remove_class", lambda: classes._remove_class("dog")),
    ],
)
def test_what_cannot_be_written_is_said(what, act, session, monkeypatch, refuse):
    monkeypatch.setattr(drawn_samples, what, refuse)
    act()
    assert session[classes._PROBLEM].lower() == "the disk is *full*." and names() == NAMES
    assert show(classes._show_problem).error[0].value.lower() == "the disk is \\*full\\*."


def test_a_class_is_removed_once(session):
    for _ in range(2):  # in two windows
        classes._remove_class("dog")
    assert names() == ("cat", "owl") and classes._PROBLEM not in session


def test_a_class_is_renamed_with_its_samples(session):
    drawn_samples.put(NAME, np.eye(28, dtype=np.uint8) * 255, 1)
    samples = drawn_samples.load(NAME)
    session[f"{classes._NAMES} {NAMES}"] = "cat\nwolf\nowl"
    session[classes._SHOWN] = (1, "dog")
    classes._rename(samples)
    assert names() == ("cat", "wolf", "owl") and drawn_samples.load(NAME).counts == [0, 1, 0]
    assert classes._SHOWN not in session


def follow(session: dict, chosen: int, shown: tuple[int, str] | None, now: tuple[str, ...]) -> int:
    session.update({classes._CHOSEN: chosen, classes._SHOWN: shown})
    classes._follow_class(now)
    return session[classes._CHOSEN]


def test_the_class_that_is_shown_is_followed_where_another_window_moves_it(session):
    assert follow(session, 1, (1, "dog"), NAMES) == 1
    assert follow(session, 1, (1, "dog"), ("dog", "cat")) == 0 and session[classes._SHOWN] == (0, "dog")
    assert follow(session, 2, (1, "dog"), ("cat", "owl", "emu")) == 2  # a person has just chosen another
    assert classes._PROBLEM not in session


def test_a_class_that_is_gone_in_another_window_is_told(session):
    assert follow(session, 1, (1, "dog"), ("cat", "owl")) == 0
    assert session[classes._PROBLEM] == "The class dog is gone, or has another name now. Choose a class."


def test_samples_that_are_damaged_can_be_deleted(folders, monkeypatch, refuse):
    monkeypatch.setattr(drawn_samples, "load", refuse)
    shown = show(classes.view)
    assert shown.error[0].value == "the disk is \\*full\\*." and [b.key for b in shown.button] == ["teach-clear"]


def test_the_first_class_is_chosen_where_none_is_or_the_last_was_removed(folders):
    drawn_samples.set_classes(NAME, NAMES)
    samples = drawn_samples.load(NAME)
    for chosen in (None, 7):
        shown = show(classes._choose_class, samples, **{classes._CHOSEN: chosen})
        assert shown.session_state[classes._CHOSEN] == 0
