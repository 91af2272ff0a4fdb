"""The change that an attack makes, and what is kept of one."""

import dataclasses
import json

import numpy as np
import pytest

from digitrec.metrics.intervals import wilson_interval
from digitrec.robustness.fast_gradient import EPSILONS, Attack, AttackError, Example, choose_examples, perturb

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (30, 28, 28), np.uint8)
SIGNS = RNG.integers(-1, 2, IMAGES.shape).astype(np.int8)
MADE = Attack(
    n=50,
    right=tuple(range(49, 39, -1)),
    right_by_chance=(49,) * 10,
    examples=(Example(3, SIGNS[0]), Example(7, SIGNS[1])),
    model_sha256="abc",
    data_sha256="def",
)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_no_pixel_goes_farther_than_epsilon_and_each_along_its_sign(epsilon):
    change = perturb(IMAGES, SIGNS, epsilon).astype(int) - IMAGES
    assert np.abs(change).max() <= epsilon
    assert (np.sign(change) * SIGNS >= 0).all()
    free = np.minimum(IMAGES, 255 - IMAGES) >= epsilon
    assert np.array_equal(change[free], epsilon * SIGNS[free].astype(int))


def test_black_and_white_do_not_wrap_around():
    assert perturb(np.full((1, 28, 28), 255, np.uint8), np.ones((1, 28, 28), np.int8), 80).min() == 255
    assert perturb(np.zeros((1, 28, 28), np.uint8), -np.ones((1, 28, 28), np.int8), 80).max() == 0


def test_the_examples_are_the_first_of_each_class_that_is_read_right():
    labels = np.array([2, 0, 2, 1, 0])
    assert choose_examples(labels, np.array([False, True, True, True, True])).tolist() == [1, 3, 2]
    assert len(choose_examples(np.arange(40), np.ones(40, bool))) == 12
    assert not len(choose_examples(labels, np.zeros(5, bool)))


def test_an_attack_comes_back_from_json_as_it_was():
    again = Attack.from_dict(json.loads(json.dumps(MADE.to_dict())))
    assert again.to_dict() == MADE.to_dict()
    assert np.array_equal(again.examples[1].signs, SIGNS[1])


@pytest.mark.parametrize(
    "damage",
    [
        {"n": 10},
        {"right": [1, 2]},
        {"epsilons": [0, 1]},
        {"examples": [[3, "AAAA"]]},
        {"examples": [[3, "f39/" * 262]]},
        {"model_sha256": None, "n": "?"},
    ],
)
def test_a_damaged_one_is_refused(damage):
    with pytest.raises(AttackError, match="again"):
        Attack.from_dict(MADE.to_dict() | damage)


def test_each_step_has_its_accuracy_with_the_interval():
    made = dataclasses.replace(MADE, n=100)
    assert len(made.accuracy) == len(made.accuracy_by_chance) == len(EPSILONS)
    assert made.accuracy[0] == wilson_interval(made.right[0], 100)
    assert made.accuracy_by_chance[-1] == wilson_interval(made.right_by_chance[-1], 100)
