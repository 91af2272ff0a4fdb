"""A file that cannot be made when it is asked for: the page says which and why."""

import threading
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs.processes import DownloadError
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import _make_file, _Making


def failing(error: Exception):
    def make() -> bytes:
        raise error

    return make


def offered(making: _Making) -> AppTest:
    def script():
        from digitrec.ui.components.downloads import File, offer

        offer(
            [
                File("Get it", "all.csv", "text/csv", bytes, "it"),
                File("Other", "other.csv", "text/csv", bytes, "o"),
            ]
        )

    test = AppTest.from_function(script, default_timeout=60)
    test.session_state["making all.csv"] = making
    test.run()
    assert not test.exception
    return test


def test_a_file_is_what_was_made():
    making = _Making(asked=1, problem="the last time")
    assert _make_file(lambda: b"data", making) == b"data"
    assert making == _Making(1, 1)
    shown = offered(making)
    assert not shown.error and [button.label for button in shown.get("download_button")] == ["Get it", "Other"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DownloadError("the run is gone."), "all.csv could not be made: the run is gone."),
        (OSError(28, "No space left on device"), "all.csv could not be made: No space left on device."),
        (RuntimeError("inner"), "an unexpected error"),
    ],
)
def test_why_a_file_cannot_be_made_is_said_once_it_is_known(error, words):
    making = _Making(asked=1)

    def fail() -> None:
        with pytest.raises(type(error)):
            _make_file(failing(error), making)

    late = threading.Timer(0.2, fail)  # in another thread, as Streamlit does
    late.start()
    assert words in offered(making).error[0].value
    late.join()


def test_what_was_wrong_the_last_time_is_forgotten_when_it_is_asked_for_again():
    making = _Making(asked=1, ended=1, problem="the run is gone.")
    downloads._record_click(making)
    assert making == _Making(asked=2, ended=1)


def test_a_failure_that_is_quicker_than_the_page_is_not_forgotten():
    making = _Making(ended=1, problem="the run is gone.")
    downloads._record_click(making)
    assert making == _Making(1, 1, "the run is gone.")


def test_a_file_that_nobody_makes_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(downloads, "MAX_WAIT_SECONDS", 0.1)
    making = _Making(asked=1)
    assert not offered(making).error and making.asked == making.ended


def test_right_after_a_click_the_page_leaves_the_browser_time_to_fetch_the_file(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(downloads, "time", SimpleNamespace(monotonic=lambda: 10.0, sleep=slept.append))
    making = _Making(ended=1)
    downloads._record_click(making)
    offered(making)
    assert sum(slept) == downloads.HOLD_SECONDS
