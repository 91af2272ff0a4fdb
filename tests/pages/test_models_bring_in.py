"""Bringing in a network on the Models page: the form, what it asks of a process, and what it says."""

from types import SimpleNamespace

import pytest

from digitrec.exchange import ForeignFileError, Origin, Trial, save_origin
from digitrec.ui.models import bring_in
from support import made_runs
from support.made_runs import open_page, rerun, words

pytestmark = pytest.mark.usefixtures("alone")


def make_origin(best: float) -> Origin:
    trials = (Trial("black on white", "0 to 1", best), Trial("white on black", "0 to 1", 0.05))
    return Origin("net.onnx", "onnx", "0" * 64, (1, 28, 28), "digits", "validation", 143, trials, "logits")


def test_the_page_shows_where_a_network_comes_from_and_the_ways_that_were_tried(run):
    save_origin(run, make_origin(0.97))
    page = open_page("models")
    assert [box.label for box in page.expander if "Trained elsewhere" in box.label] == [
        "Trained elsewhere: net.onnx"
    ]
    rows = next(table.value for table in page.main.table if "Ink and paper" in table.value)
    assert rows["Right"].tolist() == ["97.00%", "5.00%"]
    assert "1 x 28 x 28 numbers and gives logits" in words(page) and not page.main.warning


def test_a_network_that_reads_nothing_right_gets_a_warning(run):
    save_origin(run, make_origin(0.2))
    assert "It reads only 20.00% right in the best of the ways" in open_page("models").main.warning[0].value


@pytest.fixture
def upload(monkeypatch):
    """A file that is uploaded, by its name."""

    def upload(name: str) -> None:
        file = SimpleNamespace(name=name, file_id="1", getvalue=lambda: b"data")
        monkeypatch.setattr(bring_in.st, "file_uploader", lambda *_, **__: file)

    return upload


def bring(name: str):
    page = open_page("models")
    (button,) = [each for each in page.button if each.label == "Bring in"]
    (field,) = [each for each in page.text_input if each.label == "Name of the new run"]
    field.set_value(name)
    button.click()
    return rerun(page)


def test_a_network_is_brought_in_and_chosen(run, upload, monkeypatch):
    asked = {}

    def make(path, **given):
        asked.update(given, data=path.read_bytes())
        made = made_runs.ended(made_runs.new(given["name"]))
        save_origin(made, make_origin(0.97))
        return made

    monkeypatch.setattr(bring_in, "import_network", make)
    upload("net.onnx")
    page = bring("theirs")
    assert asked == {"file": "net.onnx", "name": "theirs", "dataset": "digits", "data": b"data"}
    assert page.selectbox(key="models-model").value == "theirs"
    assert "theirs is here. Brought in from net.onnx" in page.main.success[0].value.replace("\\", "")


def test_a_bundle_is_taken_in_under_the_name_of_its_file(run, upload, monkeypatch):
    made = []
    monkeypatch.setattr(
        bring_in, "import_bundle", lambda path, name: made.append(made_runs.ended(made_runs.new(name)))
    )
    upload("my (run)-bundle.zip")
    page = bring("")
    assert [each.name for each in made] == ["my  run -bundle"]
    assert page.selectbox(key="models-model").value == "my  run -bundle"


def test_a_file_that_is_refused_is_told_in_words(run, upload, monkeypatch):
    def refuse(path, **given):
        raise ForeignFileError("the network has 'Lambda': it may run code")

    monkeypatch.setattr(bring_in, "import_network", refuse)
    upload("evil.keras")
    assert "Nothing was brought in: the network has 'Lambda'" in bring("evil").main.error[0].value
