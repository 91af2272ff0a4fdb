"""The change log: readable as CSV, and the same decisions again from JSON."""

import csv
import io

import pytest

from digitrec.data import DatasetError, corrections
from digitrec.data.corrections import LEAVE_OUT, RELABEL, UNDO, Decision, ImageKey
from digitrec.reporting import change_log

NAMES = ("a", "=b", "c")
KEYS = [ImageKey("train", f"{n:032x}", n, 0) for n in range(2)]
DECISIONS = (
    Decision(KEYS[0], RELABEL, 1, "label: networks answer =b", 17, 0.0),
    Decision(KEYS[1], LEAVE_OUT, None, "", 18, 60.0),
    Decision(KEYS[1], UNDO, None, "", 18, 61.0),
)


def test_the_table_says_when_what_why_and_whether_it_holds():
    rows = list(csv.reader(io.StringIO(change_log.to_csv("mine", NAMES, DECISIONS))))
    assert rows[0] == list(change_log.COLUMNS)
    first = ["1970-01-01T00:00:00+00:00", "mine", "train", "17", "0" * 32, "0", "a", "relabel", "'=b"]
    assert rows[1] == [*first, "label: networks answer =b", "yes"]
    assert [(row[7], row[-1]) for row in rows[2:]] == [("leave out", "no"), ("undo", "no")]


def test_json_gives_the_same_decisions_again(folders):
    data = change_log.to_json("mine", NAMES, DECISIONS).encode()
    assert corrections.import_rows("mine", change_log.parse_json(data, NAMES), len(NAMES)) == 3
    assert corrections.read("mine") == DECISIONS


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no json", "the file is no change log"),
        (b"[" * 100_000, "the file is no change log"),
        (b'{"decisions": 3, "class_names": []}', "the file is no change log"),
        (b'{"decisions": [3], "class_names": []}', "the file is no change log"),
        (b"\xff\xfe\x00", "the file is no change log"),
        (b'{"decisions": [], "class_names": ["a"]}', "about 1 classes: expected 3"),
    ],
    ids=range(6),
)
def test_what_is_no_change_log_is_refused(data, words):
    with pytest.raises(DatasetError, match=words):
        change_log.parse_json(data, NAMES)


def test_a_change_log_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(change_log, "MAX_BYTES", 3)
    with pytest.raises(DatasetError, match="has 4 bytes: expected at most 3"):
        change_log.parse_json(b"null", NAMES)
