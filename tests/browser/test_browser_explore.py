"""From the grid of a data set to an image's card and to Draw: filtered, sorted and opened in one click."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from digitrec.data import loading
from digitrec.explain import MapRequest
from support import maps
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


def test_the_map_shows_images_on_hover_and_a_lasso_fills_a_gallery(poor, visit, monkeypatch):
    monkeypatch.setenv("DIGITREC_CACHE", str(poor.models.with_name("cache")))
    maps.make(MapRequest(loading.load("digits")))
    page = visit(f"{poor.url}/explore?show=Map&data=digits")
    stage, tip, images = (page.locator(name) for name in (".map-stage", ".map-tip", ".digit-choices button"))
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    places = [(x + 40 * i, y + 40 * j) for i in range(-4, 5) for j in range(-4, 5)]
    assert any(page.mouse.move(*place) or tip.is_visible() for place in places)
    expect(tip).to_contain_text(re.compile(r"\d\n?(training|test) image \d+"))
    page.mouse.move(x - 150, y - 150)
    page.mouse.down()
    for corner in ((x + 150, y - 150), (x + 150, y + 150), (x - 150, y + 150), (x - 150, y - 140)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    expect(images).to_have_count(48)
    settle(page)
    stage.focus()
    for key in ("+", "+", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    images.first.click()
    expect(page.get_by_role("heading", name=re.compile("image .* of"))).to_be_visible()
    settle(page)
    assert "show=Map" in page.url and "image=" in page.url
    page.get_by_role("button", name="Back to the images").click()
    expect(stage).to_be_visible()
    settle(page)
