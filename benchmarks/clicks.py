"""How long a person waits in the browser: `python -m benchmarks.clicks`. Needs MNIST and Chromium.

Measured inside the page: from the end of a stroke to the answer on the Draw page, and from a click to its effect
on the Explore page, first on a quiet server, then while it trains the best preset.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.visitor import Server, settle, start, stroke  # noqa: E402

TIMES = 30
CLICK = """async ([name, wanted]) => {
  const find = () => [...document.querySelectorAll("[data-testid=stButtonGroup] button")]
    .find((found) => found.innerText.trim() === name);
  while (!find()) await new Promise(requestAnimationFrame);
  const button = find();
  const began = performance.now();
  button.click();
  const image = `.digit-gallery img[alt^="${wanted} image"]`;
  while (!document.querySelector(image)) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
LISTEN = """() => {
  const said = () => document.querySelector(".digit-answer")?.innerHTML ?? "";  // with the image
  window.addEventListener("mouseup", async () => {
    const before = said(), began = performance.now();
    while (said() === before) await new Promise(requestAnimationFrame);
    window.waited = performance.now() - began;
  }, true);
}"""


def main() -> None:
    """Print the median and the 95th percentile of each wait, quiet and while a network trains."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    options = parser.parse_args()
    expect.set_options(timeout=300_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        server = start(Path(folder))
        try:
            report("quiet", browser, server)
            page = visit(browser, server, "train")
            page.get_by_role("radio", name="Best").click()
            expect(page.get_by_text("Best: ")).to_be_visible()
            page.get_by_role("button", name=re.compile("Start$")).click()
            expect(page.get_by_text("Epoch 1 of 25").first).to_be_visible()
            report("while a network trains and a visitor watches", browser, server)
        finally:
            server.end()


def visit(browser: Browser, server: Server, address: str) -> Page:
    """Open a page by its address."""
    page = browser.new_page(reduced_motion="reduce")  # no digit draws itself
    page.goto(f"{server.url}/{address}")
    settle(page)
    return page


def report(when: str, browser: Browser, server: Server) -> None:
    """Measure and print both waits."""
    for what, waits in (
        ("stroke to answer", strokes(browser, server)),
        ("click to effect", clicks(browser, server)),
    ):
        high = statistics.quantiles(waits, n=20)[-1]
        print(f"{what}, {when}: median {statistics.median(waits):.0f} ms, 95th percentile {high:.0f} ms")


def strokes(browser: Browser, server: Server) -> list[float]:
    """Milliseconds from the end of each of several strokes to the answer."""
    page = visit(browser, server, "")
    page.evaluate(LISTEN)
    waits = []
    for turn in range(TIMES):
        page.evaluate("window.waited = null")
        x = 40 + 200 * turn / TIMES
        stroke(page, [(x, 60), (x, 130 + 3 * turn)])
        waits.append(page.wait_for_function("window.waited").json_value())
    page.close()
    return waits


def clicks(browser: Browser, server: Server) -> list[float]:
    """Milliseconds from each of several clicks on a split to its first image."""
    page = visit(browser, server, "explore")
    expect(page.get_by_alt_text("Training image").first).to_be_visible()
    waits = [page.evaluate(CLICK, [name, name]) for name in ["Test", "Training"] * (TIMES // 2)]
    page.close()
    return waits


if __name__ == "__main__":
    main()
