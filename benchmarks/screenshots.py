"""Take the README's screenshots from the real app: `python benchmarks/screenshots.py`.

Needs MNIST (in the folder that DIGITREC_DATA names, or downloaded) and Chromium; trains the quick preset for the
Train page's picture. The way in is that of the browser tests.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.visitor import Server, settle, start, stroke  # noqa: E402

SIZE = {"width": 1280, "height": 860}
SEVEN = [(85, 75), (195, 72), (180, 120), (150, 175), (130, 225)]
PATIENCE = 300_000  # milliseconds


def main() -> None:
    """Start a dashboard, visit each page, and keep what it looks like."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs", help="where the pictures go")
    takes = {take.__name__: take for take in (draw, read, explore, evaluate, models, train)}
    parser.add_argument("--only", choices=takes, nargs="+", default=list(takes), help="the pages to take")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        server = start(Path(folder))
        try:
            for name in options.only:
                path = options.folder / f"{name}.png"
                takes[name](visit(browser, server, name)).screenshot(path=path)
                print(f"{path}: {path.stat().st_size:,} bytes")
        finally:
            server.end()


def visit(browser: Browser, server: Server, name: str) -> Page:
    """Open a page by its address, two pixels to each of the screen's."""
    look = {"color_scheme": "light", "reduced_motion": "reduce"}  # so that no digit draws itself
    page = browser.new_context(viewport=SIZE, device_scale_factor=1.5, **look).new_page()
    page.goto(f"{server.url}/{'' if name == 'draw' else name}")
    settle(page)
    return page


def draw(page: Page) -> Page:
    """A 7, drawn and read."""
    stroke(page, SEVEN)
    expect(page.get_by_role("status").filter(has_text="sure")).to_be_visible()
    settle(page)
    return page


def read(page: Page) -> Page:
    """The example, read."""
    page.get_by_role("button", name="Try an example").click()
    expect(page.get_by_text("4072", exact=True).first).to_be_visible()
    settle(page)
    return page


def explore(page: Page) -> Page:
    """The first images, when what stands above them has come, too."""
    expect(page.get_by_role("combobox", name="Data set")).to_be_visible()
    expect(page.get_by_text("60,000").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Let draw read"))).to_be_visible()
    settle(page)
    return page


def evaluate(page: Page) -> Page:
    """The shipped model on the test images, down to the confusion matrix."""
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.set_viewport_size(SIZE | {"height": 1200})
    settle(page)
    return page


def models(page: Page) -> Page:
    """The shipped model, its files, and where a network is brought in."""
    expect(page.get_by_role("button", name="Download bundle")).to_be_visible()
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    settle(page)
    return page


def train(page: Page) -> Page:
    """The quick preset in its last epoch."""
    page.get_by_role("button", name=re.compile("Start$")).click()
    expect(page.get_by_text("Epoch 2 of 2 ·")).to_be_visible()
    return page


if __name__ == "__main__":
    main()
