"""Classes, strokes and the comparison of two data sets on Explore."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec.data import MEASURES, DatasetError, loading, measures, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS, Description
from digitrec.data.splits import Split
from digitrec.data.user_datasets import TrainTest
from digitrec.evaluation import Difference
from digitrec.ui.explore import address, compare, strokes
from support import chain
from support.made_runs import DASHBOARD, rerun, words

SET = loading.load("digits")
ALL = np.concatenate([SET.train.labels, SET.test.labels])


@pytest.fixture(autouse=True)
def no_mnist(folders):
    """Neither MNIST's files nor a network."""


def show(section: str, data: str = "digits") -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.switch_page("../../pages/explore.py")
    page.query_params.update({"show": section, "data": data})
    return rerun(page)


def keep(name: str, images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> None:
    """Store a data set of test images only."""
    parts = TrainTest(Split(images[:0], labels[:0]), Split(images, labels))
    user_datasets.write(loading.cache_folder(), Description(name, name, classes, "a test", "none"), parts)


def test_the_strokes_of_each_class_are_in_a_figure_and_a_table():
    page = show("Strokes")
    page.segmented_control(key="explore-stroke").set_value("slant")
    table = rerun(page).dataframe[0].value
    slant = np.concatenate([measures.measure_split(SET, split).slant for split in ("train", "test")])
    assert table["Median"].tolist() == pytest.approx([np.median(slant[label == ALL]) for label in range(10)])
    assert table["Images"].tolist() == np.bincount(ALL).tolist()
    assert dict(page.query_params) == {"data": "digits", "show": "Strokes"}


@pytest.mark.parametrize("way", ["figure", "table"])
def test_a_class_opens_its_images_sorted_by_the_measure(way):
    page = show("Strokes")
    if way == "figure":
        st.session_state[strokes._FIGURE] = {"selection": {"points": [{"point_index": 3}]}}
        strokes._open_point("ink")
    else:
        st.session_state[strokes._TABLE] = {"selection": {"rows": [3]}}
        strokes._open_row("ink")
    page.session_state[address._SELECTION] = address.get_selection()
    page.session_state[address.SECTION] = st.session_state[address.SECTION]
    rerun(page)
    labels = ALL[chain.shown(page)]
    assert (labels == 3).all() and len(labels) and page.query_params["sort"] == "ink"


def test_a_class_without_an_image_and_a_single_image_are_shown_in_all_sections():
    keep("one", SET.test.images[:1], np.zeros(1, np.int64), ("a", "b"))
    for section in ("Images", "Classes", "Strokes", "Compare"):
        page = show(section, "one")
        assert not page.error
    assert words(page).count("Too few images") == len(MEASURES)


def test_drawings_are_compared_with_the_data_set_and_the_differences_are_told():
    thick = np.maximum(SET.test.images, np.roll(SET.test.images, 2, axis=2))[:80]
    for image, label in zip(thick, SET.test.labels, strict=False):
        user_drawings.save(image, int(label), DIGITS)
    page = show("Compare")
    assert page.selectbox(key="explore-compared").value == "own"  # one's own come first
    assert "**Thickness.** In " in words(page) and "it has thicker strokes: a large difference." in words(page)
    assert page.dataframe[0].value["p"].iloc[1] == "<0.001"
    assert page.dataframe[1].value["Class"].tolist() == list(DIGITS)
    assert "other shares of the classes" not in words(page)
    page.selectbox(key="explore-compared-class").set_value("3")
    ink = np.concatenate([measures.measure_split(SET, split).ink for split in ("train", "test")])
    assert rerun(page).dataframe[0].value.iloc[0, 1] == f"{np.median(ink[ALL == 3]):.1f}%"


def test_another_mix_of_classes_and_other_classes_are_told():
    keep(
        "ones", SET.test.images[SET.test.labels == 1], np.ones(int((SET.test.labels == 1).sum()), np.int64), DIGITS
    )
    page = show("Compare", "ones")
    assert "That alone makes a difference: choose a class" in words(page)
    keep("letters", SET.test.images[:30], np.arange(30) % 26, tuple("abcdefghijklmnopqrstuvwxyz"))
    page = show("Compare", "letters")
    assert not page.error and "class by class" not in words(page)
    page.selectbox(key="explore-compared").set_value("ones")
    assert not rerun(page).error


def test_without_another_data_set_it_is_told_how_to_get_one(monkeypatch):
    monkeypatch.setattr(loading, "list_datasets", lambda: [SET.description])
    assert "no other data set" in words(show("Compare"))


def test_a_data_set_that_cannot_be_loaded_is_told(monkeypatch):
    load = loading.load

    def fail(dataset, progress=None):
        if getattr(dataset, "name", dataset) == "broken":
            raise DatasetError("the files are damaged.")
        return load(dataset, progress)

    keep("broken", SET.test.images[:9], np.zeros(9, np.int64), DIGITS)
    monkeypatch.setattr(loading, "load", fail)
    assert show("Compare").error[0].value == "the files are damaged."


def test_a_large_data_set_is_measured_first(monkeypatch):
    begun = []

    def poll(*work: object) -> tuple[int, int]:
        begun.append(work)
        return 700, 1797

    monkeypatch.setattr(measures, "MIN_STORED_IMAGES", 100)
    monkeypatch.setattr(measures, "_cache", type(measures._cache)())
    monkeypatch.setattr(compare.columns.shared_work, "poll_shared", poll)
    assert "700 of 1,797" in words(show("Strokes"))
    user_drawings.save(SET.test.images[0], 0, DIGITS)
    assert "700 of 1,797" in words(show("Compare"))
    assert len(begun) == 2


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (None, "Too few images: at least 5 in each data set are compared."),
        (Difference((9, 9), (2, 3), 0.9, 0.8, 0.2, 0.6), "No difference found: chance explains this."),
        (Difference((9, 9), (3, 2), 0.9, 0.3, 0, 0), "In 70% of pairs it has less ink: a medium difference."),
        (Difference((9, 9), (2, 2), 0.3, 0.5, 0, 0), "About the same on average, but spread differently."),
        (Difference((9, 9), (2, 2), 0.05, 0.52, 0, 0), "A difference, but hardly one to see."),
    ],
)
def test_a_difference_is_told_in_words(difference, text):
    assert compare.describe_difference("ink", difference) == text
    assert set(compare.WORDS) == set(MEASURES)
