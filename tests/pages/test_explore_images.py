"""The images on Explore: filtered, sorted, found by number, and opened; the address holds what is shown."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec.data import loading, measures, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS, Description
from digitrec.data.splits import Split
from digitrec.data.user_datasets import TrainTest
from digitrec.evaluation import ImageQuery, scoring
from digitrec.ui.explore import address, columns
from digitrec.ui.explore.address import Selection, parse, to_address
from digitrec.ui.explore.grid import SIZES
from support import chain
from support.made_runs import DASHBOARD, WRONG_EVERY, open_page, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")
M = SIZES["M"].per_page
SET = loading.load("digits")
N_TRAIN = len(SET.train.labels)


def visit(**address: str) -> AppTest:
    """Explore, by a link."""
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.switch_page("../../pages/explore.py")
    page.query_params.update(address)
    return rerun(page)


def keep(name: str, train: Split, test: Split, classes: tuple[str, ...]) -> None:
    """Store a data set as an import does."""
    description = Description(name, name.capitalize(), classes, "a test", "none")
    user_datasets.write(loading.cache_folder(), description, TrainTest(train, test))


def some(n: int, label: int = 0) -> Split:
    return Split(SET.test.images[:n], np.full(n, label))


def test_a_link_filters_and_sorts_and_the_page_writes_the_same_link():
    link = {"data": "digits", "split": "test", "thickness": "1.5:3", "sort": "slant", "descending": "yes"}
    page = visit(**link)
    measured = measures.measure_split(SET, "test")
    (inside,) = np.nonzero((measured.thickness >= 1.5) & (measured.thickness <= 3))
    by_slant = inside[np.argsort(-measured.slant[inside].astype(float), kind="stable")]
    assert 0 < len(inside) < len(SET.test.labels)
    assert [row - N_TRAIN for row in chain.shown(page)] == by_slant[:M].tolist()
    assert f"**{len(inside):,}** of 1,797 images: thickness 1.5 px to 3.0 px" in words(page)
    assert dict(page.query_params) == link
    page.button(key="explore-clear").click()
    assert dict(rerun(page).query_params) == {k: v for k, v in link.items() if k != "thickness"}


SELECTIONS = [
    Selection(),
    Selection(ImageQuery("test", 3, "wrong", 5, 12), "draw", ("train", 7)),
    Selection(ImageQuery(ink=(0.5, 20.25), slant=(-30, 4), confidence=(0.1, 0.9), sort="label_proba")),
]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_an_address_leads_to_the_selection_that_made_it(selection):
    assert parse(to_address(selection)) == selection


@pytest.mark.parametrize("text", ["nan:1", "1", "a:b", "::", "inf:2"])
def test_what_makes_no_sense_in_an_address_is_left_out(text):
    link = {
        "ink": text,
        "label": "-1",
        "sort": "x",
        "split": "all",
        "image": "none-3",
        "outcome": "?",
        "writer": "b",
    }
    assert parse(link) == Selection()


def test_a_link_to_what_the_data_set_does_not_have_shows_what_there_is():
    page = visit(data="gone", label="77", image="test-99999", show="Nowhere", answer="10")
    assert chain.shown(page) == list(range(M))
    assert not page.query_params


def test_an_image_opens_its_card_and_the_ways_lead_on_back_and_to_draw(run):
    page = visit(data="digits", split="test", label="4", image=f"test-{chain.DIGITS.labels.tolist().index(4)}")
    fours = np.flatnonzero(chain.DIGITS.labels == 4)
    assert f"Test image {fours[0]:,} of scikit" in words(page) and f"1 of {len(fours)}" in words(page)
    assert "labelled 4" in words(page) and "Thickness" in words(page)
    page.button(key="card-Next").click()
    rerun(page)
    assert page.query_params["image"] == f"test-{fours[1]}"
    page.button(key="card-draw").click()
    rerun(page)
    assert page.session_state["page-now"] == "Draw"
    rerun(page.switch_page("../../pages/explore.py"))
    assert f"Test image {fours[1]:,} of" in words(page)  # the selection outlives the page
    page.button(key="card-close").click()
    assert [row - N_TRAIN for row in chain.shown(rerun(page))] == fours[:M].tolist()


def test_back_from_a_card_leads_to_the_page_of_the_grid():
    page = visit(data="digits", split="test")
    chain.page_number(page).set_value(3)
    rerun(page)
    here, shown = dict(page.query_params), chain.shown(page)
    page.session_state["explore-selection"] = Selection(ImageQuery("test"), image=("test", 100))
    assert rerun(page).query_params["image"] == "test-100"
    page.query_params.clear()
    page.query_params.update(here)  # what the browser does when it goes back
    assert chain.shown(rerun(page)) == shown


def test_widgets_that_a_card_replaces_change_nothing():
    """In a browser Streamlit calls their callbacks once more."""
    page = visit(data="digits", split="test", sort="ink", image="test-3")
    before = dict(page.query_params)
    st.session_state["explore-selection"] = page.session_state["explore-selection"]
    address.select(split="test", sort="ink", duplicates="all", thickness=None)
    assert st.session_state["explore-selection"] == parse(before)


def test_a_card_without_a_network_shows_the_image_and_its_label():
    said = words(visit(data="digits", image="train-0"))
    assert f"### Labelled {SET.train.labels[0]}" in said and "Nearest" not in said


def test_a_network_s_answers_are_offered_then_kept_and_filter_the_images(run, monkeypatch):
    page = visit(data="digits", split="test")
    assert page.button(key="explore-read").label == f"Let first read the {len(SET.test.labels):,} test images"
    page.button(key="explore-read").click()
    page = rerun(page)
    assert not [button for button in page.button if button.key == "explore-read"]
    page.segmented_control(key="explore-outcome").set_value("wrong")
    wrong = np.arange(0, len(SET.test.labels), WRONG_EVERY)
    assert [row - N_TRAIN for row in chain.shown(rerun(page))] == wrong[:M].tolist()
    (gallery,) = chain.galleries(page)
    label = SET.test.labels[0]
    assert gallery["images"][0]["caption"] == f"{label} · #0 · ✗ {(label + 1) % 10}"
    assert run.count_views("digits", "test") == 1
    monkeypatch.setattr(scoring, "_score_cache", {})
    page.segmented_control(key="explore-split").set_value("all")  # the training images have not been read
    assert "Let first read the 1,4" in rerun(page).button(key="explore-read").label
    assert [row - N_TRAIN for row in chain.shown(page)] == wrong[:M].tolist()


def test_a_network_that_cannot_be_read_is_told(run, monkeypatch):
    def fail(*arguments: object) -> None:
        raise scoring.ScoringError("the network is damaged.")

    monkeypatch.setattr(columns.predictions, "predict", fail)
    page = visit(data="digits", split="test")
    page.button(key="explore-read").click()
    assert page.run().warning[0].value == "first cannot read these images: the network is damaged."
    assert chain.shown(page)


def test_a_jump_turns_to_the_page_of_an_image_and_marks_it_or_says_that_it_is_left_out():
    page = visit(data="digits", split="test")
    page.number_input(key="explore-jump-digits-test").set_value(100)
    (gallery,) = chain.galleries(rerun(page))
    assert [image["value"] - N_TRAIN for image in gallery["images"] if image["mark"]] == [100]
    assert chain.page_number(page).value == 100 // M + 1
    other = (int(SET.test.labels[100]) + 1) % 10
    page.pills(key="explore-label").set_value(other)
    rerun(page).number_input(key="explore-jump-digits-test").set_value(
        101 if SET.test.labels[101] != other else 100
    )
    assert "is not among these images" in words(rerun(page))


def test_what_was_typed_as_the_page_goes_when_another_control_turns_it_and_stays_while_it_is_typed():
    page = open_page("explore")
    first = chain.page_number(page).key
    chain.page_number(page).set_value(3)
    assert chain.page_number(rerun(page)).key == first
    page.segmented_control(key="explore-size").set_value("L")  # which leads to the first page
    assert (chain.page_number(rerun(page)).value, chain.page_number(page).key == first) == (1, False)
    second = chain.page_number(page).key
    page.segmented_control(key="explore-split").set_value("test")  # the same page of fewer: another range
    assert (chain.page_number(rerun(page)).value, chain.page_number(page).key == second) == (1, False)


def test_the_size_of_the_thumbnails_changes_how_many_are_on_a_page():
    page = open_page("explore")
    chain.page_number(page).set_value(3)
    rerun(page).segmented_control(key="explore-size").set_value("L")
    (gallery,) = chain.galleries(rerun(page))
    assert (gallery["side"], len(gallery["images"])) == (SIZES["L"].side, SIZES["L"].per_page)
    page.segmented_control(key="explore-size").set_value("S")
    (gallery,) = chain.galleries(rerun(page))
    assert {image["caption"] for image in gallery["images"]} == {""}  # there is no room
    assert gallery["images"][0]["alt"] == f"Training image 0, a {SET.train.labels[0]}"


def test_another_data_set_drops_the_filter_and_the_card():
    user_drawings.save(SET.test.images[0], 0, DIGITS)
    page = visit(data="digits", label="4", image="train-3")
    page.selectbox(key="explore-dataset").set_value("own")
    assert chain.shown(rerun(page)) == [0]
    assert dict(page.query_params) == {"data": "own"}
    assert page.segmented_control(key="explore-split").options == ["Test"]


def test_no_image_matches_is_told_with_a_way_out():
    keep("two", some(0), some(5), ("a", "b"))
    page = visit(data="two", label="1", split="train")
    assert "No image matches." in words(page) and not chain.galleries(page)
    page.button(key="explore-clear").click()
    assert len(chain.shown(rerun(page))) == 5


def test_equal_images_are_found_across_the_splits_and_stand_side_by_side():
    images, labels = SET.test.images, SET.test.labels
    train, test = Split(images[:9], labels[:9]), Split(images[[20, 4, 21, 2]], labels[[20, 4, 21, 2]])
    keep("leaky", train, test, DIGITS)
    page = visit(data="leaky")
    page.selectbox(key="explore-duplicates").set_value("leaks")
    assert chain.shown(rerun(page)) == [2, 12, 4, 10]
    assert page.query_params["duplicates"] == "leaks"
    assert "equal images in training and in test" in words(page)
    page.button(key="explore-clear").click()
    assert len(chain.shown(rerun(page))) == 13


def test_a_single_image_and_26_classes_are_shown():
    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    keep("letters", some(1, label=25), some(0), letters)
    page = visit(data="letters", sort="ink")
    (gallery,) = chain.galleries(page)
    assert gallery["images"][0]["caption"].startswith("z · #0 · ")
    page.selectbox(key="explore-label").set_value(0)
    assert "No image matches." in words(rerun(page))


def test_a_large_data_set_is_measured_beside_the_page_when_a_person_asks(monkeypatch):
    monkeypatch.setattr(measures, "MIN_STORED_IMAGES", 100)
    monkeypatch.setattr(measures, "_cache", type(measures._cache)())
    begun = []
    monkeypatch.setattr(columns.shared_work, "poll_shared", lambda key, work: begun.append(work))
    page = open_page("explore")
    assert not begun
    page.button(key="explore-measure").click()
    assert "Measuring ink, thickness, slant and size" in words(rerun(page)) and begun
    told = []
    begun[-1](lambda done, n: told.append((done, n)))
    assert told[-1] == (1797, 1797)
    rerun(page).slider(key="explore-thickness").set_value((2.0, 3.0))
    assert "thickness 2.0 px to 3.0 px" in words(rerun(page))
    assert page.query_params["thickness"] == "2:3"
