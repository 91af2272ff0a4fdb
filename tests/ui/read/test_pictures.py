"""The pictures on the Read page: their pages and names, each read once, the oldest forgotten."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from digitrec.ui import pickers
from digitrec.ui.read import pictures
from digitrec.ui.read.pictures import NamedPicture

RUN = SimpleNamespace(name="mine")


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(pickers, "load_classifier", lambda run: SimpleNamespace(sha256=f"of {run.name}"))
    return session


@pytest.fixture
def two_pages() -> bytes:
    buffer = io.BytesIO()
    pages = [Image.new("L", (40, 30), shade) for shade in (200, 100)]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def test_each_page_of_a_file_has_its_name_its_picture_and_its_own_sum(session, two_pages):
    found = pictures.list_pages("scan.tif", two_pages)
    assert [page.name for page in found] == ["scan.tif, page 1", "scan.tif, page 2"]
    assert [page.load()[0, 0] for page in found] == [200, 100] and {page.file for page in found} == {"scan.tif"}
    first, second = found
    assert first.sha256 != second.sha256 and first.sha256_of_file == second.sha256_of_file == first.sha256


def test_the_pages_of_a_file_are_counted_once(session, two_pages, monkeypatch):
    pictures.list_pages("scan.tif", two_pages)
    monkeypatch.setattr(pictures, "count_pages", lambda data: 1 / 0)
    assert len(pictures.list_pages("again.tif", two_pages)) == 2


def test_a_file_that_cannot_be_read_is_one_page_that_says_why_later(session):
    assert pictures.list_pages("notes.txt", b"hello") == [NamedPicture("notes.txt", b"hello", 0)]


def read_by(calls: list):
    def read(model, pages):
        calls.append([page.name for page in pages])
        return iter([f"{page.name} by {model.sha256}" for page in pages])

    return read


def test_a_picture_is_read_once_for_each_network_and_task(session):
    calls: list = []
    given = [NamedPicture("a", b"1"), NamedPicture("b", b"2")]
    for run, task in ((RUN, "numbers"), (RUN, "numbers"), (RUN, lambda page: f"grid {page.name}")):
        answers = pictures.read_all(given, run, task, read_by(calls))
        assert answers == ["a by of mine", "b by of mine"]
    assert calls == [["a", "b"], ["a", "b"]]
    more = [*given, NamedPicture("c", b"3")]
    assert pictures.read_all(more, RUN, "numbers", read_by(calls))[2] == "c by of mine" and calls[2] == ["c"]
    assert pictures.read_all(given, SimpleNamespace(name="other"), "numbers", read_by(calls))[0] == "a by of other"


def test_the_oldest_readings_are_forgotten_where_there_are_many_or_large_ones(session, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_STORED", 2)
    given = [NamedPicture(name, name.encode()) for name in "abc"]
    assert len(pictures.read_all(given, RUN, "numbers", read_by([]))) == 3  # all are answered
    assert [value[0] for value in session["read-stored"].values()] == ["b", "c"]
    monkeypatch.setattr(pictures, "MAX_STORED_BYTES", 1500)
    large = {(name,): SimpleNamespace(gray=np.zeros(1000, np.uint8)) for name in "xy"}
    pictures._forget_oldest(large)
    assert list(large) == [("y",)]


def test_an_upload_that_became_a_stack_is_not_shown_again(session):
    session[pictures.EXAMPLE] = True
    pictures.forget_upload()
    assert session[pictures.EXAMPLE] is False and session[pictures._ROUND] == 1
