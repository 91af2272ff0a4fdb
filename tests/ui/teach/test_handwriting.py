"""Thirty digits on Teach: which one is asked for, what comes from Draw, and what is said when a disk is full."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.data import drawn_samples, loading, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.runs import teaching
from digitrec.ui.teach import handwriting, paper
from digitrec.ui.teach.handwriting import NAME
from support.views import show

IMAGES = loading.load("digits").test.images
KEY = paper.canvas_key(NAME)


@pytest.fixture
def session(session) -> dict:
    """The session of a page with blank paper; the collection of digits is empty."""
    drawn_samples.set_classes(NAME, DIGITS)
    return session


def draw(*digits: int) -> list[int]:
    return [drawn_samples.put(NAME, IMAGES[at], digit) for at, digit in enumerate(digits)]


def asked() -> int | None:
    return handwriting._next_digit(drawn_samples.load(NAME))


def test_the_digit_with_the_fewest_samples_is_asked_for(session):
    assert asked() == 0
    draw(0, 1, 3)
    assert asked() == 2


def test_the_digit_on_the_paper_stays_the_one_that_is_asked_for(session):
    (number,) = draw(0)
    session[f"{KEY}-sample"] = number, None
    assert asked() == 0
    paper.delete(NAME, number)
    assert session[f"{KEY}-sample"] == (None, None) and asked() == 0


def test_only_the_digits_that_are_missing_are_taken_from_draw_the_newest_first(session):
    for at, digit in enumerate([4, 4, 4, 4, 9]):
        user_drawings.save(IMAGES[at], digit, DIGITS)
    drawn_samples.put(NAME, IMAGES[20], 4)
    handwriting._take_saved()
    found = drawn_samples.load(NAME)
    assert found.counts[4] == teaching.PER_DIGIT and found.counts[9] == 1 and sum(found.counts) == 4
    taken = found.images[found.labels == 4][1:]
    np.testing.assert_array_equal(taken, IMAGES[[3, 2]])


@pytest.mark.parametrize(("act", "what"), [("_take_saved", "put"), ("_start_over", "clear")])
def test_what_a_full_disk_prevents_is_said(act, what, session, monkeypatch, refuse):
    user_drawings.save(IMAGES[0], 4, DIGITS)
    monkeypatch.setattr(drawn_samples, what, refuse)
    getattr(handwriting, act)()
    assert session[handwriting._PROBLEM] == "the disk is *full*."


def test_starting_over_leaves_no_digit(session):
    draw(1, 2)
    handwriting._start_over()
    assert not drawn_samples.load(NAME).numbers.size


def offered(have: int) -> list[str]:
    samples = SimpleNamespace(counts=[have] * 10, labels=np.arange(10) if have else np.array([]))
    return [button.label for button in show(handwriting._offer_saved, samples).button]


def test_the_button_says_how_many_drawings_it_takes(folders):
    assert offered(0) == []
    user_drawings.save(IMAGES[0], 4, DIGITS)
    assert offered(0) == ["Take 1 of my saved drawings"]
    assert offered(teaching.PER_DIGIT) == ["Delete all"]


def test_digits_that_are_damaged_can_be_deleted_from_the_page(folders, monkeypatch, refuse):
    monkeypatch.setattr(drawn_samples, "load", refuse)
    shown = show(handwriting.view)
    assert shown.error[0].value == "the disk is \\*full\\*."
    assert [button.key for button in shown.button] == ["teach-hand-clear"]


def test_a_collection_of_other_classes_begins_anew_with_the_ten_digits(folders, monkeypatch):
    drawn_samples.set_classes(NAME, ("cat", "dog"))
    drawn_samples.put(NAME, IMAGES[0], 1)
    monkeypatch.setattr(handwriting, "_draw", lambda was_complete: None)
    monkeypatch.setattr(loading, "is_available", lambda name: False)
    monkeypatch.setattr(handwriting.pickers, "dataset_banner", lambda: None)
    shown = show(handwriting.view)
    found = drawn_samples.load(NAME)
    assert found.class_names == DIGITS and sum(found.counts) == 0
    assert "learns some images of MNIST as well" in shown.caption[0].value


def test_why_the_gain_cannot_be_measured_is_said(tmp_path, monkeypatch):
    def fail(run):
        raise OSError("the run is gone.")

    monkeypatch.setattr(handwriting.handwriting, "load", fail)
    shown = show(handwriting._show_result, SimpleNamespace(path=tmp_path))
    assert shown.error[0].value == "It cannot be measured: the run is gone." and not shown.table
