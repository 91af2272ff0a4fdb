"""Accuracy on parts: every part is a point with its interval, the worst and the chosen one stand out."""

import numpy as np
import pytest

from digitrec.charts import slices
from digitrec.charts.slices import SliceRow
from digitrec.evaluation.slices import Slice
from digitrec.metrics.intervals import Estimate


def part(name: str, right: int, low: float, high: float) -> Slice:
    return Slice(name, 100, right, Estimate(right / 100, low, high))


GROUPS = [
    (
        "Thickness",
        [
            SliceRow("thin", part("thin", 90, 0.8, 0.95), is_worst=True),
            SliceRow("thick", part("thick", 99, 0.95, 1)),
        ],
    ),
    ("Pieces", [SliceRow("one", part("one", 97, 0.9, 0.99), is_chosen=True)]),
]


@pytest.fixture
def figure():
    return slices.slices_figure(GROUPS, 0.95)


def test_every_part_is_a_point_with_its_interval_in_the_order_from_the_top(figure):
    points = figure.data[0]
    np.testing.assert_allclose(points.x, [90, 99, 97])
    np.testing.assert_allclose(np.add(points.x, points.error_x.array), [95, 100, 99])
    np.testing.assert_allclose(np.subtract(points.x, points.error_x.arrayminus), [80, 95, 90])
    assert list(figure.layout.yaxis.ticktext) == ["thin", "thick", "one"]
    assert list(points.y) == list(figure.layout.yaxis.tickvals) == [1, 2, 4]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_each_quality_has_its_title_above_its_parts(figure):
    assert [(note.text, note.y) for note in figure.layout.annotations] == [
        ("<b>Thickness</b>", 0),
        ("<b>Pieces</b>", 3),
    ]


def test_the_worst_is_told_by_shape_colour_and_words(figure):
    points = figure.data[0]
    assert list(points.marker.symbol) == ["diamond", "circle", "circle"]
    assert points.marker.color[0] not in points.marker.color[1:]
    assert "the worst" in points.text[0] and "the worst" not in points.text[1]
    assert "90.00% of 100 images, 95% interval 80.00% to 95.00%<br>10 misread" in points.text[0]


def test_the_chosen_one_has_a_ring_and_all_images_a_line(figure):
    assert (list(figure.data[1].x), list(figure.data[1].y)) == ([97], [4])
    assert figure.layout.shapes[0].x0 == 95
