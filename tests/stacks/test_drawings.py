"""Corrected digits become drawings: single ones, and those of numbers with a box for each digit."""

import json

import numpy as np
import pytest

from digitrec.data import user_drawings
from digitrec.forms import Field, Template, page_size, templates
from digitrec.stacks import Way, create, drawings, load_table, log, work
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
    page = fill(FORM, {"boxed": "4072", "free": "35", "digit": "6"}, pen_glyph, np.random.default_rng(0))
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


def test_each_box_of_a_number_is_a_digit_of_its_own(table):
    said = say(table, boxed="407.3", free="36", digit="8")
    corrected = drawings.list_corrected(said)
    names = [said.reading(index).name for index in corrected]
    assert names == ["boxed", "digit"], "where the digits of a free number end is not known"
    assert drawings.count_digits(said, corrected) == 5
    assert drawings.save(said, corrected) == drawings.Saved(5, 0)
    drawn = user_drawings.load(said.stack.classes)
    assert sorted(drawn.labels.tolist()) == [0, 3, 4, 7, 8]
    by_label = dict(zip(drawn.labels.tolist(), drawn.images, strict=True))
    # The 0 is round: its middle is empty. Of the 4 and the 7 each has ink where the other has none.
    assert by_label[0][11:17, 11:17].mean() < 60 < by_label[0].max()
    assert len({image.tobytes() for image in drawn.images}) == 5


def test_a_number_with_fewer_digits_than_boxes_is_left_out(table):
    said = say(table, boxed="40.7")
    assert drawings.list_corrected(said) == []
