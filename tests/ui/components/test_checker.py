"""What a browser sends is looked at before it is stored."""

import pytest

from digitrec.ui.components import checker
from digitrec.ui.components.checker import Answer, parse


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"ids": [3], "kind": "digit", "text": "7"}, Answer("say", (3,), "digit", "7")),
        ({"ids": [3], "kind": "empty", "text": ""}, Answer("say", (3,), "empty", "")),
        ({"ids": [3], "kind": "marked", "text": ""}, Answer("say", (3,), "marked", "")),
        ({"undo": True}, Answer("undo")),
        ({"ids": [1, 2], "page": True}, Answer("page", (1, 2))),
        ({"ids": [3], "kind": "digit", "text": ""}, None),
        ({"ids": [3], "kind": "empty", "text": "x"}, None),
        ({"ids": [3], "kind": "nonsense", "text": ""}, None),
        ({"ids": ["3"], "kind": "empty", "text": ""}, None),
        ({"ids": [3], "kind": "number", "text": "1" * 61}, None),
        ({"ids": [1, "2"], "page": True}, None),
        ({}, None),
    ],
)
def test_rows(row, answer):
    assert parse(row) == answer


@pytest.fixture
def session(session):
    """The session of a page on which the pages of one stack are checked."""
    session.update({"check": {"sent": None}, "check-seen": {"name": "one", "seen": 0, "focus": (0, None)}})
    return session


def test_each_answer_is_handed_on_once_and_the_view_goes_where_it_leads(session):
    given = []

    def answer(said: Answer) -> int:
        given.append(said)
        return 4

    rows = [{"number": 1, "ids": [3], "kind": "digit", "text": "7"}, {"number": 2, "undo": True}, "x", {}]
    for sent in (
        {"name": "one", "rows": rows},
        {"name": "one", "rows": rows[:2]},
        {"name": "two", "rows": rows},
        7,
    ):
        session["check"]["sent"] = sent
        checker._receive("check", "one", answer)
    assert given == [Answer("say", (3,), "digit", "7"), Answer("undo")]
    assert session["check-seen"] == {"name": "one", "seen": 2, "focus": (2, 4)}


def test_what_cannot_be_stored_is_said_and_comes_again(session):
    def fail(said: Answer) -> None:
        raise OSError(28, "No space left on device")

    session["check"]["sent"] = {"name": "one", "rows": [{"number": 1, "undo": True}]}
    checker._receive("check", "one", fail)
    assert (session["check-problem"], session["check-seen"]["seen"]) == ("No space left on device", 0)
