"""What comes back from another machine: rows once, files whole and checked, nothing outside the folder."""

import hashlib
import json
import time

import pytest

from digitrec.cluster.mirror import Mirror
from digitrec.cluster.parcels import Growth, News, Piece, check_path
from digitrec.runs import ClusterError

ROWS = b'{"kind": "epoch", "time": 5.0}\n{"kind": "end", "time": 6.0}\n'


def news(pieces=(), rows=(), paths=(), *, seconds: float = 0.0) -> News:
    return News(tuple(pieces), tuple(rows), tuple(paths), False, False, False, time.time() + seconds)


def piece(data: bytes, offset: int = 0, size: int | None = None, *, whole: bytes = b"", tag: str = "a") -> Piece:
    sha256 = hashlib.sha256(whole or data).hexdigest()
    return Piece("sub/model.keras", tag, len(data) if size is None else size, sha256, offset, data)


@pytest.fixture
def mirror(tmp_path) -> Mirror:
    return Mirror(tmp_path, echo=print)


def test_rows_that_come_twice_are_written_once_and_go_on_where_they_were(mirror, tmp_path):
    mirror.begin_at({"history.jsonl": 10})
    for _ in range(2):
        mirror.write(news(rows=[Growth("history.jsonl", 10, ROWS)]))
    assert (tmp_path / "history.jsonl").read_bytes() == ROWS
    assert mirror.sent == {"history.jsonl": 10 + len(ROWS)}


def test_rows_have_the_clock_of_this_machine(mirror, tmp_path):
    mirror.write(news(rows=[Growth("history.jsonl", 0, ROWS + b"no row\n")], seconds=100))
    first, second, third = (tmp_path / "history.jsonl").read_bytes().splitlines()
    assert json.loads(first)["time"] == pytest.approx(-95, abs=10)
    assert json.loads(second)["time"] - json.loads(first)["time"] == pytest.approx(1)
    assert third == b"no row"


def test_a_file_in_pieces_is_there_when_it_is_whole(mirror, tmp_path):
    path = tmp_path / "sub" / "model.keras"
    mirror.write(news([piece(b"abc", 0, 5, whole=b"abcde")], paths=["sub/model.keras"]))
    assert not path.exists() and mirror.sent == {"sub/model.keras": "a@3"}
    mirror.write(news([piece(b"de", 3, 5, whole=b"abcde")], paths=["sub/model.keras"]))
    assert path.read_bytes() == b"abcde" and mirror.sent == {"sub/model.keras": "a"}
    mirror.write(news(paths=[]))  # it was deleted there, as older checkpoints are
    assert not path.exists() and mirror.sent == {}


def test_a_file_that_changes_between_its_pieces_comes_again(mirror, tmp_path):
    paths = ["sub/model.keras"]
    mirror.write(news([piece(b"abc", 0, 5, whole=b"abcde")], paths=paths))
    mirror.write(news([piece(b"de", 3, 5, whole=b"fghde", tag="b")], paths=paths))
    assert mirror.sent == {}
    mirror.write(news([piece(b"fghde", tag="b")], paths=paths))
    assert (tmp_path / "sub" / "model.keras").read_bytes() == b"fghde"


def test_a_damaged_file_is_refused(mirror, tmp_path):
    with pytest.raises(ClusterError, match="came back damaged"):
        mirror.write(news([piece(b"abc", whole=b"abd")]))
    assert not list(tmp_path.rglob("model.keras"))


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", "", "c:\\a"])
def test_nothing_is_written_outside_the_folder(path, mirror):
    with pytest.raises(ClusterError, match="expected one in the folder"):
        check_path(path)
    with pytest.raises(ClusterError):
        mirror.write(news(rows=[Growth(path, 0, b"row\n")]))


def test_a_folder_that_was_removed_does_not_come_back(tmp_path):
    mirror = Mirror(tmp_path / "gone", echo=print)
    with pytest.raises(ClusterError, match="was removed"):
        mirror.write(news(rows=[Growth("history.jsonl", 0, ROWS)]))
    assert not (tmp_path / "gone").exists()
