"""Figures carry the numbers they were given, whole, and tell things apart by more than colour."""

import json
import subprocess
import sys

import numpy as np
import plotly.graph_objects as go
import pytest

from digitrec.charts import confusion as charts_confusion
from digitrec.charts import data
from digitrec.metrics import classification

DIGITS = [str(digit) for digit in range(10)]
LETTERS = [chr(65 + i) for i in range(26)]


def a_confusion(classes: int) -> np.ndarray:
    """Random counts, about half of them 0; the last class was never shown."""
    rng = np.random.default_rng(classes)
    confusion = rng.integers(0, 30, (classes, classes)) * rng.integers(0, 2, (classes, classes))
    confusion += 900 * np.eye(classes, dtype=np.int64)
    confusion[-1] = 0
    return confusion


def every_figure() -> dict[str, go.Figure]:
    confusion = a_confusion(26)
    counts = {"train": confusion[0], "test": confusion[1]}
    return {
        "confusion": data.confusion_figure(confusion, LETTERS),
        "balance": data.class_balance(counts, LETTERS),
        "intensity": data.intensity_histogram(*np.histogram([0, 0, 255], 32, (0, 256))),
    }


def cell_texts(figure: go.Figure) -> np.ndarray:
    """What stands in the cells: the two heatmaps' texts over each other."""
    right, wrong = (np.array(trace.text) for trace in figure.data[:2])
    assert not ((right != "") & (wrong != "")).any()
    return np.where(right != "", right, wrong)


@pytest.mark.parametrize("name", every_figure())
def test_every_figure_is_transparent_titled_and_ready_for_the_browser(name):
    figure = every_figure()[name]
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.plot_bgcolor.startswith("rgba(") and figure.layout.font.color is None
    assert json.loads(figure.to_json())["data"]


@pytest.mark.parametrize("names", [DIGITS, LETTERS, ["yes", "no"]], ids=len)
def test_the_confusion_matrix_shows_each_count_that_is_not_0(names):
    confusion = a_confusion(len(names))
    figure = data.confusion_figure(confusion, names)
    np.testing.assert_array_equal(cell_texts(figure), np.where(confusion > 0, confusion.astype(str), ""))
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.ticktext) == names and list(axis.tickvals) == list(range(len(names)))
    assert figure.layout.yaxis.scaleanchor == "x"  # square cells
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first class on top


def test_the_confusion_matrix_shows_shares_of_the_rows_when_asked():
    figure = charts_confusion.confusion_figure(
        classification.confusion_cells(np.array([[4999, 1, 0], [1, 2, 3], [0, 0, 0]]), classification.ROW_SHARES),
        ["a", "b", "c"],
    )
    expected = [["100.0", "<0.1", ""], ["16.7", "33.3", "50.0"], ["", "", ""]]
    np.testing.assert_array_equal(cell_texts(figure), expected)
    assert "%" in figure.layout.xaxis.title.text


def test_right_and_wrong_cells_have_colours_of_their_own_and_rare_mistakes_are_seen():
    confusion = np.array([[998, 1, 1], [0, 1000, 0], [5, 0, 995]])
    right, wrong, _ = data.confusion_figure(confusion, ["a", "b", "c"]).data
    assert np.isfinite(right.z.astype(float)).tolist() == np.eye(3, dtype=bool).tolist()
    position = (wrong.z[0, 1] - wrong.zmin) / (wrong.zmax - wrong.zmin)  # on the colour scale, 0 to 1
    assert 0.2 < position < wrong.z[2, 0] - wrong.zmin
    assert right.colorscale != wrong.colorscale


def test_numbers_are_readable_on_their_cells():
    for trace in data.confusion_figure(a_confusion(10), DIGITS).data[:2]:
        for _, colour in trace.colorscale:
            # 3 is the least contrast that WCAG 2.2 allows large text and graphics.
            assert contrast(colour, trace.textfont.color) > 3


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #RRGGBB colours (WCAG 2.2)."""
    parts = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (one, other)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("names", [DIGITS, LETTERS], ids=len)
def test_a_click_in_the_confusion_matrix_says_which_cell(names):
    c = len(names)
    confusion = a_confusion(c)
    layer = data.confusion_figure(confusion, names).data[-1]
    for index in (0, 1, c, c * c - 1, 3 * c + 7):
        true, answered = divmod(index, c)
        assert (layer.y[index], layer.x[index]) == (true, answered)
        assert layer.text[index].startswith(f"true {names[true]}, answered {names[answered]}<br>")
        assert f"{confusion[true, answered]:,} images" in layer.text[index]


def test_class_balance_draws_each_split_with_a_pattern_of_its_own():
    counts = {"train": np.arange(26), "validation": np.arange(26) * 2, "test": np.arange(26) * 3}
    figure = data.class_balance(counts, LETTERS)
    assert [bars.name for bars in figure.data] == list(counts)
    assert len({bars.marker.pattern.shape for bars in figure.data}) == 3
    for bars in figure.data:
        np.testing.assert_array_equal(bars.y, counts[bars.name])
        assert list(bars.x) == LETTERS


@pytest.mark.parametrize("values", [[], [0], [0, 0, 0, 255, 255], range(256)], ids=len)
def test_intensities_fill_the_range_on_a_log_scale_that_holds_every_bar(values):
    counts, edges = np.histogram(values, 16, (0, 256))
    figure = data.intensity_histogram(counts, edges)
    (bars,) = figure.data
    np.testing.assert_allclose([bars.x - bars.width / 2, bars.x + bars.width / 2], [edges[:-1], edges[1:]])
    np.testing.assert_array_equal(bars.y, counts)
    assert figure.layout.yaxis.type == "log"
    low, high = 10.0 ** np.array(figure.layout.yaxis.range)
    assert all(low <= count < high for count in counts if count)


def test_figures_of_finished_numbers_need_neither_altair_nor_pandas():
    script = (
        "import sys; from digitrec.charts import data; data.class_balance({'train': [1, 2]}, 'ab'); "
        "print({'altair', 'pandas', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
