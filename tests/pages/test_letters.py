"""Data sets of 26 and 62 classes go the whole way: imported, trained on, evaluated, drawn, exported, reported."""

import contextlib
import json
import string

import numpy as np
import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont
from streamlit.testing.v1 import AppTest

from digitrec import api
from digitrec.data import DATASETS, DatasetError, importing, loading, user_datasets
from digitrec.evaluation import scoring
from digitrec.exchange import FORMATS, make_export, read_export
from digitrec.inference import Classifier
from digitrec.reporting.report import make_report
from digitrec.runs import jobs, store
from digitrec.runs.config import TrainConfig
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas
from support import made_runs, public_files
from support.image_files import png, zipped
from support.made_runs import open_page, rerun, words
from support.places import DASHBOARD
from support.stand_ins import wait_until

SECTIONS = ("Numbers", "Sureness", "Errors", "Slices", "Robustness", "Report")
COUNT = 6  # images of a class
LOAD_IN_KERAS_2 = """
import json, pathlib, sys
import numpy as np, tf_keras
folder = pathlib.Path(sys.argv[1])
model = tf_keras.models.load_model(folder / "run.h5")
print(json.dumps(model.predict(np.load(folder / "images.npy"), verbose=0).tolist()))
"""


def draw(letter: str, size: int) -> np.ndarray:
    """A printed letter, ink uint8 (28, 28)."""
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text((7, 2), letter, fill=255, font=ImageFont.load_default(size))
    return np.asarray(image)


def add_letters(letters: str, name: str = "letters"):
    """Import letters as pictures in folders; "a" is a folder that is named A at the import."""
    files = {f"{letter} x/{i}.png": png(draw(letter, 17 + i)) for letter in letters for i in range(COUNT)}
    choices = importing.Choices(class_names={f"{letter} x": letter for letter in letters})
    return importing.add_dataset(name, importing.read(zipped(files), choices=choices), origin="a test").description


def show_all(page: AppTest) -> str:
    """What Evaluate says of a run in all sections."""
    said = [words(page)]
    for section in SECTIONS:
        page.segmented_control(key=state.EVALUATE_SECTION).set_value(section)
        said.append(words(rerun(page)))
    return "\n".join(said)


def train_on_page(**settings: str):
    """Start a training with these settings on the Train page, and wait for its end."""
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.query_params.update(settings)
    page = rerun(page.switch_page("../../pages/train.py"))
    page.button(key="start").click()
    rerun(page)
    (run,) = store.list_runs()
    try:
        wait_until(lambda: not jobs.is_live(run), 900)  # 18 s of work; the machine may have other work
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            if run.worker and jobs.is_live(run):
                psutil.Process(run.worker.pid).kill()
    assert run.history().end is not None, jobs.failure_reason(run)
    return run


@pytest.mark.slow
def test_26_classes_are_trained_on_through_the_page_and_work_everywhere(
    alone, keras_process, monkeypatch, tmp_path
):
    letters = tuple(string.ascii_uppercase)
    assert add_letters(string.ascii_uppercase).class_names == letters
    run = train_on_page(dataset="letters", network="cnn", epochs="1")
    assert (run.config.dataset, run.config.network, run.class_names) == ("letters", "cnn", letters)
    assert made_runs.accuracy(open_page("evaluate"))
    score = api.evaluate(run, split="train")
    assert score.proba.shape == (score.evaluation.n, 26) and score.evaluation.n > 100
    report = api.report(score, tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(f">{letter}<" in report for letter in "AZ")
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: np.pad(draw("Q", 20), 60))
    assert not open_page("draw").exception
    proba = api.load_model(run.name).predict_proba(draw("Q", 20)[None])
    assert proba.shape == (1, 26) and np.allclose(proba.sum(), 1, atol=1e-5)
    for kind, about in FORMATS.items():
        assert not about.is_stored or len(read_export(run, kind)) > 10_000
    make_export(run, "h5")
    (tmp_path / "run.h5").write_bytes(read_export(run, "h5"))
    np.save(tmp_path / "images.npy", draw("Q", 20)[None])
    done = keras_process.run(LOAD_IN_KERAS_2, str(tmp_path))
    assert done.returncode == 0, done.stderr
    answers = Classifier.load(run.tflite_path).predict_proba(draw("Q", 20)[None])
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), answers, atol=1e-5)


ANSWER = np.where(np.arange(10) == 7, 0.91, 0.01).astype(np.float32)


class Guesser:
    """Stands in for the Classifier: 62 classes, and answers that depend on the image alone."""

    sha256, embedding_size, classes = "of the guesser", 28, 62

    @classmethod
    def load(cls, path: object) -> "Guesser":
        return cls()

    def embed(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        return images.sum(2).astype(np.float32)

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        proba = np.full((len(images), 62), 0.1 / 61, np.float32)
        proba[np.arange(len(images)), images.sum((1, 2)) % 62] = 0.9
        return proba


def test_62_classes_are_evaluated_and_reported(alone, monkeypatch):
    monkeypatch.setattr(scoring, "Classifier", Guesser)
    monkeypatch.setattr(pickers, "load_classifier", lambda run: Guesser())
    classes = add_letters("".join(DATASETS["emnist-byclass"].class_names)).class_names
    config = TrainConfig(dataset="letters", network="mlp", epochs=3, validation_share=0.2)
    run = made_runs.ended(store.create(config, classes, "letters"))
    said = show_all(open_page("evaluate"))
    assert "accuracy" in said
    score = api.evaluate(run)
    assert score.proba.shape == (62, 62) and "z" in make_report(score)


def test_the_classes_of_an_imported_data_set_are_renamed_later(alone):
    add_letters("abc")
    page = open_page("explore")
    page.selectbox(key=state.EXPLORE_DATASET).set_value("letters")
    rerun(page)
    for i, new in enumerate(("अ", "b", "अ")):
        page.text_input(key=f"rename letters {i} {'abc'[i]}").set_value(new)
    page.session_state["sets-rename"] = True  # the popover is open
    page.button(key="rename letters go").click()
    assert "two classes have the same name" in rerun(page).error[0].value and page.session_state["sets-rename"]
    page.text_input(key="rename letters 2 c").set_value("क")
    page.button(key="rename letters go").click()
    assert "अ, b, क" in " ".join(info.value for info in rerun(page).info) and not page.session_state["sets-rename"]
    assert loading.describe("letters").class_names == ("अ", "b", "क")
    before = loading.load("letters")
    assert len(before.test.labels) == 18
    with pytest.raises(DatasetError, match="expected one for each"):
        user_datasets.rename_classes(loading.cache_folder(), "letters", ("a",))


def test_47_classes_of_emnist_balanced_are_fetched_and_trained_on(
    alone, folders, home, keras_process, monkeypatch
):
    public_files.publish(monkeypatch, home, "emnist-balanced", public_files.make_emnist(["emnist-balanced"]))
    classes = loading.load("emnist-balanced").class_names
    assert len(classes) == 47
    config = TrainConfig(
        dataset="emnist-balanced", network="strided", epochs=1, batch_size=64, validation_share=0.0
    )
    run = store.create(config, classes, "balanced")
    done = keras_process.digitrec("train", "--run", "balanced")
    assert done.returncode == 0, done.stderr[-2000:]
    score = api.evaluate(run)
    assert score.proba.shape == (public_files.COUNTS["test"], 47) and run.history().end.reason == "finished"


def test_classes_with_names_in_devanagari_are_drawn_and_read(alone, monkeypatch):
    add_letters("abcdefghij")
    devanagari = tuple("०१२३४५६७८९")
    user_datasets.rename_classes(loading.cache_folder(), "letters", devanagari)
    monkeypatch.setattr(Guesser, "classes", 10)
    monkeypatch.setattr(
        Guesser, "predict_proba", lambda self, images, progress=None: np.tile(ANSWER, (len(images), 1))
    )
    monkeypatch.setattr(pickers, "load_classifier", lambda run: Guesser())
    made_runs.ended(store.create(TrainConfig(dataset="letters", network="mlp"), devanagari, "letters"))
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: np.pad(draw("Q", 20), 60))
    said = "".join(html.proto.body for html in open_page("draw").main.get("html"))
    assert ">७<" in said and all(f"<b>{name}</b>" in said for name in devanagari)
