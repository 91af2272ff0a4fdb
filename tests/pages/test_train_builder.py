"""The Train page's builder of own networks, without training anything."""

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs import NETWORKS, PRESETS, jobs, own_network, store
from digitrec.runs.own_network import Block, DenseBlock, OwnNetwork
from digitrec.ui.train.help_texts import LAYER_HELP
from support import made_runs
from support.made_runs import open_page, rerun, words
from support.random_networks import config_of

KINDS = ("segmented_control", "slider", "number_input", "selectbox", "toggle")


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def widget(page: AppTest, label: str):
    """The widget whose label begins so."""
    return next(each for kind in KINDS for each in getattr(page.main, kind) if each.label.startswith(label))


def press(page: AppTest, label: str) -> AppTest:
    """The page after a click on a button."""
    next(each for each in page.main.button if each.label == label).click()
    return rerun(page)


def open_builder() -> AppTest:
    """The Train page with the network that one begins to build with."""
    page = open_page("train")
    widget(page, "Network").set_value("own")
    return rerun(page)


def lines(page: AppTest) -> list[str]:
    """The lines of layers on the page; the other code there is the link for a class."""
    return [code.value for code in page.main.code if "?" not in code.value]


def built(page: AppTest) -> str:
    """The line that the page shows."""
    (line,) = lines(page)
    return line


def started(page: AppTest) -> str:
    """The layers of the run that Start makes."""
    page.button(key="start").click()
    rerun(page)
    return store.list_runs()[0].config.layers


def test_the_controls_are_there_for_the_own_network_alone():
    page = open_page("train")
    assert not lines(page)
    widget(page, "Network").set_value("own")
    assert built(rerun(page)) == own_network.EXAMPLE
    assert widget(page, "Filters").value == 16


def test_each_control_changes_its_part_of_the_network():
    page = open_builder()
    for label, value in {
        "Filters": 24,
        "Kernel": 5,
        "Pooling or stride": "stride 2",
        "Activation": "elu",
        "Convolutions": 2,
        "Batch norm": False,
        "Residual link": True,
        "Dropout after it": True,
    }.items():
        widget(page, label).set_value(value)
    widget(rerun(page), "Part").set_value("Image")
    widget(rerun(page), "Crop").set_value(2)
    widget(page, "One contrast").set_value(True)
    widget(rerun(page), "Part").set_value("End")
    widget(rerun(page), "From maps").set_value("global max")
    widget(page, "Dense layers").set_value(2)
    widget(rerun(page), "Units of dense layer 2").set_value(9)
    assert (
        started(rerun(page)) == "crop 2, standardize, conv 24 5x5 times 2 stride 2 elu residual dropout, "
        "conv 32 max 2 norm, global max, dense 64, dense 9"
    )


def test_a_last_change_that_comes_with_the_click_on_start_counts():
    page = open_builder()
    widget(page, "Filters").set_value(24)
    assert started(page).startswith("conv 24 ")


def test_blocks_are_added_and_removed_with_their_values():
    page = open_builder()
    widget(page, "Filters").set_value(24)
    page = press(page, "Add a block after it")
    assert built(page) == "conv 24 max 2 norm, conv 24 norm, conv 32 max 2 norm, flatten, dense 64"
    assert widget(page, "Part").value == "2"
    widget(page, "Filters").set_value(40)
    widget(rerun(page), "Part").set_value("1")
    page = press(rerun(page), "Remove this block")
    assert built(page).startswith("conv 40 norm, conv 32 max 2 norm")
    page = press(page, "Remove this block")
    disabled = {each.label for each in page.main.button if each.disabled}
    assert "Remove this block" in disabled
    for _ in range(4):
        page = press(page, "Add a block after it")
    assert "Add a block after it" in {each.label for each in page.main.button if each.disabled}


def test_what_cannot_be_built_is_said_beside_the_controls_and_not_started():
    page = open_builder()
    widget(page, "Residual link").set_value(True)
    widget(page, "Padding").set_value("valid")
    page = rerun(page)
    assert len(page.main.error) == 2  # beside Start, and beside the controls
    assert all("gets 28 x 28 x 1 and makes 26 x 26 x 16" in each.value for each in page.main.error)
    assert "These are the layers before the one that cannot be built." in words(page)
    assert page.button(key="start").disabled


def test_too_large_a_network_is_refused_until_it_is_changed():
    page = open_builder()
    widget(page, "Part").set_value("End")
    widget(rerun(page), "Dense layers").set_value(0)
    assert not rerun(page).main.error  # 7 x 7 x 32 is 1,568 values
    widget(page, "Part").set_value("2")
    widget(rerun(page), "Filters").set_value(64)
    page = rerun(page)
    assert "the last row has 3,136 values" in page.main.error[0].value and page.button(key="start").disabled
    widget(page, "Filters").set_value(16)
    assert not rerun(page).main.error and not page.button(key="start").disabled


def test_dropout_at_the_rate_0_is_told():
    page = open_builder()
    assert "so it is off" not in words(page)
    widget(page, "Dropout after it").set_value(True)
    assert "The rate of dropout is 0, so it is off" in words(rerun(page))
    next(each for each in page.main.slider if each.label == "Dropout").set_value(0.25)
    assert "so it is off" not in words(rerun(page))


@pytest.mark.parametrize("name", own_network.COPIES)
def test_a_copy_of_a_named_network_is_that_network(name):
    page = open_builder()
    widget(page, "Copy a named network").set_value(name)
    assert config_of(built(rerun(page))).architecture.layers == NETWORKS[name].layers


def test_what_was_built_stays_while_others_are_chosen():
    page = open_builder()
    widget(page, "Filters").set_value(24)
    widget(rerun(page), "Preset").set_value("balanced")
    assert not lines(rerun(page))
    widget(page, "Network").set_value("own")
    page = rerun(page)
    assert built(page).startswith("conv 24 ")
    rerun(page.switch_page("../../pages/models.py"))
    page = rerun(page.switch_page("../../pages/train.py"))
    assert built(page).startswith("conv 24 ") and widget(page, "Filters").value == 24


def test_the_settings_of_an_own_network_can_be_used_again():
    odd = dataclasses.replace(
        made_runs.SMALL, network="own", layers="conv 9 7x7 stride 3 tanh, global max, dense 7"
    )
    made_runs.ended(made_runs.new("first", odd))
    page = open_page("train")
    page.button(key="again").click()
    page = rerun(page)
    assert (widget(page, "Filters").value, widget(page, "Kernel").value) == (9, 7)
    assert started(page) == odd.layers


def test_the_summary_follows_each_change():
    page = open_builder()
    before = words(page)
    widget(page, "Filters").set_value(17)
    after = words(rerun(page))
    counts = [re.search(r"\*\*own\*\*: ([\d,]+) parameters", said)[1] for said in (before, after)]
    assert counts[0] != counts[1]


def test_runs_to_start_from_have_the_same_layers():
    for name, layers in (("same", own_network.EXAMPLE), ("other", "conv 9, global max")):
        config = dataclasses.replace(PRESETS["quick"], dataset="digits", network="own", layers=layers)
        made_runs.ended(made_runs.new(name, config))
    page = open_builder()
    assert next(each for each in page.main.multiselect if each.label == "Start from").options == ["same"]


@pytest.mark.parametrize("part", [OwnNetwork, Block, DenseBlock])
def test_each_control_of_a_part_has_help(part):
    apart = {"blocks", "dense"}
    for field in dataclasses.fields(part):
        assert field.name in apart or re.match(r"[A-Z].{20,}\.$", LAYER_HELP[field.name], re.DOTALL)
