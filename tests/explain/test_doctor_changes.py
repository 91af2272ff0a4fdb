"""Each change of the doctor does what it says to what it is for, and to nothing else."""

import numpy as np
import pytest

from digitrec.explain import doctor
from digitrec.explain.traits import measure_traits
from digitrec.imaging import shape
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.imaging.shape import measure
from support.drawn_digits import DIGITS, draw, leaning, likeness, line

NAMES = list(DIGITS)


def sheet_of(strokes, **how):
    return measure_traits(draw(strokes, **how)).sheet


def thickness(ink):
    return float(measure(to_mnist(ink)[None]).thickness[0])


def slant(ink):
    return float(measure(to_mnist(ink)[None]).slant[0])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("brush", [8, 14, 34])
def test_another_pen_gives_the_drawing_that_it_would_have_drawn(name, brush):
    drawn = doctor.redraw(sheet_of(DIGITS[name], brush=brush), 2.4)
    assert thickness(drawn) == pytest.approx(2.4, rel=0.03)
    assert likeness(drawn, draw(DIGITS[name])) > 0.8


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("degrees", [-40, -20, 20, 45])
def test_straightening_gives_the_drawing_before_it_was_slanted(name, degrees):
    upright = draw(DIGITS[name])
    slanted = sheet_of(leaning(DIGITS[name], degrees))
    straight = doctor.shear_to_slant(slanted, slant(slanted), slant(upright))
    assert slant(straight) == pytest.approx(slant(upright), abs=8)
    assert thickness(straight) < 1.3 * thickness(upright)
    assert likeness(straight, upright) > max(0.6, likeness(slanted, upright) + 0.05)


@pytest.mark.parametrize("name", NAMES)
def test_no_shear_changes_nothing(name):
    sheet = sheet_of(DIGITS[name])
    assert np.array_equal(to_mnist(doctor.shear_to_slant(sheet, 7, 7)), to_mnist(sheet))


def test_a_bridge_closes_its_gap_is_as_thick_as_the_strokes_and_takes_no_ink():
    sheet = sheet_of([line((0, 0), (0, 45)), line((0, 70), (0, 100))])
    found = measure_traits(sheet)
    closed = doctor.bridge_gaps(sheet, found.gaps, found.thickness)
    assert not measure_traits(closed).gaps and (closed >= sheet).all()
    assert np.ptp((closed > 127).sum(1)[60:220]) <= 4
    assert np.array_equal(doctor.bridge_gaps(sheet, [], found.thickness), sheet)


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_dark_ink_is_what_faint_ink_was_made_of(share):
    sheet = sheet_of(DIGITS["3"])
    darkened = doctor.darken((sheet * share).astype(np.uint8))
    assert np.abs(darkened.astype(int) - sheet).max() <= 4
    assert np.array_equal(doctor.darken(sheet), sheet)


def test_faint_ink_stays_faint_where_only_the_pen_or_the_slant_is_mended():
    faint = (sheet_of(leaning(DIGITS["7"], 45)) * 0.5).astype(np.uint8)
    for ink in (doctor.redraw(faint, 3), doctor.shear_to_slant(faint, 40, 0), doctor.bridge_gaps(faint, [], 2)):
        assert measure_traits(ink).level == pytest.approx(127, abs=2)


def test_the_largest_piece_stays_as_it_is():
    one = draw(DIGITS["3"], centre=(80, 140))
    both = np.maximum(one, draw([line((0, 0), (0, 60))], size=60, centre=(250, 140)))
    assert np.array_equal(shape.largest_component(both), one)
    assert np.array_equal(shape.largest_component(one), one)


def test_centred_is_what_an_image_is():
    small = draw(DIGITS["4"], size=60, brush=9, centre=(50, 60))
    assert measure_traits(doctor.centre(small)).offset < 0.01
    assert measure_traits(doctor.centre(small)).size == pytest.approx(200 / 280)
    assert likeness(doctor.centre(small), small) > 0.97
