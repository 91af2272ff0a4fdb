"""What the map of points takes of what a browser sends: its own points alone."""

import numpy as np
import pytest

from digitrec.ui.components import dataset_map, point_map
from digitrec.ui.components.point_map import MapPoints

POINTS = MapPoints("key", np.eye(5, 2), np.arange(5), 3, np.arange(5) % 2, ("a", "b"))


@pytest.fixture
def sent(monkeypatch):
    """A function that shows a map, lets a browser send something, and gives what was taken."""
    session: dict = {}
    monkeypatch.setattr(point_map.st, "session_state", session)
    monkeypatch.setattr(point_map, "_sheet_component", lambda: lambda **_: None)

    def send(chosen=None, opened=None, **how):
        mounted: dict = {}
        taken: list = []
        monkeypatch.setattr(point_map, "_map_component", lambda: lambda **given: mounted.update(given))
        listeners = {"on_chosen": lambda found: taken.append(found.tolist()), "on_opened": taken.append} | how
        images = lambda: np.zeros((5, 28, 28), np.uint8)  # noqa: E731
        point_map.point_map("map", POINTS, images, dataset_map.colours_by_class(POINTS), **listeners)
        session["map"] = {"chosen": chosen, "opened": opened}
        mounted["on_chosen_change"]()
        mounted["on_opened_change"]()
        return taken, mounted["data"]

    return send


@pytest.mark.parametrize(
    ("chosen", "taken"), [([0, 4], [[0, 4]]), ([5, -1, "2", None, 3], [[3]]), ([], [[]]), (None, [])]
)
def test_only_points_of_the_map_are_chosen(chosen, taken, sent):
    assert sent(chosen)[0] == taken


@pytest.mark.parametrize(("opened", "taken"), [(4, [4]), (5, []), (-1, []), ("4", []), (None, [])])
def test_only_a_point_of_the_map_is_opened(opened, taken, sent):
    assert sent(opened=opened)[0] == taken


def test_a_map_to_look_at_only_takes_nothing(sent):
    taken, data = sent([1], 1, on_chosen=None, on_opened=None)
    assert taken == [] and data["plain"] is True and "chosen" not in data


def test_the_star_stays_inside_of_the_map(sent):
    _, data = sent(star=np.array([9.0, -9.0]))
    assert data["star"] == pytest.approx([0.995, 0.005])


def test_of_many_sheets_the_oldest_is_dropped(monkeypatch):
    monkeypatch.setattr(point_map, "_sheets", {})
    monkeypatch.setattr(point_map, "MAX_SHEETS", 2)
    for key in "abc":
        point_map._make_sheet(key, lambda: np.zeros((1, 28, 28), np.uint8))
    assert list(point_map._sheets) == ["b", "c"]


def test_a_class_without_points_has_no_name_on_the_map():
    assert point_map._middle(np.empty((0, 2))) is None
    assert point_map._middle(np.array([[0, 0], [1, 1], [9, 9]])) == [1, 1]
