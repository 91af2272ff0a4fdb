"""From the grid of a data set to an image's card and to Draw: filtered, sorted and opened in one click."""

import re

import pytest
from playwright.sync_api import expect

from support.visitor import choose, paper, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_images_are_filtered_sorted_opened_and_sent_to_draw(poor, visit):
    page = visit(f"{poor.url}/explore")
    images = page.locator(".digit-choices button")
    page.get_by_role("radio", name="Test", exact=True).click()
    page.get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text("class 4")).to_be_visible()
    choose(page, "Sort by", "thickness")
    expect(images.first).to_contain_text(re.compile(r"^4 · #\d+ · \d\.\d px"))
    settle(page)
    first = images.first.locator("img").get_attribute("alt")
    assert re.fullmatch(r"Test image \d+, a 4.*", first)
    images.first.click()
    card = page.get_by_role("heading", name=re.compile("^Test image"))
    expect(card).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("labelled 4"))).to_be_visible()
    settle(page)
    assert "sort=thickness" in page.url and "image=test-" in page.url and "data=digits" in page.url
    page.go_back()
    expect(images.first.locator("img")).to_have_attribute("alt", first)
    settle(page)
    page.get_by_role("button", name="More filters").click()
    expect(page.get_by_role("slider", name="Thickness").first).to_be_visible()
    page.keyboard.press("Escape")
    images.first.focus()
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    settle(page)
    first_url = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first_url)
    settle(page)
    assert "sort=thickness" in page.url  # the widgets that the card replaced have changed nothing
    page.reload()  # the link leads to the same card
    expect(card).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Open in Draw").click()
    expect(paper(page)).to_be_visible()
    expect(page.get_by_text("labelled 4")).to_be_visible()
