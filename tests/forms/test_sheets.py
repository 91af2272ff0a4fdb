"""Pages put straight: corners of a frame, the size of its grid, corners that are none."""

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL import ImageDraw

from digitrec.forms import sheets
from digitrec.imaging import InkError
from support.made_pages import CELL, MARGIN, TURNED, grid_page, photo

PAGE = grid_page(["40725 9"] * 5)


LEVEL = ((40, 40), (740, 40), (740, 540), (40, 540))
TURNED_30 = ((293, 85), (657, 295), (507, 555), (143, 345))


@pytest.mark.parametrize("corners", [TURNED, LEVEL, TURNED_30])
def test_the_corners_of_a_frame_are_found_and_the_page_is_put_straight(corners):
    gray = photo(PAGE, corners)
    found = sheets.find_corners(gray)
    np.testing.assert_allclose(found, corners, atol=4)
    straight = sheets.straighten(gray, found, (7 * CELL, 5 * CELL))
    inside = PAGE[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.corrcoef(straight.ravel(), inside.ravel())[0, 1] > 0.6


@pytest.mark.parametrize(("rows", "columns"), [(5, 7), (1, 4), (12, 3), (9, 9)])
def test_the_size_of_a_grid_is_found_by_its_lines(rows, columns):
    gray = photo(grid_page([" " * columns] * rows))
    corners = np.array(TURNED, float)
    assert sheets.find_size(gray, corners) == (rows, columns)
    sheets.check_size(gray, corners, (rows, columns))
    with pytest.raises(InkError, match=f"its lines make {rows} x {columns}"):
        sheets.check_size(gray, corners, (rows + 1, columns))


def test_a_picture_without_a_frame_or_without_lines_in_it_is_refused():
    with pytest.raises(InkError, match="no frame with four corners"):
        sheets.find_corners(np.full((300, 400), 200, np.uint8))
    empty = photo(grid_page([" "]))
    with pytest.raises(InkError, match="holds no grid"):
        sheets.find_size(empty, sheets.find_corners(empty))


@pytest.mark.parametrize(
    "corners",
    [
        [[0, 0], [0, 9], [9, 9], [9, 0]],  # against the clock
        [[0, 0], [9, 0], [3, 2], [0, 9]],  # one inside of the others
        [[0, 0], [9, 0], [9, 9], [np.nan, 9]],
        [[0, 0], [9, 0], [9, 0], [0, 9]],
    ],
)
def test_corners_out_of_order_are_refused(corners):
    with pytest.raises(InkError, match="out of order"):
        sheets.straighten(np.zeros((20, 20), np.uint8), np.array(corners, float), (10, 10))


def test_a_size_out_of_range_is_an_error():
    with pytest.raises(ValueError, match="expected 1 to 40"):
        sheets.check_size(PAGE, np.array(TURNED, float), (0, 9))


def test_paper_on_a_darker_table_is_found_and_a_scan_is_paper_from_edge_to_edge():
    corners = np.array([[90, 60], [700, 100], [660, 570], [110, 520]], float)
    picture = PILImage.new("L", (800, 640), 70)
    ImageDraw.Draw(picture).polygon([tuple(corner) for corner in corners], fill=215)
    np.testing.assert_allclose(sheets.find_sheet(np.asarray(picture)), corners, atol=5)
    scan = np.full((640, 800), 235, np.uint8)
    scan[100:120, 100:500] = 30
    np.testing.assert_array_equal(sheets.find_sheet(scan), [[0, 0], [800, 0], [800, 640], [0, 640]])
