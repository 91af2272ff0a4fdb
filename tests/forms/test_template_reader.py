"""Forms that this program prints, filled in and photographed: found, turned, put straight and read."""

import numpy as np
import pytest

from digitrec.forms import Field, Template, TemplateError, TemplateReader, page_size, templates
from digitrec.imaging import InkError, read_page
from digitrec.inference import Classifier
from digitrec.runs import store
from support.made_forms import fill, fill_foreign, foreign_page, foreign_template, pen_glyph, photograph

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


@pytest.mark.parametrize(("has_frame", "turns"), [(True, 0), (True, 1), (False, 2), (False, 0)])
def test_a_form_of_others_is_found_by_its_frame_or_its_paper_and_turned_by_its_print(model, has_frame, turns):
    rng = np.random.default_rng(turns)
    values = {f"box {at}": str(rng.choice([*SYMBOLS, ""])) for at in range(20)}
    photo = photograph(fill_foreign(values, has_frame=has_frame), rng, turns=turns, side=1600)
    reading = TemplateReader(*model, foreign_template(has_frame=has_frame)).read(read_page(photo))
    assert {field.name: field.text for field in reading.fields} == values and reading.turns == -turns % 4


def test_pages_that_are_no_such_form_are_refused(model):
    reader = TemplateReader(*model, foreign_template(has_frame=False))
    for gray in (np.full((900, 700), 240, np.uint8), foreign_page()[0][:, ::-1]):
        with pytest.raises(InkError, match=r"is not the form 'log book'.*of its print"):
            reader.read(gray)


def test_the_picture_of_a_form_may_be_hostile(model):
    with pytest.raises(TemplateError, match="picture of the form 'log book' cannot be read"):
        TemplateReader(*model, foreign_template()._replace(picture=b"GIF89a"))


KINDS = (
    Field("a", (0.1, 0.1, 0.14, 0.127)),
    Field("b", (0.2, 0.1, 0.24, 0.127)),
    Field("c", (0.3, 0.1, 0.34, 0.127)),
    Field("d", (0.4, 0.1, 0.44, 0.127)),
    Field("tick", (0.5, 0.1, 0.54, 0.127), "tick"),
    Field("no tick", (0.6, 0.1, 0.64, 0.127), "tick"),
    Field("nothing", (0.7, 0.1, 0.74, 0.127), "empty"),
    Field("comb", (0.1, 0.2, 0.3, 0.227), "number", 5, 2, True),
    Field("free", (0.4, 0.2, 0.6, 0.23), "number", 4),
    Field("ignored", (0.7, 0.2, 0.8, 0.227), "ignore"),
)


def test_each_kind_of_field_says_what_stands_there(model):
    form, rng = FORM._replace(fields=KINDS), np.random.default_rng(3)
    texts = {"a": "4", "b": "7", "tick": "x", "nothing": "2", "comb": "4250", "free": "4072"}
    marks = {"b": "scribble", "c": "blob", "d": "notes"}
    gray = read_page(photograph(fill(form, texts, pen_glyph, rng, marks=marks), rng, side=2000))
    found = {field.name: field for field in TemplateReader(*model, form).read(gray).fields}
    assert {name: (field.kind, field.text) for name, field in found.items()} == {
        "a": ("digit", "4"),
        "b": ("struck out", ""),
        "c": ("stain", ""),
        "d": ("notes", ""),
        "tick": ("tick", "x"),
        "no tick": ("empty", ""),
        "nothing": ("digit", "2"),
        "comb": ("number", "42.50"),
        "free": ("number", "4072"),
    }
    assert found["nothing"].why == "something stands in a field that should be empty"
    assert not found["nothing"].sure and found["tick"].sure
