"""Turns of square images: each can be undone, and no two are the same."""

import numpy as np
import pytest

from digitrec.imaging import TURNS, turn_images

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
UNDO = {"left": "right", "right": "left"}  # each other turn undoes itself


@pytest.mark.parametrize("turn", TURNS)
def test_a_turn_can_be_undone(turn):
    assert np.array_equal(turn_images(turn_images(IMAGES, turn), UNDO.get(turn, turn)), IMAGES)


def test_the_eight_turns_are_those_of_a_square_and_all_differ():
    assert len({turn_images(IMAGES, turn).tobytes() for turn in TURNS}) == len(TURNS) == 8


def test_the_turns_do_what_their_names_say():
    expected = {
        "none": IMAGES,
        "transpose": IMAGES.transpose(0, 2, 1),
        "mirror": IMAGES[:, :, ::-1],
        "flip": IMAGES[:, ::-1],
        "half": IMAGES[:, ::-1, ::-1],
        "left": IMAGES.transpose(0, 2, 1)[:, ::-1],  # the right column becomes the top row
        "right": IMAGES[:, ::-1].transpose(0, 2, 1),
        "antitranspose": IMAGES[:, ::-1, ::-1].transpose(0, 2, 1),
    }
    for turn, images in expected.items():
        assert np.array_equal(turn_images(IMAGES, turn), images), turn
