"""What is plainly no character, and that no digit is called so."""

import numpy as np
import pytest

from digitrec.data.sklearn_digits import read
from digitrec.imaging import pen_drawing
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.inference.verdict import layout_reasons


def words(*drawn: list[list[float]], width: float = 14) -> str:
    ink = pen_drawing.render([np.array(stroke, np.float32) for stroke in drawn], width=width)
    return " ".join(reason.kind for reason in layout_reasons(to_mnist(ink), ink))


def test_a_dot_is_a_dot_whatever_the_brush():
    for width in (8, 20, 40):
        assert words([[100, 180]], width=width) == "blot"


@pytest.mark.parametrize("end", [[250, 140], [250, 200], [240, 80]])
def test_a_line_that_lies_is_no_digit(end):
    assert words([[30, 140], end]) == "line"


def test_an_upright_line_is_one_unless_it_runs_from_edge_to_edge():
    assert words([[140, 40], [145, 240]]) == ""
    assert words([[140, -5], [150, 285]]) == "line from edge to edge"


def test_three_pieces_are_more_than_one_character_and_two_are_a_five():
    bar, bow = [[60, 60], [160, 60]], [[60, 120], [60, 160], [150, 180], [60, 240]]
    assert words(bar, bow) == ""
    assert words(bar, bow, [[220, 60], [220, 240]]) == "components"


def test_hardly_a_real_digit_is_refused():
    images = read()[0][:500]
    assert np.mean([bool(layout_reasons(image, None)) for image in images]) < 0.01


def test_a_blank_image_says_nothing():
    assert layout_reasons(np.zeros((28, 28), np.uint8), None) == []


def test_a_stroke_of_single_pixels_is_one_component_and_apart_ones_are_several():
    image = np.zeros((28, 28), np.uint8)
    image[4:24:2, 14] = image[4, 8:14:2] = 255
    assert layout_reasons(to_mnist(image), np.kron(image, np.ones((10, 10), np.uint8))) == []
    image[14, 14] = 0  # now a gap of three pixels
    image[14:20:2, 6] = 255
    assert [one.kind for one in layout_reasons(to_mnist(image), np.kron(image, np.ones((10, 10), np.uint8)))] == [
        "components"
    ]
