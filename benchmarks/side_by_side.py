"""Two checkouts side by side: `python -m benchmarks.side_by_side --before FOLDER`. Needs MNIST and Chromium.

Each measurement alternates between the checkout before and this one, so that a machine that becomes slower slows
both. Printed: the medians, and the median of the ratios after/before of the pairs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from benchmarks.clicks import CLICK, LISTEN, visit  # noqa: E402
from support.visitor import Server, settle, start, stroke  # noqa: E402

PAIRS = 24
COMMAND_PAIRS = 5
EVALUATE = ("-m", "digitrec", "evaluate", "mnist", "--split", "test")
PAGES = ("explore", "train", "evaluate", "models", "")


def main() -> None:
    """Print each measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="folder of the other checkout")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    options = parser.parse_args()
    expect.set_options(timeout=120_000)
    checkouts = (options.before.resolve(), ROOT)
    commands(checkouts)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        servers = []
        for name, checkout in zip(("before", "after"), checkouts, strict=True):
            (Path(folder) / name).mkdir()
            servers.append(start(Path(folder) / name, checkout=checkout))
        try:
            pages(browser, servers)
        finally:
            for server in servers:
                server.end()


def commands(checkouts: tuple[Path, Path]) -> None:
    """The command line: its help, and the evaluation of 10,000 images whose answers are not stored yet."""
    alternate(
        "digitrec --help, s", [timer(each, ("-m", "digitrec", "--help")) for each in checkouts], COMMAND_PAIRS
    )
    alternate("10,000 images evaluated, s", [timer(each, EVALUATE) for each in checkouts], COMMAND_PAIRS)


def pages(browser: Browser, servers: list[Server]) -> None:
    """Strokes, clicks and page loads in the browser, the servers' processor time for them, and their memory."""
    drawing = [visit(browser, server, "") for server in servers]
    for page in drawing:
        page.evaluate(LISTEN)
    turns = iter(range(10_000))

    def draw(page: object) -> float:
        x = 40 + 200 * (next(turns) % 50) / 50
        page.evaluate("window.waited = null")
        stroke(page, [(x, 60), (x, 200)])
        return page.wait_for_function("window.waited").json_value()

    before = [cpu_seconds(server) for server in servers]
    alternate("stroke to answer, ms", [lambda page=page: draw(page) for page in drawing], PAIRS)
    shares = [(cpu_seconds(server) - began) / PAIRS for server, began in zip(servers, before, strict=True)]
    print(f"server's processor time per stroke, ms: {1000 * shares[0]:.0f} before, {1000 * shares[1]:.0f} after")
    exploring = [visit(browser, server, "explore") for server in servers]
    sides = iter(["Test", "Test", "Training", "Training"] * PAIRS)
    alternate(
        "click to effect on Explore, ms", [lambda page=page: click(page, next(sides)) for page in exploring], PAIRS
    )
    for address in PAGES:
        loads = [lambda server=server, address=address: load(browser, server, address) for server in servers]
        alternate(f"page /{address} to its end, s", loads, 5)
    memory = [psutil.Process(server.process.pid).memory_info().rss / 1e6 for server in servers]
    print(
        f"memory of the server, MB: {memory[0]:.0f} before, {memory[1]:.0f} after, ratio "
        f"{memory[1] / memory[0]:.3f}"
    )


def click(page: object, name: str) -> float:
    """Milliseconds from a click on a split to its first image."""
    return page.evaluate(CLICK, [name, name])


def load(browser: Browser, server: Server, address: str) -> float:
    """Seconds from the address to the end of the script behind the page."""
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(f"{server.url}/{address}")
    settle(page)
    took = time.perf_counter() - began
    page.close()
    return took


def timer(checkout: Path, arguments: tuple[str, ...]) -> Callable[[], float]:
    """What runs a command in a checkout, with a new cache and no runs of one's own, and gives its seconds."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"DIGITREC_CACHE": f"{folder}/cache", "DIGITREC_MODELS": f"{folder}/models"}
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, *arguments], cwd=checkout, env=environment, check=True, capture_output=True
            )
            return time.perf_counter() - began

    return run


def cpu_seconds(server: Server) -> float:
    """Processor time that a server has used so far."""
    times = psutil.Process(server.process.pid).cpu_times()
    return times.user + times.system


def alternate(what: str, measure: list[Callable[[], float]], pairs: int) -> None:
    """Measure before and after in turn, and print medians and the median ratio; the first pair warms up."""
    found = [[each() for each in measure] for _ in range(pairs + 1)][1:]
    before, after = (statistics.median(values) for values in zip(*found, strict=True))
    ratio = statistics.median(second / first for first, second in found)
    print(f"{what}: {before:.3g} before, {after:.3g} after, ratio {ratio:.3f}", flush=True)


if __name__ == "__main__":
    main()
