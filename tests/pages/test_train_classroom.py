"""A teacher's link: settings and the controls that a class sees, in the address."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs import jobs
from digitrec.runs.config import TrainConfig
from digitrec.ui import state
from digitrec.ui.train import address, classroom, shown_controls
from support.made_runs import rerun, words
from support.places import DASHBOARD


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def open_train(**query: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.query_params.update(query)
    return rerun(page.switch_page("../../pages/train.py"))


def labels(page: AppTest) -> set[str]:
    """The labels of the settings that are there."""
    kinds = ("slider", "select_slider", "number_input", "selectbox", "multiselect", "segmented_control")
    return {each.label for kind in kinds for each in getattr(page.main, kind)}


def test_a_link_shows_its_controls_alone_and_all_are_a_click_away():
    page = open_train(dataset="digits", network="mlp", epochs="3", show="epochs,network,nonsense")
    assert labels(page) >= {"Network", "Epochs"}
    assert not labels(page) & {"Data set", "Batch size", "Rotation", "Preset", "Learning rate"}
    assert "This link shows 2 of" in words(page)
    page.button(key="show-all-settings").click()
    page = rerun(page)
    assert labels(page) >= {"Data set", "Batch size", "Rotation", "Preset", "Learning rate"}
    assert next(each.value for each in page.main.selectbox if each.label == "Network") == "mlp"
    assert "show" not in page.query_params


def test_hidden_settings_hold_and_the_names_of_an_own_networks_parts_come_with_it():
    page = open_train(
        dataset="digits", network="own", layers="conv 4 max 2, flatten", dropout="0.3", show="network"
    )
    assert "Filters" in labels(page) and "Dropout" not in labels(page)
    assert page.query_params["dropout"] in ("0.3", ["0.3"])


def test_a_link_opens_the_settings_that_it_was_made_of():
    config = TrainConfig(dataset="digits", network="lenet5", epochs=7, learning_rate=0.003, rotation=5.0)
    link = classroom.make_link("http://school:8501/train?old=1", config, ["epochs", "learning_rate"])
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query))
    assert (parts.netloc, parts.path) == ("school:8501", "/train") and "old" not in query
    assert shown_controls.parse(query.pop("show")) == ("epochs", "learning_rate")
    assert address.parse(query) == config
    assert "show" not in classroom.make_link("http://school:8501/train", config, [])


def test_the_page_composes_the_link():
    page = open_train(dataset="digits", network="mlp")
    page.multiselect(key="class-controls").set_value(["epochs"])
    (link,) = [each.value for each in rerun(page).main.code if "show=" in each.value]
    assert "network=mlp" in link and link.endswith("show=epochs")


def test_a_link_pins_its_digits_until_one_pins_others():
    page = open_train(dataset="digits", network="mlp", pins="0,5,nonsense")
    assert [pin.source for pin in page.session_state[state.TRAIN_PINS]] == [
        "validation image 0",
        "validation image 5",
    ]
    assert page.button(key="pins-next").label == "Pinned digits (2)"
    (link,) = [each.value for each in page.main.code if "show=" in each.value]
    assert link.endswith("pins=0,5")
    page.button(key="pins-next").click()
    page = rerun(page)
    key = page.session_state[state.TRAIN_PINS][0].key
    page.button(key=f"pin-pinned-{key}").click()
    page = rerun(page)
    assert [pin.source for pin in page.session_state[state.TRAIN_PINS]] == ["validation image 5"]
    assert "pins" not in page.query_params
