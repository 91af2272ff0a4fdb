"""Pieces at the border that are no digit are dropped; what may be a second digit stays."""

import numpy as np
import pytest

from digitrec.imaging.borders import drop_border_pieces
from digitrec.imaging.photos import to_ink
from support.drawn_digits import DIGITS, draw

DIGIT = draw(DIGITS["3"], brush=14, size=120, centre=(140, 140))


PIECES = {
    "underline": (slice(262, 266), slice(0, 280)),
    "thin line beside": (slice(60, 220), slice(270, 273)),
    "corner of a box": (slice(0, 280), slice(0, 5)),
    "foot of a neighbour above": (slice(0, 12), slice(120, 160)),
    "tick mark": (slice(100, 104), slice(270, 280)),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("turns", [0, 2])
def test_a_piece_at_the_border_is_dropped(name, turns):
    ink = DIGIT.copy()
    ink[PIECES[name]] = 255
    turned = np.rot90(ink, turns).copy()
    assert np.array_equal(drop_border_pieces(turned), np.rot90(DIGIT, turns))


def test_the_slice_of_a_neighbour_is_dropped():
    slice_ = np.zeros_like(DIGIT)
    slice_[:, 255:] = draw(DIGITS["3"], brush=14, size=120, centre=(270, 140))[:, 255:]
    assert slice_.any()
    assert np.array_equal(drop_border_pieces(np.maximum(DIGIT, slice_)), DIGIT)


@pytest.mark.parametrize("name", ["1", "3", "7"])
def test_a_second_digit_stays(name):
    digit = draw(DIGITS["3"], brush=10, size=100, centre=(90, 140))
    both = np.maximum(digit, draw(DIGITS[name], brush=10, size=100, centre=(215, 140)))
    assert np.array_equal(drop_border_pieces(both), both)


def test_a_1_at_the_border_beside_a_digit_stays():
    both = draw(DIGITS["0"], brush=12, size=120, centre=(160, 140)).copy()
    both[82:198, 0:12] = 255
    assert np.array_equal(drop_border_pieces(both), both)


@pytest.mark.parametrize("name", DIGITS)
def test_a_digit_cropped_to_its_ink_stays_whole(name):
    ink = draw(DIGITS[name], brush=14, size=160, centre=(140, 140))
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert np.array_equal(drop_border_pieces(cropped), cropped)


def test_a_cleaned_photo_is_without_the_pieces():
    ink = DIGIT.copy()
    ink[PIECES["foot of a neighbour above"]] = 255
    cleaned = to_ink((230 - 0.7 * ink).astype(np.uint8))
    assert cleaned.any() and not cleaned[:30].any()
