"""The drawing on the map of its network's images: where it lies, and why it cannot be shown."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.data import DatasetError, loading
from digitrec.explain import MapRequest
from digitrec.inference import ClassifierError
from digitrec.runs import provenance
from digitrec.ui.components import dataset_map, point_map
from digitrec.ui.draw import map_panel
from support import maps
from support.views import show

DIGITS = loading.load("digits")
RUN = SimpleNamespace(name="my_net", config=SimpleNamespace(dataset="digits"))
MODEL = SimpleNamespace(embedding_size=0)
READING = SimpleNamespace(image=DIGITS.test.images[0])


@pytest.fixture(autouse=True)
def known(folders, monkeypatch) -> None:
    monkeypatch.setattr(provenance, "find_learnt_dataset", lambda run: None)


def panel():
    return show(map_panel.drawing_on_map, RUN, MODEL, READING)


def test_where_the_images_are_not_here_the_reason_is_said(monkeypatch):
    def fail(run):
        raise DatasetError("it is *gone*.")

    monkeypatch.setattr(provenance, "find_learnt_dataset", fail)
    assert panel().warning[0].value == "The map cannot be shown: it is \\*gone\\*."


def test_a_map_is_offered_where_none_is_stored(monkeypatch):
    offered: list = []
    monkeypatch.setattr(dataset_map, "offer_map", offered.append)
    assert "puts images near each other that the model sees alike." in panel().caption[0].value
    (request,) = offered
    assert request.dataset is DIGITS and request.model is None


def test_the_drawing_is_the_star_of_the_stored_map(monkeypatch):
    maps.make(MapRequest(DIGITS))
    shown_maps: list = []
    monkeypatch.setattr(
        point_map, "point_map", lambda key, points, images, colours, star: shown_maps.append((len(images()), star))
    )
    monkeypatch.setattr(dataset_map, "place_drawing", lambda request, found, image, model: np.array([1.0, 2.0]))
    shown = panel()
    assert shown.markdown[0].value.startswith("★ Your drawing. ")
    assert shown.caption[0].value.startswith("1,797 images of ") and "by their pixels" in shown.caption[0].value
    ((count, star),) = shown_maps
    assert count == 1797 and star.tolist() == [1, 2]


def test_a_drawing_that_the_network_cannot_place_is_told(monkeypatch):
    def fail(*_):
        raise ClassifierError("it gives no embedding.")

    maps.make(MapRequest(DIGITS))
    monkeypatch.setattr(dataset_map, "place_drawing", fail)
    assert panel().warning[0].value == "The drawing cannot be placed: it gives no embedding."
