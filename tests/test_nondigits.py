"""The non-digits themselves, and that the shipped model refuses them and not what people write."""

import numpy as np
import pytest

from digitrec.data import loading, pen_digits
from digitrec.imaging import pen_drawing
from digitrec.inference.classifier import Classifier
from digitrec.inference.reading import read_drawing
from digitrec.inference.reference import load_reference
from digitrec.runs import store
from digitrec.runs.run import Run
from support.nondigits import COUNTS, nondigits


@pytest.fixture(scope="module")
def digits(mnist_folder):
    path = mnist_folder.parent / pen_digits.STROKE_FILE
    return (
        list(pen_drawing.read(path)) if path.is_file() else pytest.skip("the pen digits are not on this machine")
    )


@pytest.fixture(scope="module")
def judge():
    run = Run(store.SHIPPED_FOLDER / store.SHIPPED[0])
    model = Classifier.load(run.tflite_path)
    reference = load_reference(run, model)
    if reference is None:
        pytest.skip(f"the shipped run {run.name} was never calibrated")
    return lambda ink: read_drawing(ink, model, run, reference=reference).verdict


def test_there_are_500_of_every_kind_and_no_two_alike(digits):
    made = nondigits(0, digits)
    assert len(made) == 500 and {one.kind for one in made} == set(COUNTS)
    assert all(one.ink.shape == (280, 280) and one.ink.dtype == np.uint8 and one.ink.any() for one in made)
    assert len({one.ink.tobytes() for one in made}) == 500


def test_the_seed_decides(digits):
    one, same, other = (nondigits(seed, digits, share=0.05) for seed in (3, 3, 4))
    assert all(np.array_equal(a.ink, b.ink) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a.ink, b.ink) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
@pytest.mark.untraced
def test_the_shipped_model_refuses_non_digits(digits, judge):
    assert np.mean([not judge(one.ink).sure for one in nondigits(21, digits)]) >= 0.95


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize("width", [8, 30])
def test_the_shipped_model_answers_pen_digits(digits, judge, width):
    inks = [pen_drawing.render(pen_drawing.place(digit.strokes, size=200), width=width) for digit in digits[::15]]
    assert np.mean([not judge(ink).sure for ink in inks]) <= 0.02


@pytest.mark.slow
@pytest.mark.untraced
def test_the_shipped_model_answers_mnist(mnist_folder, judge):
    images = loading.load("mnist").test.images[::20]
    assert np.mean([not judge(image).sure for image in images]) <= 0.07


def test_the_shipped_model_reads_a_slashed_zero(judge):
    angles = np.linspace(0, 2 * np.pi, 50)
    ring = np.stack([140 + 65 * np.sin(angles), 140 - 95 * np.cos(angles)], 1)
    verdict = judge(pen_drawing.render([ring, np.array([(190.0, 50.0), (90.0, 230.0)])], width=20))
    assert verdict.sure and verdict.answer == "0"
