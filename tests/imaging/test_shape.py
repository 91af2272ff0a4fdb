"""What is measured of a drawing is what it was drawn with."""

import numpy as np
import pytest
from PIL import Image

from digitrec.imaging.pen_drawing import render
from digitrec.imaging.shape import (
    Measures,
    aspect_ratio,
    box_fill,
    component_areas,
    component_areas_each,
    count_loops,
    count_loops_each,
    label_components,
    largest_component,
    measure,
    remove_small_components,
    stroke_mask,
    unbroken_mask,
)

WIDTHS = (8, 14, 20, 30)


def bar(degrees, *, width=20, size=180):
    """A straight stroke that leans to the right by these degrees."""
    up = np.array([np.sin(np.deg2rad(degrees)), -np.cos(np.deg2rad(degrees))])
    return render([140 + np.linspace(-0.5, 0.5, 20)[:, None] * up * size], width=width)


def ring(width=20):
    angles = np.linspace(0, 2 * np.pi, 60)
    return render([np.c_[140 + 60 * np.cos(angles), 140 + 90 * np.sin(angles)]], width=width)


def shrunk(ink):
    """As an image of 28 x 28: ten times smaller."""
    return np.asarray(Image.fromarray(ink).reduce(10))


def alone(ink):
    """The measures of one image, as numbers."""
    return Measures(*(float(column[0]) for column in measure(ink[None])))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("degrees", [-30, 0, 10, 45, 70, 90])
def test_a_bar_is_as_thick_as_the_brush(width, degrees):
    assert alone(bar(degrees, width=width)).thickness == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_ring_is_as_thick_as_the_brush(width):
    assert alone(ring(width)).thickness == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("width", [14, 20, 30, 40])
@pytest.mark.parametrize("degrees", [-30, 10, 45])
def test_so_it_is_at_the_size_of_an_image(width, degrees):
    assert alone(shrunk(bar(degrees, width=width))).thickness == pytest.approx(width / 10, rel=0.2)


@pytest.mark.parametrize("degrees", [-45, -20, 0, 20, 45])
def test_a_bar_leans_as_it_was_drawn(degrees):
    for ink in (bar(degrees), shrunk(bar(degrees))):
        assert alone(ink).slant == pytest.approx(degrees, abs=1)


def test_a_shear_of_an_upright_shape_is_its_slant():
    upright = np.pad(ring(), ((0, 0), (40, 40)))
    assert alone(upright).slant == pytest.approx(0, abs=0.1)
    sheared = np.stack([np.roll(row, round((140 - y) * np.tan(np.deg2rad(25)))) for y, row in enumerate(upright)])
    assert alone(sheared).slant == pytest.approx(25, abs=0.5)


def test_a_box_is_as_wide_and_as_inked_as_it_is():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10:18] = 255
    found = alone(image)
    assert (found.aspect, found.ink, found.pieces) == (pytest.approx(8 / 20), pytest.approx(160 / 784), 1)


def test_pieces_are_parts_that_do_not_touch_even_by_a_corner():
    image = np.zeros((28, 28), np.uint8)
    image[2:4, 2:4] = image[4:6, 4:6] = image[20, 20] = image[25, 2:20] = 255
    assert measure(np.stack([image, image.T, image * 0, image[::-1]])).pieces.tolist() == [3, 3, 0, 3]


def test_components_and_loops_of_many_are_those_of_each_alone():
    masks = np.random.default_rng(0).random((40, 12, 9)) < np.linspace(0, 1, 40)[:, None, None]
    for areas, loops, mask in zip(component_areas_each(masks), count_loops_each(masks), masks, strict=True):
        assert np.array_equal(areas, component_areas(mask)) and loops == count_loops(mask)


def test_a_blank_image_measures_nothing_and_no_image_gives_nothing():
    assert alone(np.zeros((28, 28), np.uint8)) == Measures(0, 0, 0, 0, 0)
    assert all(column.shape == (0,) for column in measure(np.zeros((0, 28, 28), np.uint8)))


def test_a_dot_is_as_thick_as_it_is_wide():
    assert alone(bar(0, size=0, width=40)).thickness == pytest.approx(40, rel=0.15)
    single = np.zeros((28, 28), np.uint8)
    single[3, 3] = 9
    assert alone(single).thickness == pytest.approx(1.128, abs=0.001)  # a disc of one pixel's area


def test_moving_changes_nothing_and_turning_over_only_the_sign_of_the_slant(mnist):
    images = np.pad(mnist.test.images[:200], ((0, 0), (5, 5), (5, 5)))
    before, moved, over = measure(images), measure(np.roll(images, (4, -5), (1, 2))), measure(images[:, :, ::-1])
    for old, new in zip(before, moved, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3)
    np.testing.assert_allclose(over.slant, -before.slant, atol=1e-3)
    assert np.array_equal(over.aspect, before.aspect) and np.array_equal(over.pieces, before.pieces)


def test_faint_ink_has_the_same_shape():
    for ink in (bar(20), ring()):
        full, faint = alone(ink), alone((ink * 0.4).astype(np.uint8))
        assert faint.ink == pytest.approx(0.4 * full.ink, rel=0.02)
        assert faint.thickness == pytest.approx(full.thickness, rel=0.02)
        assert (faint.aspect, faint.pieces) == (full.aspect, full.pieces)
    assert stroke_mask(np.full((1, 3, 3), 200, np.uint8)).all()


def test_each_of_many_is_measured_as_if_alone(mnist):
    images = mnist.test.images[:2100]  # more than are measured at a time
    together = measure(images)
    assert all(column.dtype == np.float32 and column.shape == (2100,) for column in together)
    for index in (0, 1999, 2000, 2099):
        assert [column[index] for column in together] == pytest.approx(alone(images[index]), rel=1e-5)


def test_more_ink_is_thicker(mnist):
    images = mnist.test.images[:300]
    grown = np.maximum.reduce([np.roll(images, (y, x), (1, 2)) for y in (0, 1) for x in (0, 1)])
    before, after = measure(images), measure(grown)
    assert (after.ink > before.ink).all()
    assert np.mean(after.thickness > before.thickness + 0.5) > 0.97


def test_mnist_s_digits_are_of_one_piece_but_for_three_in_a_hundred(mnist):
    found = measure(mnist.test.images)
    assert np.mean(found.pieces > 1) == pytest.approx(0.03, abs=0.005)


@pytest.fixture
def two_rings() -> np.ndarray:
    """Two rings that touch at a corner, one of them with a loop of 16 pixels, the other of 4; and a dot."""
    mask = np.zeros((28, 28), bool)
    mask[2:8, 2:8] = True
    mask[3:7, 3:7] = False
    mask[8:12, 8:12] = True
    mask[9:11, 9:11] = False
    mask[20, 20] = True
    return mask


def test_ink_that_touches_at_a_corner_is_one_component(two_rings):
    assert component_areas(two_rings).tolist() == [32, 1]
    assert label_components(two_rings)[1] == 2
    assert component_areas(np.zeros((28, 28), bool)).tolist() == []


def test_loops_are_counted_from_the_smallest_area_on(two_rings):
    assert [count_loops(two_rings, min_area=area) for area in (1, 4, 5, 16, 17)] == [2, 2, 1, 1, 0]
    assert count_loops(np.zeros((28, 28), bool)) == 0


def test_small_components_are_removed_by_their_share_of_the_largest(two_rings):
    ink = (255 * two_rings).astype(np.uint8)
    assert np.array_equal(remove_small_components(ink, 1 / 32), ink)
    assert np.array_equal(remove_small_components(ink, 0.04), largest_component(ink))
    assert largest_component(ink)[20, 20] == 0 and (largest_component(ink) > 0).sum() == 32


def test_the_box_of_a_mask_has_an_aspect_and_a_fill(two_rings):
    wide = np.zeros((1, 28, 28), bool)
    wide[0, 4:6, 3:23:2] = True
    assert aspect_ratio(wide)[0] == pytest.approx(19 / 2) and box_fill(wide[0]) == pytest.approx(20 / 38)
    assert box_fill(np.zeros((28, 28), bool)) == 0 and aspect_ratio(wide & False)[0] == 0


@pytest.mark.parametrize(
    ("level", "is_stroke", "is_unbroken"), [(75, False, False), (76, False, True), (125, True, True)]
)
def test_the_two_masks_begin_at_half_and_above_three_tenths_of_the_darkest_pixel(level, is_stroke, is_unbroken):
    images = np.zeros((1, 2, 2), np.uint8)
    images[0, 0] = 250, level
    assert (stroke_mask(images)[0, 0, 1], unbroken_mask(images)[0, 0, 1]) == (is_stroke, is_unbroken)
    assert not unbroken_mask(images)[0, 1].any()
