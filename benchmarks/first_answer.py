"""How soon Draw answers a new visitor: `python -m benchmarks.first_answer`. Needs MNIST and Chromium.

Each visit is a browser without any history. Measured inside the page: from its first showing (its title and the
paper) to the answer for the digit that draws itself; from a click on Sample to the answer. The server is fresh for
the first visit; the others find the model loaded.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.visitor import Server, paper, settle, start  # noqa: E402

WATCH = """() => {
  window.seen = {};
  const find = (what) => [...document.querySelectorAll(".st-key-draw-paper *")]
    .some((host) => host.shadowRoot?.querySelector(what)?.getBoundingClientRect().width);
  const look = () => {
    if (!seen.title && document.querySelector("h1")) seen.title = performance.now();
    if (!seen.paper && find(".dc-container")) seen.paper = performance.now();
    if (!seen.drawing && find(".digit-demo")) seen.drawing = performance.now();
    if (!seen.answer && document.querySelector(".digit-answer strong")) seen.answer = performance.now();
    if (!seen.answer) requestAnimationFrame(look);
  };
  look();
}"""
SAMPLE = """async () => {
  const said = () => document.querySelector(".digit-answer").innerHTML;
  const before = said(), began = performance.now();
  document.querySelector(".st-key-draw-sample button").click();
  while (said() === before) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def main() -> None:
    """Print each visit and the medians, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    parser.add_argument("--visits", type=int, default=7, help="how many visitors")
    options = parser.parse_args()
    expect.set_options(timeout=120_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        server = start(Path(folder))
        try:
            found = [visit(browser, server) for _ in range(options.visits)]
        finally:
            server.end()
    for name in found[0]:
        first, *others = (each[name] for each in found)
        print(
            f"{name}: first {first:.0f} ms, others: median {statistics.median(others):.0f} ms, {rounded(others)}"
        )


def visit(browser: Browser, server: Server) -> dict[str, float]:
    """Milliseconds of one visit."""
    page = browser.new_context(reduced_motion="no-preference").new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(server.url)
    seen = page.wait_for_function("window.seen.answer && window.seen", timeout=120_000).json_value()
    expect(paper(page)).to_be_visible()
    settle(page)
    page.wait_for_timeout(500)  # the visitor looks
    sample = page.evaluate(SAMPLE)
    page.context.close()
    shown = max(seen["title"], seen["paper"])
    return {
        "address to page": shown,
        "page to first line of the digit": seen["drawing"] - shown,
        "page to answer": seen["answer"] - shown,
        "sample to answer": sample,
    }


def rounded(values: list[float]) -> list[int]:
    """In whole milliseconds."""
    return [round(value) for value in values]


if __name__ == "__main__":
    main()
