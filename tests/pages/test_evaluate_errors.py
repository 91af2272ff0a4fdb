"""From the confusion matrix to a cell's images, to one image's card and back; filters and groups."""

import dataclasses
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.inference.verdict import Reason
from digitrec.runs import store
from digitrec.ui import pickers
from digitrec.ui.evaluate.address import ImageSelection
from support import made_runs
from support.chain import DIGITS, WRONG, cell, galleries, look, open_at, shown
from support.made_runs import open_page, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def test_at_first_all_mistakes_are_shown_page_by_page(run):
    page = open_at()
    assert f"{len(WRONG)} images misread" in words(page)
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
    assert f"4 read as 5: {len(cell(4))} images" in words(page)
    assert f"4 read as 5: {len(cell(4))} images" in words(page)
    assert (page.selectbox(key="errors-true").value, page.selectbox(key="errors-answer").value) == (4, 5)


def test_a_cell_of_right_answers_shows_them_though_mistakes_are_asked_for(run):
    page = open_at(true=4, answer=4)
    assert page.button_group(key="errors-outcome").disabled
    assert all(image["caption"].startswith("✓ right: 4") for image in galleries(page)[0]["images"])


def test_all_mistakes_leads_back_from_a_cell(run):
    page = open_at(true=4, answer=5)
    page.button(key="errors-all").click()
    assert f"{len(WRONG)} images misread" in words(rerun(page))
    assert "errors-all" not in [button.key for button in page.button]


def test_the_class_pickers_choose_rows_and_columns(run):
    page = open_at()
    page.selectbox(key="errors-true").set_value(3)
    assert shown(rerun(page)) == cell(3)
    assert page.session_state["evaluate-looking"] == ImageSelection(true=3)
    page.selectbox(key="errors-answer").set_value(9)
    assert "3 read as 9: 0 images" in words(rerun(page))
    assert "No images match" in page.main.info[-1].value


def test_confidence_narrows_the_list_until_the_filter_is_cleared(run):
    page = open_at()
    page.slider(key="errors-confidence").set_value((0, 50))
    assert shown(rerun(page)) == []
    page.button(key="errors-clear").click()
    assert f"{len(WRONG)} images misread" in words(rerun(page)) and shown(page)


def test_groups_by_class_hold_each_pair(run):
    page = open_at()
    page.button_group(key="errors-grouping").set_value("by class")
    rerun(page)
    for gallery in galleries(page):
        true, answer = re.fullmatch(r"(\d) read as (\d)", gallery["label"]).groups()
        assert [image["value"] for image in gallery["images"]] == cell(int(true))[:12]
        assert (int(true) + 1) % 10 == int(answer)


def test_groups_by_similarity_have_one_typical_image_each(run):
    page = open_at()
    page.button_group(key="errors-grouping").set_value("by similarity")
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


def test_a_difference_to_what_another_read_of_other_images_is_read_anew(run):
    second = made_runs.ended(made_runs.new("second"))
    page = open_at()
    page.selectbox(key="evaluate-model").set_value("first")
    rerun(page)
    found = scoring.load_evaluation(second, "digits", "test")  # it was the newest, and so looked at before
    rolled = found.to_dict() | {"confusion": np.roll(found.confusion, 1, axis=1).tolist(), "data_sha256": "others"}
    second.save_evaluation("digits", "test", rolled)
    page.button_group(key="confusion-mode").set_value("difference")
    assert not rerun(page).main.dataframe[0].value.to_numpy().any()


def options(page: AppTest) -> list[str]:
    return [option.content.lower() for option in page.button_group(key="confusion-mode").proto.options]


def test_a_card_says_what_was_answered_where_the_image_is_and_what_is_near(run):
    index = cell(4)[0]
    page = open_at(image=index)
    said = words(page)
    assert f"Test image {index:,} of" in said
    assert "✗ Read as 5, labelled 4" in said and "Confidence 91.0%. Next best:" in said
    assert f"Image {index:,} of {len(DIGITS.labels):,}, counted from 0" in said
    assert "nearest images have the answer's label, 5" in said
    near = [html.proto.body for html in page.main.get("html") if "Training image" in html.proto.body]
    assert near[0].count("<figure") == 8


def test_lists_cards_and_other_networks_show_the_calibrated_confidence(run):
    run.save_calibration({"temperature": 2.0})  # 91.0% becomes 51.5%
    page = open_at()
    captions = [image["caption"] for image in galleries(page)[0]["images"]]
    assert all("(51.5%)" in caption for caption in captions)
    assert "Confidence 51.5%" in words(look(page, image=0))
    made_runs.ended(made_runs.new("second")).save_calibration({"temperature": 4.0})
    rerun(page).selectbox(key="evaluate-model").set_value("second")
    (row,) = rerun(page).main.dataframe[0].value.to_dict("records")
    assert (row["Network"], row["Confidence"]) == ("first", "51.5%")


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
    assert (row["Network"], row["Confidence"], row["Result"]) == ("second", "91.0%", "✗ wrong")


def test_a_card_knows_each_network_s_verdict(run, monkeypatch):
    made_runs.ended(made_runs.new("second"))
    judge = pickers.judge_image

    def judge_strictly(run, model, image):
        reasons = (Reason("many loops", "ink", 3.0, (0.0, 1.0), "loops"),)
        return judge(run, model, image)._replace(reasons=reasons)

    page = look(open_at(), image=WRONG[0])
    assert "not sure" not in words(page)
    monkeypatch.setattr(pickers, "judge_image", judge_strictly)
    html = "".join(block.proto.body for block in rerun(page).main.get("html"))
    assert "On Draw: **not sure**. It has more closed loops than a digit usually has" in words(page)
    assert r"Closed loops: 3 \(usual: at most 1\)." in words(page)
    assert "was refused" in html and "and why not" not in html
    (row,) = page.main.dataframe[0].value.to_dict("records")
    assert row["Answer"].startswith("not sure, maybe ") and not row["Confidence"]


def test_a_card_downloads_nothing_to_find_what_is_near(run, monkeypatch):
    asked, load = [], loading.load
    monkeypatch.setattr(loading, "load", lambda name, *rest: asked.append(name) or load(name, *rest))
    store.delete(run)
    made_runs.ended(made_runs.new("of mnist", dataclasses.replace(made_runs.SMALL, dataset="mnist")))
    page = open_page("evaluate")
    page.selectbox(key="evaluate-dataset of mnist").set_value("digits")
    rerun(page).session_state["evaluate-section"] = "Errors"
    rerun(page)
    assert "training data set, MNIST, is not on this machine" in words(look(page, image=0))
    assert set(asked) == {"digits"}


def test_next_and_previous_go_through_the_list(run):
    page = open_at(true=4, answer=5)
    look(page, true=4, answer=5, image=cell(4)[0])
    assert page.button(key="card-Previous").disabled
    for image in cell(4)[1:]:
        page.button(key="card-Next").click()
        assert rerun(page).session_state["evaluate-looking"] == ImageSelection(4, 5, None, image)
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
        raise pickers.ClassifierError("the model is damaged.")

    monkeypatch.setattr(pickers, "load_classifier", fail)
    page = open_at(image=0)
    assert "labelled" in words(page) and "cannot be computed: the model is damaged" in page.main.warning[0].value
