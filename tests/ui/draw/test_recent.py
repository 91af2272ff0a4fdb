"""The strip of the last drawings: buttons with pictures and answers that bring a drawing back."""

import io
import re

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitrec.ui.components.canvas import MAX_RECENT
from digitrec.ui.draw.recent import _chip_label
from support.html_reader import pixels


def page() -> AppTest:
    def script():
        import numpy as np
        import streamlit as st

        from digitrec.ui.components.canvas import _BLANK, _get_canvas, note_answer, place
        from digitrec.ui.draw.recent import recent_drawings

        def draw(width, answer):
            ink = np.zeros((100, 100), np.uint8)
            ink[10:90, 40 : 40 + width] = 255
            place("c", ink, "made")
            if answer:
                note_answer("c", answer)

        for width, answer in ((8, "1, 99.0%"), (30, "<*x*>, 50.0%"), (50, None)):
            st.button(str(width), key=str(width), on_click=draw, args=(width, answer))
        st.button("clear", key="clear", on_click=lambda: _get_canvas("c").draw(_BLANK))
        recent_drawings("c")

    return AppTest.from_function(script, default_timeout=60).run()


def press(test: AppTest, *keys: str) -> AppTest:
    for key in keys:
        test.button(key=key).click().run()
        assert not test.exception, test.exception
    return test


def strip(test: AppTest) -> list[str]:
    return [button.label for button in test.button if button.key.startswith("c-recent")]


def slots(test: AppTest) -> int:
    """The places of drawings to come."""
    return sum(block.proto.body.count("<span>") for block in test.get("html"))


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


def width(test: AppTest) -> int:
    """Of the ink on the canvas."""
    ink = np.asarray(Image.open(io.BytesIO(test.session_state["c-canvas"].now.png)))
    return np.count_nonzero(ink.any(0))


def test_before_the_first_drawing_is_done_there_is_no_strip():
    test = press(page(), "8")
    assert not strip(test) and slots(test) == MAX_RECENT


def test_there_are_always_ten_places_so_that_nothing_moves():
    test = press(page(), "8", "30", "50", "clear")
    assert (len(strip(test)), slots(test)) == (3, MAX_RECENT - 3)


def test_a_drawing_that_was_not_sure_has_a_question_mark():
    assert _chip_label(0, png(), "not sure, maybe 3").endswith(r") 3\?")


def test_drawings_come_with_their_answers_the_latest_first():
    labels = strip(press(page(), "8", "30", "50", "clear"))
    assert [label.partition(") ")[2] for label in labels] == ["–", r"\<\*x\*\>", "1"]
    alts = ["Drawing 1: no answer.", r"Drawing 2: \<\*x\*\>, 50.0%.", "Drawing 3: 1, 99.0%."]
    assert [label.partition("](")[0] for label in labels] == [f"![{alt}" for alt in alts]
    picture = pixels(re.search(r"\((data:[^)]*)\)", labels[2])[1])
    assert picture.shape == (96, 96) and picture[48, 48] == 255 and picture[48, 5] == 0


def test_a_click_brings_a_drawing_back_and_undo_takes_it_away_again():
    test = press(page(), "8", "30")
    wide = width(test)
    press(test, "c-recent-0")
    assert width(test) < wide and len(strip(test)) == 2
    test.session_state["c-canvas"].undo()
    assert width(test) == wide
