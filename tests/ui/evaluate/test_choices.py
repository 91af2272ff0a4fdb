"""Clicks in figures and tables of Evaluate choose what they show; what cannot be read is said."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.evaluation import WorstSlice
from digitrec.inference import ClassifierError
from digitrec.robustness import Failure, RobustnessScores, RobustnessScoresError
from digitrec.runs import measurements
from digitrec.ui import pickers
from digitrec.ui.components import reveal
from digitrec.ui.evaluate import address, attack, failures, listing, robustness, slices
from support import scored
from support.views import show

CELL = ("shot_noise", 3)


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(reveal, "request", lambda key: None)
    return session


@pytest.fixture
def score(folders):
    scored.trained()
    return scored.random_score()


def unreadable(run):
    raise ClassifierError("it is damaged.")


def test_a_click_and_a_row_choose_their_group(session):
    session["figure"] = {"selection": {"points": []}}
    slices._clicked("figure", ("ink-0", "ink-1"))
    assert address.get_selection().slice is None
    session["figure"] = {"selection": {"points": [{"point_index": 0}, {"point_index": 1}]}}
    slices._clicked("figure", ("ink-0", "ink-1"))
    assert address.get_selection().slice == "ink-1"
    session["slices-table"] = {"selection": {"rows": [0]}}
    slices._row_chosen(("ink-0", "ink-1"))
    assert address.get_selection().slice == "ink-0"


def test_only_groups_with_images_are_in_the_figure(score):
    cuts = {"ink": SimpleNamespace(codes=np.zeros(60, int), names=("a", "b"), quality="ink")}

    def parts(**how):
        return slices._list_parts(score, cuts, **how)

    every, drawn = parts(), parts(is_drawn=True)
    assert every == ["ink-0", "ink-1"] and drawn == ["ink-0"]


def test_the_worst_group_is_offered_where_none_is_chosen(score):
    worst = WorstSlice("thickness", 0, *([None] * (len(WorstSlice._fields) - 2)))
    shown = show(slices._images, score, worst)
    assert "Choose a group" in shown.info[0].value
    shown.button(key="slices-worst").click().run()
    assert shown.session_state["evaluate-looking"].slice == "thickness-0"
    assert "misread" in shown.header[0].value and shown.caption[0].value.startswith("Group: ")


@pytest.mark.parametrize("chosen", [None, "", "nonsense-0", "thickness-x", "thickness-99", "writer-0"])
def test_a_link_to_a_group_that_there_is_not_is_none(chosen, score):
    assert slices.members(score, chosen) is None and slices.describe_part(score, chosen or "") == ""


def test_images_that_cannot_be_grouped_say_why(score, monkeypatch):
    monkeypatch.setattr(pickers, "load_classifier", unreadable)
    shown = show(lambda: listing.by_similarity(score, np.arange(10), key="errors"))
    assert shown.warning[0].value == "The images cannot be grouped: it is damaged."


def test_of_many_images_the_first_are_grouped(score, monkeypatch):
    monkeypatch.setattr(listing.neighbours, "MAX_GROUPED_IMAGES", 12)
    groups: list = []
    model = SimpleNamespace(embed=lambda images: images.reshape(len(images), -1).astype(np.float32))
    monkeypatch.setattr(pickers, "load_classifier", lambda run: model)
    monkeypatch.setattr(listing, "_gallery", lambda score, indices, **_: groups.append(set(indices.tolist())))
    monkeypatch.setattr(listing, "GROUPS_PER_PAGE", 20)
    shown = show(lambda: listing.by_similarity(score, np.arange(30), key="errors"))
    assert shown.caption[0].value == "Only the first 12 images are grouped."
    assert set.union(*groups) == set(range(12)) and len(groups) == 6


def test_a_group_says_what_it_is_mostly(score):
    right = np.flatnonzero(score.is_right)[:1]
    wrong = np.flatnonzero(~score.is_right)[:1]
    assert listing._describe_group(score, right).endswith(", read correctly")
    assert " read as " in listing._describe_group(score, wrong)


def test_after_a_link_those_images_are_listed_that_would_be(session, score):
    listing._remember(score, np.array([4, 2]))
    assert listing.last_listed(score).tolist() == [4, 2]
    session.clear()
    found = listing.last_listed(score)
    assert set(found) == set(np.flatnonzero(~score.is_right))
    listing._open(7)
    assert address.get_selection().image == 7


def robust(*failed: Failure) -> SimpleNamespace:
    return SimpleNamespace(n=60, cell=lambda name, severity: (60 - len(failed), failed))


def test_a_cell_without_a_mistake_says_so(score):
    assert show(failures.view, score, robust(), CELL).success[0].value == "No image is misread."


def test_failures_are_listed_as_measured_and_the_chosen_one_says_why_it_cannot_be_read(score, monkeypatch):
    monkeypatch.setattr(pickers, "load_classifier", unreadable)
    monkeypatch.setattr(failures, "choice_gallery", lambda key, label, choices, act: captions.extend(choices))
    captions: list = []
    failed = [Failure(place, 1, confidence) for place, confidence in ((3, 0.9), (5, 0.7))]
    shown = show(failures.view, score, robust(*failed), CELL, **{failures.CHOSEN: (("mine", CELL), 5)})
    assert shown.caption[0].value.startswith("2 images misread, the most confident first. Choose")
    assert [choice.value for choice in captions] == [3, 5]
    assert "90" in captions[0].caption and "70" in captions[1].caption
    assert shown.warning[0].value == "This image cannot be read: it is damaged."


def test_a_failure_that_is_chosen_is_that_of_its_cell(session):
    failures._choose("mine", CELL, 5)
    assert session[failures.CHOSEN] == (("mine", CELL), 5)


def test_an_attack_on_a_network_that_cannot_be_read_says_so(score, monkeypatch):
    monkeypatch.setattr(pickers, "load_classifier", unreadable)
    example = SimpleNamespace(place=3, signs=np.ones((28, 28), np.int8))
    shown = show(attack._examples, score, SimpleNamespace(examples=(example,)))
    assert shown.warning[0].value == "These images cannot be read: it is damaged."
    beyond = SimpleNamespace(place=999, signs=None)
    shown = show(attack._examples, score, SimpleNamespace(examples=(beyond,)))
    assert shown.caption[0].value == "Every image is misread already, so there is nothing to attack."


def test_numbers_that_could_not_be_saved_are_shown_if_they_are_of_this_network(score, monkeypatch):
    state: list = [None]
    monkeypatch.setattr(measurements, "progress", lambda measurement: state[0])
    assert robustness._unsaved(None, score) is None
    found = SimpleNamespace(belongs_to=lambda evaluation: evaluation is score.evaluation)
    monkeypatch.setattr(RobustnessScores, "from_dict", lambda values: found)
    state[0] = SimpleNamespace(result={"n": 1})
    assert robustness._unsaved(None, score) is found
    assert robustness._unsaved(None, scored.random_score()) is None

    def damaged(values):
        raise RobustnessScoresError("it is damaged.")

    monkeypatch.setattr(RobustnessScores, "from_dict", damaged)
    assert robustness._unsaved(None, score) is None
