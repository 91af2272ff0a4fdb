"""What the tests of a page's parts share: the session of a page, and a disk that takes no more."""

from collections.abc import Callable
from typing import NoReturn

import pytest
import streamlit

from digitrec.data import DatasetError


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, folders) -> dict:
    """The session of a page, empty, on a machine with nothing on it."""
    found: dict = {}
    monkeypatch.setattr(streamlit, "session_state", found)
    return found


@pytest.fixture
def refuse() -> Callable[..., NoReturn]:
    """Takes the place of what would write; the reason needs escaping where it is shown as Markdown."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise DatasetError("the disk is *full*.")

    return refuse
