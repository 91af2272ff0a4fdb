"""What the map of points is given, what it may answer, and the sheet that its images travel in."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitrec.charts import style
from digitrec.data.catalogue import DIGITS
from digitrec.ui.components import dataset_map, point_map
from digitrec.ui.components.point_map import MapPoints

N = 150
RNG = np.random.default_rng(0)
POINTS = MapPoints(
    "key", RNG.normal(0, 30, (N, 2)), np.arange(N), 100, np.arange(N) % 10, DIGITS, np.arange(N) % 9 - 1
)
IMAGES = RNG.integers(0, 256, (N, 28, 28)).astype(np.uint8)


def unpack(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_positions_keep_their_proportions_and_codes_their_values():
    data = point_map._point_data(POINTS, dataset_map.colours_by_class(POINTS))
    places = unpack(data["positions"], "<u2").reshape(-1, 2) / 65535
    assert places.min() >= 0.02 and places.max() <= 0.98
    scale = (np.ptp(POINTS.positions, 0) / np.ptp(places, 0)).tolist()
    assert scale[0] == pytest.approx(scale[1], rel=1e-3)
    np.testing.assert_array_equal(unpack(data["labels"], "<u2"), POINTS.labels)
    np.testing.assert_array_equal(unpack(data["rows"], "<i4"), POINTS.rows)
    answers = unpack(data["answers"], "<u2").astype(int)
    np.testing.assert_array_equal(np.where(answers == 65535, -1, answers), POINTS.answers)


def test_the_sheet_has_each_image_in_its_cell():
    uri = point_map._make_sheet("a sheet", lambda: IMAGES)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    assert sheet.shape == (56, 2800)
    for i in (0, 99, 100, 149):
        row, column = divmod(i, 100)
        cell = sheet[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
        np.testing.assert_array_equal(cell, IMAGES[i])
    assert point_map._make_sheet("a sheet", lambda: pytest.fail("it is there")) is uri


def test_colours_count_what_they_stand_for():
    right = dataset_map.colours_by_outcome(POINTS)
    counts = [int((right.codes == code).sum()) for code in range(3)]
    assert [each.name for each in right.categories] == ["right", "wrong", "not read"]
    known = POINTS.answers >= 0
    assert counts == [
        (POINTS.answers == POINTS.labels).sum(),
        (known & (POINTS.answers != POINTS.labels)).sum(),
        (~known).sum(),
    ]
    writers = np.repeat(np.arange(-1, 14), 10)
    found = dataset_map.colours_by_writer(writers)
    assert [each.name for each in found.categories][-1] == "others, unknown" and len(found.categories) == 10
    assert np.bincount(found.codes).tolist() == [10] * 9 + [60]


def test_classes_differ_in_colour():
    for n in (1, 10, 26, 62):
        assert len(set(style.class_colours(n))) == n


def _page() -> None:
    import numpy as np
    import streamlit as st

    from digitrec.ui.components import dataset_map, point_map

    points = st.session_state["points"]
    point_map.point_map(
        "map",
        points,
        lambda: st.session_state["images"],
        dataset_map.colours_by_class(points),
        star=np.array([1e6, -1e6]),
        chosen=np.array([3, 5]),
    )


def test_a_star_stays_on_the_map_and_the_chosen_points_are_marked():
    page = AppTest.from_function(_page)
    page.session_state["points"], page.session_state["images"] = POINTS, IMAGES
    page.run()
    assert not page.exception
    protos = [block.proto for block in page.main.get("bidi_component")]
    data = json.loads(next(each.json for each in protos if each.component_name == "digitrec_point_map"))
    assert data["star"] == [0.995, 0.005] and data["plain"]
    assert np.flatnonzero(unpack(data["chosen"], "u1")).tolist() == [3, 5]
