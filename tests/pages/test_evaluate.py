"""The Evaluate page: numbers computed, kept, recorded elsewhere, and all that can be in the way."""

import dataclasses
import re

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.runs import store
from digitrec.ui.evaluate import overview
from support import made_runs
from support.made_runs import accuracy, open_page, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def test_without_a_trained_network_the_page_leads_to_training():
    made_runs.in_epoch(made_runs.new("first"), 2)
    assert "no trained network yet" in open_page("evaluate").main.info[-1].value


def test_the_numbers_are_those_of_the_known_mistakes(run):
    page = open_page("evaluate")
    n = len(loading.load("digits").test.labels)
    wrong = len(range(0, n, made_runs.WRONG_EVERY))
    assert accuracy(page) == f"{1 - wrong / n:.2%}"
    assert f"{n - wrong:,} of {n:,} answers are right" in words(page)
    table = page.main.dataframe[0].value
    assert table["Images"].sum() == n


def test_what_was_computed_is_kept_and_shown_without_the_data_set(run, monkeypatch):
    shown = accuracy(open_page("evaluate"))
    monkeypatch.setattr(loading, "find_folder", lambda name: None)
    page = open_page("evaluate")
    assert accuracy(page) == shown
    assert "Only stored numbers are shown" in page.main.info[-1].value


def test_numbers_of_an_older_network_are_not_shown(run, monkeypatch):
    open_page("evaluate")
    run.tflite_path.write_bytes(b"another network")
    monkeypatch.setattr(loading, "find_folder", lambda name: None)
    assert accuracy(open_page("evaluate")) is None


def test_training_images_are_told_apart_from_test_images(run):
    page = open_page("evaluate")
    assert "Choose models on validation images" in words(page)
    page.segmented_control(key="evaluate-split").set_value("train")
    assert "accuracy on new images is usually lower" in words(rerun(page))


def test_a_run_without_validation_images_says_so():
    made_runs.ended(made_runs.new("first", dataclasses.replace(made_runs.SMALL, validation_share=0.0)))
    page = open_page("evaluate")
    page.segmented_control(key="evaluate-split").set_value("validation")
    assert "has no validation images" in rerun(page).main.warning[0].value


def test_other_classes_than_the_data_set_are_said():
    made_runs.ended(store.create(made_runs.SMALL, ("a", "b"), "letters"))
    assert "has the classes a, b" in open_page("evaluate").main.warning[0].value


def test_a_damaged_model_is_said(run, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setenv("DIGITREC_MODELS", str(run.path.parent))
    assert "not a TensorFlow Lite model" in open_page("evaluate").main.warning[0].value


def test_a_chosen_run_that_is_gone_gives_way_to_another(run):
    second = made_runs.ended(made_runs.new("second"))
    page = open_page("evaluate")
    page.selectbox(key="evaluate-model").set_value("second")
    rerun(page)
    store.delete(second)
    assert rerun(page).selectbox(key="evaluate-model").value == "first"


def test_a_look_at_the_test_images_counts_once_in_a_session(run):
    page = open_page("evaluate")
    rerun(rerun(page))
    page.segmented_control(key="evaluate-split").set_value("train")
    rerun(page)
    assert (run.count_views("digits", "test"), run.count_views("digits", "train")) == (1, 0)
    open_page("evaluate")
    assert run.count_views("digits", "test") == 2


def test_numbers_of_another_network_are_computed_anew_and_say_so(run):
    open_page("evaluate")
    run.tflite_path.write_bytes(b"another network")
    assert "belongs to another network than this run has now. It was computed again." in words(
        open_page("evaluate")
    )


def test_numbers_of_another_network_say_so_where_the_data_set_is_gone(run, monkeypatch):
    open_page("evaluate")
    run.tflite_path.write_bytes(b"another network")
    monkeypatch.setattr(loading, "find_folder", lambda name: None)
    assert "another network than this run has now" in words(open_page("evaluate"))


def test_report_and_tables_can_be_taken_away(run):
    page = open_page("evaluate")
    page.button_group(key="evaluate-section").set_value("Report")
    labels = [button.label for button in rerun(page).main.get("download_button")]
    assert labels[0] == "Download the report"
    assert {"All numbers", "Each class", "Confusion matrix", "Misread images", "All answers"} <= set(labels)
    assert "--dataset digits --split test --report report.html" in page.main.code[0].value


def test_one_line_says_model_data_split_and_accuracy_with_its_interval_in_every_section(run):
    page = open_page("evaluate")
    for section in ("Overview", "Numbers", "Errors", "Slices"):
        page.button_group(key="evaluate-section").set_value(section)
        said = words(rerun(page)).replace("\\", "")
        assert re.search(
            r"first on scikit-learn digits, test images: \*\*\d\d\.\d\d%\*\* accuracy, 95% Wilson", said
        )
        assert said.count("Choose models on validation images") == 1


def test_the_bars_of_the_classes_start_where_their_differences_show():
    for least in (0.0, 0.3, 0.55, 0.93, 0.991, 0.9999, 1.0):
        start = overview.bar_start(np.array([[least, 1.0], [np.nan, 1.0]]))
        assert 0 <= start <= least and (start < least or least == 0)
        assert start == 0 or (1 - start) <= 8 * max(1 - least, 0.001)  # the least bar lacks an eighth
