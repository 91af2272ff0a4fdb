"""Numbers: the Read page by the keyboard, and two digits drawn on Draw."""

import pytest
from playwright.sync_api import expect

from support.visitor import NARROW, OVERFLOW, draw, paper, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FOUR = [[(70, 60), (35, 150), (130, 150)], [(105, 70), (100, 230)]]
TWO = [(160, 90), (185, 60), (225, 75), (215, 130), (160, 220), (240, 215)]


def test_numbers_are_read_from_a_picture_by_the_keyboard_and_from_a_drawing(server, visit):
    page = visit(f"{server.url}/read", size=NARROW)
    settle(page)
    page.get_by_role("button", name="Try an example").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".digit-number strong")).to_have_text(["4072", "19.5"])
    settle(page)
    assert page.evaluate(OVERFLOW) == []
    page.get_by_role("button", name="Download CSV").focus()
    with page.expect_download() as begun:
        page.keyboard.press("Enter")
    assert "4072 19.5" in begun.value.path().read_text()

    page.goto(server.url)
    expect(paper(page)).to_be_visible()
    for points in (*FOUR, TWO):
        draw(page, points)
    expect(page.locator(".st-key-digit-answer strong")).to_have_text("42")
    assert page.evaluate(OVERFLOW) == []
