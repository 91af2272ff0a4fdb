"""Where things stand on the Draw page: all in the first screen, and nothing moves with an answer."""

import pytest
from playwright.sync_api import Page, expect

from support.visitor import NARROW, ONE, OVERFLOW, WIDE, draw, paper, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HUGE = (1920, 1080)
PLACES = (
    *(".st-key-draw-ways", ".st-key-draw-paper", ".st-key-draw-controls", ".st-key-draw-note"),
    *(".st-key-draw-recent", ".st-key-draw-below", ".st-key-digit-answer", ".digit-bars", ".st-key-draw-keep"),
)
# Strokes of which some make a digit, and others with it no digit at all.
STROKES = [
    ONE,
    [(40, 40), (240, 240)],
    [(240, 40), (40, 240)],
    [(20, 140), (260, 140)],
    [(60, 60), (220, 60), (220, 220), (60, 220), (60, 60)],
    [(100, 20), (180, 260)],
    [(30, 100), (250, 100)],
    [(30, 200), (250, 200)],
    [(20, 20), (20, 260)],
    [(262, 20), (262, 260)],
]


def places(page: Page) -> dict[str, tuple[float, float]]:
    """Top and left of each place, in pixels."""
    boxes = {name: page.locator(name).first.bounding_box() for name in PLACES}
    return {name: (box["x"], box["y"]) for name, box in boxes.items()}


@pytest.mark.parametrize("size", [WIDE, HUGE, NARROW], ids=["1280", "1920", "390"])
def test_nothing_moves_whatever_is_said_over_ten_strokes(server, visit, size):
    page = visit(server.url, size=size)
    expect(paper(page)).to_be_visible()
    before, said = places(page), set()
    for points in STROKES:
        draw(page, points)
        said.add("Not sure." in page.locator(".st-key-digit-answer").inner_html())
        assert places(page) == before
    assert said == {True, False}
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    settle(page)
    assert places(page) == before  # though there is one recent drawing now


def test_all_that_answers_is_in_the_first_screen(server, visit):
    page = visit(server.url, size=WIDE)
    expect(paper(page)).to_be_visible()
    draw(page, ONE)
    expect(page.get_by_role("status").filter(has_text="sure")).to_be_visible()
    tabs = page.get_by_role("radiogroup", name="About this drawing")
    seen = [page.get_by_role("combobox", name="Model", exact=True), tabs, paper(page)]
    seen += [page.locator(name) for name in PLACES if name != ".st-key-draw-below"]
    for each in seen:
        box = each.first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= WIDE[1], each


@pytest.mark.parametrize(("size", "width"), [(WIDE, 390), (HUGE, 420), (NARROW, 358)], ids=["1280", "1920", "390"])
def test_the_paper_uses_the_width_there_is(server, visit, size, width):
    page = visit(server.url, size=size)
    expect(paper(page)).to_be_visible()
    box = paper(page).bounding_box()
    assert width <= box["width"] <= 420 and abs(box["width"] - box["height"]) < 1
    assert page.evaluate(OVERFLOW) == []
