"""The four black squares of a printed form, as a camera sees them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitrec.forms.marks import find_marks
from digitrec.imaging import InkError

SIZE = (184.0, 271.0)
PLACES = ((60, 60), (520, 60), (520, 737), (60, 737))  # of A4 with 2.5 pixels a millimetre


def sheet(*, hole=True, without=(), others=()):
    picture = Image.new("L", (590, 800), 230)
    pen = ImageDraw.Draw(picture)
    for number, (x, y) in enumerate(PLACES):
        if number not in without:
            pen.rectangle((x - 9, y - 9, x + 8, y + 8), fill=25)
    if hole and 0 not in without:
        pen.rectangle((56, 56, 63, 63), fill=230)
    for place in others:
        pen.rectangle(place, fill=25)
    return np.asarray(picture)


@pytest.mark.parametrize("turns", range(4))
def test_the_first_corner_is_the_one_with_the_hole_whichever_way_the_page_lies(turns):
    gray = np.rot90(sheet(), turns)
    high, wide = sheet().shape
    turned = [(x, y) for x, y in PLACES]
    for _ in range(turns):
        turned, (high, wide) = [(y, wide - x) for x, y in turned], (wide, high)
    np.testing.assert_allclose(find_marks(gray, SIZE), turned, atol=1.5)


def test_other_dark_figures_are_no_marks():
    filled = [(200 + 60 * at, 300, 214 + 60 * at, 316) for at in range(5)]  # boxes that were blackened
    black = [(100, 500, 300, 620), (0, 0, 14, 800)]  # a photo on the page, and the table beside it
    np.testing.assert_allclose(find_marks(sheet(others=[*filled, *black]), SIZE), PLACES, atol=1.5)


def test_without_the_hole_the_page_is_upright_or_upside_down():
    assert find_marks(sheet(hole=False), SIZE)[0] == pytest.approx(PLACES[0], abs=1.5)


@pytest.mark.parametrize("without", [(0,), (2,), (0, 1, 2, 3)])
def test_a_missing_mark_is_said(without):
    with pytest.raises(InkError, match="does not show the four black squares"):
        find_marks(sheet(without=without), SIZE)


def test_four_squares_of_another_form_are_none():
    with pytest.raises(InkError, match="does not show the four black squares"):
        find_marks(sheet()[:, ::3], SIZE)
