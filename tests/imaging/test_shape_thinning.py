"""Thinned strokes join what the strokes joined, are thin, end where they end, and are as long as they are."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.imaging.pen_drawing import render
from digitrec.imaging.shape import line_ends, line_lengths, thin

TOUCHING = np.ones((3, 3))


def blobs(seed):
    """Some random smooth shapes on paper, with holes."""
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.random((3, 40, 50)), (0, 2, 2)) > 0.5


def drawn(*points, width=15):
    return render([np.array(points, np.float32)], width=width)[None] > 127


def counted(shape, structure=TOUCHING):
    return ndimage.label(shape, structure)[1]


@pytest.mark.parametrize("seed", range(20))
def test_thinning_joins_parts_and_closes_holes_as_before(seed):
    shapes = blobs(seed)
    for shape, line in zip(shapes, thin(shapes), strict=True):
        assert not (line & ~shape).any() and line.sum() < shape.sum()
        assert counted(line) == counted(shape)
        holes = [counted(np.pad(~one, 1, constant_values=True), None) for one in (line, shape)]
        assert holes[0] == holes[1]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_thin_stays_and_has_no_solid_block(seed):
    lines = thin(blobs(seed))
    assert np.array_equal(thin(lines), lines)
    assert not (lines[:, 1:-1, 1:-1] & (ndimage.uniform_filter(lines * 9.0, (0, 3, 3))[:, 1:-1, 1:-1] > 8.5)).any()


def test_each_of_many_is_thinned_as_if_alone(mnist):
    masks = mnist.test.images[:1500] > 127  # more than are thinned at a time
    assert np.array_equal(thin(masks)[700:705], thin(masks[700:705]))
    assert thin(masks[:0]).shape == (0, 28, 28)


AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def removable(p2, p3, p4, p5, p6, p7, p8, p9, *, second):
    """Guo and Hall's conditions as they are published, for a pixel with these neighbours."""
    crossings = sum(
        not one and (corner or after)
        for one, corner, after in ((p2, p3, p4), (p4, p5, p6), (p6, p7, p8), (p8, p9, p2))
    )
    left = [p9 or p2, p3 or p4, p5 or p6, p7 or p8]
    right = [p2 or p3, p4 or p5, p6 or p7, p8 or p9]
    stays = ((p2 or p3 or not p5) and p4) if second else ((p6 or p7 or not p9) and p8)
    return crossings == 1 and 2 <= min(sum(left), sum(right)) <= 3 and not stays


def thin_pixel_by_pixel(mask):
    ink, before = np.pad(mask, 1), None
    while not np.array_equal(ink, before):
        before = ink.copy()
        for second in (False, True):
            around = [[bool(ink[y + down, x + right]) for down, right in AROUND] for y, x in np.argwhere(ink)]
            gone = [removable(*each, second=second) for each in around]
            ink[tuple(np.argwhere(ink)[gone].T)] = False
    return ink[1:-1, 1:-1]


def test_it_is_the_published_algorithm():
    shapes = [blobs(0)[0], blobs(1)[1], np.random.default_rng(2).random((30, 37)) < 0.7, np.ones((9, 6), bool)]
    for shape in shapes:
        assert np.array_equal(thin(shape[None])[0], thin_pixel_by_pixel(shape))


@pytest.mark.parametrize(("end", "length"), [((240, 40), 200), ((40, 240), 200), ((180, 180), 140 * 2**0.5)])
def test_a_line_is_as_long_as_it_was_drawn_and_has_two_ends(end, length):
    line = thin(drawn((40, 40), end))
    assert line_lengths(line)[0] == pytest.approx(length, abs=6)
    assert line_ends(line).sum() == 2
    for row, column in np.argwhere(line_ends(line)[0]):
        assert min(np.hypot(row - 40, column - 40), np.hypot(row - end[1], column - end[0])) < 6


def test_a_ring_has_no_end_and_a_cross_four():
    angles = np.linspace(0, 2 * np.pi, 80)
    assert not line_ends(
        thin(drawn(*zip(140 + 80 * np.cos(angles), 140 + 80 * np.sin(angles), strict=True)))
    ).any()
    assert line_ends(thin(drawn((40, 140), (240, 140)) | drawn((140, 40), (140, 240)))).sum() == 4


def test_a_dot_is_one_pixel_and_its_own_end():
    line = thin(drawn((100, 100), width=20))
    assert line.sum() <= 2 and line_lengths(line)[0] <= 2**0.5 and line_ends(line).any()
