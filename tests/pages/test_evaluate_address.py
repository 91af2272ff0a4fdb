"""What is looked at is in the address: links lead there, back and forward are followed, page switches keep it."""

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.ui.evaluate.address import ImageSelection
from support import made_runs
from support.chain import WRONG, cell, look, open_at, shown, visit
from support.made_runs import accuracy, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def test_the_address_says_what_is_shown(run):
    page = open_at(true=4, answer=5, image=7)
    expected = {"model": "first", "data": "digits", "part": "test", "show": "Errors"}
    expected |= {"true": "4", "answer": "5", "image": "7"}
    assert dict(page.query_params) == expected


def test_the_overview_has_the_plain_address(run):
    page = open_at(true=4)
    page.button_group(key="evaluate-section").set_value("Overview")
    assert not rerun(page).query_params


def test_a_link_leads_to_the_card(run):
    made_runs.ended(made_runs.new("second"))
    page = visit(model="first", data="digits", part="train", show="Errors", image="3")
    assert page.selectbox(key="evaluate-model").value == "first"
    assert "Train image 3 of" in words(page)


def test_who_comes_by_a_link_can_go_on_to_the_next_image(run):
    page = visit(
        model="first", data="digits", part="test", show="Errors", true="4", answer="5", image=str(cell(4)[0])
    )
    assert f"1 of {len(cell(4))}" in words(page)
    page.button(key="card-Next").click()
    assert rerun(page).session_state["evaluate-looking"] == ImageSelection(4, 5, None, cell(4)[1])


def test_a_link_to_what_is_not_there_shows_what_is(run):
    page = visit(model="gone", data="mnist", part="all", show="Nowhere", image="-1", true="x")
    assert accuracy(page)
    page = visit(model="first", data="digits", part="test", show="Errors", image="99999")
    assert f"{len(WRONG)} images misread" in words(page)
    assert "99999" not in words(page)
    page = visit(show="Errors", true="77", answer="5", slice="size-2")
    assert page.selectbox(key="errors-true").value == -1


def test_back_and_forward_are_followed(run):
    page = open_at(true=4, answer=5)
    here = dict(page.query_params)
    look(page, true=4, answer=5, image=cell(4)[0])
    page.query_params.clear()
    page.query_params.update(here)  # what the browser does when it goes back
    rerun(page)
    assert page.session_state["evaluate-looking"] == ImageSelection(4, 5)
    page.query_params.clear()
    assert rerun(page).button_group(key="evaluate-section").value == "Overview"


def leave(page: AppTest) -> None:
    """To another page by the navigation, which takes what belongs to this one out of the address."""
    page.query_params.clear()
    rerun(page.switch_page("../../pages/models.py"))


def test_what_is_looked_at_outlives_a_page_switch(run):
    page = open_at(true=4, answer=5)
    leave(page)
    rerun(page.switch_page("../../pages/evaluate.py"))
    assert shown(page) == cell(4)


def test_who_comes_for_another_network_begins_with_its_overview(run):
    made_runs.ended(made_runs.new("second"))
    page = open_at(true=4, answer=5)
    leave(page)
    page.session_state["evaluate-model"] = "first"  # as the Train page does when a network is ready
    rerun(page.switch_page("../../pages/evaluate.py"))
    assert page.button_group(key="evaluate-section").value == "Overview"
    assert page.session_state["evaluate-looking"] == ImageSelection()


def test_other_images_close_the_card_but_another_network_on_the_same_does_not(run):
    made_runs.ended(made_runs.new("second"))
    page = open_at(true=4, image=0)
    page.selectbox(key="evaluate-model").set_value("first")
    rerun(page)
    assert page.session_state["evaluate-looking"] == ImageSelection(image=0)  # the chosen row was the other's
    page.segmented_control(key="evaluate-split").set_value("train")
    rerun(page)
    assert page.session_state["evaluate-looking"] == ImageSelection()


def test_a_chosen_cell_ends_with_another_network(run):
    made_runs.ended(made_runs.new("second"))
    page = open_at(true=4, answer=5)
    page.selectbox(key="evaluate-model").set_value("first")
    assert shown(rerun(page)) == WRONG[:24].tolist()
    assert page.session_state["evaluate-looking"] == ImageSelection()


def test_a_link_to_a_cell_of_another_network_leads_there(run):
    made_runs.ended(made_runs.new("second"))
    rerun(open_at())
    page = visit(model="first", data="digits", part="test", show="Errors", true="4", answer="5")
    assert shown(page) == cell(4)
