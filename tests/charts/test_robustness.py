"""The figures of robustness: which cell a click means, where frames and samples are, numbers that are read."""

import numpy as np
import pytest

from digitrec.charts.robustness import AttackCurve, attack_figure, robustness_figure
from digitrec.metrics.intervals import Estimate

SHARES = np.array([[1.0, 0.9996, 0.5], [0.123, 0.0, 0.9994]])
WORDS = [["a1", "a2", "a3"], ["b1", "b2", "b3"]]


@pytest.fixture(scope="module")
def figure():
    samples = [[f"data:{row}{column}" for column in range(3)] for row in range(2)]
    return robustness_figure(SHARES, WORDS, titles=["A", "B"], paper=[3, 1], samples=samples)


def test_a_clicked_point_is_its_corruption_and_severity(figure):
    clicks = figure.data[-1]
    for index, text in enumerate(clicks.text):
        row, column = divmod(index, 3)
        assert (clicks.x[index], clicks.y[index], text) == (column, row, WORDS[row][column])
    assert figure.data[0].hoverinfo == "skip"


def test_numbers_are_per_cent_in_one_precision_and_only_all_is_100(figure):
    assert list(figure.data[1].text) == ["100.0", "99.9", "<b>50.0</b>", "<b>12.3</b>", "0.0", "99.9"]
    assert figure.data[1].unselected.textfont.color == figure.data[1].textfont.color


def test_a_frame_is_around_the_papers_severity(figure):
    frames = [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in figure.layout.shapes]
    assert np.allclose(frames, [(2, 0), (0, 1)])


def test_each_cell_has_its_sample_at_its_left(figure):
    places = {image.source: (image.x, image.y) for image in figure.layout.images}
    assert len(places) == 6
    assert places["data:12"] == (pytest.approx(2 - 0.47), 1)


def test_an_attacks_curves_differ_in_more_than_colour_and_carry_their_intervals():
    estimates = [Estimate(1.0, 0.9, 1.0), Estimate(0.5, 0.4, 0.7)]
    first, second = attack_figure((0, 8), [AttackCurve("a", estimates), AttackCurve("b", estimates)]).data
    assert first.line.dash != second.line.dash and first.marker.symbol != second.marker.symbol
    assert list(first.y) == [100, 50]
    assert np.allclose(first.error_y.array, [0, 20]) and np.allclose(first.error_y.arrayminus, [10, 10])
