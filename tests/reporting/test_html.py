"""Blocks as HTML: every kind, what stands out, and what a name may not do."""

import numpy as np
import plotly.graph_objects as go
import pytest

from digitrec.reporting import html
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

IMAGES = np.zeros((2, 28, 28), np.uint8)
TABLE = Table("name", "A <title>", ("Class", "Right", "Remark"), [("a", Share(0.5), "x" * 41), ("b", None, "y")])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Heading("A & B"), "<h2>A &amp; B</h2>"),
        (Heading("part", 3), "<h3>part</h3>"),
        (body("the ", Strong("<9>"), "."), "<p>the <b>&lt;9&gt;</b>.</p>"),
        (caption("small"), '<p class="faint">small</p>'),
        (note("careful"), '<div class="box" role="note"><p>careful</p></div>'),
        (Pair(body("a"), body("b")), '<div class="pair"><div><p>a</p></div><div><p>b</p></div></div>'),
    ],
)
def test_each_kind_of_text_has_its_tags(block, expected):
    assert html.render([block]) == expected


def test_a_number_has_its_title_value_interval_and_sentence():
    entries = (Number("F1", "90%", "80% to 95%", "a mean"), Number("Loss", "0.1", "", "a loss"))
    found = html.render([Numbers(entries)])
    assert "<dt>F1</dt><dd><b>90%</b> 95% interval 80% to 95%</dd>" in found
    assert "<dd><b>0.1</b> </dd>" in found and found.count("95% interval") == 1


def test_a_table_is_named_and_its_columns_have_a_class():
    found = html.render([TableBlock(TABLE, is_folded=True)])
    assert 'aria-label="A &lt;title&gt;"' in found and "<td" in found
    assert '<th scope="col" class="text">Class</th><th scope="col" class="number">Right</th>' in found
    assert '<th scope="col" class="words">Remark</th>' in found
    assert '<td class="number">50.00%</td>' in found and '<td class="number">–</td>' in found
    short = TABLE._replace(rows=[("a", 1, "x" * 40)])
    assert 'class="text">Remark' in html.render([TableBlock(short)])


def test_no_text_in_a_figure_can_end_its_script():
    figure = go.Figure(layout={"title": {"text": "</script>"}})
    found = html.render([Figure("name", figure, '"alt"')])
    assert found.count("</script>") == 1 and 'aria-label="&quot;alt&quot;"' in found


def test_a_gallery_shows_each_image_with_its_caption_and_a_folded_one_its_title():
    found = html.render([Gallery("Images", IMAGES, ("a", "<b>"))])
    assert found.count("<img") == 2 and "&lt;b&gt;" in found and "<h3>" not in found
    assert html.render([Gallery("Images", IMAGES, ("a", "b"), is_folded=True)]).startswith("<h3>Images</h3>")
    assert html.render([Gallery("Images", IMAGES[:0], ())]) == ""


def test_a_section_without_blocks_is_left_out():
    found = html.page("title", "", [Heading("Nothing here"), Heading("full"), body("text")])
    assert "Nothing here" not in found and found.count("<section") == 1


def test_cautions_stand_in_a_box_or_nowhere():
    assert html.boxed(["a", "b"]) == '<div class="box" role="note"><p>a</p><p>b</p></div>'
    assert html.boxed([]) == ""
