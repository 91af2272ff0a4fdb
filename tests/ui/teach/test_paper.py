"""The paper on Teach: each stroke is stored once, a deleted sample comes back, and losses are said."""

import numpy as np
import pytest

from digitrec.data import drawn_samples
from digitrec.ui.components import canvas
from digitrec.ui.teach import paper
from support.views import show

NAME, KEY = "taught", "teach-taught"
CLASSES = ("cat", "dog")


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(canvas, "start_over", lambda key: session.update(blank=key))
    drawn_samples.set_classes(NAME, CLASSES)
    return session


def ink(width: int = 20) -> np.ndarray:
    drawing = np.zeros((280, 280), np.uint8)
    drawing[40:240, 100 : 100 + width] = 255
    return drawing


def samples():
    return drawn_samples.load(NAME)


def test_more_strokes_change_the_sample_and_blank_paper_removes_it(session):
    paper._store(NAME, ink(), 1, "dog")
    number = paper.current_sample(NAME)
    first = samples().images.copy()
    paper._store(NAME, ink(90), 1, "dog")
    assert samples().counts == [0, 1] and paper.current_sample(NAME) == number
    assert (samples().images != first).any()
    paper._store(NAME, None, 1, "dog")
    assert samples().counts == [0, 0] and not paper.is_drawing(NAME)


def test_a_last_stroke_that_comes_with_the_click_is_part_of_its_sample(session, monkeypatch, refuse):
    paper._store(NAME, ink(), 1, "dog")
    first = samples().images.copy()
    session[f"{KEY}-class"] = 1, "dog"
    monkeypatch.setattr(canvas, "start_over", lambda key: ink(90))
    paper.finish(NAME)
    assert samples().counts == [0, 1] and (samples().images != first).any()
    assert not paper.is_drawing(NAME) and f"{KEY}-lost" not in session
    paper.finish(NAME)  # the whole drawing came with the click
    assert samples().counts == [0, 2]
    monkeypatch.setattr(drawn_samples, "put", refuse)
    paper.finish(NAME)
    assert session[f"{KEY}-lost"] == "The drawing is not saved: the disk is *full*."


def test_a_sample_that_is_deleted_on_the_paper_is_not_stored_again(session, monkeypatch):
    paper._store(NAME, ink(), 1, "dog")
    monkeypatch.setattr(canvas, "start_over", lambda key: ink(90))
    paper.delete(NAME, int(samples().numbers[0]))
    assert samples().counts == [0, 0] and not paper.is_drawing(NAME)


def test_a_drawing_that_cannot_be_saved_is_said_until_one_can(session, monkeypatch, refuse):
    with monkeypatch.context() as patch:
        patch.setattr(drawn_samples, "put", refuse)
        paper._store(NAME, ink(), 0, "cat")
    assert session[f"{KEY}-problem"] == "The drawing is not saved: the disk is *full*."
    paper._store(NAME, ink(), 0, "cat")
    assert f"{KEY}-problem" not in session and samples().counts == [1, 0]


def test_a_deleted_sample_is_restored_with_its_class(session):
    paper._store(NAME, ink(), 1, "dog")
    image = samples().images[0]
    paper.delete(NAME, int(samples().numbers[0]))
    assert samples().counts == [0, 0] and session["blank"] == KEY
    paper._restore(NAME, KEY)
    assert samples().counts == [0, 1] and (samples().images[0] == image).all()
    assert f"{KEY}-deleted" not in session


def test_what_cannot_be_deleted_or_restored_is_said(session, monkeypatch, refuse):
    paper._store(NAME, ink(), 1, "dog")
    number = int(samples().numbers[0])
    with monkeypatch.context() as patch:
        patch.setattr(drawn_samples, "delete", refuse)
        paper.delete(NAME, number)
    assert session[f"{KEY}-problem"] == "the disk is *full*." and samples().counts == [0, 1]
    paper.delete(NAME, number)
    monkeypatch.setattr(drawn_samples, "put", refuse)
    paper._restore(NAME, KEY)
    assert session[f"{KEY}-lost"] == "The sample cannot be restored: the disk is *full*."


@pytest.mark.parametrize(
    ("now", "restored"),
    [(("cat", "wolf"), (1, "wolf")), (("dog", "cat"), (1, "dog"))],  # renamed; moved: `put` finds it by its name
)
def test_the_deleted_sample_knows_the_new_name_of_its_class(now, restored, session):
    paper.rename_deleted(NAME, CLASSES, now)  # nothing is deleted yet
    session[f"{KEY}-deleted"] = np.zeros((28, 28), np.uint8), 1, "dog"
    paper.rename_deleted(NAME, CLASSES, now)
    assert session[f"{KEY}-deleted"][1:] == restored


def test_the_paper_shows_its_buttons_and_what_went_wrong(folders, monkeypatch):
    monkeypatch.setattr(canvas, "digit_canvas", lambda key, hint: None)
    deleted = np.zeros((28, 28), np.uint8), 1, "dog"
    shown = show(paper.sample_canvas, NAME, None, **{f"{KEY}-lost": "It is *lost*.", f"{KEY}-deleted": deleted})
    assert [button.key for button in shown.button] == [f"{KEY}-next", f"{KEY}-restore"]
    assert shown.button[0].disabled and shown.error[0].value == "It is \\*lost\\*."
