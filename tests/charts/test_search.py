"""Charts of a search: what is drawn is what was given, each kind of trial with its own colour and shape."""

import pytest

from digitrec.charts import search as charts
from digitrec.charts.search import BEST, COMPLETE, FIRST, KINDS, PRUNED, Axis, Line, Path
from digitrec.charts.style import SERIES

LINES = [
    Line("trial 0", FIRST, [(1, 0.9), (2, 0.5), (3, 0.4)]),
    Line("trial 1", PRUNED, [(1, 1.9)]),
    Line("trial 2", COMPLETE, [(1, 0.8), (2, 0.5), (3, 0.35)]),
    Line("trial 3", BEST, [(1, 0.7), (2, 0.4), (3, 0.3)]),
]


def rows(chart: dict, at: int = 0) -> list[dict]:
    return list(chart["datasets"].values())[at]


def test_every_value_of_every_trial_is_drawn_and_the_best_is_on_top():
    chart = charts.trial_curves(LINES, "Validation loss").to_dict()
    assert [(row["name"], row["x"], row["y"]) for row in rows(chart)] == [
        (line.name, *point) for line in LINES for point in line.points
    ]
    layers = chart["layer"]
    assert [layer["transform"][0]["filter"] for layer in layers[:4]] == [
        f"datum.kind == '{kind}'" for kind in KINDS
    ]
    assert chart["encoding"]["y"]["scale"]["type"] == "log" and KINDS[-1] == BEST
    assert chart["encoding"]["x"]["axis"]["values"] == [1, 2, 3]
    assert charts.trial_curves([], "Validation loss").to_dict()["encoding"]["x"]["scale"]["domain"] == [0.9, 1.1]


def test_each_kind_has_a_colour_of_the_house_and_a_shape():
    chart = charts.frontier_chart(LINES, [(1, 0.9)], cost="Size (MB)", goal="Accuracy").to_dict()
    encoding = chart["layer"][1]["encoding"]
    colours, shapes = (encoding[channel]["scale"]["range"] for channel in ("color", "shape"))
    assert set(colours) <= set(SERIES) and len(set(colours)) == len(set(shapes)) == len(KINDS)


def test_the_frontier_is_a_stepped_line_below_the_points():
    points = [LINES[0]._replace(points=[(2.0, 0.9)])]
    chart = charts.frontier_chart(points, [(1.0, 0.8), (2.0, 0.9)], cost="s", goal="a")
    steps, dots = chart.to_dict()["layer"]
    assert steps["mark"]["interpolate"] == "step-after" and dots["mark"]["type"] == "point"
    assert rows(chart.to_dict()) == [{"x": 1.0, "y": 0.8}, {"x": 2.0, "y": 0.9}]


def test_the_most_important_setting_is_on_top():
    chart = charts.importance_bars({"Dropout": 0.2, "Learning rate": 0.8}).to_dict()
    assert [row["setting"] for row in rows(chart)] == ["Learning rate", "Dropout"]


def test_a_trial_crosses_every_axis_but_those_that_it_has_no_value_for():
    axes = [Axis("Dropout", "0", "0.5"), Axis("Network", "mlp", "fast"), Axis("Accuracy", "90%", "99%")]
    path = Path("trial 7", BEST, [0.5, None, 1.0], ["0.25", "", "99%"])
    chart = charts.parallel_coordinates(axes, [path]).to_dict()
    found = [(row["axis"], row["place"], row["text"]) for row in rows(chart)]
    assert found == [("Dropout", 0.5, "0.25"), ("Accuracy", 1.0, "99%")]
    ends = [row["text"] for row in rows(chart, 1)]
    assert ends == ["0", "0.5", "mlp", "fast", "90%", "99%"]
    places = [row["place"] for row in rows(chart, 1)]
    assert places == pytest.approx([-0.08, 1.08] * 3)
