"""Numbers: the Read page by the keyboard, and two digits drawn on Draw."""

import pytest
from playwright.sync_api import expect

from digitrec.forms import templates
from digitrec.imaging import count_pages
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


def test_a_form_is_begun_by_the_keyboard_gets_a_drawn_box_and_is_printed(server, visit):
    page = visit(f"{server.url}/read", size=NARROW)
    settle(page)
    page.get_by_role("radio", name="Form", exact=True).focus()
    page.keyboard.press("Space")
    for name in ("Begin", "Add the grid"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        settle(page)
    # By its name: the one before the grid may still be there for a moment.
    canvas = page.locator(".st-key-read-form-canvas-2-paper .dc-container")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box["width"] > 200 and box["width"] / box["height"] == pytest.approx(184 / 271, rel=0.02)
    page.mouse.move(box["x"] + 30, box["y"] + 0.7 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 0.76 * box["height"], steps=5)
    page.mouse.up()
    expect(page.locator(".st-key-read-form-canvas-3-paper")).to_be_visible()  # begun, a grid, a box
    settle(page)
    assert page.evaluate(OVERFLOW) == []
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download JSON").click()
    form = templates.from_json(begun.value.path().read_bytes())
    assert len(form.fields) == 26 and form.fields[-1].box[1::2] == pytest.approx((0.7, 0.76), abs=0.01)
    page.get_by_role("button", name="Print (PDF)").focus()
    with page.expect_download() as begun:
        page.keyboard.press("Enter")
    assert count_pages(begun.value.path()) == 1
