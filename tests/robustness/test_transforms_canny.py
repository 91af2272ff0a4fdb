"""Canny's detector: edges are where brightness steps, one pixel wide, and connected to a strong one."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.robustness.transforms import canny_edges, detect_edges


def square(level: int) -> np.ndarray:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 8:20, 8:20] = level
    return image


def test_a_square_has_its_border_for_edges():
    found = detect_edges(square(255))[0]
    rows, columns = np.nonzero(found)
    assert {rows.min(), columns.min()} <= {7, 8} and {rows.max(), columns.max()} <= {19, 20}
    assert not found[10:18, 10:18].any()
    assert found[:, 14].sum() in (2, 4)  # two borders, each one pixel or, on a symmetric step, two


def test_a_faint_square_has_none():
    assert not detect_edges(square(5)).any()
    assert not detect_edges(np.full((2, 28, 28), 200, np.uint8)).any()


def test_a_weak_edge_counts_where_a_strong_one_leads_to_it():
    ramp = np.linspace(6, 60, 28).astype(np.uint8)
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 14:] = ramp  # a horizontal edge that grows stronger to the right
    weak = np.zeros_like(image)
    weak[0, 14:] = np.minimum(ramp, 11)
    assert detect_edges(image)[0, 10:18, 8].any()
    assert not detect_edges(weak).any()


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_image_has_its_edges_turned(turn):
    images = loading.load("digits").test.images[:50]
    expected = np.rot90(detect_edges(images), turn, axes=(1, 2))
    assert (detect_edges(np.rot90(images, turn, axes=(1, 2))) != expected).mean() < 0.002


def test_images_do_not_see_one_another():
    images = loading.load("digits").test.images[:5]
    alone = np.concatenate([detect_edges(image[None]) for image in images])
    assert np.array_equal(detect_edges(images), alone)


def test_a_share_of_all_is_the_edges_alone():
    images = loading.load("digits").test.images[:5]
    assert np.allclose(canny_edges(images, None, 1.0), 255 * detect_edges(images), atol=1e-3)
    assert np.allclose(canny_edges(images, None, 0.0), images)
