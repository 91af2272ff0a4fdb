"""The strokes of a picture of many characters: nothing is judged by the size of one."""

import numpy as np
import pytest

from digitrec.imaging import PictureError, to_ink, to_strokes


def page() -> np.ndarray:
    """Three bars in a shadow; one touches the border, and one is a speck beside the others."""
    paper = np.tile(np.linspace(240, 150, 300), (120, 1))
    for place in (np.s_[30:90, 0:8], np.s_[30:90, 140:148], np.s_[82:85, 202:205]):
        paper[place] *= 0.3
    return paper.astype(np.uint8)


def test_what_a_reader_of_one_digit_drops_stays():
    gray = page()
    strokes = to_strokes(gray)
    assert strokes.shape == gray.shape
    for rows, columns in ((60, 3), (60, 144), (83, 203)):
        assert strokes[rows, columns] > 60
    assert (strokes[:, 20:130] == 0).all() and to_ink(gray)[83, 203] == 0


def test_a_large_page_is_shrunk_and_an_empty_one_has_no_strokes():
    assert max(to_strokes(np.kron(page(), np.ones((10, 10), np.uint8))).shape) <= 2048
    assert not to_strokes(np.full((60, 90), 200, np.uint8)).any()


def test_what_is_no_grey_picture_is_refused():
    with pytest.raises(PictureError, match="expected uint8"):
        to_strokes(np.zeros((3, 3, 3), np.uint8))
