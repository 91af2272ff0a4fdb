"""The palette: Streamlit's boxes have the charts' colours, and all can be seen on a light and a dark page."""

import itertools
import tomllib

import pytest

from digitrec.charts import confusion, style
from support.places import ROOT

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
LIGHT, DARK = THEME["light"], THEME["dark"]
BOXES = ("red", "orange", "yellow", "blue", "green", "violet", "gray")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    shares = style.to_rgb(colour) / 255
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(colour: str, page: str, share: float) -> str:
    mixed = style.to_rgb(colour) * share + style.to_rgb(page) * (1 - share)
    return "#" + "".join(f"{round(part):02x}" for part in mixed)


def test_contrast_is_that_of_the_guideline():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # its best known example


@pytest.mark.parametrize("page", [LIGHT["backgroundColor"], DARK["backgroundColor"]])
def test_each_colour_of_a_chart_is_seen_on_both_pages(page):
    assert {colour for colour in style.SERIES if contrast(colour, page) < 3} == set()


def test_streamlit_has_the_colours_of_the_charts():
    assert tuple(THEME["chartCategoricalColors"]) == style.SERIES
    boxes = {THEME[f"{name}Color"] for name in BOXES} - {THEME["redColor"]}  # red is kept for what destroys
    assert boxes <= set(style.SERIES)


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize(("theme", "tint"), [(LIGHT, 0.1), (DARK, 0.2)], ids=["light", "dark"])
def test_texts_of_boxes_can_be_read(theme, tint, name):
    page, text = theme["backgroundColor"], theme[f"{name}TextColor"]
    assert contrast(text, page) >= 4.5
    assert contrast(text, mix(THEME[f"{name}Color"], page, tint)) >= 4.5  # Streamlit's tint of a box


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_and_links_can_be_read_on_the_page_and_in_boxes(theme):
    for page, name in itertools.product(
        ("backgroundColor", "secondaryBackgroundColor"), ("textColor", "linkColor")
    ):
        assert contrast(theme[name], theme[page]) >= 4.5


def test_the_numbers_in_a_confusion_matrix_can_be_read():
    for colours, text in (confusion._GOOD_COLOURS, confusion._BAD_COLOURS):
        assert min(contrast(colour, text) for colour in colours) >= 4.5
