"""Every page by its address: on a fresh server, light and dark, wide and narrow."""

import pytest
from playwright.sync_api import expect

from support.visitor import NARROW, OVERFLOW, WIDE, go_to, link, look_at

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = {
    "": "Draw",
    "read": "Read",
    "explore": "Explore",
    "teach": "Teach",
    "train": "Train",
    "search": "Search",
    "evaluate": "Evaluate",
    "models": "Models",
}
BRIGHTNESS = (
    """e => getComputedStyle(e).backgroundColor.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"""
)


@pytest.mark.parametrize("address", PAGES)
def test_an_address_opens_its_page_on_a_freshly_started_server(serve, visit, address):
    fresh = serve()
    page = visit(f"{fresh.url}/{address}")
    for title in PAGES.values():
        expect(link(page, title)).to_be_visible()
    expect(link(page, PAGES[address])).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_whole_and_fits_the_screen(server, visit, address, size):
    page = visit(f"{server.url}/{address}", size=size, scheme="dark")
    for scheme in ("dark", "light"):
        look_at(page, scheme, size)
        assert page.evaluate(OVERFLOW) == []
        assert (page.get_by_test_id("stApp").evaluate(BRIGHTNESS) < 128) == (scheme == "dark")


def test_all_pages_one_after_the_other(server, visit):
    page = visit(server.url)
    for title in [*list(PAGES.values())[1:], *list(PAGES.values())[-2::-1]]:
        go_to(page, title)


def test_without_mnist_the_embedded_digits_stand_in_and_the_pages_say_so(poor, visit):
    for address in ("explore", "train", "evaluate"):
        expect(visit(f"{poor.url}/{address}").get_by_text("MNIST is not on this machine").first).to_be_visible()


def test_the_page_of_the_api_is_no_wider_than_a_small_phone(server, browser):
    page = browser.new_page(viewport={"width": 320, "height": 700})
    page.goto(f"{server.url}/api/v1/docs")
    expect(page.get_by_role("table").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


def test_a_full_server_says_so_and_lets_the_next_one_in_when_somebody_leaves(serve, visit):
    full = serve(DIGITREC_MAX_SESSIONS="1")
    first, second = visit(full.url), visit(f"{full.url}/explore")
    expect(second.get_by_role("heading", level=1)).to_have_text("The server is full")
    second.goto("about:blank")  # else it would look for a place itself
    first.goto("about:blank")
    third = visit(f"{full.url}/models")
    expect(third.get_by_role("heading", level=1).first).to_have_text("Models")
