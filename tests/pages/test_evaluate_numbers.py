"""The Evaluate page's numbers: known mistakes, and all that can be in the way."""

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.evaluation import label_errors, scoring
from digitrec.evaluation.label_errors import CorrectedLabels
from digitrec.metrics.classification import SUMMARY_METRICS
from digitrec.reporting.formatting import MEANINGS
from support.made_runs import WRONG_EVERY, Reader, open_page, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def answering(monkeypatch, make) -> None:
    """Let the network answer proba made of as many images."""
    reader = type("Other", (Reader,), {"predict_proba": lambda self, images, progress=None: make(len(images))})
    monkeypatch.setattr(scoring, "Classifier", reader)


def open_numbers(section="Numbers"):
    page = open_page("evaluate")
    page.button_group(key="evaluate-section").set_value(section)
    return rerun(page)


def numbers(page) -> str:
    (body,) = (html.body for html in page.main.get("html") if "digit-numbers" in html.body)
    return body


def test_every_number_has_its_value_interval_and_meaning(run):
    page = open_numbers()
    told = numbers(page)
    assert all(MEANINGS[name].title in told for name in SUMMARY_METRICS)
    assert told.count("95% interval") == len(SUMMARY_METRICS) and "–" not in told
    n = len(loading.load("digits").test.labels)
    assert f"<b>{1 - len(range(0, n, WRONG_EVERY)) / n:.2%}</b>" in told
    assert "Weakest class:" in words(page)


def test_each_class_is_in_the_table_with_intervals(run):
    table, areas = (frame.value for frame in open_numbers().main.dataframe)
    assert list(table["Class"]) == list(areas["Class"]) == list("0123456789")
    assert table["Recall, 95% interval"].str.contains(" to ").all()
    assert table["Images"].sum() == len(loading.load("digits").test.labels)


def test_curves_follow_what_is_chosen(run):
    page = open_numbers()
    assert "chance that a random image" in words(page)
    page.segmented_control(key="numbers-curve").set_value("Precision-recall")
    page.segmented_control(key="numbers-corner").set_value("whole")
    page.pills(key="numbers-curve-classes 0 1 2 3 4 5 6 7 8 9").set_value([3])
    assert "average precision" in words(rerun(page))


def test_labels_that_people_found_wrong_are_put_right_beside_the_given_ones(run, monkeypatch):
    def corrected(dataset, split, labels):
        """The first mistake's label was wrong, the second's is unclear."""
        better, clear = labels.copy(), np.ones(len(labels), bool)
        better[0], clear[WRONG_EVERY] = (labels[0] + 1) % 10, False
        return CorrectedLabels(better, clear) if split == "test" else None

    monkeypatch.setattr(label_errors, "correct_labels", corrected)
    page = open_numbers()
    n = len(loading.load("digits").test.labels)
    wrong = len(range(0, n, WRONG_EVERY))
    assert [metric.value for metric in page.main.metric] == [
        f"{1 - wrong / n:.2%}",
        f"{1 - (wrong - 2) / (n - 1):.2%}",
    ]
    assert f"2 of the {wrong} mistakes are on these 2" in words(page)
    assert sum("⚠\u00a0given" in html.body for html in page.main.get("html")) == 1
    page.segmented_control(key="evaluate-split").set_value("validation")
    assert not rerun(page).main.metric


def test_constant_probabilities_are_numbers_like_others(run, monkeypatch):
    answering(monkeypatch, lambda n: np.full((n, 10), 0.1, np.float32))
    page = open_numbers()
    assert "<b>2.3026</b>" in numbers(page) and "Mean over the classes 0.50000" in words(page)
    assert "Never answered: 1, 2, 3, 4, 5, 6, 7, 8 and 9" in words(page)


def test_one_image_says_how_little_that_is(run, monkeypatch):
    one = splits.Split(*(array[:1] for array in loading.load("digits").test))
    monkeypatch.setattr(scoring, "_cached_split", lambda *args: (one, "fingerprint"))
    page = open_numbers()
    assert "With only 1 image" in words(page) and "No images of" in words(page)
    assert "no curve" in words(page)
    page.segmented_control(key="numbers-curve").set_value("Precision-recall")  # which needs no others
    assert "no curve" not in words(rerun(page))


def test_answers_that_are_no_number_are_said(run, monkeypatch):
    answering(monkeypatch, lambda n: np.full((n, 10), np.nan, np.float32))
    for section in ("Numbers", "Sureness"):
        page = open_numbers(section)
        assert "nan" in page.main.warning[0].value


def test_looks_at_the_test_images_are_counted_and_shown_with_a_reason(run):
    assert "viewed **1 time**. Choose models on validation images" in words(open_page("evaluate"))
    page = open_numbers()  # another session
    assert "**2 times**" in words(page)
    page.segmented_control(key="evaluate-split").set_value("validation")
    assert "viewed" not in words(rerun(page))
