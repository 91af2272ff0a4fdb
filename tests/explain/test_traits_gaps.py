"""Gaps are found where they were left, as wide as they were left, and closing them is what joins or closes."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.explain.traits import find_gaps
from digitrec.imaging.pen_drawing import render
from support.drawn_digits import arc, draw, line

LONGEST = 50
TOUCHING = np.ones((3, 3))


def strokes(*lines, brush=20):
    return render([np.asarray(one, np.float32) for one in lines], width=brush) > 127


def ring(mouth):
    """A ring of radius 80 that is open on the right by so many pixels between its ends."""
    angle = np.degrees(2 * np.arcsin((mouth + 20) / 160)) / 2
    return strokes(arc(angle, 360 - angle, x=140, y=140, width=160, height=160))


def parted(gap):
    return strokes(line((140, 40), (140, 120)), line((140, 140 + gap), (140, 240)))


@pytest.mark.parametrize("width", [4, 12, 30, 45])
def test_a_gap_between_pieces_is_as_wide_as_it_was_left(width):
    (gap,) = find_gaps(parted(width), longest=LONGEST)
    assert gap.joins and gap.width == pytest.approx(width, abs=2)
    assert sorted((gap.start, gap.end)) == [gap.start, gap.end]
    assert gap.start[0] == pytest.approx(130, abs=2) and gap.end[0] == pytest.approx(130 + width, abs=2)
    assert abs(gap.start[1] - 140) < 8 > abs(gap.end[1] - 140)


@pytest.mark.parametrize("width", [6, 12, 30, 45])
def test_the_mouth_of_a_loop_is_as_wide_as_it_was_left(width):
    (gap,) = find_gaps(ring(width), longest=LONGEST)
    assert not gap.joins and gap.width == pytest.approx(width, abs=3)
    assert min(gap.start[1], gap.end[1]) > 200  # on the right
    assert {gap.start[0] < 140, gap.end[0] < 140} == {True, False}


@pytest.mark.parametrize("shape", [ring(0) | ring(60), ring(60), parted(60), strokes(line((40, 40), (240, 240)))])
def test_what_is_closed_or_farther_apart_has_no_gap(shape):
    assert find_gaps(shape, longest=LONGEST) == []


def test_a_bay_as_wide_as_its_mouth_is_no_loop():
    parallel = strokes(line((100, 40), (100, 240), (150, 240), (150, 40)))  # a U
    wedge = strokes(line((60, 40), (140, 240), (220, 40)))  # a V
    assert find_gaps(parallel, longest=LONGEST) == find_gaps(wedge, longest=LONGEST) == []


@pytest.mark.parametrize("seed", range(8))
def test_closing_all_gaps_leaves_one_piece_or_more_loops(seed):
    rng = np.random.default_rng(seed)
    shape = ndimage.gaussian_filter(rng.random((90, 90)), 4) > 0.52
    closed = shape.copy()
    for gap in find_gaps(shape, longest=12):
        rows, columns = np.rint(np.linspace(gap.start, gap.end, 60)).astype(int).T
        was, closed = closed, closed.copy()
        closed[rows, columns] = True
        pieces, holes = ((counted(one), counted(~np.pad(one, 1), None)) for one in (was, closed))
        assert gap.width <= 12
        assert (holes[0] < pieces[0]) if gap.joins else (holes[1] > pieces[1])
    assert all(not gap.joins for gap in find_gaps(closed, longest=12))


def counted(shape, structure=TOUCHING):
    return ndimage.label(shape, structure)[1]


def test_a_drawing_turned_over_has_its_gaps_turned_over():
    shape = draw([arc(-40, 265, x=0, y=0, width=70, height=100)]) > 127
    (gap,), (over,) = find_gaps(shape, longest=LONGEST), find_gaps(shape[:, ::-1], longest=LONGEST)
    assert over.width == pytest.approx(gap.width, abs=1)
    assert sorted([279 - gap.start[1], 279 - gap.end[1]]) == pytest.approx(
        sorted([over.start[1], over.end[1]]), abs=2
    )


def test_blank_paper_has_none():
    assert find_gaps(np.zeros((20, 30), bool), longest=5) == []
