"""An attack's examples as pictures and words."""

import numpy as np

from digitrec.robustness.fast_gradient import EPSILONS, perturb
from digitrec.ui.evaluate.attack import _describe_answer, join_triple

IMAGE = np.tile(np.array([[0, 100, 255, 100]], np.uint8), (28, 7))
SIGNS = np.tile(np.array([[1, 1, -1, -1]], np.int8), (28, 7))


def test_a_triple_is_the_image_its_change_stretched_and_the_result():
    changed = perturb(IMAGE[None], SIGNS[None], 8)[0]
    picture = join_triple(IMAGE, changed)
    assert picture.shape == (28, 88) and picture.dtype == np.uint8
    assert np.array_equal(picture[:, :28], IMAGE) and np.array_equal(picture[:, -28:], changed)
    change = picture[:, 30:58]
    assert (change[SIGNS > 0] == 255).all() and (change[SIGNS < 0] == 1).all()


def test_no_change_is_grey():
    assert (join_triple(IMAGE, IMAGE)[:, 28:60] == 128).all()


def test_the_words_say_both_answers_and_the_first_step_that_is_misread():
    proba = np.tile(np.array([[0.9, 0.1]], np.float32), (len(EPSILONS), 1))
    proba[4:] = proba[4:, ::-1]
    assert _describe_answer(proba, 0, 2, ("a", "b")) == "a (90.0%) → ✓ a (90.0%); misread from step 16"
    assert _describe_answer(proba, 0, 5, ("a", "b")) == "a (90.0%) → ✗ b (90.0%); misread from step 16"
    assert _describe_answer(proba[:4], 0, 3, ("a", "b")).endswith("never misread")
