"""What a browser sends is looked at before it is stored."""

import pytest

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
