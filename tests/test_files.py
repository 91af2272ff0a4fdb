"""Files that outlive a crash."""

import threading

import pytest

from digitrec import files
from support.places import ROOT

ROWS = [{"kind": "batch", "loss": 0.1 + 0.2, "name": "ä\u2028\n"}, {"kind": "end", "kept": None}]


def test_rows_come_back_as_they_were(tmp_path):
    for row in ROWS:
        files.append_row(tmp_path / "rows", row)
    assert files.read_rows(tmp_path / "rows") == ROWS
    assert (tmp_path / "rows").read_bytes().count(b"\n") == len(ROWS)


def test_a_crash_in_mid_write_loses_one_row_wherever_it_cuts(tmp_path):
    files.append_row(tmp_path / "whole", ROWS[0])
    line = (tmp_path / "whole").read_bytes()
    for cut in range(1, len(line)):
        path = tmp_path / f"cut {cut}"
        path.write_bytes(line + line[:cut])
        assert files.read_rows(path) == [ROWS[0]]
        files.append_row(path, ROWS[1])
        # Cut just before its newline, the row itself is whole.
        assert files.read_rows(path) == [ROWS[0], *([ROWS[0]] if cut == len(line) - 1 else []), ROWS[1]]


@pytest.mark.parametrize("text", ["", "null", "[1]", '"a"', "{", "\0\0", "{}{}"])
def test_what_is_no_object_is_not_found(tmp_path, text):
    (tmp_path / "file").write_text(text)
    assert files.read_json(tmp_path / "file") is None
    (tmp_path / "file").write_text(text + "\n")
    assert files.read_rows(tmp_path / "file") == []


def test_what_is_not_there_is_not_found(tmp_path):
    assert files.read(tmp_path / "none") is None
    assert files.read_json(tmp_path / "none" / "deeper") is None
    assert files.read_rows(tmp_path) == []


def test_a_replacement_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    files.replace(tmp_path / "file", b"old")

    def full(path, data):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        files.replace(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.glob("file*")] == ["file"]
    assert files.read(tmp_path / "file") == "old"


def test_threads_that_replace_one_file_do_not_meet(tmp_path):
    failures, texts = [], {bytes([65 + n]) * 100_000 for n in range(8)}

    def write(text):
        try:
            for _ in range(20):
                files.replace(tmp_path / "file", text)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (tmp_path / "file").read_bytes() in texts
    assert [path.name for path in tmp_path.glob("file*")] == ["file"]


def test_the_app_is_in_the_checkout_or_in_the_installed_package(tmp_path, monkeypatch):
    assert files.app_root() == ROOT and (files.app_root() / "app.py").is_file()
    package = tmp_path / "site-packages" / "digitrec"
    package.mkdir(parents=True)
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    assert files.app_root() == package.parent
    (package / "_app").mkdir()
    assert files.app_root() == package / "_app"


def test_a_file_written_row_by_row_appears_at_the_end(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with files.replacing(path) as file:
        file.write("one\r\n")
        assert path.read_text() == "old"
        file.write("zwei: ä\n")
    assert path.read_bytes() == "one\r\nzwei: ä\n".encode()
    assert list(tmp_path.glob("rows*")) == [path]


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(KeyError), files.replacing(path) as file:
        file.write("half")
        raise KeyError
    assert path.read_text() == "old" and list(tmp_path.glob("rows*")) == [path]
