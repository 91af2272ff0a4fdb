"""Figures carry the numbers they were given, whole, and tell things apart by more than colour."""

import json
import subprocess
import sys

import numpy as np
import plotly.graph_objects as go
import pytest

from digitrec.charts import data

LETTERS = [chr(65 + i) for i in range(26)]


def every_figure() -> dict[str, go.Figure]:
    counts = {"train": np.arange(26), "test": np.arange(26) % 5}
    return {
        "balance": data.class_balance(counts, LETTERS),
        "intensity": data.intensity_histogram(*np.histogram([0, 0, 255], 32, (0, 256))),
    }


@pytest.mark.parametrize("name", every_figure())
def test_every_figure_is_transparent_titled_and_ready_for_the_browser(name):
    figure = every_figure()[name]
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.plot_bgcolor.startswith("rgba(") and figure.layout.font.color is None
    assert json.loads(figure.to_json())["data"]


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


def test_the_package_and_its_colours_need_no_plotly():
    script = "import sys; from digitrec.charts import style; print({'altair', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_figures_of_finished_numbers_need_neither_altair_nor_pandas():
    script = (
        "import sys; from digitrec.charts import data; data.class_balance({'train': [1, 2]}, 'ab'); "
        "print({'altair', 'pandas', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
