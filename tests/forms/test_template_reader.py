"""Forms that this program prints, filled in and photographed: found, turned, put straight and read."""

import numpy as np
import pytest

from digitrec.forms import Template, TemplateReader, page_size, templates
from digitrec.imaging import InkError, read_page
from digitrec.inference import Classifier
from digitrec.runs import store
from support.made_forms import fill, pen_glyph, photograph

SYMBOLS = "0124579"
GRID = templates.make_grid("{row}{column}", (0.1, 0.1, 0.9, 0.45), 4, 6, gap=0.25)
FORM = Template("Marks", *page_size("A4"), tuple(GRID))


@pytest.fixture(scope="module")
def model():
    run = store.open_run("draw")
    return Classifier.load(run.tflite_path), run


@pytest.fixture(scope="module")
def reader(model) -> TemplateReader:
    return TemplateReader(*model, FORM)


def values(seed=0):
    rng = np.random.default_rng(seed)
    return {field.name: str(rng.choice([*SYMBOLS, ""])) for field in GRID}


@pytest.mark.parametrize("turns", range(4))
def test_a_photographed_page_is_read_whichever_way_it_lies(reader, turns):
    rng = np.random.default_rng(turns)
    photo = photograph(fill(FORM, values(turns), pen_glyph, rng), rng, turns=turns, side=1600)
    reading = reader.read(read_page(photo))
    assert {field.name: field.text for field in reading.fields} == values(turns)
    assert reading.turns == -turns % 4
    assert {field.kind for field in reading.fields} == {"digit", "empty"}
    empty = [field for field in reading.fields if field.kind == "empty"]
    assert all(field.state == "empty" and not field.why for field in empty)


def test_a_page_is_read_by_corners_that_are_given(reader):
    rng = np.random.default_rng(0)
    gray = read_page(photograph(fill(FORM, values(), pen_glyph, rng), rng, side=1600))
    found = reader.read(gray)
    again = reader.read(gray, found.corners + 3)
    assert [field.text for field in again.fields] == [field.text for field in found.fields]


def test_a_blank_page_a_cut_page_and_another_form_are_refused(reader, model):
    rng = np.random.default_rng(0)
    page = fill(FORM, {}, pen_glyph, rng)
    blank = np.full((1200, 900), 230, np.uint8)
    for gray in (blank, page[: page.shape[0] * 3 // 4], rng.integers(0, 255, (600, 500), np.uint8)):
        with pytest.raises(InkError, match="does not show the four black squares"):
            reader.read(gray)
    others = templates.make_grid("{number}", (0.05, 0.5, 0.95, 0.95), 5, 7, gap=0.3)
    with pytest.raises(InkError, match=r"is not the form 'Other'.*Choose another form"):
        TemplateReader(*model, FORM._replace(name="Other", fields=tuple(others))).read(page)
