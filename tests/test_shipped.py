"""The models that come with the program, held to what their cards say."""

import re

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from digitrec.evaluation import scoring
from digitrec.evaluation.record import evaluate
from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from digitrec.runs.config import PRESETS
from digitrec.runs.jobs import Status, status
from digitrec.runs.run import Run

MOST_BYTES = 3_500_000
LEAST = {"draw": 0.9965, "mnist": 0.9965}  # accuracy on MNIST's test images


@pytest.fixture(params=store.SHIPPED)
def shipped(request) -> Run:
    return store.open_run(request.param)


def test_each_is_finished_small_and_has_its_card(shipped):
    assert shipped.is_shipped and shipped.has_model and status(shipped) is Status.FINISHED
    files = [path for path in shipped.path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert "CC BY-SA 3.0" in shipped.card


def test_each_knows_when_to_say_that_it_is_not_sure(shipped):
    assert 0.5 < shipped.calibration["temperature"] < 5 and shipped.reference_path.is_file()


def test_each_is_its_last_epoch(shipped):
    history = shipped.history()
    assert history.epochs[-1].epoch == shipped.config.epochs == history.end.best_epoch


def test_the_one_is_the_best_preset_and_the_other_went_on_from_the_draw_before_it():
    draw, mnist = (store.open_run(name).config for name in store.SHIPPED)
    assert mnist == PRESETS["best"]
    assert (draw.dataset, draw.network) == ("mnist+pen+forms", mnist.network)
    assert draw.start_names == draw.teacher_names == ("earlier-draw",)


def test_each_recorded_evaluation_is_of_this_very_file_and_agrees_with_the_card(shipped):
    recorded = scoring.load_evaluation(shipped, "mnist", "test")
    assert recorded is not None and recorded.accuracy.value >= LEAST[shipped.name]
    right = re.search(r"([\d,]+) of MNIST's 10,000 test images: ([\d.]+)%", shipped.card)
    assert int(right[1].replace(",", "")) == np.trace(recorded.confusion)
    assert float(right[2]) == round(100 * recorded.accuracy.value, 2)


@pytest.mark.slow
def test_each_reads_mnist_as_recorded(shipped, mnist):
    proba = Classifier(shipped.tflite_path.read_bytes()).predict_proba(mnist.test.images)
    found = evaluate(mnist.test.labels, proba, dataset="mnist", split="test")
    moved = np.abs(found.confusion - scoring.load_evaluation(shipped, "mnist", "test").confusion).sum()
    assert moved <= 2  # another processor's rounding may turn one answer: out of one cell, into another
    quick = Classifier.load(shipped.tflite_path)
    assert quick.is_quantised
    same = quick.predict_proba(mnist.test.images).argmax(1) == proba.argmax(1)
    assert same.sum() >= 9998


def test_output_0_of_each_is_the_probabilities(shipped):
    interpreter = Interpreter(model_path=str(shipped.tflite_path))
    first, second = interpreter.get_output_details()
    assert first["shape"].tolist() == [1, 10] and second["shape"].tolist() == [1, 96]
