"""Accessibility: axe-core finds nothing serious on any page or section, light and dark, wide and narrow."""

import itertools
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from support.visitor import NARROW, WIDE, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# The evaluated ones are the embedded digits, which are evaluated at once.
SECTIONS = ("Numbers", "Sureness", "Errors", "Slices", "Robustness", "Report")
EVALUATED = "evaluate?model=mnist&data=digits&part=test&show="
ADDRESSES = {
    "draw": "",
    "explore": "explore",
    "train": "train",
    "models": "models",
    "evaluate": "evaluate",
    **{section: f"{EVALUATED}{section}" for section in SECTIONS},
    "card": f"{EVALUATED}Errors&image=0",
}


def serious(page: Page) -> Iterator[str]:
    """The serious and critical findings: what, why, and where."""
    for found in Axe().run(page).response["violations"]:
        if found["impact"] in ("serious", "critical"):
            for node in found["nodes"]:
                yield f"{found['id']}: {node['html'][:300]} | {node['failureSummary']}"


@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_serious(poor, visit, name):
    page = visit(f"{poor.url}/{ADDRESSES[name]}")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for scheme, (width, height) in itertools.product(("light", "dark"), (WIDE, NARROW)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        settle(page)
        assert [f"{scheme}, {width}: {each}" for each in serious(page)] == []


def test_axe_would_find_a_text_that_cannot_be_read(poor, visit):
    page = visit(f"{poor.url}/explore")
    page.evaluate("document.querySelector('h1').style.color = '#eeeeee'")
    assert [found.partition(":")[0] for found in serious(page)] == ["color-contrast"]
