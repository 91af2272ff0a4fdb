"""Drawings kept on the Draw page, from the first to the last, on all pages."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.data import loading, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.evaluation import scoring
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.reporting import report
from digitrec.runs import store
from digitrec.ui import pickers
from digitrec.ui.components import canvas
from digitrec.ui.draw import save
from support.known_reader import INK, Known
from support.made_runs import DASHBOARD, Reader, ended, new, open_page, rerun, words


@pytest.fixture(autouse=True)
def alone(monkeypatch, folders):
    """No shipped run, no MNIST, one network, and a drawing on the paper."""
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(pickers, "Classifier", Known)
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: INK)
    ended(new("reader"))


def keep_as(page: AppTest, label: int) -> AppTest:
    (picker,) = [each for each in page.main.get("button_group") if each.label == "Save to my test set as"]
    picker.set_value(label)
    rerun(page).button(key="draw-keep-it").click()
    return rerun(page)


def test_a_drawing_is_kept_as_what_it_is_said_to_be():
    page = open_page("draw")
    assert page.button(key="draw-keep-it").disabled
    keep_as(page, 7)
    assert page.success[0].value == "Saved as 7."
    assert page.button(key="draw-keep-it").disabled  # the next drawing is another digit
    assert page.button(key="draw-keep-see").label == "See your drawings (1)"
    test = loading.load("own").test
    assert np.array_equal(test.images[0], to_mnist(INK)) and test.labels.tolist() == [7]


def test_the_drawing_on_the_paper_is_pinned_for_the_next_training_once_and_up_to_ten_are():
    page = open_page("draw")
    for _ in range(2):
        page.button(key="draw-pin-it").click()
        assert rerun(page).success[0].value == "Pinned: the next training on Train answers it."
    (pin,) = page.session_state["train-pins"]
    assert np.array_equal(pin.image, to_mnist(INK)) and pin.source == "own drawing"
    full = [pin._replace(image=np.full((28, 28), value, np.uint8)) for value in range(10)]
    page.session_state["train-pins"] = full
    page.button(key="draw-pin-it").click()
    assert "10 digits are pinned" in rerun(page).error[0].value and page.session_state["train-pins"] == full


def test_many_classes_are_offered_as_a_list(monkeypatch):
    monkeypatch.setattr(save, "MAX_BUTTONS", 9)
    page = open_page("draw")
    page.selectbox(key="draw-keep-as 0").set_value(4)
    rerun(page).button(key="draw-keep-it").click()
    assert rerun(page).success[0].value == "Saved as 4." and user_drawings.load(DIGITS).labels.tolist() == [4]


def test_a_wrong_label_can_be_put_right_and_what_is_kept_twice_is_told():
    page = keep_as(keep_as(open_page("draw"), 7), 7)
    assert page.success[0].value == "Already saved as 7."
    assert keep_as(page, 1).success[0].value == "Relabelled from 7 to 1."
    assert user_drawings.load(DIGITS).labels.tolist() == [1]


def test_what_cannot_be_kept_is_told_and_the_page_goes_on(monkeypatch):
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 0)
    page = keep_as(open_page("draw"), 7)
    assert page.error[0].value.startswith("The drawing was not saved: there are 0 saved drawings")
    assert page.button(key="draw-keep-it")


def kept(count: int) -> None:
    for i, image in enumerate(loading.load("digits").test.images[:count]):
        user_drawings.save(image, int(loading.load("digits").test.labels[i]), DIGITS)


def explored() -> AppTest:
    page = open_page("explore")
    page.selectbox(key="explore-dataset").set_value("own")
    return rerun(page)


def test_explore_shows_them_and_the_last_one_can_go():
    kept(3)
    page = explored()
    assert {metric.label: metric.value for metric in page.metric}["Test images"] == "3"
    assert page.segmented_control(key="explore-split").options == ["Test"]
    page.button(key="sets-Remove the last drawing").click()
    rerun(page)
    assert user_drawings.count(DIGITS) == 2
    assert {metric.label: metric.value for metric in page.metric}["Test images"] == "2"


def test_one_that_was_labelled_wrong_is_given_another_label_or_removed():
    kept(3)
    page = explored()
    labels = user_drawings.load(DIGITS).labels.tolist()
    page.number_input(key="own-number own 3").set_value(1)
    assert rerun(page).button(key="own-change").disabled
    page.selectbox(key=f"own-label own 3 1 {labels[1]}").set_value((labels[1] + 1) % 10)
    rerun(page).button(key="own-change").click()
    rerun(page)
    assert user_drawings.load(DIGITS).labels.tolist() == [labels[0], (labels[1] + 1) % 10, labels[2]]
    assert page.number_input(key="own-number own 3").value == 1
    page.button(key="own-remove").click()
    rerun(page)
    assert user_drawings.load(DIGITS).labels.tolist() == [labels[0], labels[2]]
    assert page.number_input(key="own-number own 2").value == 1


def test_all_go_only_when_that_is_confirmed_and_the_page_goes_on():
    kept(2)
    page = explored()
    page.button(key="sets-Remove all ...").click()
    page = rerun(page)
    assert "and its 2 images will be deleted" in " ".join(text.value for text in page.markdown)
    page.button(key="sets-no").click()
    assert rerun(page).selectbox(key="explore-dataset").value == "own"
    page.button(key="sets-Remove all ...").click()
    rerun(page).button(key="sets-yes").click()
    assert rerun(page).selectbox(key="explore-dataset").value == "digits"
    assert page.info[-1].value == "Removed: Your drawings." and not loading.is_available("own")


def test_a_damaged_file_is_told_and_removed_and_keeping_says_so():
    kept(1)
    user_datasets.file_path(loading.cache_folder(), "own").write_bytes(b"PK\3\4 no more")
    assert "is damaged" in keep_as(open_page("draw"), 3).error[0].value
    page = open_page("explore")
    assert "Not available: the data set 'own' is damaged" in page.warning[0].value
    page.button(key="sets-Remove own").click()
    rerun(page).button(key="sets-yes").click()
    assert not rerun(page).warning and not loading.find_damaged()


@pytest.fixture
def evaluated(monkeypatch):
    monkeypatch.setattr(scoring, "Classifier", Reader)
    monkeypatch.setattr(pickers, "Classifier", Reader)
    kept(12)
    page = open_page("evaluate")
    page.selectbox(key="evaluate-dataset reader").set_value("own")
    return rerun(page)


def test_a_network_is_evaluated_on_them_and_it_is_said_what_they_are(evaluated):
    said = words(evaluated)
    assert "Your own 12 drawings, with your labels." in said
    assert "10 of 12 answers are right" in said and "Wilson interval" in said
    user_drawings.remove_last(DIGITS)
    assert "9 of 11 answers are right" in words(rerun(evaluated))
    run = store.open_run("reader")
    html = report.make_report(scoring.score(run, "own", "test"))
    assert "These 11 images were drawn and labelled by the user" in html


def test_every_section_shows_them_and_they_have_no_other_part_than_test_images(evaluated):
    for section in ("Numbers", "Sureness", "Errors", "Slices", "Robustness", "Report"):
        evaluated.segmented_control(key="evaluate-section").set_value(section)
        assert not rerun(evaluated).error
        assert evaluated.selectbox(key="evaluate-dataset reader").value == "own"
    for split in ("validation", "train"):
        evaluated.segmented_control(key="evaluate-split").set_value(split)
        assert f"the data set Your drawings has no {split} images" in words(rerun(evaluated))


def test_when_they_are_gone_the_network_s_own_data_set_is_shown():
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.session_state["evaluate-dataset reader"] = "own"
    page = rerun(page.switch_page("../../pages/evaluate.py"))
    assert page.selectbox(key="evaluate-dataset reader").value == "digits"


def test_no_training_is_offered_on_them_alone():
    kept(1)
    page = open_page("train")
    assert "Your drawings" not in " ".join(page.selectbox(key="train-dataset 0").options)
