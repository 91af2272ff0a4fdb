"""The confusion matrix in every mode: what stands in its cells, in which colour, and what is outlined."""

import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from digitrec.charts import confusion
from digitrec.metrics import classification

MATRIX = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]])
OTHER = np.array([[9, 1, 0], [4, 6, 0], [0, 0, 10]])
NAMES = ["a", "b", "c"]
DIGITS = [str(digit) for digit in range(10)]
LETTERS = [chr(65 + i) for i in range(26)]


def drawn(matrix: np.ndarray, names: list[str]) -> go.Figure:
    return confusion.confusion_figure(classification.confusion_cells(matrix), names)


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


def test_the_figure_is_transparent_titled_and_ready_for_the_browser():
    figure = drawn(a_confusion(26), LETTERS)
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.plot_bgcolor.startswith("rgba(") and figure.layout.font.color is None
    assert json.loads(figure.to_json())["data"]


def a_confusion(classes: int) -> np.ndarray:
    """Random counts, about half of them 0; the last class was never shown."""
    rng = np.random.default_rng(classes)
    matrix = rng.integers(0, 30, (classes, classes)) * rng.integers(0, 2, (classes, classes))
    matrix += 900 * np.eye(classes, dtype=np.int64)
    matrix[-1] = 0
    return matrix


def cell_texts(figure: go.Figure) -> np.ndarray:
    """What stands in the cells: the two heatmaps' texts over each other."""
    right, wrong = (np.array(trace.text) for trace in figure.data[:2])
    assert not ((right != "") & (wrong != "")).any()
    return np.where(right != "", right, wrong)


@pytest.mark.parametrize("names", [DIGITS, LETTERS, ["yes", "no"]], ids=len)
def test_the_confusion_matrix_shows_each_count_that_is_not_0(names):
    matrix = a_confusion(len(names))
    figure = drawn(matrix, names)
    np.testing.assert_array_equal(cell_texts(figure), np.where(matrix > 0, matrix.astype(str), ""))
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.ticktext) == names and list(axis.tickvals) == list(range(len(names)))
    assert figure.layout.yaxis.scaleanchor == "x"  # square cells
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first class on top


def test_the_confusion_matrix_shows_shares_of_the_rows_when_asked():
    figure = confusion.confusion_figure(
        classification.confusion_cells(np.array([[4999, 1, 0], [1, 2, 3], [0, 0, 0]]), classification.ROW_SHARES),
        ["a", "b", "c"],
    )
    expected = [["100.0", "<0.1", ""], ["16.7", "33.3", "50.0"], ["", "", ""]]
    np.testing.assert_array_equal(cell_texts(figure), expected)
    assert "%" in figure.layout.xaxis.title.text


def test_right_and_wrong_cells_have_colours_of_their_own_and_rare_mistakes_are_seen():
    matrix = np.array([[998, 1, 1], [0, 1000, 0], [5, 0, 995]])
    right, wrong, _ = drawn(matrix, ["a", "b", "c"]).data
    assert np.isfinite(right.z.astype(float)).tolist() == np.eye(3, dtype=bool).tolist()
    position = (wrong.z[0, 1] - wrong.zmin) / (wrong.zmax - wrong.zmin)  # on the colour scale, 0 to 1
    assert 0.2 < position < wrong.z[2, 0] - wrong.zmin
    assert right.colorscale != wrong.colorscale


def test_numbers_are_readable_on_their_cells():
    for trace in drawn(a_confusion(10), DIGITS).data[:2]:
        for _, colour in trace.colorscale:
            # 3 is the least contrast that WCAG 2.2 allows large text and graphics.
            assert contrast(colour, trace.textfont.color) > 3


@pytest.mark.parametrize("names", [DIGITS, LETTERS], ids=len)
def test_a_click_in_the_confusion_matrix_says_which_cell(names):
    c = len(names)
    matrix = a_confusion(c)
    layer = drawn(matrix, names).data[-1]
    for index in (0, 1, c, c * c - 1, 3 * c + 7):
        true, answered = divmod(index, c)
        assert (layer.y[index], layer.x[index]) == (true, answered)
        assert layer.text[index].startswith(f"true {names[true]}, answered {names[answered]}<br>")
        assert f"{matrix[true, answered]:,} images" in layer.text[index]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #RRGGBB colours (WCAG 2.2)."""
    parts = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (one, other)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("names", "pattern"), [(DIGITS, r"<0\.1|\d+\.\d"), (LETTERS, r"<1|\d+")], ids=["10", "26"]
)
def test_the_shares_of_a_confusion_matrix_have_one_precision(names, pattern):
    matrix = a_confusion(len(names))
    matrix[0, 1], matrix[0, 0] = 1, 9000  # a share that is nearly 0
    cells = classification.confusion_cells(matrix, classification.ROW_SHARES)
    texts = [text for text in cell_texts(confusion.confusion_figure(cells, names)).flat if text]
    assert len(texts) > len(names) and all(re.fullmatch(pattern, text) for text in texts)
    assert any(text.startswith("<") for text in texts)
