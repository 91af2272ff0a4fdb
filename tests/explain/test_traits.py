"""What is told of a drawing is what it was drawn with."""

import numpy as np
import pytest

from digitrec.explain.traits import SCALE, ink_level, measure_traits
from digitrec.imaging.ink_to_image import InkError, fit_to_square
from digitrec.imaging.shape import remove_specks
from support.drawn_digits import BRUSH, DIGITS, arc, draw, line


@pytest.mark.parametrize(("name", "loops"), [("0", 1), ("1", 0), ("3", 0), ("4", 0), ("7", 0)])
def test_a_usual_digit_is_whole(name, loops):
    found = measure_traits(draw(DIGITS[name]))
    assert (found.specks, found.level, found.gaps, found.loops, found.pieces) == (0, 255, (), loops, 1)
    assert found.size == pytest.approx(200 / 280, abs=0.01) and found.offset < 0.12
    assert found.thickness == pytest.approx(BRUSH / SCALE, rel=0.1)


@pytest.mark.parametrize("size", [30, 60, 100])
@pytest.mark.parametrize("centre", [(60, 60), (140, 220), (90, 140)])
def test_size_and_place_are_those_on_the_paper_and_the_rest_does_not_depend_on_them(size, centre):
    ink = draw(DIGITS["0"], size=size, brush=size * BRUSH / 176, centre=centre)
    found, usual = measure_traits(ink), measure_traits(draw(DIGITS["0"]))
    assert found.size == pytest.approx(size * 200 / 176 / 280, abs=0.01)
    assert found.offset == pytest.approx(np.hypot(centre[0] - 140, centre[1] - 140) / 280, abs=0.01)
    assert found.thickness == pytest.approx(usual.thickness, abs=0.2)
    assert (found.loops, found.pieces, found.gaps) == (usual.loops, usual.pieces, usual.gaps)


def test_gaps_are_told_in_pixels_of_the_sheet_and_join_pieces():
    found = measure_traits(draw([line((0, 0), (30, 0)), line((60, 0), (24, 100))]))
    (gap,) = found.gaps
    assert gap.joins and found.pieces == 1
    assert found.sheet[gap.start] > 0 and found.sheet[gap.end] > 0
    middle = tuple(np.add(gap.start, gap.end) // 2)
    assert found.sheet[middle] == 0
    assert gap.width == pytest.approx(np.hypot(*np.subtract(gap.start, gap.end)), abs=3)


def test_pieces_far_apart_are_counted():
    assert measure_traits(draw([*DIGITS["1"], line((70, 0), (70, 60)), line((140, 0), (140, 60))])).pieces == 3


@pytest.mark.parametrize("count", [1, 2, 5])
def test_specks_are_counted_taken_away_and_change_nothing_else(count):
    rng = np.random.default_rng(count)
    clean = draw(DIGITS["4"])
    dots = [draw([np.zeros((1, 2))], brush=rng.uniform(4, 16), centre=(20 + 40 * i, 15)) for i in range(count)]
    ink = np.maximum.reduce([clean, *dots])
    assert np.array_equal(remove_specks(ink)[0], clean)
    found, without = measure_traits(ink), measure_traits(clean)
    assert found.specks == count
    assert np.array_equal(found.sheet, without.sheet) and found[3:-1] == without[3:-1]


def test_a_stroke_apart_is_no_speck_and_neither_is_a_drawing_of_dots():
    assert measure_traits(draw([*DIGITS["1"], line((60, 0), (60, 30))])).specks == 0
    three = np.maximum.reduce([draw([np.zeros((1, 2))], brush=30, centre=(x, 140)) for x in (50, 140, 230)])
    assert measure_traits(three).specks == 0


def test_faint_crumbs_are_taken_away_without_a_word():
    ink = draw(DIGITS["1"]).copy()
    ink[5:9, 5:9] = 40
    assert measure_traits(ink).specks == 0
    assert np.array_equal(measure_traits(ink).sheet, fit_to_square(draw(DIGITS["1"]), 280))


@pytest.mark.parametrize("share", [0.2, 0.5, 1])
def test_the_level_is_that_of_the_ink(share):
    ink = (draw([arc(0, 360, x=0, y=0, width=70, height=100)]) * share).astype(np.uint8)
    assert ink_level(ink) == measure_traits(ink).level == int(255 * share)


def test_no_ink_has_no_traits():
    with pytest.raises(InkError, match="holds no ink"):
        measure_traits(np.zeros((280, 280), np.uint8))


def test_an_image_of_28_pixels_is_a_drawing_too(mnist):
    found = [measure_traits(image) for image in mnist.test.images[:100]]
    assert np.mean([one.pieces == 1 for one in found]) > 0.98
    zeros = [one.loops for one, label in zip(found, mnist.test.labels, strict=False) if label == 0]
    assert np.median(zeros) == 1
