"""A stroke is normalised and predicted once, whichever panel of the Draw page is chosen."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.imaging import ink_to_image
from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from digitrec.ui.components import canvas
from support.known_reader import INK
from support.made_runs import open_page, rerun

PANELS = ("Steps", "Why", "Doctor", "Layers", "Compare")


class Counts:
    """How often the drawing was normalised to an image, and how often that image was predicted, by model file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.normalised, self.predicted = 0, []
        normalise, predict, both = ink_to_image._scale, Classifier.predict_proba, Classifier.predict_and_embed

        def counted_scale(crop, box):
            self.normalised += box == ink_to_image.BOX and np.array_equal(crop, CROP)
            return normalise(crop, box)

        def count(model, images):
            self.predicted += [model.sha256] * sum(np.array_equal(image, IMAGE) for image in images)

        def counted_predict(model, images, progress=None):
            count(model, images)
            return predict(model, images, progress)

        def counted_both(model, images):
            count(model, images)
            return both(model, images)

        monkeypatch.setattr(ink_to_image, "_scale", counted_scale)
        monkeypatch.setattr(Classifier, "predict_proba", counted_predict)
        monkeypatch.setattr(Classifier, "predict_and_embed", counted_both)


CROP, IMAGE = INK[40:240, 120:160], ink_to_image.to_mnist(INK)


@pytest.fixture
def page(monkeypatch, models_folder) -> AppTest:
    """The Draw page with the shipped models, another model chosen to compare with, and a drawing to come."""
    inks = [None]
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: inks[-1])
    test = open_page("draw")
    inks.append(INK.T.copy())  # another drawing first: a level stroke
    choose(test, "Compare").multiselect(key="draw-others").set_value([store.SHIPPED[1]])
    rerun(test)
    inks.append(INK)
    return test


def choose(test: AppTest, panel: str) -> AppTest:
    test.segmented_control(key="draw-panel").set_value(panel)
    return rerun(test)


SHOWN = {"Steps": "digit-steps", "Why": "digit-evidence", "Doctor": "digit-measures", "Layers": "digit-gallery"}


@pytest.mark.parametrize("panel", PANELS)
def test_a_stroke_is_normalised_once_and_predicted_once_by_each_model(page, monkeypatch, panel):
    # The doctor's fixes, the occlusion and the counterfactual predict changed images. The layers are traced by an
    # interpreter of their own, which keeps all tensors.
    counts = Counts(monkeypatch)
    html = "".join(block.proto.body for block in choose(page, panel).main.get("html"))
    assert SHOWN.get(panel, "") in html and bool(page.table) == (panel == "Compare")
    assert counts.normalised == 1
    assert len(counts.predicted) == len(set(counts.predicted)) == (2 if panel == "Compare" else 1)


def test_another_panel_neither_normalises_nor_predicts_again(page, monkeypatch):
    rerun(page)
    counts = Counts(monkeypatch)
    for panel in ("Steps", "Why", "Doctor", "Layers"):
        choose(page, panel)
    assert (counts.normalised, counts.predicted) == (0, [])
