"""The pickers, and the models that all sessions share."""

import os

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.inference.classifier import ClassifierError
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run
from digitrec.ui import pickers, state

DIGITS = tuple("0123456789")


def made(name: str) -> Run:
    run = store.create(TrainConfig(), DIGITS, name)
    run.keras_path.write_bytes(b"keras")
    run.tflite_path.write_bytes(b"tflite")
    return run


@pytest.fixture
def loaded(monkeypatch):
    """The paths that were loaded, one entry a time."""
    paths = []

    class Loaded:
        classes = 10

        @classmethod
        def load(cls, path):
            paths.append(path)
            return cls()

    monkeypatch.setattr(pickers, "Classifier", Loaded)
    return paths


def pick_run():
    import streamlit as st

    from digitrec.ui import pickers

    run = pickers.run_picker("pick")
    st.text(run.name if run else "none")


def pick_dataset():
    import streamlit as st

    from digitrec.ui import pickers

    st.text(pickers.dataset_picker("pick").name)


def test_only_runs_with_a_model_can_be_picked_the_newest_first(monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ())
    store.create(TrainConfig(), DIGITS, "unfinished")
    older, newer = made("older"), made("newer")
    page = AppTest.from_function(pick_run).run()
    assert [text.partition(":")[0] for text in page.selectbox[0].options] == [newer.name, older.name]
    assert page.text[0].value == newer.name


def pick_on_two_pages():
    import streamlit as st

    from digitrec.runs import store
    from digitrec.ui import pickers, state

    shown = st.session_state.get("page", state.DRAW_MODEL)
    candidates = store.list_runs() if shown == state.MODELS_MODEL else None
    st.text(pickers.run_picker(shown, candidates=candidates).name)


def shown_on(test: AppTest, key: str) -> str:
    test.session_state["page"] = key
    test.run()
    assert not test.exception and test.selectbox[0].value == test.text[0].value
    return test.text[0].value


def choose(test: AppTest, name: str) -> None:
    test.selectbox[0].set_value(name).run()
    assert test.text[0].value == name


def test_a_choice_on_one_page_holds_on_the_others_until_another_is_made_there():
    test, pages = AppTest.from_function(pick_on_two_pages), state.PAGE_MODELS
    made("one"), made("two"), store.create(TrainConfig(), DIGITS, "unfinished")
    assert [shown_on(test, page) for page in pages] == ["draw"] * len(pages)
    for page, name in zip(pages, ("one", "two", "one", "mnist"), strict=True):
        shown_on(test, page)
        choose(test, name)
        assert [shown_on(test, each) for each in pages] == [name] * len(pages)
    choose(test, "unfinished")  # on Models: it cannot read
    assert [shown_on(test, each) for each in pages] == ["mnist", "mnist", "mnist", "unfinished"]


def test_a_chosen_run_that_another_page_removed_is_said_to_be_gone():
    test = AppTest.from_function(pick_on_two_pages)
    run = made("my_run_1")
    shown_on(test, state.DRAW_MODEL)
    assert not test.toast
    choose(test, run.name)
    store.delete(run)
    assert shown_on(test, state.DRAW_MODEL) == "draw"
    said = r"my\_run\_1 is gone: it was deleted or renamed. Chosen now: draw."
    assert [toast.value for toast in test.toast] == [said]
    assert not test.run().toast


def test_every_second_choice_counts_as_well():
    test = AppTest.from_function(pick_on_two_pages)
    made("one"), made("two")
    shown_on(test, state.DRAW_MODEL)
    for name in ("one", "two", "one", "draw", "mnist"):
        choose(test, name)


def test_a_page_that_is_opened_with_a_run_leaves_the_other_pages_as_they_are():
    test = AppTest.from_function(pick_on_two_pages)
    made("weak and just trained")
    shown_on(test, state.EVALUATE_MODEL)
    test.session_state[state.page_model("evaluate")] = "weak and just trained"  # as the Train page does
    assert shown_on(test, state.EVALUATE_MODEL) == "weak and just trained"
    assert shown_on(test, state.DRAW_MODEL) == "draw"


def test_where_there_is_no_run_there_is_nothing_to_pick(monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ())
    page = AppTest.from_function(pick_run).run()
    assert not page.selectbox
    assert page.text[0].value == "none"


def test_only_data_sets_on_this_machine_can_be_picked(folders):
    page = AppTest.from_function(pick_dataset).run()
    assert page.selectbox[0].options == ["scikit-learn digits"]
    assert page.text[0].value == "digits"


def test_a_model_is_loaded_once_and_anew_when_its_file_changes(loaded):
    run, other = made("one"), made("other")
    first = pickers.load_classifier(run)
    assert pickers.load_classifier(run) is first
    assert pickers.load_classifier(other) is not first
    os.utime(run.tflite_path, ns=(1, 1))
    assert pickers.load_classifier(run) is not first
    assert loaded == [run.path, other.path, run.path]


def test_a_model_of_another_number_of_classes_is_refused(loaded):
    run = store.create(TrainConfig(), ("yes", "no"), "two")
    with pytest.raises(ClassifierError, match="has 10 classes: expected 2"):
        pickers.load_classifier(run)
