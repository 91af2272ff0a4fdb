"""The Read page in every state: no network, no picture, the example, pictures that cannot be read."""

from digitrec.runs import store
from digitrec.ui.read import pictures
from digitrec.ui.read.example import example_picture
from digitrec.ui.read.pictures import NamedPicture
from digitrec.ui.read.results import PER_PAGE
from support.made_runs import open_page, rerun, words


def html(page) -> str:
    return "".join(block.proto.body for block in page.main.get("html"))


def test_without_a_network_the_page_leads_to_training(alone):
    page = open_page("read")
    assert "no trained network yet" in page.info[0].value
    assert page.main.get("page_link")[0].proto.page == "train"


def test_the_example_is_read_at_a_click(folders):
    page = open_page("read")
    assert "The numbers appear here" in words(page)
    page.button(key="read-try").click()
    page = rerun(page)
    said = html(page)
    assert "<strong>4072</strong>" in said and "<strong>19.5</strong>" in said
    assert said.count('class="number-digits"') == 2 and "1 of 1 picture read: 2 numbers" in words(page)
    assert [button.label for button in page.main.get("download_button")] == ["Download CSV", "Download JSON"]


def test_pictures_are_read_once_and_bad_ones_are_named(folders, monkeypatch):
    given = [NamedPicture("a.png", example_picture()), NamedPicture("b*.png", b"broken")]
    given += [NamedPicture(f"{i}.png", example_picture()) for i in range(PER_PAGE)]
    monkeypatch.setattr(pictures, "picture_input", lambda: given)
    read, real = [], pictures.read_pictures
    monkeypatch.setattr(pictures, "read_pictures", lambda loads, reader: read.append(loads) or real(loads, reader))
    page = rerun(open_page("read"))
    assert len(read) == 1 and len(read[0]) == 2  # one of each content, on the first run
    assert "9 of 10 pictures read: 18 numbers" in words(page)
    assert "cannot be read: the file is not a picture" in page.error[0].value
    assert len(page.subheader) == PER_PAGE


def test_a_damaged_network_is_said_so(folders, monkeypatch, tmp_path):
    monkeypatch.setattr(pictures, "picture_input", lambda: [NamedPicture("a.png", example_picture())])
    monkeypatch.setattr(type(store.open_run("draw")), "tflite_path", property(lambda run: tmp_path / "none"))
    monkeypatch.setattr(pictures, "list_readers", lambda: [store.open_run("draw")])
    assert "choose another model" in open_page("read").error[0].value.lower()
