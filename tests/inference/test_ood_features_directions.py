"""Directions of strokes: turned with the image, the same for faint ink, other where strokes run otherwise."""

import numpy as np
import pytest

from digitrec.inference.ood_features import DIRECTION_FEATURES, DIRECTIONS, GRID_SIDE, compute_directions
from support.linear_reader import inked

UPRIGHT = inked((slice(4, 24), slice(13, 16)))
LYING = inked((slice(13, 16), slice(4, 24)))


def test_each_image_has_directions_of_length_1_and_a_blank_one_none():
    found = compute_directions(np.stack([UPRIGHT, LYING, inked()]))
    assert found.shape == (3, DIRECTION_FEATURES) and found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1, 0], abs=1e-5)


def test_an_upright_stroke_has_gradients_to_both_sides_alone():
    by_direction = (compute_directions(UPRIGHT[None])[0] ** 2).reshape(DIRECTIONS, GRID_SIDE * GRID_SIDE).sum(1)
    assert set(by_direction.argsort()[-2:]) == {0, DIRECTIONS // 2}
    assert by_direction[[0, DIRECTIONS // 2]].sum() > 0.7


def test_a_turned_image_has_turned_directions():
    one, other = (
        compute_directions(image[None])[0].reshape(DIRECTIONS, -1).sum(1) for image in (UPRIGHT, UPRIGHT.T)
    )
    assert other[[2, 6]].sum() == pytest.approx(one[[0, 4]].sum(), rel=0.02)


def test_faint_ink_has_the_directions_of_full_ink():
    faint = compute_directions((UPRIGHT // 3)[None])
    assert faint == pytest.approx(compute_directions(UPRIGHT[None]), abs=1e-4)


def test_many_images_have_what_each_has_alone():
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    assert compute_directions(images) == pytest.approx(
        np.concatenate([compute_directions(image[None]) for image in images]), abs=1e-5
    )
    assert compute_directions(images[:0]).shape == (0, DIRECTION_FEATURES)
