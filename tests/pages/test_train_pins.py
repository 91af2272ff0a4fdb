"""Pinning digits on the Train page: before a training, while it runs, and what is shown of their answers."""

import numpy as np
import pytest

from digitrec.data import loading, user_drawings
from digitrec.runs import jobs, pins, store
from digitrec.runs.history import Pinned
from digitrec.ui.components import canvas
from digitrec.ui.train import pins as choice
from support import made_runs
from support.made_runs import open_page, rerun


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def offered(page, kind: str) -> list:
    return [button for button in page.button if (button.key or "").startswith(f"pin-{kind}-")]


def test_validation_images_and_drawings_are_pinned_before_the_start_and_go_with_the_run(monkeypatch):
    ink = np.zeros((280, 280), np.uint8)
    ink[60:220, 130:150] = 255
    monkeypatch.setattr(canvas, "list_inks", lambda key: [ink])
    user_drawings.save(loading.load("digits").test.images[0], 4, made_runs.DIGITS)
    page = open_page("train")
    page.button(key="pins-next").click()
    rerun(page)
    drawings = offered(page, "own")
    assert len(offered(page, "validation")) == choice.OFFERED and len(drawings) == 2
    offered(page, "validation")[0].click()
    rerun(page)
    assert page.session_state["train-pins"][0].source.startswith("validation image")
    choice_of_page = [pin.key for pin in page.session_state["train-pins"]]
    page.button(key="start").click()
    rerun(page)
    (run,) = store.list_runs()
    assert [pin.key for pin in pins.load(run)] == choice_of_page


def test_digits_are_pinned_to_a_training_that_runs_and_removed():
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    with made_runs.at_work(run):
        page = open_page("train")
        page.button(key="pins first").click()
        rerun(page)
        offered(page, "validation")[0].click()
        rerun(page)
        (pin,) = pins.load(run)
        answers = ((pin.key, tuple(np.eye(10)[7].tolist())),)
        run.append(Pinned(epoch=1, done=1.0, answers=answers))
        page.button(key="pins first").click()
        assert "Read as 7 from epoch 1." in "".join(block.proto.body for block in rerun(page).get("html"))
        offered(page, "pinned")[0].click()
        rerun(page)
        assert pins.load(run) == ()


def test_no_more_than_ten_are_pinned(monkeypatch):
    image = np.eye(28, dtype=np.uint8)
    full = [pins.Pin(image * value, "own drawing") for value in range(1, pins.MAX_PINS + 1)]
    page = open_page("train")
    page.session_state["train-pins"] = full
    page.button(key="pins-next").click()
    rerun(page)
    assert len(offered(page, "pinned")) == pins.MAX_PINS
    assert all(button.disabled for button in offered(page, "validation"))
