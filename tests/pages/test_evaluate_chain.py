"""From the confusion matrix to a cell's images, to one image's card and back; filters, groups, slices."""

import json
import re
from pathlib import Path

import made_runs
import numpy as np
import pytest
from made_runs import Reader, open_page, rerun, words
from streamlit.testing.v1 import AppTest

from digitrec import datasets, neighbours, runs, scoring, ui
from digitrec.runs import Run
from digitrec.ui_address import Looking

DIGITS = datasets.load("digits").test
WRONG = np.arange(0, len(DIGITS.labels), made_runs.WRONG_EVERY)  # each is read as the next digit


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No shipped run, no MNIST, nothing remembered, and a classifier with known mistakes."""
    monkeypatch.setattr(runs, "SHIPPED", ())
    monkeypatch.delenv("DIGITREC_DATA", raising=False)
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scoring, "_probas", {})
    monkeypatch.setattr(scoring, "Classifier", Reader)
    monkeypatch.setattr(neighbours, "_known", {})
    monkeypatch.setattr(ui, "classifier", lambda run: Reader())


@pytest.fixture
def run() -> Run:
    return made_runs.ended(made_runs.new("first"))


def open_at(section: str = "Errors", **looking: object) -> AppTest:
    page = open_page("evaluate")
    page.session_state["evaluate-section"] = section
    rerun(page)
    return look(page, **looking) if looking else page


def look(page: AppTest, **looking: object) -> AppTest:
    page.session_state["evaluate-looking"] = Looking(**looking)
    return rerun(page)


def galleries(page: AppTest) -> list[dict]:
    """What each gallery of buttons was given."""
    found = [block.proto for block in page.main.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.component_name == "digitrec_gallery"]


def shown(page: AppTest) -> list[int]:
    """The places of all images that can be chosen."""
    return [image["value"] for gallery in galleries(page) for image in gallery["images"]]


def cell(true: int) -> list[int]:
    return [int(index) for index in WRONG if DIGITS.labels[index] == true]


def test_at_first_all_mistakes_are_shown_page_by_page(run):
    page = open_at()
    assert f"{len(WRONG)} images read wrong" in words(page)
    first = shown(page)
    page.pagination[0].set_value(2)
    assert first + shown(rerun(page)) == WRONG.tolist()


def test_right_and_wrong_are_told_in_words(run):
    page = open_at()
    page.button_group(key="errors-outcome").set_value("all")
    told = [image["caption"] for image in galleries(rerun(page))[0]["images"]]
    assert {line[0] for line in told} == {"✓", "✗"}
    assert all(re.fullmatch(r"✗ read \d \(91\.\d%\), is\s\d|✓ right: \d \(91\.\d%\)", line) for line in told)


def test_a_cell_shows_its_images_alone(run):
    page = open_at(true=4, answer=5)
    assert shown(page) == cell(4)
    assert f"{len(cell(4))} images of 4 read as 5" in words(page)
    assert f"Chosen: 4 read as 5, {len(cell(4))} images" in words(page)
    assert (page.selectbox(key="errors-true").value, page.selectbox(key="errors-answer").value) == (4, 5)


def test_a_cell_of_right_answers_shows_them_though_mistakes_are_asked_for(run):
    page = open_at(true=4, answer=4)
    assert page.button_group(key="errors-outcome").disabled
    assert all(image["caption"].startswith("✓ right: 4") for image in galleries(page)[0]["images"])


def test_all_mistakes_leads_back_from_a_cell(run):
    page = open_at(true=4, answer=5)
    page.button(key="errors-all").click()
    assert f"{len(WRONG)} images read wrong" in words(rerun(page))
    assert "errors-all" not in [button.key for button in page.button]


def test_the_class_pickers_choose_rows_and_columns(run):
    page = open_at()
    page.selectbox(key="errors-true").set_value(3)
    assert shown(rerun(page)) == cell(3)
    assert page.session_state["evaluate-looking"] == Looking(true=3)
    page.selectbox(key="errors-answer").set_value(9)
    assert "0 images of 3 read as 9" in words(rerun(page))
    assert "No image is like that" in page.main.info[-1].value


def test_confidence_narrows_the_list(run):
    page = open_at()
    page.slider(key="errors-confidence").set_value((0, 50))
    assert shown(rerun(page)) == []


def test_groups_by_class_hold_each_pair(run):
    page = open_at()
    page.button_group(key="errors-grouping").set_value("by class")
    rerun(page)
    for gallery in galleries(page):
        true, answer = re.fullmatch(r"(\d) read as (\d)", gallery["label"]).groups()
        assert [image["value"] for image in gallery["images"]] == cell(int(true))[:12]
        assert (int(true) + 1) % 10 == int(answer)


def test_groups_by_likeness_have_one_typical_image_each(run):
    page = open_at()
    page.button_group(key="errors-grouping").set_value("by likeness")
    rerun(page)
    page.slider(key="errors-groups").set_value(4)
    found = galleries(rerun(page))
    assert len(found) == 4 and set(shown(page)) <= set(WRONG.tolist())
    assert all([image["mark"] for image in gallery["images"]].index(True) == 0 for gallery in found)
    assert all(sum(image["mark"] for image in gallery["images"]) == 1 for gallery in found)


@pytest.mark.parametrize(("mode", "axis"), [("row shares", 1), ("column shares", 0)])
def test_the_matrix_shows_shares(run, mode, axis):
    page = open_at()
    page.button_group(key="confusion-mode").set_value(mode)
    shares = rerun(page).main.dataframe[0].value.to_numpy()
    np.testing.assert_allclose(shares.sum(axis), 100)


def test_the_matrix_shows_errors_only(run):
    page = open_at()
    page.button_group(key="confusion-mode").set_value("errors only")
    errors = rerun(page).main.dataframe[0].value.to_numpy()
    assert np.isnan(errors.diagonal()).all() and np.nansum(errors) == len(WRONG)


def test_a_difference_needs_another_network(run):
    assert "difference" not in options(open_at())
    made_runs.ended(made_runs.new("second"))
    page = open_at()
    assert "difference" in options(page)
    page.button_group(key="confusion-mode").set_value("difference")
    rerun(page)
    assert not page.main.dataframe[0].value.to_numpy().any()  # both are the same reader
    assert f"by {page.selectbox(key='confusion-other').value}" in words(page)


def options(page: AppTest) -> list[str]:
    return [option.content.lower() for option in page.button_group(key="confusion-mode").proto.options]


def test_a_card_says_what_was_answered_where_the_image_is_and_what_is_near(run):
    index = cell(4)[0]
    page = open_at(image=index)
    said = words(page)
    assert f"Test image {index:,} of" in said
    assert "✗ Read as 5, labelled 4" in said and "91.0% sure, otherwise" in said
    assert f"Image {index:,} of {len(DIGITS.labels):,} in this part, counted from 0" in said
    assert "nearest are labelled 5, as it was answered" in said
    near = [html.proto.body for html in page.main.get("html") if "Training image" in html.proto.body]
    assert near[0].count("<figure") == 8


def test_a_card_of_a_training_image_does_not_find_itself(run):
    page = open_at()
    page.segmented_control(key="evaluate-split").set_value("train")
    rerun(page)
    page = look(page, image=200)
    (near,) = [html.proto.body for html in page.main.get("html") if "Training image" in html.proto.body]
    place = re.search(r"image ([\d,]+) of the train set", words(page)).group(1)
    assert f"Training image {place}," not in near


def test_a_card_tells_what_other_networks_say(run):
    page = open_at(image=0)
    assert "There is no other network with these classes" in words(page)
    made_runs.ended(made_runs.new("second"))
    (row,) = rerun(page).main.dataframe[0].value.to_dict("records")
    assert (row["Network"], row["Sure"], row["Verdict"]) == ("second", "91.0%", "✗ wrong")


def test_next_and_previous_go_through_the_list(run):
    page = open_at(true=4, answer=5)
    look(page, true=4, answer=5, image=cell(4)[0])
    assert page.button(key="card-Previous").disabled
    for image in cell(4)[1:]:
        page.button(key="card-Next").click()
        assert rerun(page).session_state["evaluate-looking"] == Looking(4, 5, None, image)
    assert page.button(key="card-Next").disabled
    page.button(key="card-Previous").click()
    assert rerun(page).session_state["evaluate-looking"].image == cell(4)[-2]


def test_closing_the_card_leads_back_to_the_cell(run):
    page = open_at(true=4, answer=5)
    look(page, true=4, answer=5, image=cell(4)[0])
    page.button(key="card-close").click()
    assert shown(rerun(page)) == cell(4)


def test_without_a_readable_model_the_card_shows_what_is_known(run, monkeypatch):
    def fail(run):
        raise ui.ClassifierError("the model is damaged.")

    monkeypatch.setattr(ui, "classifier", fail)
    page = open_at(image=0)
    assert "labelled" in words(page) and "no evidence: the model is damaged" in page.main.warning[0].value


def test_the_address_says_what_is_shown(run):
    page = open_at(true=4, answer=5, image=7)
    expected = {"model": "first", "data": "digits", "part": "test", "show": "Errors"}
    expected |= {"true": "4", "answer": "5", "image": "7"}
    assert dict(page.query_params) == expected


def test_the_overview_has_the_plain_address(run):
    page = open_at(true=4)
    page.button_group(key="evaluate-section").set_value("Overview")
    assert not rerun(page).query_params


def visit(**address: str) -> AppTest:
    page = AppTest.from_file(made_runs.DASHBOARD, default_timeout=60)
    page.switch_page("../pages/evaluate.py")
    for name, text in address.items():
        page.query_params[name] = text
    return rerun(page)


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
    assert rerun(page).session_state["evaluate-looking"] == Looking(4, 5, None, cell(4)[1])


def test_a_link_to_what_is_not_there_shows_what_is(run):
    page = visit(model="gone", data="mnist", part="all", show="Nowhere", image="-1", true="x")
    assert page.main.metric[0].value
    page = visit(model="first", data="digits", part="test", show="Errors", image="99999")
    assert f"{len(WRONG)} images read wrong" in words(page)
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
    assert page.session_state["evaluate-looking"] == Looking(4, 5)
    page.query_params.clear()
    assert rerun(page).button_group(key="evaluate-section").value == "Overview"


def leave(page: AppTest) -> None:
    """To another page by the navigation, which takes what belongs to this one out of the address."""
    page.query_params.clear()
    rerun(page.switch_page("../pages/models.py"))


def test_what_is_looked_at_outlives_a_page_switch(run):
    page = open_at(true=4, answer=5)
    leave(page)
    rerun(page.switch_page("../pages/evaluate.py"))
    assert shown(page) == cell(4)


def test_who_comes_for_another_network_begins_with_its_overview(run):
    made_runs.ended(made_runs.new("second"))
    page = open_at(true=4, answer=5)
    leave(page)
    page.session_state["evaluate-model"] = "first"  # as the Train page does when a network is ready
    rerun(page.switch_page("../pages/evaluate.py"))
    assert page.button_group(key="evaluate-section").value == "Overview"
    assert page.session_state["evaluate-looking"] == Looking()


def test_other_images_close_the_card_but_another_network_on_the_same_does_not(run):
    made_runs.ended(made_runs.new("second"))
    page = open_at(true=4, image=0)
    page.selectbox(key="evaluate-model").set_value("first")
    rerun(page)
    assert page.session_state["evaluate-looking"] == Looking(true=4, image=0)
    page.segmented_control(key="evaluate-split").set_value("train")
    rerun(page)
    assert page.session_state["evaluate-looking"] == Looking(true=4)


def test_slices_name_the_worst_and_show_its_mistakes(run):
    page = open_at("Slices")
    assert "Read worst:" in words(page)
    page.button(key="slices-worst").click()
    rerun(page)
    assert page.session_state["evaluate-looking"].slice
    assert set(shown(page)) <= set(WRONG.tolist())
    count = int(re.search(r"(\d+) of [\d,]+ read wrong", words(page)).group(1))
    assert count >= len(shown(page)) > 0


def test_the_slices_of_one_quality_hold_all_images(run):
    table = open_at("Slices").main.dataframe[0].value
    sums = table.groupby("Quality")[["Images", "Wrong"]].sum()
    assert (sums["Images"] == len(DIGITS.labels)).all() and (sums["Wrong"] == len(WRONG)).all()


def test_a_slice_narrows_the_errors_too(run):
    page = open_at("Slices", slice="thickness-0")
    first = shown(page)
    page.button(key="slices-errors").click()
    rerun(page)
    assert page.button_group(key="evaluate-section").value == "Errors"
    assert "Only where there is a stroke thickness below" in words(page)
    assert sorted(shown(page)) == sorted(first)


def test_writers_are_slices_where_they_are_known(run, monkeypatch):
    hands = np.where(np.arange(len(DIGITS.labels)) < 100, 7, np.where(np.arange(len(DIGITS.labels)) < 200, 12, -1))
    monkeypatch.setattr(datasets, "writers", lambda dataset, name, share, seed: hands)
    page = open_at("Slices", slice="writer-1")
    table = page.main.dataframe[0].value
    rows = table[table["Quality"] == "Writer"][["Part", "Images", "Wrong"]].to_numpy().tolist()
    assert rows == [["writer 07", 100, 10], ["writer 12", 100, 10]]
    assert shown(page) == list(range(100, 200, 10)) and "the hand of writer 12" in words(page)


def test_a_slice_that_there_is_not_here_is_none(run):
    page = open_at("Slices", slice="writer-1")
    assert "Choose a part" in page.main.info[-1].value
