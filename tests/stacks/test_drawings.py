"""Corrected digits become drawings: single ones, and those of numbers with a box for each digit."""

import json

import numpy as np
import pytest

from digitrec.data import user_drawings
from digitrec.forms import Field, Template, page_size, templates
from digitrec.stacks import Way, create, drawings, load_table, log, work
from digitrec.ui.read.example import example_picture
from support.made_forms import fill, pen_glyph
from support.made_pages import png

FORM = Template(
    "Amounts",
    *page_size("A4"),
    (
        Field("boxed", (0.1, 0.1, 0.7, 0.18), "number", 4, 1, boxed=True),
        Field("free", (0.1, 0.3, 0.7, 0.38), "number"),
        Field("digit", (0.1, 0.5, 0.2, 0.58)),
    ),
)


@pytest.fixture
def table(draw):
    page = fill(FORM, {"boxed": "4072", "free": "75", "digit": "6"}, pen_glyph, np.random.default_rng(0))
    way = Way("template", None, json.loads(templates.to_json(FORM)))
    stack = create([("page.png", png(page))], draw, way)
    work.read_stack(stack)
    return load_table(stack)


def say(table, **texts):
    """The table after a person has said what stands in some fields."""
    places = {table.reading(index).name: table.place(index) for index in range(len(table))}
    said = [(places[name], "digit" if name == "digit" else "number", text) for name, text in texts.items()]
    log.say(table.stack, said, cause="doubt")
    return load_table(table.stack)


def names(table, indices):
    return [table.reading(index).name for index in indices]


def test_each_box_of_a_number_is_a_digit_of_its_own(table):
    said = say(table, boxed="407.3", digit="8")
    corrected = drawings.list_corrected(said)
    assert names(said, corrected) == ["boxed", "digit"]
    assert drawings.count_digits(said, corrected) == 5
    assert drawings.save(said, corrected) == drawings.Saved(5)
    drawn = user_drawings.load(said.stack.classes)
    assert sorted(drawn.labels.tolist()) == [0, 3, 4, 7, 8]
    by_label = dict(zip(drawn.labels.tolist(), drawn.images, strict=True))
    # The 0 is round: its middle is empty. Of the 4 and the 7 each has ink where the other has none.
    assert by_label[0][11:17, 11:17].mean() < 60 < by_label[0].max()
    assert len({image.tobytes() for image in drawn.images}) == 5


def test_a_number_with_fewer_digits_than_boxes_with_ink_is_left_out(table):
    said = say(table, boxed="40.7")
    assert drawings.save(said, drawings.list_corrected(said)) == drawings.Saved(0, left_out=1)


def test_the_boxes_that_are_left_empty_are_no_digits(draw):
    page = fill(FORM, {"boxed": "72"}, pen_glyph, np.random.default_rng(0))  # in the last two boxes
    stack = create([("page.png", png(page))], draw, Way("template", None, json.loads(templates.to_json(FORM))))
    work.read_stack(stack)
    said = say(load_table(stack), boxed="74")
    assert drawings.save(said, drawings.list_corrected(said)) == drawings.Saved(2)
    assert user_drawings.load(stack.classes).labels.tolist() == [7, 4]


def test_a_number_that_is_written_freely_is_read_again_and_cut(table):
    said = say(table, free="7.5")
    shares = []
    corrected = drawings.list_corrected(said)
    assert names(said, corrected) == ["free"]
    assert drawings.save(said, corrected, shares.append) == drawings.Saved(2) and shares == [1.0]
    drawn = user_drawings.load(said.stack.classes)
    assert drawn.labels.tolist() == [7, 5]
    upright = np.array(drawn.images[:, 4:24].any(2).sum(1))
    assert (upright > 15).all(), "each is one whole digit, as high as an image"


def test_a_number_that_is_not_divided_as_a_person_reads_it_is_left_out(table):
    for text in ("7", "751", "7.51", "70"):  # nothing on the page is like the last
        said = say(table, free=text)
        assert drawings.save(said, drawings.list_corrected(said)) == drawings.Saved(0, left_out=1), text


def test_numbers_are_left_out_with_the_reason_where_their_model_is_gone(table, monkeypatch):
    said = say(table, free="7.5", digit="8")
    monkeypatch.setitem(said.stack.about, "model", "0" * 64)
    saved = drawings.save(said, drawings.list_corrected(said))
    assert saved[:3] == (1, 0, 1) and "has changed since" in saved.problem


def test_a_text_that_is_no_number_gives_no_drawings(table):
    assert drawings.list_corrected(say(table, free="7 5")) == []


def test_of_numbers_anywhere_the_line_that_was_corrected_is_cut(draw):
    stack = create([("example.png", example_picture())], draw, Way("numbers"))
    work.read_stack(stack)
    table = load_table(stack)
    assert [table.reading(index).text for index in range(2)] == ["4072", "19.5"]
    log.say(stack, [((0, "1"), "number", "4072"), ((0, "2"), "number", "195")], cause="doubt")
    table = load_table(stack)
    assert names(table, drawings.list_corrected(table)) == ["2"]
    assert drawings.save(table, drawings.list_corrected(table)) == drawings.Saved(3)
    assert user_drawings.load(stack.classes).labels.tolist() == [1, 9, 5]
    both = drawings.list_corrected(table, checked=True)
    assert drawings.count_digits(table, both) == 7 and drawings.save(table, both) == drawings.Saved(7)
