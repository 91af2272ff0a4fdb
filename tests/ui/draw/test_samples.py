"""Samples are images of what the chosen network has learnt."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.data import Description, loading, user_datasets
from digitrec.data.splits import make_split
from digitrec.data.user_datasets import TrainTest
from digitrec.runs import TrainConfig, store

NAMES = tuple("0123456789")


def imported(names=NAMES, *, test=10) -> None:
    rng = np.random.default_rng(0)
    parts = [
        make_split(rng.integers(1, 256, (n, 28, 28), np.uint8), np.arange(n) % len(names)) for n in (20, test)
    ]
    description = Description("devanagari", "Devanagari", names, "made here", "yours")
    user_datasets.write(loading.cache_folder(), description, TrainTest(*parts))


def page(names=NAMES, dataset="devanagari") -> AppTest:
    def script():
        from digitrec.runs import store
        from digitrec.ui.draw.samples import sample_picker

        sample_picker("c", store.open_run("trained"))

    store.create(TrainConfig(dataset=dataset, network="mlp"), names, "trained")
    return rerun(AppTest.from_function(script, default_timeout=60))


def rerun(test: AppTest) -> AppTest:
    test.run()
    assert not test.exception, test.exception
    return test


def note(test: AppTest) -> str:
    test.button(key="c-sample").click()
    return rerun(test).session_state["c-canvas"].now.note


def test_they_are_of_the_network_s_own_data_set_though_mnist_has_classes_of_these_names(folders):
    imported()
    assert note(page()).partition(" of ")[2].startswith("Devanagari, labelled ")


def test_a_data_set_for_training_only_gives_training_images(folders):
    imported(test=0)
    assert note(page()).startswith("Training image ")


def test_the_classes_are_the_network_s(folders):
    imported(("ka", "kha"))
    test = page(("ka", "kha"))
    assert test.selectbox[0].label == "of the class" and test.selectbox[0].options == ["any", "ka", "kha"]
    test.selectbox[0].set_value("kha")
    assert rerun(test).session_state["c-canvas"].now.note.endswith("labelled kha.")


def test_where_the_data_set_is_gone_there_are_none_and_the_page_says_so(folders):
    test = page()
    assert not test.button and not test.selectbox
    assert "No samples" in test.caption[0].value and "devanagari" in test.caption[0].value


@pytest.mark.parametrize("dataset", ["mnist", "mnist+pen", "mnist+pen-2"])
def test_of_public_digits_that_are_not_on_this_machine_there_are_others_of_the_same_classes(folders, dataset):
    assert loading.title("digits") in note(page(dataset=dataset))


def test_a_blank_sample_is_refused_and_takes_the_old_drawing_away(folders):
    blank = make_split(np.zeros((10, 28, 28), np.uint8), np.arange(10))
    description = Description("devanagari", "Devanagari", NAMES, "made here", "yours")
    user_datasets.write(loading.cache_folder(), description, TrainTest(blank, blank))
    test = page()
    assert "no ink" in note(test) and not test.session_state["c-canvas"].now.objects
