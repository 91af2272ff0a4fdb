"""The server lets in so many sessions, and those that come later when others leave."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.ui import sessions
from support.places import ROOT


@pytest.fixture
def visit(monkeypatch):
    """Whether the session with this name is let in, on a server that has these sessions open."""
    monkeypatch.setattr(sessions, "_admitted", set())
    monkeypatch.setattr(sessions.runtime, "exists", lambda: True)

    def visit(name, *, there):
        server = SimpleNamespace(is_active_session=lambda each: each in there)
        monkeypatch.setattr(sessions.runtime, "get_instance", lambda: server)
        monkeypatch.setattr(sessions, "get_script_run_ctx", lambda: SimpleNamespace(session_id=name))
        return sessions.admit()

    return visit


def test_who_comes_to_a_full_server_waits_until_somebody_leaves(visit, monkeypatch):
    monkeypatch.setenv(sessions.VARIABLE, "2")
    assert visit("a", there="a") and visit("b", there="ab") and not visit("c", there="abc")
    assert visit("a", there="abc")  # whoever was let in stays
    assert visit("c", there="bc") and not visit("a", there="abc")


def test_without_a_limit_everybody_is_let_in(visit, monkeypatch):
    monkeypatch.setenv(sessions.VARIABLE, "0")
    assert all(visit(name, there="abcd") for name in "abcd")


@pytest.mark.parametrize("text", ["many", "-1", "1.5", "9999999"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch, text):
    monkeypatch.setenv(sessions.VARIABLE, text)
    with pytest.raises(ValueError, match=f"{text}.*expected a whole number"):
        sessions.read_limit()


def test_a_full_server_says_so_and_opens_when_there_is_room(monkeypatch):
    monkeypatch.setattr(sessions, "admit", lambda: False)
    page = AppTest.from_file(str(ROOT / "digitrec" / "ui" / "dashboard.py"), default_timeout=60).run()
    assert page.title[0].value == "The server is full" and len(page.get("iframe")) == 0
    assert "come back later" in page.markdown[-1].value and not page.exception
    monkeypatch.setattr(sessions, "admit", lambda: True)
    assert page.run().title[0].value != "The server is full"
