"""The Draw page in every state, with a classifier that is known instead of a trained network."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitrec.data import catalogue, loading, user_datasets
from digitrec.data.splits import make_split
from digitrec.imaging.ink_to_image import fit_to_square, to_mnist
from digitrec.imaging.photos import to_ink
from digitrec.runs import TrainConfig, store
from digitrec.ui import pickers
from digitrec.ui.components import canvas
from support.known_reader import INK, Known
from support.made_runs import ended, new, open_page, rerun, words

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(pickers, "Classifier", Known)
    return ended(new("reader"))


@pytest.fixture
def drawn(monkeypatch):
    """Draws in the canvas's place: a list whose last entry is on the paper."""
    inks = [None]
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: inks[-1])
    return inks


def said(page: AppTest) -> str:
    """The answer's HTML, or what stands in its place."""
    return "".join(block.proto.body for block in page.main.get("html"))


def answered(page: AppTest) -> str:
    return said(page).partition("<strong")[2].partition("</strong>")[0].partition(">")[2]


def choose(page: AppTest, panel: str) -> AppTest:
    """The page with a panel chosen."""
    page.segmented_control(key="draw-panel").set_value(panel)
    return rerun(page)


def expected(image: np.ndarray) -> str:
    return str(np.count_nonzero(image) % 10)


def test_without_any_model_the_page_leads_to_training(drawn):
    page = open_page("draw")
    assert "no trained network yet" in page.info[0].value
    assert page.main.get("page_link")[0].proto.page == "train"
    assert not said(page)


def test_blank_paper_is_no_digit(reader, drawn):
    page = open_page("draw")
    assert "Draw a digit here" in said(page)
    assert not answered(page)


def test_a_drawing_is_answered_with_every_class_and_what_the_network_sees(reader, drawn):
    drawn.append(INK)
    page = open_page("draw")
    html = said(page)
    assert answered(page) == expected(to_mnist(INK))
    assert html.partition("digit-bars")[2].partition("</ul>")[0].count("<li") == 10
    assert (html.count("91.0% sure"), html.count(">91.0%<"), html.count(">1.0%<")) == (1, 1, 9)
    assert 'alt="The 28 by 28 pixels that the network sees"' in html


def test_the_way_to_the_image_is_shown_beside_a_typical_digit_of_the_answer(reader, drawn):
    drawn.append(INK)
    html = said(open_page("draw"))
    assert re.search(f"A typical {expected(to_mnist(INK))}: .* training image", html)
    assert "40 pixels wide and 200 high" in html


@pytest.fixture
def devanagari(monkeypatch, mnist_folder):
    """A network of an imported data set whose classes have the digits' names, with MNIST on the machine."""
    monkeypatch.setattr(pickers, "Classifier", Known)
    monkeypatch.setenv("DIGITREC_DATA", str(mnist_folder.parent))
    rng, names = np.random.default_rng(0), tuple("0123456789")
    images = np.zeros((600, 28, 28), np.uint8)
    images[:, 5:23, 11:16] = rng.integers(100, 256, (600, 18, 5))
    parts = [make_split(images, np.arange(600) % 10) for _ in range(2)]
    description = catalogue.Description("devanagari", "Devanagari", names, "made here", "yours")
    user_datasets.write(loading.cache_folder(), description, user_datasets.TrainTest(*parts))
    return ended(store.create(TrainConfig(dataset="devanagari", network="mlp"), names, "reader"))


def everything(page: AppTest) -> str:
    return said(page) + words(page)


@pytest.mark.slow
def test_a_network_of_imported_digits_is_shown_its_own_and_nothing_speaks_of_mnist(monkeypatch, devanagari):
    page = open_page("draw")
    page.button(key="draw-sample").click()
    rerun(page)
    found = "".join(everything(choose(page, panel)) for panel in ("Steps", "Why", "Doctor"))
    assert "image" in found and "of Devanagari, labelled" in found
    assert re.search(r"A typical \d: Devanagari training image", found) and re.search(
        r"the \ds in Devanagari", found
    )
    assert "MNIST" not in found.replace("mnist", "")


def test_where_the_imported_digits_are_gone_the_page_says_so_and_shows_none(monkeypatch, devanagari, drawn):
    user_datasets.remove(loading.cache_folder(), "devanagari")
    drawn.append(INK)
    page = open_page("draw")
    gone = "training data set, devanagari, is not on this machine"
    found = everything(page)
    assert found.count(gone) == 2  # for the samples, and beside the steps
    found += everything(choose(page, "Doctor"))
    assert found.count(gone) == 4  # for the samples, and for the doctor
    assert "MNIST" not in found and "No typical" in found and "No samples" in found and not page.table


def test_the_evidence_is_shown_once_it_is_chosen_and_stays_chosen(reader, drawn):
    drawn.append(INK)
    page = open_page("draw")
    answer = expected(to_mnist(INK))
    assert "digit-evidence" not in said(page)
    assert f"Why {answer}, and why not" in said(choose(page, "Why"))
    assert "What would change the answer?" in said(page)
    rerun(page.switch_page("../../pages/explore.py"))
    assert f"Why {answer}, and why not" in said(rerun(page.switch_page("../../pages/draw.py")))


def test_the_doctor_tells_what_is_unusual_and_mends_what_is_drawn(reader, drawn):
    thin = np.zeros((280, 280), np.uint8)
    thin[40:240, 138:142] = 255
    drawn.append(thin)
    page = open_page("draw")
    assert "digit-measures" not in said(page)
    assert "digit-measures" in said(choose(page, "Doctor")) and page.button(key="draw-doctor-thin")
    page.button(key="draw-doctor-thin").click()
    rerun(page)
    mended = np.asarray(Image.open(io.BytesIO(page.session_state["draw-canvas"].now.png)))
    assert np.count_nonzero(to_mnist(mended)) > np.count_nonzero(to_mnist(thin))


def test_blank_paper_has_no_evidence(reader, drawn):
    drawn.append(INK)
    page = open_page("draw")
    assert "digit-evidence" in said(choose(page, "Why"))
    drawn.append(None)
    assert "digit-evidence" not in said(rerun(page))
    assert any(caption.value.startswith("Draw, and here you see the ink") for caption in page.caption)


def test_after_clearing_the_paper_the_answer_is_gone(reader, drawn):
    drawn.append(INK)
    page = open_page("draw")
    drawn.append(None)
    assert not answered(rerun(page))


def test_a_damaged_model_is_named_and_the_page_goes_on(drawn):
    ended(new("broken"))
    drawn.append(INK)
    page = open_page("draw")
    assert "not a TensorFlow Lite model" in page.error[0].value
    assert "No answer" in said(page)


def test_a_model_of_another_number_of_classes_is_named(reader, drawn, monkeypatch):
    monkeypatch.setattr(Known, "classes", 26)
    drawn.append(INK)
    assert "has 26 classes: expected 10" in open_page("draw").error[0].value


def test_another_model_can_be_chosen_while_one_is_damaged(reader, drawn):
    ended(new("broken"))
    drawn.append(INK)
    page = open_page("draw")
    assert page.error
    page.selectbox(key="draw-model").set_value("reader")
    assert answered(rerun(page)) == expected(to_mnist(INK))
    assert not page.error


def test_a_chosen_model_that_was_deleted_gives_way_to_another(reader, drawn):
    gone = ended(new("later"))
    page = open_page("draw")
    page.selectbox(key="draw-model").set_value("reader")
    rerun(page)
    store.delete(reader)
    assert rerun(page).selectbox(key="draw-model").value == gone.name


def test_a_sample_is_read_and_named_and_survives_a_page_switch(reader):
    page = open_page("draw")
    page.button(key="draw-sample").click()
    index, label = note(rerun(page))
    sample = loading.load("digits").test
    assert label == str(sample.labels[index])
    assert answered(page) == expected(sample.images[index])
    rerun(page.switch_page("../../pages/explore.py"))
    assert answered(rerun(page.switch_page("../../pages/draw.py"))) == expected(sample.images[index])


def test_a_sample_of_a_digit_comes_when_it_is_chosen_and_another_with_each_click(reader):
    page, labels = open_page("draw"), loading.load("digits").test.labels
    for digit in "07":
        page.selectbox(key="draw-sample-class").set_value(digit)
        first = note(rerun(page))
        page.button(key="draw-sample").click()
        for index, label in (first, note(rerun(page))):
            assert label == digit == str(labels[index])
    page.selectbox(key="draw-sample-class").set_value("any")
    assert note(rerun(page))[1] == "7"  # what is on the paper stays


def test_an_uploaded_picture_is_read_and_undo_takes_it_back(reader):
    page, buffer = open_page("draw"), io.BytesIO()
    Image.fromarray(255 - INK[:, 30:]).save(buffer, "PNG")
    page.file_uploader(key="draw-upload").upload("one.png", buffer.getvalue(), "image/png")
    ink = fit_to_square(to_ink(255 - INK[:, 30:]), 280)
    assert answered(rerun(page)) == expected(to_mnist(ink))
    assert any(caption.value == "From your picture." for caption in page.caption)
    assert "digit-steps" in said(page)
    page.button(key="draw-Undo").click()
    assert not answered(rerun(page)) and "digit-steps" not in said(page)


def test_undo_redo_and_clear_act_on_the_paper(reader):
    page = open_page("draw")
    assert page.button(key="draw-Undo").disabled and page.button(key="draw-Clear").disabled
    page.button(key="draw-sample").click()
    first = answered(rerun(page))
    for key, blank in (("Clear", True), ("Undo", False), ("Undo", True), ("Redo", False), ("Redo", True)):
        page.button(key=f"draw-{key}").click()
        assert answered(rerun(page)) == ("" if blank else first)
    assert page.button(key="draw-Redo").disabled


def test_the_last_drawings_survive_a_page_switch_and_come_back_with_their_answer(reader):
    page = open_page("draw")
    page.button(key="draw-sample").click()
    first = answered(rerun(page))
    page.button(key="draw-Clear").click()
    rerun(rerun(page).switch_page("../../pages/explore.py"))
    rerun(page.switch_page("../../pages/draw.py"))
    label = page.button(key="draw-recent-0").label
    assert f"![Drawing 1: {first}, 91.0%.](" in label and label.endswith(f" {first}")
    page.button(key="draw-recent-0").click()
    assert answered(rerun(page)) == first


def test_other_models_are_asked_as_well_and_a_broken_one_does_not_stop_the_rest(reader, drawn):
    drawn.append(INK)
    page = choose(open_page("draw"), "Compare")
    assert not page.multiselect  # there is no other model
    ended(new("second")), ended(new("broken"))
    rerun(page).selectbox(key="draw-model").set_value("reader")
    assert set(rerun(page).table[0].value["Model"]) == {"reader", "second", "broken"}  # before any choice
    rerun(page).multiselect(key="draw-others").set_value(["second", "broken"])
    table = rerun(page).table[0].value
    assert [*table["Model"]] == ["reader", "second", "broken"]
    assert [*table["Agrees"]] == ["this model", "✓ yes", "no answer"]
    assert f"Both models answer {answered(page)}" in page.info[-1].value
    assert any("not a TensorFlow Lite model" in error.value for error in page.error)


def test_a_sample_that_cannot_be_had_takes_the_old_answer_s_place(reader, monkeypatch):
    def fail(name):
        raise catalogue.DatasetError("the files are damaged.")

    page = open_page("draw")
    page.button(key="draw-sample").click()
    before = answered(rerun(page))
    with monkeypatch.context() as patch:
        patch.setattr(loading, "load", fail)
        page.button(key="draw-sample").click()
        assert not answered(rerun(page))
        assert "<b>Not read.</b> The files are damaged. Undo restores your drawing." in said(page)
    page.button(key="draw-Undo").click()
    assert answered(rerun(page)) == before


def test_a_refused_upload_takes_the_old_answer_s_place(reader):
    page = open_page("draw")
    page.button(key="draw-sample").click()
    assert answered(rerun(page))
    page.file_uploader(key="draw-upload").upload("letter.png", b"a letter", "image/png")
    assert not answered(rerun(page)) and "not a picture" in said(page)
    assert "digit-steps" not in said(page)  # nor is there a panel on the old drawing


def note(page: AppTest) -> tuple[int, str]:
    """The index and label that the words below the paper name."""
    words = next(caption.value for caption in page.caption if "labelled" in caption.value)
    return int(words.split()[2].replace(",", "")), words.rstrip(".").split()[-1]
