"""Blocks on the screen: each kind as its element, names as they are, and what is cached."""

import math

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.reporting.blocks import Heading
from digitrec.reporting.tables import Area, Interval, Loss, Probability, Share
from digitrec.ui.evaluate import blocks
from support.scored import random_score, trained


def every_kind():
    import numpy as np
    import plotly.graph_objects as go

    from digitrec.reporting.blocks import (
        Figure,
        Gallery,
        Heading,
        Number,
        Numbers,
        Pair,
        Strong,
        TableBlock,
        body,
        caption,
        note,
    )
    from digitrec.reporting.tables import Share, Table
    from digitrec.ui.evaluate import blocks

    table = Table("name", "A table", ("Class", "Share"), [("a", Share(0.25)), ("b", Share(0.5))])
    numbers = (Number("F1", "90%", "80% to 95%", "A *mean*."), Number("Loss", "0.1", "", "A loss."))
    images = np.zeros((1, 28, 28), np.uint8)
    blocks.render(
        [
            Heading("A “title” *1*"),
            Heading("a part", 3),
            body("the ", Strong("<9>"), "."),
            caption("small"),
            note("careful"),
            Numbers(numbers[:1]),
            Numbers(numbers, "columns"),
            Numbers(numbers, "row"),
            TableBlock(table, is_folded=True),
            Figure("figure", go.Figure(), "alt"),
            Pair(body("left"), body("right")),
            Gallery("Images", images, ("caption",), is_folded=True),
        ]
    )


@pytest.fixture(scope="module")
def page():
    test = AppTest.from_function(every_kind, default_timeout=60).run()
    assert not test.exception
    return test


def test_headings_and_texts_show_names_as_they_are(page):
    assert page.header[0].value == r"A “title” \*1\*"
    assert page.subheader[0].value == "a part"
    assert [one.value for one in page.markdown] == [r"the **\<9\>**.", "left", "right"]
    assert page.info[0].value == "careful" and page.caption[0].value == "small"


def test_numbers_have_their_intervals_in_every_layout(page):
    assert [(one.label, one.value) for one in page.metric] == [("F1", "90%"), ("Loss", "0.1")] * 2
    (cards,) = (html.proto.body for html in page.get("html") if "digit-numbers" in html.proto.body)
    assert "<dt>F1</dt><dd><b>90%</b> <span>95% interval 80% to 95%</span></dd><dd>A *mean*.</dd>" in cards
    captions = [one.value for one in page.caption]
    assert captions[1:] == [r"95% interval 80% to 95%. A \*mean\*.", "A loss.", "95% intervals: F1 80% to 95%."]


def test_a_folded_table_and_gallery_are_in_expanders(page):
    assert [one.label for one in page.expander] == ["A table", "Images"]
    assert page.expander[0].dataframe[0].value["Share"].tolist() == [25, 50]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (Share(0.25), 25.0),
        (Share(math.nan), None),
        (Interval(Share(0.1), Share(0.2)), "10.00% to 20.00%"),
        (Loss(0.5), "0.5000"),
        (Area(0.5), "0.50000"),
        (Probability(0.95), "95.0%"),
        (7, 7),
        (0.001, 0.001),
        ("text", "text"),
        (None, None),
    ],
)
def test_a_cell_can_be_sorted_or_reads_as_in_the_report(cell, shown):
    assert blocks._plain(cell) == shown


def test_a_section_is_made_once_until_its_choices_or_settings_change():
    made = []

    def section(score, kind="a"):
        made.append(kind)
        return [Heading(kind)]

    run = trained()
    for kind in ("a", "a", "b"):
        blocks.cached(section, random_score(run=run), kind=kind)
    run.save_reject_threshold(0.9)
    blocks.cached(section, random_score(run=run), kind="b")
    run.save_calibration({"temperature": 2.0})
    blocks.cached(section, random_score(run=run), kind="b")
    assert made == ["a", "b", "b", "b"]
