"""Accuracy against cost: a point for each network, the frontier as a line."""

from digitrec.charts.costs import CostPoint, cost_chart
from digitrec.metrics import Estimate


def test_every_network_is_a_point_with_its_interval_and_the_line_joins_the_frontier_alone():
    points = [
        CostPoint("small", 10, Estimate(0.9, 0.88, 0.92), True),
        CostPoint("large", 1000, Estimate(0.99, 0.98, 1.0), True),
        CostPoint("vain", 2000, Estimate(0.95, 0.93, 0.97), False),
    ]
    chart = cost_chart(points, "Parameters").to_dict()
    (rows,) = chart["datasets"].values()
    assert [(row["run"], row["cost"], row["low"]) for row in rows] == [
        ("small", 10, 0.88),
        ("large", 1000, 0.98),
        ("vain", 2000, 0.93),
    ]
    line = chart["layer"][0]
    assert line["mark"]["interpolate"] == "step-after" and "on the frontier" in str(line["transform"])
    low, high = line["encoding"]["x"]["scale"]["domain"]
    assert low < 10 and high > 2000
