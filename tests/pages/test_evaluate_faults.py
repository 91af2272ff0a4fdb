"""The Evaluate page when something is wrong: clear words, in every section, and the rest of the page works."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec import files
from digitrec.data import loading
from digitrec.data.splits import Split
from digitrec.evaluation import scoring
from digitrec.runs import store
from support import made_runs
from support.made_runs import accuracy, open_page, rerun, words

Answers = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(autouse=True)
def by_brightest_row(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """A network that answers by the place of the brightest row."""
    answer_with(monkeypatch, lambda images: softened(images.sum(2).argmax(1) % 10))


def softened(answers: np.ndarray) -> np.ndarray:
    proba = np.full((len(answers), 10), 0.02, np.float32)
    proba[np.arange(len(answers)), answers] = 0.82
    return proba


def answer_with(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    class Network:
        embedding_size = 0

        @classmethod
        def load(cls, path: object) -> "Network":
            return cls()

        def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
            return answers(images)

    monkeypatch.setattr(scoring, "Classifier", Network)


def show_test_images(monkeypatch: pytest.MonkeyPatch, change: Callable[[Split], Split]) -> None:
    """Let the embedded digits have other test images."""
    whole = loading.load("digits")
    changed = dataclasses.replace(whole, test=change(whole.test))
    monkeypatch.setattr(loading, "load", lambda name, progress=None: changed)


def sections() -> tuple[AppTest, list[str]]:
    page = open_page("evaluate")
    return page, list(page.button_group(key="evaluate-section").options)


def said_in_every_section() -> str:
    """All that the page says, section by section; a page that raises fails."""
    page, names = sections()
    assert {"Overview", "Numbers", "Sureness", "Errors", "Report"} <= set(names)
    said = []
    for name in names:
        page.button_group(key="evaluate-section").set_value(name)
        said.append(words(rerun(page)))
    return "\n".join(said)


def first(split: Split, n: int) -> Split:
    return Split(split.images[:n], split.labels[:n])


def without(split: Split, label: int) -> Split:
    kept = split.labels != label
    return Split(split.images[kept], split.labels[kept])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0], ids=["NaN", "infinite", "zero"])
def test_answers_that_are_no_probabilities_are_said(run, monkeypatch, wrong):
    answer_with(monkeypatch, lambda images: np.full((len(images), 10), wrong, np.float32))
    page, names = sections()
    for name in names:
        page.button_group(key="evaluate-section").set_value(name)
        assert "has unusable answers: row 0 of the probabilities is" in rerun(page).main.warning[0].value
    assert run.load_evaluation("digits", "test") is None


def test_constant_probabilities_are_evaluated(run, monkeypatch):
    answer_with(monkeypatch, lambda images: np.full((len(images), 10), 0.1, np.float32))
    assert "answers are right" in said_in_every_section()


def test_a_data_set_of_one_image_is_evaluated(run, monkeypatch):
    show_test_images(monkeypatch, lambda test: first(test, 1))
    assert "of 1 images" in said_in_every_section().replace("1 image ", "1 images ")


def test_a_class_without_an_image_is_evaluated(run, monkeypatch):
    show_test_images(monkeypatch, lambda test: without(test, 5))
    said = said_in_every_section()
    assert "No images of 5" in said
    assert "nan" not in said.lower().split()


def test_a_data_set_without_test_images_is_said(run, monkeypatch):
    show_test_images(monkeypatch, lambda test: first(test, 0))
    assert "has no test images" in open_page("evaluate").main.warning[0].value


def test_other_classes_are_said_and_another_data_set_can_be_chosen(monkeypatch):
    made_runs.ended(store.create(made_runs.SMALL, ("a", "b"), "letters"))
    made_runs.ended(made_runs.new("digits"))
    page = open_page("evaluate")
    page.selectbox(key="evaluate-model").set_value("letters")
    assert "has the classes a, b" in rerun(page).main.warning[0].value
    page.selectbox(key="evaluate-model").set_value("digits")
    assert "answers are right" in words(rerun(page))


@pytest.mark.parametrize("text", ["", "{", '{"confusion": [[1]]}', '{"confusion": "x"}', "[" * 5000])
def test_a_damaged_evaluation_is_computed_anew(run, text):
    shown = accuracy(open_page("evaluate"))
    (run.path / "evaluations" / "digits-test.json").write_text(text)
    scoring._score_cache.clear()
    assert accuracy(open_page("evaluate")) == shown
    assert scoring.load_evaluation(run, "digits", "test") is not None


def test_damaged_answers_are_read_again_and_say_so(run):
    shown = accuracy(open_page("evaluate"))
    (run.path / "evaluations" / "digits-test.npz").write_bytes(b"PK\x03\x04 damaged")
    scoring._score_cache.clear()
    page = open_page("evaluate")
    assert accuracy(page) == shown
    assert "are damaged: the images were read again" in words(page)


def test_a_folder_that_cannot_be_written_is_said_and_the_numbers_are_shown(run, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "replace", refuse)
    monkeypatch.setattr(files, "append_row", refuse)
    said = said_in_every_section()
    assert "cannot be stored with the run (Permission denied)" in said
    assert "answers are right" in said


def test_a_run_that_lost_its_model_gives_way(run):
    page = open_page("evaluate")
    run.tflite_path.unlink()
    assert "no trained network yet" in rerun(page).main.info[-1].value
    assert accuracy(page) is None


@pytest.mark.parametrize("writable", [True, False])
def test_numbers_of_other_images_give_way_and_say_so(run, monkeypatch, writable):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    open_page("evaluate")
    scoring._score_cache.clear()
    show_test_images(monkeypatch, lambda test: first(test, 7))
    if not writable:
        monkeypatch.setattr(files, "replace", refuse)
    page = open_page("evaluate")
    assert "of 7 answers are right" in words(page)
    assert "belongs to other images. It was computed again." in words(page)
