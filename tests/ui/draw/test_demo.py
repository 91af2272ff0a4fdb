"""The digit that draws itself: shown by the browser, read here, and gone with anything else on the paper."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.imaging.ink_to_image import to_mnist
from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from digitrec.ui.draw import demo


def page():
    import numpy as np
    import streamlit as st

    from digitrec.ui.components.canvas import place
    from digitrec.ui.draw.demo import _note_drawn, demonstration

    st.button("drawn", key="drawn", on_click=_note_drawn, args=("c",))
    st.button("place", key="place", on_click=place, args=("c", np.full((50, 20), 255, np.uint8), "made"))
    ink = demonstration("c")
    st.text("none" if ink is None else str(ink.shape))


def press(test: AppTest, key: str) -> str:
    test.button(key=key).click().run()
    assert not test.exception, test.exception
    return test.text[0].value


def test_it_is_read_once_it_is_drawn_and_until_something_else_is_there():
    test = AppTest.from_function(page, default_timeout=60).run()
    data = json.loads(test.main.get("bidi_component")[0].proto.json)
    assert data["fresh"] and data["points"] == [list(point) for point in demo.SEVEN]
    assert test.text[0].value == "none"
    assert press(test, "drawn") == "(280, 280)"
    assert press(test, "place") == "none"
    assert not json.loads(test.main.get("bidi_component")[0].proto.json)["fresh"]


@pytest.mark.parametrize("name", store.SHIPPED)
def test_every_shipped_model_is_sure_that_it_is_a_7(name):
    run = store.open_run(name)
    proba = Classifier.load(run.tflite_path).predict_proba(to_mnist(demo._demo_ink())[None])[0]
    assert proba.argmax() == 7 and proba.max() > 0.95


def test_its_ink_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        demo._demo_ink()[:] = np.uint8(0)
