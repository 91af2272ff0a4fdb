"""The Draw page's keys, what survives a reload, the colours on the paper, and the digit that draws itself."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from support.visitor import ONE, paper, stroke, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

INKED = """c => c.getContext("2d").getImageData(0, 0, c.width, c.height).data
  .filter((value, i) => i % 4 == 0 && value > 9).length"""


def answer(page: Page) -> Locator:
    return page.get_by_role("status").get_by_role("strong")


def ink(page: Page) -> int:
    """How many pixels of the paper, as the browser shows it, are not black."""
    return sum(canvas.evaluate(INKED) for canvas in paper(page).locator("canvas.lower-canvas").all())


def test_the_keyboard_alone_undoes_clears_and_gives_samples_and_a_reload_keeps_all(server, visit):
    page = visit(server.url)
    expect(paper(page)).to_be_visible()
    page.keyboard.press("7")
    expect(page.get_by_text("labelled 7")).to_be_visible()
    expect(answer(page)).to_have_text("7")
    wait_until(lambda: ink(page) > 1000)  # the paper itself follows a moment later
    page.keyboard.press("Escape")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    wait_until(lambda: ink(page) == 0)
    page.keyboard.press("Control+z")
    expect(answer(page)).to_have_text("7")
    wait_until(lambda: ink(page) > 1000)
    page.keyboard.press("Control+y")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    wait_until(lambda: ink(page) == 0)
    stroke(page, ONE)
    page.keyboard.press("x")  # the click gave the page the focus: it gets no frame
    frame = "page => [page.matches(':focus-visible'), getComputedStyle(page, '::before').content]"
    assert page.get_by_test_id("stMain").evaluate(frame) == [True, "none"]
    expect(answer(page)).to_have_text("1")
    page.get_by_role("slider", name="Brush width").press("ArrowRight")
    page.get_by_role("slider", name="Brush width").press("ArrowRight")
    expect(page.get_by_role("slider", name="Brush width")).to_have_value("24")
    wait_until(lambda: ink(page) > 1000)  # a change of the brush takes nothing away
    drawn = ink(page)
    page.reload()
    expect(answer(page)).to_have_text("1")
    first = re.compile("Drawing 1: (not sure, maybe )?7")  # of the images that are given 4 in 100 are not sure
    expect(page.get_by_role("button", name=first)).to_be_visible()
    wait_until(lambda: abs(ink(page) - drawn) < 0.02 * drawn)


def layer(page: Page) -> Locator:
    return paper(page).locator(".digit-layer img")


def test_why_colours_the_paper_for_the_answer_and_for_a_class_whose_bar_is_pressed(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_have_text("1")
    bar = page.get_by_role("list", name="Probability of each class").get_by_role("button", name="7")
    bar.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What speaks for 7?")).to_be_visible()
    expect(page.get_by_role("heading", name="What would make it a 7?")).to_be_visible()
    expect(layer(page)).to_have_attribute("alt", "Blue ink supports 7, orange ink contradicts it")
    expect(bar).to_have_attribute("aria-pressed", "true")
    other = page.get_by_role("list", name="Probability of each class").get_by_role("button", name="4")
    other.hover()
    expect(layer(page)).to_have_attribute("alt", "Blue ink supports 4, orange ink contradicts it")
    expect(paper(page).get_by_text("Blue ink supports 4")).to_be_visible()
    page.mouse.move(5, 5)
    expect(layer(page)).to_have_attribute("alt", "Blue ink supports 7, orange ink contradicts it")
    expect(page.get_by_role("heading", name="What speaks for 7?")).to_be_visible()  # nothing was chosen
    bar.press("Enter")
    expect(page.get_by_role("heading", name="Why 1, and why not")).to_be_visible()
    expect(layer(page)).to_have_attribute("alt", "Blue ink supports 1, orange ink contradicts it")
    page.get_by_role("radio", name="Steps", exact=True).click()
    expect(layer(page)).to_have_count(0)


def test_on_the_first_visit_a_digit_draws_itself_and_is_read_and_goes_with_the_first_stroke(server, visit):
    page = visit(server.url, motion=True)
    expect(paper(page).get_by_text("This 7 drew itself.")).to_be_visible()
    expect(answer(page)).to_have_text("7")
    stroke(page, ONE)
    expect(answer(page)).to_have_text("1")
    expect(paper(page).get_by_text("This 7 drew itself.")).to_have_count(0)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page.evaluate("sessionStorage.clear()")
    page.reload()  # a second visit
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(paper(page).get_by_text("This 7 drew itself.")).to_have_count(0)


def test_who_asks_for_less_motion_sees_blank_paper(server, visit):
    page = visit(server.url)
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(paper(page).locator(".digit-demo")).to_have_count(0)


def test_each_digit_of_a_number_is_shown_whole(server, visit):
    page = visit(server.url)
    for x in (70, 200):
        stroke(page, [(x, y) for _, y in ONE])
    place = page.locator(".st-key-digit-answer")
    expect(place.locator(".number-digits li")).to_have_count(2)
    assert place.evaluate("place => place.scrollHeight - place.clientHeight") <= 0
