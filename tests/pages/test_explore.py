"""The Explore page: what it shows of a data set, and what it says where there is none."""

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from digitrec.data import background, catalogue, loading, statistics
from digitrec.ui.explore.grid import SIZES
from support import chain, public_files
from support.made_runs import open_page, rerun


@pytest.fixture(autouse=True)
def no_mnist(folders):
    """Neither MNIST's files nor a network."""


def gallery(page: AppTest) -> list[str]:
    """What a screen reader says of the images."""
    return [image["alt"] for shown in chain.galleries(page) for image in shown["images"]]


def section(name: str) -> AppTest:
    page = open_page("explore")
    page.segmented_control(key="explore-section").set_value(name)
    return rerun(page)


PER_PAGE = SIZES["M"].per_page


def expected(split: str, label: int | None, page: int) -> list[str]:
    labels = getattr(loading.load("digits"), {"Training": "train", "Test": "test"}[split]).labels
    found = [i for i in range(len(labels)) if label is None or labels[i] == label]
    return [f"{split} image {i}, a {labels[i]}" for i in found[(page - 1) * PER_PAGE : page * PER_PAGE]]


def test_the_facts_of_the_data_set_stand_at_the_top():
    page, dataset = open_page("explore"), loading.load("digits")
    facts = {metric.label: metric.value for metric in page.metric}
    assert facts["Training images"] == f"{len(dataset.train.labels):,}"
    assert facts["Test images"] == f"{len(dataset.test.labels):,}"
    assert (facts["Classes"], facts["Image"]) == ("10", "28 × 28 grey")
    assert any(dataset.licence in caption.value for caption in page.caption)


def test_the_first_page_shows_the_first_images():
    assert gallery(open_page("explore")) == expected("Training", None, 1)


@pytest.mark.parametrize(("split", "label", "number"), [("Training", None, 3), ("Test", 4, 1), ("Training", 7, 2)])
def test_split_class_and_page_choose_the_samples(split, label, number):
    page = open_page("explore")
    page.segmented_control(key="explore-split").set_value("train" if split == "Training" else "test")
    rerun(page)
    if label is not None:
        page.pills(key="explore-label").set_value(label)
        rerun(page)
    if number > 1:
        chain.page_number(page).set_value(number)
    assert gallery(rerun(page)) == expected(split, label, number)


def test_the_counts_are_shown_as_numbers():
    table = section("Classes").dataframe[0].value
    counts = statistics.compute_statistics("digits").class_counts
    assert np.array_equal(table["Training"], counts["train"])
    assert np.array_equal(table["Test"], counts["test"])


def test_the_mean_and_deviation_are_those_of_the_data_set():
    pixels = loading.load("digits").train.images / 255
    words = " ".join(text.value for text in section("Classes").markdown)
    assert f"mean is {pixels.mean():.4f}" in words
    assert f"deviation {pixels.std():.4f}" in words


def test_without_mnist_a_banner_says_what_stands_in():
    page = open_page("explore")
    assert page.info[0].value.startswith("MNIST is not on this machine")
    assert page.button(key="download-mnist").label == "Download MNIST (11.6 MB)"
    assert page.selectbox(key="explore-dataset").options == [catalogue.DATASETS["digits"].title]


def test_a_download_that_fails_is_told_in_place():
    page = open_page("explore")
    page.button(key="download-mnist").click()
    rerun(page)
    assert background.get("mnist").wait(60)
    assert "MNIST could not be downloaded" in rerun(page).error[0].value
    assert gallery(page) == expected("Training", None, 1)


def test_after_a_download_the_banner_is_gone(monkeypatch, tmp_path):
    page, here = open_page("explore"), set()
    monkeypatch.setattr(
        loading,
        "find_folder",
        lambda dataset: tmp_path if getattr(dataset, "name", dataset) in {"digits", *here} else None,
    )
    monkeypatch.setattr(loading, "default_name", lambda: "digits")
    monkeypatch.setattr(
        loading, "download", lambda dataset, progress: here.add(dataset.name) or progress("all of it", 1.0)
    )
    page.button(key="download-mnist").click()
    rerun(page)
    assert background.get("mnist").wait(60)
    assert not rerun(page).info
    assert catalogue.DATASETS["mnist"].title in page.selectbox(key="explore-dataset").options


def test_mnist_is_downloaded_when_a_page_first_needs_it(tiny, home, folders, monkeypatch):
    mnist = tiny.known._replace(name="mnist", title="MNIST", mirrors=(home.serve(tiny.packed),))
    monkeypatch.setitem(catalogue.DATASETS, "mnist", mnist)
    home.pages["/train-images-idx3-ubyte.gz"].stalls = True
    page = open_page("explore")
    assert page.button(key="cancel-mnist").label == "Cancel"  # beside its bar
    assert gallery(page) == expected("Training", None, 1)  # the digits stand in
    page.button(key="cancel-mnist").click()
    rerun(page)
    home.released.set()
    assert background.get("mnist").wait(60)
    assert "was cancelled" in " ".join(caption.value for caption in rerun(page).caption)
    home.serve(tiny.packed)
    page.button(key="download-mnist").click()
    rerun(page)
    assert background.get("mnist").wait(60)
    assert not rerun(page).info and page.selectbox(key="explore-dataset").options[0] == "MNIST"


def test_a_public_data_set_is_listed_described_and_downloaded(home, monkeypatch):
    public_files.publish(monkeypatch, home, "pendigits", public_files.make_pendigits(), is_checked=False)
    page = open_page("explore")
    (table,) = [text.value for text in page.markdown if text.value.startswith("| Data set")]
    rows = {row.partition("]")[0].strip("| [") for row in table.splitlines()[2:]}
    assert rows >= {"MNIST", "EMNIST letters", "KMNIST", "Fashion\\-MNIST", "QMNIST", "USPS", "Pen digits"}
    assert [row.partition("]")[0] for row in table.splitlines() if ") ✓ |" in row] == ["| [scikit\\-learn digits"]
    page.selectbox(key="known-set").set_value("pendigits")
    words = " ".join(text.value for text in rerun(page).markdown)
    assert (
        "7,494 training and 3,498 test images of 10 classes" in words and "The first download is trusted" in words
    )
    page.button(key="download-pendigits").click()
    rerun(page)
    assert background.get("pendigits").wait(60)
    assert "Pen digits" in rerun(page).selectbox(key="explore-dataset").options
    assert "pendigits" not in page.selectbox(key="known-set").options
    page.selectbox(key="explore-dataset").set_value("pendigits")
    assert {metric.label: metric.value for metric in rerun(page).metric}["Training images"] == "200"


def test_damaged_files_are_told_in_words(monkeypatch):
    def fail(name, progress):
        raise catalogue.DatasetError("the files are damaged.")

    monkeypatch.setattr(loading, "load", fail)
    page = open_page("explore")
    assert page.error[0].value == "the files are damaged."
    assert not page.metric


def test_mnist_is_shown_where_it_is(mnist, mnist_folder, monkeypatch):
    monkeypatch.setenv("DIGITREC_DATA", str(mnist_folder.parent))
    page = open_page("explore")
    assert not page.info
    assert {metric.label: metric.value for metric in page.metric}["Training images"] == "60,000"
    page.segmented_control(key="explore-section").set_value("Classes")
    rerun(page)
    assert "mean is 0.1307 and their standard deviation 0.3081" in " ".join(text.value for text in page.markdown)


def test_a_data_set_that_takes_time_says_how_far_it_is(monkeypatch):
    told, load = [], loading.load

    def slow(name, progress=None):
        if progress:
            progress("Drawing the pen digits", 0.4)
        return load(name)

    monkeypatch.setattr(loading, "load", slow)
    monkeypatch.setattr(DeltaGenerator, "progress", lambda self, share, text: told.append(text))
    assert not open_page("explore").exception
    assert told == ["Drawing the pen digits: 40%"]
