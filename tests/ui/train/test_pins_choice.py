"""Which digits are offered for pinning, and what happens to those that are pinned."""

import numpy as np
import pytest

from digitrec.data import DatasetError, loading, user_drawings
from digitrec.runs import Pin, TrainConfig, pins
from digitrec.ui.components import canvas
from digitrec.ui.train import pin_links
from digitrec.ui.train import pins as choice
from support import made_runs
from support.views import show

IMAGES = loading.load("digits").test.images
PINS = [Pin(image, "own drawing", 4) for image in IMAGES[: pins.MAX_PINS + 1]]
CONFIG = TrainConfig(dataset="digits", network="mlp", validation_share=0.2)


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(choice.st, "query_params", {pin_links.PINS: "before"})
    monkeypatch.setattr(canvas, "list_inks", lambda key: [])
    return session


def keys(found) -> list[str]:
    return [pin.key for pin in found]


def test_a_second_click_changes_nothing_and_the_address_forgets_other_pins(session):
    for _ in range(2):
        choice._toggle(None, PINS[0], False)
    assert keys(choice.session_pins()) == keys(PINS[:1]) and not choice.st.query_params
    for _ in range(2):
        choice._toggle(None, PINS[0], True)
    assert not choice.session_pins()


def test_there_are_never_more_than_so_many(session):
    for pin in PINS:
        choice._add(None, pin)
    assert keys(choice.session_pins()) == keys(PINS[: pins.MAX_PINS])


def test_digits_are_pinned_to_the_run_that_trains_and_a_full_disk_is_said(session, monkeypatch):
    run = made_runs.new("mine")
    choice._toggle(run, PINS[0], False)
    assert keys(pins.load(run)) == keys(PINS[:1]) == keys(choice._current(run))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pins, "save", full)
    choice._toggle(run, PINS[1], False)
    said = "Not pinned: the run's folder cannot be written (No space left on device)."
    assert session[choice._PROBLEM] == said and keys(pins.load(run)) == keys(PINS[:1])


def test_own_drawings_are_offered_once_and_those_that_are_no_digit_are_not(session, monkeypatch):
    ink = np.zeros((280, 280), np.uint8)
    ink[60:220, 130:150] = 255
    monkeypatch.setattr(canvas, "list_inks", lambda key: [ink, ink, np.zeros_like(ink)])
    for image in IMAGES[:2]:
        user_drawings.save(image, 4, made_runs.DIGITS)
    found = choice._list_drawings(made_runs.DIGITS)
    assert [pin.label for pin in found] == [None, 4, 4]
    np.testing.assert_array_equal(found[1].image, IMAGES[1])  # the newest first


def test_saved_drawings_that_are_damaged_are_left_out(session, monkeypatch):
    def fail(names):
        raise DatasetError("it is damaged.")

    monkeypatch.setattr(user_drawings, "load", fail)
    assert choice._list_drawings(made_runs.DIGITS) == []


def test_the_digits_of_an_address_are_pinned_once(session):
    validation = choice._load_validation(CONFIG)
    pin = pin_links.from_validation(validation, 3)
    choice.st.query_params[pin_links.PINS] = pin_links.write([pin])
    choice.take_linked(None)
    assert not session
    choice.take_linked(CONFIG)
    assert keys(choice.session_pins()) == [pin.key]
    session[choice.state.TRAIN_PINS] = []
    choice.take_linked(CONFIG)  # the same address, after a person has removed it
    assert choice.session_pins() == []


@pytest.mark.parametrize("config", [None, TrainConfig(dataset="mnist"), TrainConfig(dataset="nowhere")])
def test_without_its_data_a_training_offers_no_validation_images(config, folders):
    shown = show(choice._offer_validation, None, config, made_runs.DIGITS)
    assert "There are no validation images." in shown.caption[0].value and not shown.button
    assert choice._load_validation(config) is None


def test_the_images_of_a_class_are_offered_and_others_on_request(folders):
    shown = show(choice._offer_validation, None, CONFIG, made_runs.DIGITS)
    shown.selectbox(key="pins-class").set_value(7).run()
    first = [button for button in shown.button if button.key.startswith("pin-validation-")]
    assert len(first) == choice.OFFERED and all(button.label.endswith(" 7") for button in first)
    shown.button(key="pins-others").click().run()
    assert {button.key for button in shown.button} != {button.key for button in first} | {"pins-others"}


def test_where_there_is_no_room_only_pinned_images_can_be_pressed(folders):
    def act(pin, is_pinned):
        """Does nothing."""

    shown = show(lambda: choice._buttons("validation", PINS[1:3], act, (), taken=[PINS[1], *PINS[3:], PINS[0]]))
    assert [button.disabled for button in shown.button] == [False, True]


def test_the_classes_of_a_data_set_that_is_not_known_here_are_none(folders):
    assert choice._class_names(TrainConfig(dataset="nowhere")) == choice._class_names(None) == ()
    assert choice._class_names(CONFIG) == made_runs.DIGITS


def test_the_dialog_is_for_the_run_whose_button_was_pressed(session, monkeypatch):
    opened: list = []
    monkeypatch.setattr(choice, "_choose", lambda run, config: opened.append((run, config)))
    run = made_runs.new("mine")
    for asked in (None, "mine", "ended"):
        session[choice._ASKED] = asked
        choice.choose_pins([run], CONFIG)
    assert opened == [(run, run.config), (None, CONFIG)] and choice._ASKED not in session
