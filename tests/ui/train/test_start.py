"""Start: what it makes of the page, whatever else a person presses at that moment."""

from typing import Any

import pytest
import streamlit as st

from digitrec.runs import jobs, pins, store
from digitrec.ui import state
from digitrec.ui.train import settings, start
from support import made_runs


class Session(dict[str, Any]):
    """A session that refuses each access while a run waits for its worker: Streamlit may end a callback there."""

    started: bool = False

    def check(self) -> None:
        assert self.started or not store.list_runs(), "a click at this moment leaves a run that never starts"

    def get(self, key: str, default: Any = None) -> Any:
        self.check()
        return super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        self.check()
        super().__setitem__(key, value)


def test_from_the_making_of_a_run_to_its_worker_no_other_click_can_end_the_start(
    monkeypatch: pytest.MonkeyPatch, folders: object
) -> None:
    session = Session({"train-name": "mine", "train-tags": ["a"], "train-note": "why", state.TRAIN_PINS: []})
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(settings, "read_config", lambda: made_runs.SMALL)
    monkeypatch.setattr(jobs, "start", lambda run: setattr(session, "started", True))
    start.start_training()
    (run,) = store.list_runs()
    assert session.started and state.TRAIN_ERROR not in session
    assert (run.name, run.notes.tags, run.notes.text, pins.load(run)) == ("mine", ("a",), "why", ())
