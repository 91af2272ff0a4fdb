"""A training by hand, by the clock: `python -m benchmarks.starting [--preset Quick]`. Needs MNIST and Chromium.

Measured inside the page, from the click on Start to what a person sees: the end of the last epoch with its
accuracy, and the finished network with its checked files. Each training is one of a new server, so that none gains
from the one before; the person takes a while to choose the preset.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.visitor import settle, start  # noqa: E402

CHOOSING = 10  # seconds
FOLLOW = """async () => {
  const find = (text) => [...document.querySelectorAll("button")].find((found) => found.innerText.includes(text));
  const seen = async (isSeen) => {
    while (!isSeen()) await new Promise((go) => setTimeout(go, 200)); // to look costs time, too
    return (performance.now() - began) / 1000;
  };
  const began = performance.now();
  find("Start").click();
  const says = (text) => document.querySelector("[data-testid=stMain]").innerText.includes(text);
  const first = await seen(() => says("Epoch 1 of"));
  const epochs = await seen(() => says("All epochs done") || find("Evaluate it"));
  return [first, epochs, await seen(() => find("Evaluate it"))];
}"""


def main() -> None:
    """Print the seconds of each training, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="Quick", help="title of the preset")
    parser.add_argument("--times", type=int, default=3, help="how many trainings")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    options = parser.parse_args()
    expect.set_options(timeout=120_000)
    waits = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        for _ in range(options.times):
            waits.append(train(browser, options.preset))
            print(describe(waits[-1]), flush=True)
    print(f"{options.preset}, medians: {describe([statistics.median(wait) for wait in zip(*waits, strict=True)])}")


def train(browser: Browser, preset: str) -> list[float]:
    """Seconds from the click to the first epoch, the last one's end and the finished network."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder))
        try:
            page = browser.new_page()
            page.set_default_timeout(3_600_000)
            page.goto(f"{server.url}/train")
            settle(page)
            page.get_by_role("radio", name=preset).click()
            expect(page.get_by_text(f"{preset}: ")).to_be_visible()
            expect(page.get_by_role("button", name=re.compile("Start$"))).to_be_enabled()
            page.wait_for_timeout(1000 * CHOOSING)
            found = page.evaluate(FOLLOW)
            page.close()
        finally:
            server.end()
    return [float(each) for each in found]


def describe(seconds: list[float]) -> str:
    """The three waits in words."""
    first, epochs, files = seconds
    return (
        f"first epoch seen after {first:.1f} s, all epochs done after {epochs:.1f} s, finished after {files:.1f} s"
    )


if __name__ == "__main__":
    main()
