"""Lines of symbols in a picture's ink."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.forms.numbers.lines import find_lines
from support.number_strings import bars


def test_two_rows_and_a_gap_make_three_lines_in_reading_order():
    ink = np.vstack([bars(10, 40, 200), bars(20, 60)])
    assert [(line.left, line.top) for line in find_lines(ink)] == [(10, 15), (200, 15), (20, 85)]


def test_a_point_belongs_to_its_line_and_bridges_a_wide_gap():
    ink = bars(10, 76)
    assert len(find_lines(ink)) == 2
    ink[50:55, 40:45] = 255
    (line,) = find_lines(ink)
    assert line.ink.shape == (40, 72) and line.ink[35:40, 30:35].all()


def test_a_frame_and_specks_are_left_out():
    ink = np.zeros((120, 300), np.uint8)
    ink[5:7, 5:295] = ink[113:115, 5:295] = ink[5:115, 5:7] = ink[5:115, 293:295] = 255
    ink[40:80, 100:106] = ink[40:80, 130:136] = ink[20, 250] = 255
    (line,) = find_lines(ink)
    assert (line.left, line.top, line.ink.shape) == (100, 40, (40, 36))


@pytest.mark.parametrize("digit", ["0", "1", "7", "bent 7"])
def test_a_large_thin_digit_alone_is_no_frame(digit):
    ink = np.zeros((200, 140), np.uint8)
    rows, columns = np.indices(ink.shape)
    away = {
        "0": abs(np.hypot((rows - 100) / 90, (columns - 70) / 60) - 1) * 60,
        "1": np.where(abs(rows - 100) < 95, abs(columns - 70 + rows * 0.01), 99),
        "7": np.minimum(
            np.where(abs(columns - 70) < 60, abs(rows - 10), 99), abs(columns - (130 - (rows - 10) * 0.5))
        ),
        "bent 7": np.minimum(
            np.where(abs(columns - 70) < 60, abs(rows - 10), 99),
            np.where(rows > 8, abs(columns - 10 - 120 * np.sqrt((200 - rows) / 200)), 99),
        ),
    }[digit]
    ink[away < 2] = 255
    (line,) = find_lines(ink)
    assert line.ink.shape[0] > 180


@pytest.mark.parametrize("angle", [-4, 0, 4])
def test_a_frame_that_leans_or_is_open_at_one_side_is_left_out(angle):
    frame = np.zeros((170, 270), np.uint8)
    frame[5:8, 5:265] = frame[162:165, 5:265] = frame[5:165, 5:8] = 255
    ink = ndimage.rotate(frame, angle, order=0)
    ink[70:120, 120:126] = 255
    (line,) = find_lines(ink)
    assert line.ink.shape == (50, 6)


def test_no_ink_has_no_line_and_a_texture_neither():
    assert find_lines(np.zeros((50, 50), np.uint8)) == []
    dots = np.kron(np.indices((180, 180)).sum(0) % 2, np.pad(np.ones((2, 2)), 1)).astype(np.uint8) * 255
    assert find_lines(dots) == []


def test_symbols_that_are_far_apart_everywhere_make_one_line_even_on_a_slope():
    ink = np.zeros((140, 600), np.uint8)
    for number, left in enumerate((10, 110, 210, 310, 410)):
        for top in (5, 85):
            ink[top + 5 * number : top + 5 * number + 30, left : left + 5] = 255
    assert [(line.left, line.top) for line in find_lines(ink)] == [(10, 5), (10, 85)]


def test_a_minus_between_digits_that_are_far_from_each_other_is_kept():
    ink = bars(10, 120)
    assert len(find_lines(ink)) == 2
    ink[33:37, 50:85] = 255
    (line,) = find_lines(ink)
    assert line.ink[18:22, 40:75].all()


def test_rows_that_lean_are_read_from_left_to_right():
    ink = np.vstack(2 * [bars(10, 170, 330, paper=(70, 400))])
    for left in (170, 330):
        ink[:, left:] = np.roll(ink[:, left:], 8, 0)
    assert [line.left for line in find_lines(ink)] == [10, 170, 330] * 2


def test_a_faint_point_is_ink_and_a_faint_edge_is_not():
    ink = bars(10, 45)
    ink[50:55, 28:33] = 60
    ink[15:55, 16:20] = 60  # the soft edge of a stroke
    (line,) = find_lines(ink)
    assert line.ink[35:40, 18:23].any() and line.ink.shape == (40, 41)
