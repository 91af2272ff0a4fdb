"""Digits that were stored turned or mirrored are noticed, in any of seven ways; those that lie right are not."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.imaging import TURNS, turn_images
from digitrec.inference import Classifier, find_turn
from digitrec.runs import store

DIGITS = loading.load("digits").train
IMAGES, LABELS = DIGITS.images[:100], DIGITS.labels[:100]
UNDO = {"left": "right", "right": "left"}  # each other turn undoes itself


@pytest.fixture(scope="module")
def network() -> Classifier:
    return Classifier.load(store.open_run("draw").path)


@pytest.mark.parametrize("turn", [turn for turn in TURNS if turn != "none"])
def test_each_way_to_lie_wrong_is_noticed(network, turn):
    finding = find_turn(turn_images(IMAGES, turn), LABELS, network)
    assert finding.turn == UNDO.get(turn, turn) and finding.images == 100
    assert finding.right > 90 and finding.right_before < 60


def test_digits_that_lie_right_are_left_alone_however_few(network):
    for count in (0, 1, 5, 20, 100):
        assert find_turn(IMAGES[:count], LABELS[:count], network) is None
    assert find_turn(turn_images(IMAGES[:3], "transpose"), LABELS[:3], network) is None  # too few to say


def test_images_that_the_network_cannot_read_are_not_judged(network):
    noise = np.random.default_rng(1).integers(0, 256, (200, 28, 28), np.uint8)
    assert find_turn(noise, np.zeros(200, np.int64), network) is None
    shuffled = np.random.default_rng(2).permutation(LABELS)
    assert find_turn(turn_images(IMAGES, "transpose"), shuffled, network) is None
