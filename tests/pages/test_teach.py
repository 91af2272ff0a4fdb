"""The Teach page: classes, samples, and what is said of a training on them."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.data import drawn_samples, loading, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.evaluation.handwriting import Gain, Handwriting, Reading
from digitrec.runs import jobs, store, teaching
from digitrec.ui.components import canvas
from support.made_runs import SMALL, at_work, ended, in_epoch, open_page, rerun, words

pytestmark = pytest.mark.usefixtures("folders")
NEXT = "teach-taught-next"


def ink(place: int) -> np.ndarray:
    """A stroke, another one for each place."""
    drawing = np.zeros((280, 280), np.uint8)
    drawing[40:240, 20 + 8 * place : 40 + 8 * place] = 255
    drawing[40:60, 20:200] = 255
    return drawing


@pytest.fixture
def paper(monkeypatch) -> dict[str, np.ndarray]:
    """What is on each canvas, by its key; nothing at first."""
    inks: dict[str, np.ndarray] = {}
    monkeypatch.setattr(canvas, "digit_canvas", lambda key, hint="": inks.get(key))
    monkeypatch.setattr(canvas, "start_over", lambda key: inks.pop(key, None))
    return inks


def with_classes(page: AppTest, names: str = "cat, dog") -> AppTest:
    page.text_area(key="teach-first-names").set_value(names)
    page.button(key="teach-create").click()
    return rerun(page)


def draw(page: AppTest, paper: dict[str, np.ndarray], place: int) -> AppTest:
    paper["teach-taught"] = ink(place)
    return rerun(page)


def test_any_classes_can_be_named_and_others_are_refused(paper):
    page = with_classes(open_page("teach"), "cat")
    assert "Expected 2 to 62 names, found 1." in page.error[0].value
    assert "same name" in with_classes(page, "cat, cat").error[0].value
    page = with_classes(page, "अ; dog\nsmall house")
    assert drawn_samples.load("taught").class_names == ("अ", "dog", "small house")
    assert page.button(key=NEXT).disabled


def test_each_stroke_is_saved_at_once_and_the_next_sample_is_another(paper):
    page = with_classes(open_page("teach"))
    draw(draw(page, paper, 3), paper, 4)
    saved = drawn_samples.load("taught")
    assert saved.counts == [1, 0] and saved.images.any()
    page.button(key=NEXT).click()
    page = draw(rerun(page), paper, 5)
    assert drawn_samples.load("taught").counts == [2, 0]
    (pills,) = [each for each in page.main.get("button_group") if each.label == "Class"]
    assert pills.options == [r"cat · 2", r"dog · 0"]
    pills.set_value(1)
    page = draw(rerun(page), paper, 6)
    assert drawn_samples.load("taught").counts == [2, 1]
    paper.clear()
    again = open_page("teach")  # as after a reload, or a crash
    assert drawn_samples.load("taught").counts == [2, 1] and not again.error


def test_a_sample_that_is_wiped_out_is_gone_and_a_deleted_one_can_come_back(paper):
    page = draw(with_classes(open_page("teach")), paper, 3)
    del paper["teach-taught"]
    page = rerun(page)
    assert drawn_samples.load("taught").counts == [0, 0]
    page.session_state["teach-taught-deleted"] = loading.load("digits").test.images[0], 1, "dog"
    page = rerun(page)
    page.button(key="teach-taught-restore").click()
    rerun(page)
    assert drawn_samples.load("taught").counts == [0, 1]


def test_classes_are_edited_removed_and_all_is_deleted(paper):
    page = with_classes(open_page("teach"), "a, b, c")
    page.text_area(key="teach-names ('a', 'b', 'c')").set_value("a\nbee\nc\nd")
    for button, names in (("teach-rename", ("a", "bee", "c", "d")), ("teach-remove-class", ("bee", "c", "d"))):
        page.session_state["teach-edit"] = True  # the popover is open
        page.button(key=button).click()
        page = rerun(page)
        assert drawn_samples.load("taught").class_names == names and not page.session_state["teach-edit"]
    page.button(key="teach-clear").click()
    assert rerun(page).text_area(key="teach-first-names")


def test_what_another_page_removes_takes_no_stroke_and_puts_none_into_another_class(paper):
    page = rerun(with_classes(open_page("teach"), "dog, bird, fish"))
    drawn_samples.remove_class("taught", 0)  # in another page, while this one shows it
    page = draw(page, paper, 3)
    assert drawn_samples.load("taught").counts == [0, 0]
    assert "The class dog is gone" in page.error[0].value
    page.session_state["teach-taught-deleted"] = loading.load("digits").test.images[0], 0, "dog"
    page = rerun(page)
    page.button(key="teach-taught-restore").click()
    assert "cannot be restored" in rerun(page).error[0].value
    assert drawn_samples.load("taught").counts == [0, 0]
    drawn_samples.clear("taught")
    page = draw(page, paper, 4)
    assert not page.exception and page.text_area(key="teach-first-names")


def test_a_deleted_sample_comes_back_to_its_class_under_its_new_name(paper):
    page = draw(with_classes(open_page("teach")), paper, 3)
    page.session_state["teach-taught-deleted"] = loading.load("digits").test.images[0], 0, "cat"
    page.text_area(key="teach-names ('cat', 'dog')").set_value("lion\ndog")
    page.button(key="teach-rename").click()
    page = rerun(page)
    assert not page.error
    page.button(key="teach-taught-restore").click()
    rerun(page)
    assert drawn_samples.load("taught").counts == [2, 0]


def test_a_damaged_file_is_said_and_can_be_deleted(paper):
    path = loading.cache_folder() / "taught" / "taught.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\3\4")
    page = open_page("teach")
    assert "damaged" in page.error[0].value
    page.button(key="teach-clear").click()
    assert rerun(page).text_area(key="teach-first-names")


@pytest.fixture
def taught(paper, monkeypatch):
    """Three samples of each of two classes."""
    drawn_samples.set_classes("taught", ("cat", "dog"))
    for i in range(6):
        drawn_samples.put("taught", np.pad(np.full((8, 8), 40 * i + 20, np.uint8), 10), i % 2)
    monkeypatch.setattr(jobs, "start", lambda run: None)
    return open_page("teach")


def test_train_starts_a_run_on_a_copy_with_progress_and_says_how_it_ended(taught):
    taught.button(key="teach-train taught").click()
    page = rerun(taught)
    (run,) = teaching.find_runs("taught")
    assert (run.name, run.class_names, run.config.start_from) == ("taught 1", ("cat", "dog"), "draw")
    with at_work(in_epoch(run, 2)):
        page = open_page("teach")
        assert "Epoch 2 of 3 · 50% of the samples right" in words(page)
        assert page.button(key="teach-train taught").disabled
        page.button(key="teach-stop").click()
        rerun(page)
        assert run.wish == "stop"
    run.ask_nothing()
    ended(run)
    page = open_page("teach")
    assert "**taught 1** was trained" in words(page)
    page.button(key="teach-discard taught 1").click()
    assert "taught 1" not in words(rerun(page))
    assert not loading.is_available("taught 1") and drawn_samples.load("taught").counts == [3, 3]


def test_too_few_samples_are_said_and_no_run_is_made(taught):
    drawn_samples.delete("taught", 0)
    taught.button(key="teach-train taught").click()
    page = rerun(taught)
    assert "too few samples of cat" in page.error[0].value
    drawn_samples.put("taught", np.pad(np.full((8, 8), 99, np.uint8), 10), 0)
    assert not rerun(page).error  # it is true no more
    assert [run.name for run in store.list_runs() if not run.is_shipped] == []


@pytest.fixture
def thirty(paper, monkeypatch):
    """Three drawings of each digit, and what was measured of a network that learnt them."""
    monkeypatch.setattr(loading, "is_available", lambda dataset: True)
    drawn_samples.set_classes("handwriting", DIGITS)
    for i in range(30):
        drawn_samples.put("handwriting", np.pad(np.full((8, 8), 8 * i + 9, np.uint8), 10), i % 10)


def handwriting_page() -> AppTest:
    page = open_page("teach")
    page.segmented_control(key="teach-section").set_value("My handwriting")
    return rerun(page)


def test_each_digit_is_asked_for_three_times_in_turn(paper):
    page = handwriting_page()
    for i in range(11):
        paper["teach-handwriting"] = ink(i)
        page = rerun(page)
        page.button(key="teach-handwriting-next").click()
        page = rerun(page)
    assert drawn_samples.load("handwriting").counts == [2, *[1] * 9]
    assert "11 of 30 drawn" in words(page)


def test_drawings_that_were_saved_on_draw_are_taken(paper):
    for i in range(5):
        user_drawings.save(np.pad(np.full((8, 8), 30 * i + 9, np.uint8), 10), 7, DIGITS)
    page = handwriting_page()
    page.button(key="teach-take").click()
    page = rerun(page)
    assert drawn_samples.load("handwriting").counts == [0] * 7 + [3, 0, 0] and "3 of 30 drawn" in words(page)


def test_what_was_gained_is_said_with_a_way_to_use_it_and_one_to_throw_it_away(thirty):
    config = dataclasses.replace(SMALL, dataset="handwriting 1", start_from="draw")
    run = ended(store.create(config, DIGITS, "handwriting 1"))
    own = Gain(Reading(10, 8, 6, 1), Reading(10, 10, 9, 0), 0.5)
    found = Handwriting("draw", own, Gain(Reading(3000, 2985), Reading(3000, 2983), 0.8))
    sha256 = hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()
    (run.path / "handwriting.json").write_text(json.dumps(dataclasses.asdict(found) | {"model_sha256": sha256}))
    page = handwriting_page()
    assert "All thirty are drawn" in words(page) and "draw read **8**" in words(page)
    assert page.button(key="teach to draw handwriting 1")
    page.button(key="teach-discard handwriting 1").click()
    assert "draw read" not in words(rerun(page)) and teaching.find_runs("handwriting") == []
    assert drawn_samples.load("handwriting").counts == [3] * 10
