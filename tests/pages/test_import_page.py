"""Images that are imported on Explore: chosen, trained on, evaluated on, removed; and what is said of faults."""

import dataclasses
import io

import numpy as np
import PIL.Image
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec.data import importing, loading, splits, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.evaluation import scoring
from digitrec.runs import jobs, store
from digitrec.ui import pickers
from support.image_files import csv, folders, npz, optdigits, png, zipped
from support.made_runs import DASHBOARD, SMALL, Reader, ended, open_page, rerun, words

SET = loading.load("digits").test


@pytest.fixture(autouse=True)
def alone(monkeypatch, folders):
    """No shipped run and no MNIST."""
    monkeypatch.setattr(store, "SHIPPED", ())


def choose_file(page: AppTest, data: bytes, *, file: str) -> AppTest:
    (uploader,) = page.main.get("file_uploader")
    uploader.upload(file, data)
    return rerun(page)


def upload(page: AppTest, data: bytes, *, file: str = "my digits.zip", name: str = "") -> AppTest:
    number = choose_file(page, data, file=file).session_state["import-round"]
    page.text_input(key=f"import {number} name").set_value(name)
    rerun(page).button(key=f"import {number} go").click()
    return rerun(page)


def test_pictures_in_folders_become_a_data_set_that_is_shown():
    page = open_page("explore")
    assert page.button(key="import 0 go").disabled
    upload(page, zipped(folders() | {"3/a.txt": b"x"}))
    assert page.selectbox(key="explore-dataset").value == "my digits"
    facts = {metric.label: metric.value for metric in page.metric}
    assert (facts["Training images"], facts["Test images"], facts["Classes"]) == ("47", "13", "10")
    assert "47 training and 13 test images of 10 classes" in page.info[-1].value
    assert "1 left out" in page.info[-1].value and "3\\/a.txt" in page.info[-1].value
    assert "20% of each class" in words(page)
    assert "47 training" not in words(rerun(page))  # said once


def test_the_panel_is_a_new_one_after_an_import_and_so_is_closed(monkeypatch):
    real, keys = st.expander, []

    def expander(label, **given):
        if label == "Import a data set":
            keys.append(given["key"])
        return real(label, **given)

    monkeypatch.setattr(st, "expander", expander)
    page = choose_file(open_page("explore"), zipped(folders()), file="mine.zip")
    assert len(set(keys)) == 1
    page.button(key="import 0 go").click()
    rerun(page)
    assert keys[-1] != keys[0]


@pytest.mark.parametrize(
    ("file", "data"), [("x.npz", b"PK\3\4" + bytes(50)), ("x.csv", b"a,b\n1,2"), ("x.zip", b"")]
)
def test_what_cannot_be_imported_is_told_before_and_the_page_goes_on(file, data):
    page = choose_file(open_page("explore"), data, file=file)
    assert page.error[0].value.startswith("This file cannot be imported: ")
    assert page.button(key="import 0 go").disabled and page.selectbox(key="explore-dataset").value == "digits"
    assert not choose_file(page, csv(), file="good.csv").error


@pytest.mark.parametrize("name", ["mnist", "../up", "own", ".x"])
def test_a_name_that_cannot_be_is_told(name):
    page = upload(open_page("explore"), csv(), file="x.csv", name=name)
    assert (
        page.error[0].value.startswith("Nothing was imported: ") and loading.list_datasets()[-1].user_made is None
    )


def test_it_is_removed_when_that_is_confirmed_and_who_learnt_from_it_is_named():
    page = upload(open_page("explore"), zipped(folders()))
    store.create(dataclasses.replace(SMALL, dataset="my digits"), DIGITS, "learner")
    page.button(key="sets-Remove ...").click()
    rerun(page)
    assert "Trained on it: learner" in " ".join(text.value for text in page.markdown)
    page.button(key="sets-yes").click()
    assert rerun(page).selectbox(key="explore-dataset").value == "digits"
    assert not loading.is_available("my digits")


def test_a_copy_of_kept_drawings_can_be_trained_on():
    for image, label in zip(SET.images[:60], SET.labels[:60], strict=True):
        user_drawings.save(image, int(label), DIGITS)
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.session_state["explore-dataset-next"] = "own"
    page = rerun(page.switch_page("../../pages/explore.py"))
    page.button(key="copy 0 go").click()
    assert rerun(page).selectbox(key="explore-dataset").value == "my drawings"
    loading.check_trainable("my drawings")
    assert "60 saved drawings" in words(page)


def imported(name: str = "mine", **changes: object) -> None:
    arrays = {"x": SET.images[:60], "y": SET.labels[:60]} | changes
    importing.add_dataset(name, importing.read(npz(**arrays)), origin="a test")


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(scoring, "Classifier", Reader)
    monkeypatch.setattr(pickers, "Classifier", Reader)
    return ended(store.create(SMALL, DIGITS, "reader"))


def test_evaluate_offers_each_set_with_the_network_s_classes_and_no_other(reader):
    imported()
    imported("letters", y=SET.labels[:60].astype("U"))
    imported("other", y=[f"kind {label}" for label in SET.labels[:60]])
    page = open_page("evaluate")
    assert page.selectbox(key="evaluate-dataset reader").options == ["scikit-learn digits", "letters", "mine"]
    page.selectbox(key="evaluate-dataset reader").set_value("mine")
    assert "answers are right" in words(rerun(page))
    assert "Not the data set that this run was trained on." in words(page)


def test_images_that_were_learnt_from_are_told_on_evaluate(reader):
    digits = loading.load("digits")
    learnt = splits.select_part(digits, "train", share=0.2, seed=reader.config.seed)
    imported(x=learnt.images[:60], y=learnt.labels[:60])
    page = open_page("evaluate")
    page.selectbox(key="evaluate-dataset reader").set_value("mine")
    assert "images: these numbers are too high" in words(rerun(page))


def test_of_an_imported_set_it_is_not_said_that_no_training_saw_it(monkeypatch):
    monkeypatch.setattr(scoring, "Classifier", Reader)
    imported()
    ended(store.create(dataclasses.replace(SMALL, dataset="mine"), DIGITS, "learner"))
    said = words(open_page("evaluate"))
    assert "Images set aside for the test." in said and "no training ever saw" not in said


PAGES = ["draw", "read", "explore", "teach", "train", "evaluate", "models"]


@pytest.mark.parametrize("page", PAGES)
def test_a_run_whose_data_set_is_gone_breaks_no_page(page, monkeypatch):
    monkeypatch.setattr(pickers, "Classifier", Reader)
    monkeypatch.setattr(scoring, "Classifier", Reader)
    ended(store.create(dataclasses.replace(SMALL, dataset="gone"), DIGITS, "orphan"))
    shown = open_page(page)
    assert not shown.error
    if page == "evaluate":
        assert "gone is not on this machine" in words(shown)


def test_settings_with_a_data_set_that_is_gone_say_so_and_do_not_start(monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", started.append)
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.session_state["train-dataset 0"] = "gone"
    page = rerun(page.switch_page("../../pages/train.py"))
    assert "gone (unknown here)" in page.selectbox(key="train-dataset 0").options
    assert "No preview: there is no data set 'gone'" in words(page)
    page.button(key="start").click()
    assert "The training could not be started: there is no data set 'gone'" in rerun(page).error[0].value
    assert not started and not store.list_runs()


def test_an_imported_set_is_offered_for_training_with_its_classes(monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", started.append)
    imported(y=[f"kind {label}" for label in SET.labels[:60] % 3])
    page = open_page("train")
    page.selectbox(key="train-dataset 0").set_value("mine")
    rerun(page).button(key="start").click()
    assert not rerun(page).error
    assert started[0].class_names == ("kind 0", "kind 1", "kind 2")


def test_a_picture_of_another_size_is_imported(monkeypatch):
    files = {f"{SET.labels[i]}/{i}.jpg": png(255 - SET.images[i], 5, "JPEG") for i in range(10)}
    page = upload(open_page("explore"), zipped(files), name="photos")
    assert "10 pictures were cleaned" in page.info[-1].value
    assert loading.describe("photos").user_made[1:3] == (0, 10)


# Before it is imported


def widget(page: AppTest, kind: str, label: str):
    (found,) = (each for each in getattr(page, kind) if each.label == label and "import" in each.key)
    return found


def take(page: AppTest) -> AppTest:
    """Import the file that is shown."""
    page.button(key="import 0 go").click()
    return rerun(page)


def shown_pairs(page: AppTest) -> int:
    """The number of pairs of pictures, before and after."""
    return sum(each.proto.body.count("once imported") for each in page.main.get("html"))


def test_a_file_is_seen_before_it_is_imported():
    page = choose_file(open_page("explore"), zipped(folders(above="class_") | {"3/a.txt": b"x"}), file="mine.zip")
    said = words(page)
    for fact in ("names of the folders", "28 × 28 pixels", "bright on dark paper", "20% of each class"):
        assert fact in said.replace("\\", ""), fact
    assert "1 left out" in said and "a.txt" in said
    assert shown_pairs(page) == 12
    counts = page.dataframe[0].value
    assert counts["Class"].tolist() == list(DIGITS) and counts["In the file"].tolist()[3] == "class_3"
    assert counts["Images"].sum() == 60 and not loading.is_available("mine")
    assert take(page).selectbox(key="explore-dataset").value == "mine"


def test_optdigits_of_uci_is_imported_with_the_labels_that_are_last():
    page = choose_file(open_page("explore"), optdigits(), file="optdigits.csv")
    assert widget(page, "selectbox", "Labels").value == 64 and "0 to 16" in words(page)
    take(page)
    stored = loading.load("optdigits")
    assert len(stored.train.labels) + len(stored.test.labels) == 1797
    assert set(stored.test.labels.tolist()) == set(range(10))


def test_the_column_of_the_labels_is_asked_for_where_it_is_doubtful():
    noise = np.random.default_rng(0).integers(0, 10, (60, 17))
    data = "\n".join(",".join(map(str, row)) for row in noise.tolist()).encode()
    page = choose_file(open_page("explore"), data, file="noise.csv")
    assert "not clear which column" in page.error[0].value and page.button(key="import 0 go").disabled
    widget(page, "selectbox", "Labels").set_value(16)
    assert not rerun(page).error and "as you said" in words(page)
    counts = page.dataframe[0].value
    assert counts["Images"].tolist() == np.bincount(noise[:, 16], minlength=10).tolist()


def test_a_wrong_choice_of_the_column_can_be_taken_back():
    page = choose_file(open_page("explore"), csv(last=True), file="mine.csv")
    widget(page, "selectbox", "Labels").set_value(0)  # a corner: always paper
    assert "the first column of the CSV: all 60 images have the label" in rerun(page).error[0].value
    assert page.button(key="import 0 go").disabled
    widget(page, "selectbox", "Labels").set_value(784)
    assert not rerun(page).error and "the last column" in words(page)
    assert not page.button(key="import 0 go").disabled


def test_digits_that_lie_turned_are_noticed_and_turned_unless_the_user_says_no(monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ("draw",))
    turned = npz(x=SET.images[:100].transpose(0, 2, 1), y=SET.labels[:100])
    page = choose_file(open_page("explore"), turned, file="turned.npz")
    assert "seem to be turned or mirrored" in page.warning[-1].value
    assert widget(page, "selectbox", "Turn").value == "transpose"
    take(page)
    images = np.concatenate(
        [split.images for split in (loading.load("turned").train, loading.load("turned").test)]
    )
    assert {image.tobytes() for image in images} == {image.tobytes() for image in SET.images[:100]}
    assert "turned \\(transpose\\)" in page.info[-1].value
    choose_file(page, turned, file="again.npz")
    widget(page, "selectbox", "Turn").set_value("none")
    page = rerun(page)
    page.button(key="import 1 go").click()
    rerun(page)
    kept = {image.tobytes() for image in loading.load("again").train.images}
    assert kept <= {image.T.tobytes() for image in SET.images[:100]}


def test_polarity_and_class_names_can_be_corrected():
    page = choose_file(open_page("explore"), npz(x=SET.images[:60], y=SET.labels[:60] % 3), file="mine.npz")
    widget(page, "selectbox", "Ink").set_value(True)
    widget(page, "text_input", "0").set_value("zig")
    widget(page, "text_input", "1").set_value("zag")
    widget(page, "text_input", "2").set_value("zig")
    rerun(page)
    assert "dark on light paper, inverted" in words(page)
    take(page)
    stored = loading.load("mine")
    assert stored.class_names == ("zag", "zig")
    assert {image.tobytes() for image in stored.test.images} <= {
        (255 - image).tobytes() for image in SET.images[:60]
    }


def test_a_class_name_that_cannot_be_is_told_before_the_import():
    page = choose_file(open_page("explore"), csv(), file="mine.csv")
    widget(page, "text_input", "3").set_value("<b>")
    assert "The classes cannot have these names" in rerun(page).error[0].value
    assert page.button(key="import 0 go").disabled


def test_one_picture_with_a_grid_is_cut_shown_corrected_and_imported():
    chosen = [np.flatnonzero(SET.labels == digit)[:6] for digit in range(10)]
    rows = [np.hstack([np.pad(SET.images[i], 6) for i in each]) for each in chosen]
    buffer = io.BytesIO()
    PIL.Image.fromarray(255 - np.vstack(rows)).save(buffer, "PNG")
    page = choose_file(open_page("explore"), buffer.getvalue(), file="sheet.png")
    assert "10 rows and 6 columns" in words(page)
    names = next(each for each in page.text_input if each.label == "Names")
    names.set_value("a, b")
    assert "2 names for 10 rows" in rerun(page).error[0].value
    next(each for each in page.text_input if each.label == "Names").set_value("०१२३४५६७८९")
    page.text_input(key="import 0 name").set_value("sheet")
    rerun(page).button(key="import 0 go").click()
    rerun(page)
    made = loading.load("sheet")
    assert made.class_names == tuple("०१२३४५६७८९") and len(made.train.labels) + len(made.test.labels) == 60
