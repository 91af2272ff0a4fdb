"""The drawings that the browser keeps: they come back as they were, and what is not a drawing is ignored."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitrec.ui.components.canvas import MAX_RECENT, SIDE


def page():
    import json

    import numpy as np
    import streamlit as st

    from digitrec.ui.components.canvas import _BLANK, _get_canvas, note_answer, place
    from digitrec.ui.draw import memory

    def draw(width):
        ink = np.zeros((100, 100), np.uint8)
        ink[10:90, 40 : 40 + width] = 255
        place("c", ink, f"made {width}")
        note_answer("c", f"{width}, 90.0%")

    for width in (8, 30):
        st.button(str(width), key=str(width), on_click=draw, args=(width,))
    st.button("clear", key="clear", on_click=lambda: _get_canvas("c").draw(_BLANK))
    if given := st.session_state.pop("given", None):
        st.session_state["c-memory"] = {"restored": json.loads(given)}
        memory._restore("c")
        del st.session_state["c-memory"]
    memory.remember_drawings("c")


def opened(given: object = None) -> AppTest:
    """A new visit, to which a browser gives what it has."""
    test = AppTest.from_function(page, default_timeout=60)
    if given is not None:
        test.session_state["given"] = json.dumps(given)
    test.run()
    assert not test.exception, test.exception
    return test


def press(test: AppTest, *keys: str) -> AppTest:
    for key in keys:
        test.button(key=key).click().run()
        assert not test.exception, test.exception
    return test


def told(test: AppTest) -> dict:
    """What the browser is told to keep."""
    return json.loads(test.main.get("bidi_component")[0].proto.json)


def test_before_anything_is_drawn_the_browser_is_asked_for_what_it_has():
    assert told(opened()) == {"fresh": True, "drawings": None}


@pytest.mark.parametrize("last", [(), ("clear",)])
def test_what_it_was_told_comes_back_on_the_next_visit(last):
    kept = told(press(opened(), "8", "30", *last))
    assert not kept["fresh"] and len(kept["drawings"]) == 2 + len(last)
    assert told(opened(kept["drawings"])) == kept


def test_the_ink_is_the_same():
    before = press(opened(), "30").session_state["c-canvas"].now
    after = opened(told(press(opened(), "30"))["drawings"]).session_state["c-canvas"].now
    decode = [np.asarray(Image.open(io.BytesIO(each.png))) for each in (before, after)]
    assert np.array_equal(*decode) and (after.note, after.answer) == ("made 30", "30, 90.0%")


def png(side: int, value: int = 255) -> str:
    buffer = io.BytesIO()
    Image.new("L", (side, side), value).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    "given",
    [
        *(
            "text",
            [],
            {"png": 3},
            [None],
            [3],
            [{"png": "no picture"}],
            [{"png": png(7)}],
            [{"png": png(SIDE, 0)}],
        ),
        [{"png": base64.b64encode(b"letter").decode()}],
    ],
)
def test_what_is_no_drawing_is_ignored(given):
    canvas = opened(given).session_state["c-canvas"]
    assert not canvas.now.objects and not canvas.kept


def test_no_more_drawings_come_back_than_are_kept():
    given = [{"png": png(SIDE, 100 + i), "note": None, "answer": None} for i in range(30)]
    canvas = opened(given).session_state["c-canvas"]
    assert canvas.now.objects and len(canvas.kept) == MAX_RECENT


def test_a_drawing_that_was_begun_meanwhile_stays():
    kept, test = told(press(opened(), "30"))["drawings"], press(opened(), "8")
    test.session_state["given"] = json.dumps(kept)
    test.run()
    assert test.session_state["c-canvas"].now.note == "made 8"
