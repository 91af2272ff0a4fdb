"""From the confusion matrix to one image's card by mouse and keyboard, back and forward, on to the Draw page."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from support.visitor import NARROW, go_to, paper, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# The embedded digits, which are always there; and no MNIST, whose training images a card would look through.
ERRORS = "evaluate?model=mnist&data=digits&part=test&show=Errors"


def most_frequent(page: Page) -> tuple[int, int]:
    """True class and answer of the most frequent mistake, as the page says it."""
    text = page.get_by_text("Most frequent:").inner_text()
    true, answer = re.search(r"Most frequent: (\d) read as (\d)", text).groups()
    return int(true), int(answer)


def click_cell(page: Page, true: int, answer: int) -> None:
    field = page.locator(".js-plotly-plot .nsewdrag").first
    expect(field).to_be_visible()
    box = field.bounding_box()
    place = {"x": (answer + 0.5) * box["width"] / 10, "y": (true + 0.5) * box["height"] / 10}
    field.click(position=place)


def images(page: Page) -> Locator:
    return page.locator(".digit-choices button")


def cell_heading(page: Page, true: int, answer: int) -> Locator:
    return page.get_by_role("heading", name=f"{true} read as {answer}:")


def card(page: Page) -> Locator:
    return page.get_by_role("button", name="Back to the images")


@pytest.mark.parametrize("size", [(1280, 900), NARROW], ids=["wide", "narrow"])
def test_a_cell_leads_to_its_images_an_image_to_its_card_and_the_browser_back_and_forward(poor, visit, size):
    page = visit(f"{poor.url}/{ERRORS}", size=size)
    cell = most_frequent(page)
    click_cell(page, *cell)
    expect(cell_heading(page, *cell)).to_be_visible()
    settle(page)  # the images of before are replaced by the cell's
    images(page).first.click()
    expect(card(page)).to_be_visible()
    expect(page.get_by_role("heading", name=f"Read as {cell[1]}, labelled {cell[0]}")).to_be_visible()
    page.go_back()
    expect(cell_heading(page, *cell)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=re.compile(r"\d+ images misread"))).to_be_visible()
    page.go_forward()
    expect(cell_heading(page, *cell)).to_be_visible()
    page.go_forward()
    expect(card(page)).to_be_visible()


def test_the_first_tap_on_a_phone_chooses_a_cell_and_its_images_come_into_view(poor, visit):
    page = visit(f"{poor.url}/{ERRORS}", size=NARROW, touch=True)
    cell = most_frequent(page)
    page.wait_for_function("document.documentElement.dataset.taps")
    field = page.locator(".js-plotly-plot .nsewdrag").first
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    down, across = (place + 0.5 for place in cell)
    page.touchscreen.tap(box["x"] + across * box["width"] / 10, box["y"] + down * box["height"] / 10)
    expect(cell_heading(page, *cell)).to_be_in_viewport()


def test_an_image_opens_by_keyboard_and_its_card_outlives_a_page_switch_and_goes_on_in_draw(poor, visit):
    page = visit(f"{poor.url}/{ERRORS}")
    images(page).first.focus()
    page.keyboard.press("Enter")
    expect(card(page)).to_be_visible()
    go_to(page, "Models")
    go_to(page, "Evaluate")
    expect(card(page)).to_be_visible()
    page.get_by_role("button", name="Open in Draw").click()
    expect(paper(page)).to_be_visible()
    expect(page.get_by_text("labelled")).to_be_visible()


def test_a_slice_leads_to_its_misread_images(poor, visit):
    page = visit(f"{poor.url}/{ERRORS.replace('Errors', 'Slices')}")
    page.get_by_role("button", name="Show the worst").click()
    expect(page.get_by_role("heading", name=re.compile(r"\d+ of \d+ misread"))).to_be_visible()
    settle(page)
    images(page).first.click()
    expect(card(page)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=re.compile(r"\d+ of \d+ misread"))).to_be_visible()
    settle(page)
