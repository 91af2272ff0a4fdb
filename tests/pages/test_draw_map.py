"""The drawing on the map, on Draw: offered where there is none, else a star near its class."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.explain import MapRequest
from digitrec.imaging import fit_to_square
from digitrec.ui import pickers
from digitrec.ui.components import canvas
from support import maps
from support.made_runs import Reader, open_page, rerun, words

SET = loading.load("digits")
LABEL = int(SET.test.labels[1])


@pytest.fixture
def page(known_mistakes, run, monkeypatch):
    """The panel on Draw, with a test image as the drawing."""
    ink = fit_to_square(SET.test.images[1], canvas.SIDE)
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: ink)
    monkeypatch.setattr(pickers, "_load_reference", lambda run, model: None)
    test = open_page("draw")
    test.segmented_control(key="draw-panel").set_value("Map")
    return rerun(test)


def test_without_a_map_it_is_offered(page):
    assert [each.label for each in page.button if "map" in each.label] == ["Make the map of 1,797 images"]


@pytest.mark.parametrize("source", ["embedding", "pixels"])
def test_the_drawing_is_a_star(page, run, source):
    request = MapRequest(SET, 10_000, run, Reader()) if source == "embedding" else MapRequest(SET)
    found = maps.make(request)
    data = maps.shown(rerun(page))
    assert data["id"] == request.folder.path.name and data["plain"] and len(data["star"]) == 2
    assert "★ Your drawing. 10 nearest images on the map: " in words(page)
    if source == "pixels":  # the sums over rows, of the stand-in, tell digits hardly apart
        near = np.argsort(((found.known - found.components.project(_pixels())) ** 2).sum(1))[:10]
        assert LABEL in np.concatenate([SET.train.labels, SET.test.labels])[near]


def _pixels() -> np.ndarray:
    return SET.test.images[1].reshape(1, -1).astype(np.float32) / 255
