"""A page of Chromium that has the scripts of the offline page, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import digitrec.offline

CHROMIUM = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --no-first-run"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """Has `makeNetwork`, `toMnist` and `makeReader`."""
    folder = Path(digitrec.offline.__file__).parent
    page = browser.new_page()
    page.add_script_tag(content="\n".join((folder / name).read_text() for name in ("network.js", "reading.js")))
    page.evaluate(
        "globalThis.unpackBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))"
    )
    yield page
    page.close()
