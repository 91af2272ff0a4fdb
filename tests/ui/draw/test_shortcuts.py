"""What the keys of the Draw page and the bars of the classes do on the server."""

import json

from streamlit.testing.v1 import AppTest

from digitrec.runs import TrainConfig, store


def page():
    import streamlit as st

    from digitrec.runs import store
    from digitrec.ui.draw import shortcuts
    from digitrec.ui.draw.panels import panel_key

    if heard := st.session_state.pop("heard", None):
        name, value = heard
        st.session_state["c-shortcuts"] = {name: value}
        run = store.open_run("run")
        shortcuts._place_sample("c", run) if name == "sample" else shortcuts._choose_class("c")
        del st.session_state["c-shortcuts"]
    chosen = shortcuts.shortcuts("c", store.open_run("run"))
    st.text(f"{chosen} {st.session_state.get(panel_key('c'))}")


def opened(names: tuple[str, ...] = tuple("0123456789")) -> AppTest:
    store.create(TrainConfig(dataset="digits", network="mlp"), names, "run")
    return hear(AppTest.from_function(page, default_timeout=60))


def hear(test: AppTest, name: str = "", value: object = None) -> AppTest:
    """The page after the browser told of a key, or of a bar."""
    if name:
        test.session_state["heard"] = name, value
    test.run()
    assert not test.exception, test.exception
    return test


def test_only_classes_of_one_sign_have_keys():
    data = json.loads(opened(("1", "ten", "a")).main.get("bidi_component")[0].proto.json)
    assert data == {"canvas": "c", "names": ["1", "a"]}


def test_a_key_puts_a_sample_of_its_class_on_the_paper():
    assert hear(opened(), "sample", "7").session_state["c-canvas"].now.note.endswith("labelled 7.")


def test_a_bar_chooses_its_class_and_asks_why_and_another_click_ends_that():
    test = opened()
    assert test.text[0].value == "None None"
    assert hear(test, "chosen", 3).text[0].value == "3 Why"
    assert hear(test, "chosen", 8).text[0].value == "8 Why"
    assert hear(test, "chosen", 8).text[0].value == "None Why"


def test_a_class_that_another_model_does_not_have_is_not_chosen():
    test = hear(opened(("1", "2")), "chosen", 3)
    assert test.text[0].value == "None Why"
