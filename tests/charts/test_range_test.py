"""The curve of a range test: steps, a smoothed line, and the rate that is offered."""

import pytest

from digitrec.charts.range_test import range_curve


@pytest.mark.parametrize(("offered", "layers"), [(None, 2), (0.01, 4)])
def test_the_rate_is_marked_where_one_is_offered(offered, layers):
    chart = range_curve([1e-4, 1e-3, 1e-2], [2.3, 1.9, 2.5], [2.3, 2.2, 2.4], offered).to_dict()
    assert len(chart["layer"]) == layers
    assert [row["loss"] for row in next(iter(chart["datasets"].values()))] == [2.3, 1.9, 2.5]
    assert chart["layer"][0]["encoding"]["x"]["scale"] == {"type": "log", "domain": [1e-4, 1e-2], "nice": False}
