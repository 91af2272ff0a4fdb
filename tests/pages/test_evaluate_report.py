"""The page and the report tell an evaluation in the same words: both render the same blocks."""

import re

import pytest

from digitrec.evaluation import scoring
from digitrec.reporting import confidence, html, report, sections
from digitrec.reporting.blocks import Text
from support.made_runs import open_page, rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("**", "")


@pytest.mark.parametrize(
    ("section", "makers"),
    [
        ("Numbers", (sections.numbers, sections.classes)),
        ("Sureness", (confidence.calibration,)),
        ("Slices", (sections.slices,)),
    ],
)
def test_every_text_of_a_section_is_on_the_page_and_in_the_report(run, section, makers, monkeypatch):
    monkeypatch.setattr(html, "get_plotlyjs", lambda: "")
    page = open_page("evaluate")
    page.button_group(key="evaluate-section").set_value(section)
    shown = plain(words(rerun(page)))
    score = scoring.score(run, "digits", "test")
    written = report.make_report(score)
    texts = [block for make in makers for block in make(score) if isinstance(block, Text)]
    assert texts
    for text in texts:
        assert str(text) in shown
        assert html.render([text]) in written
