"""What the gallery of buttons is given, and what it does when one is chosen."""

import json

from streamlit.testing.v1 import AppTest

from digitrec.ui.components import gallery


def page_with_a_gallery():
    import numpy as np

    from digitrec.ui.components.gallery import Choice, choice_gallery

    image = np.eye(28, dtype=np.uint8) * 255
    choice_gallery("k", "Two images", [Choice(3, image, "a <b>", "first"), Choice(9, image, "c", "", True)], print)


def test_every_image_is_given_with_its_words_and_its_value():
    page = AppTest.from_function(page_with_a_gallery).run(timeout=60)
    assert not page.exception
    data = json.loads(page.main.get("bidi_component")[0].proto.json)
    assert (data["side"], data["label"]) == (gallery.SIDE, "Two images")
    assert [(shown["value"], shown["caption"], shown["mark"]) for shown in data["images"]] == [
        (3, "a <b>", False),
        (9, "c", True),
    ]
    assert all(shown["src"].startswith("data:image/png;base64,") for shown in data["images"])


def page_where_one_is_chosen():
    import streamlit as st

    from digitrec.ui.components import gallery

    for chosen in (None, 0, 9):
        st.session_state["k"] = {"chosen": chosen}
        gallery._handle_choice("k", lambda value: st.write(f"chosen {value}"))


def test_a_choice_is_told_and_none_is_not():
    page = AppTest.from_function(page_where_one_is_chosen).run(timeout=60)
    assert [text.value for text in page.markdown] == ["chosen 0", "chosen 9"]
