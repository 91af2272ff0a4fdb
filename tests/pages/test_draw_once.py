"""A stroke is normalised and predicted once, however many panels of the Draw page are open."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.imaging import ink_to_image
from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from digitrec.ui.components import canvas
from support.known_reader import INK
from support.made_runs import open_page, rerun

PANELS = ("draw-evidence", "draw-doctor", "draw-features")


class Counts:
    """How often the drawing was normalised to an image, and how often that image was predicted, by model file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.normalised, self.predicted = 0, []
        normalise, predict = ink_to_image._scale, Classifier.predict_proba

        def counted_scale(crop, box):
            self.normalised += box == ink_to_image.BOX and np.array_equal(crop, CROP)
            return normalise(crop, box)

        def counted_predict(model, images, progress=None):
            self.predicted += [model.sha256] * sum(np.array_equal(image, IMAGE) for image in images)
            return predict(model, images, progress)

        monkeypatch.setattr(ink_to_image, "_scale", counted_scale)
        monkeypatch.setattr(Classifier, "predict_proba", counted_predict)


CROP, IMAGE = INK[40:240, 120:160], ink_to_image.to_mnist(INK)


@pytest.fixture
def page(monkeypatch, models_folder) -> AppTest:
    """The Draw page with the shipped models, and all panels open."""
    inks = [None]
    monkeypatch.setattr(canvas, "digit_canvas", lambda key: inks[-1])
    test = open_page("draw")
    inks.append(INK.T.copy())  # another drawing first: a level stroke
    rerun(test)
    for key in PANELS:
        test.toggle(key=key).set_value(True)
        rerun(test)
    test.multiselect(key="draw-others").set_value([store.SHIPPED[1]])
    rerun(test)
    inks.append(INK)
    return test


def test_with_all_panels_open_a_stroke_is_normalised_once_and_predicted_once_by_each_model(page, monkeypatch):
    # The doctor's fixes, the occlusion and the counterfactual predict changed images. The layers are traced by an
    # interpreter of their own, which keeps all tensors.
    counts = Counts(monkeypatch)
    html = "".join(block.proto.body for block in rerun(page).main.get("html"))
    assert "digit-evidence" in html and "digit-measures" in html and page.table
    assert counts.normalised == 1
    assert len(counts.predicted) == len(set(counts.predicted)) == 2


def test_a_click_on_a_panel_neither_normalises_nor_predicts_again(page, monkeypatch):
    rerun(page)
    counts = Counts(monkeypatch)
    page.toggle(key="draw-doctor").set_value(False)
    page.multiselect(key="draw-others").set_value([])
    rerun(page)
    assert (counts.normalised, counts.predicted) == (0, [])
