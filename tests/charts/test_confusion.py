"""The confusion matrix in every mode: what stands in its cells, in which colour, and what is outlined."""

import numpy as np
import pytest

from digitrec.charts import confusion
from digitrec.metrics import classification

MATRIX = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]])
OTHER = np.array([[9, 1, 0], [4, 6, 0], [0, 0, 10]])
NAMES = ["a", "b", "c"]


def texts(figure) -> list[list[str]]:
    """What stands in the cells: the two heatmaps' texts over each other."""
    good, bad = (np.array(trace.text, object) for trace in figure.data[:2])
    return np.where(good != "", good, bad).tolist()


def test_errors_only_shows_the_mistakes_alone():
    figure = confusion.confusion_figure(classification.confusion_cells(MATRIX, classification.ERRORS_ONLY), NAMES)
    assert texts(figure) == [["", "2", ""], ["1", "", "4"], ["", "", ""]]
    assert not np.isfinite(figure.data[0].z.astype(float)).any()


def test_shares_of_the_columns_are_shown_in_per_cent():
    figure = confusion.confusion_figure(
        classification.confusion_cells(MATRIX, classification.COLUMN_SHARES), NAMES
    )
    assert texts(figure) == [["88.9", "28.6", ""], ["11.1", "71.4", "28.6"], ["", "", "71.4"]]
    assert "% of the answer" in figure.layout.xaxis.title.text


def test_a_difference_has_signs_and_is_told_apart_by_colour_and_in_the_hover():
    figure = confusion.confusion_figure(classification.confusion_difference(MATRIX, OTHER), NAMES)
    assert texts(figure) == [["−1", "+1", ""], ["−3", "−1", "+4"], ["", "", ""]]
    good, bad, layer = figure.data
    assert [good.text[1][0], bad.text[0][0], bad.text[1][2]] == ["−3", "−1", "+4"]
    assert layer.text[5].endswith("4 images, 40.00% of the row<br>+4 against the other network")


@pytest.mark.parametrize(
    ("chosen", "box"),
    [
        ({"true": 1, "answer": 2}, (1.56, 2.44, 0.56, 1.44)),
        ({"true": 1}, (-0.44, 2.44, 0.56, 1.44)),
        ({"answer": 0}, (-0.44, 0.44, -0.44, 2.44)),
    ],
)
def test_what_is_chosen_is_outlined_in_black_and_white(chosen, box):
    shapes = confusion.confusion_figure(classification.confusion_cells(MATRIX), NAMES, **chosen).layout.shapes
    assert [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in shapes] == [box, box]
    assert [shape.line.color for shape in shapes] == ["#000000", "#FFFFFF"]


def test_without_a_choice_nothing_is_outlined():
    assert not confusion.confusion_figure(classification.confusion_cells(MATRIX), NAMES).layout.shapes
