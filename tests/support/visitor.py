"""How the browser tests start a dashboard and find their way around in it."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from support.places import ROOT

WIDE, NARROW = (1280, 900), (390, 844)
ONE = [(140, 45 + 10 * i) for i in range(20)]  # a stroke on the canvas

# How far the page, and each box that does not scroll of itself, reaches beyond the screen.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const outer = "[data-testid=stMain], [data-testid=stAppViewContainer], body, html";
  const scrolls = (e) => e && (scrolls(e.parentElement)
    || !e.matches(outer) && getComputedStyle(e).overflowX != "visible");
  return [...document.querySelectorAll("[data-testid=stMain] *")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement) && e.checkVisibility())
    .map((e) => e.outerHTML.slice(0, 120));
}"""


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    process: subprocess.Popen
    url: str
    models: Path
    log: Path

    def said(self) -> str:
        """What it printed."""
        return self.log.read_text(errors="replace")

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it as a person would, or as the machine might."""
        self.process.send_signal(how)
        self.process.wait(timeout=60)


def start(folder: Path, *, checkout: Path = ROOT, **environment: str) -> Server:
    """Start the dashboard of a checkout, its runs and cache in a folder, and wait until it answers."""
    folders = {"DIGITREC_MODELS": folder / "models", "DIGITREC_CACHE": folder / "cache"}
    for path in folders.values():
        path.mkdir()
    port = _free_port()
    options = {"server.headless": "true", "server.port": port, "server.address": "127.0.0.1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        env = os.environ | {name: str(path) for name, path in folders.items()} | environment
        process = subprocess.Popen(command, cwd=checkout, env=env, stdout=log, stderr=log)
    server = Server(process, f"http://127.0.0.1:{port}", folders["DIGITREC_MODELS"], folder / "log")
    wait_until(lambda: process.poll() is not None or _answers(server.url))
    assert process.poll() is None, f"the server did not start:\n{server.said()[-3000:]}"
    return server


def wait_until(condition: Callable[[], object], seconds: float = 240) -> None:
    """Poll until the condition holds; the deadline is for a hang, not a measurement."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.05)


def settle(page: Page) -> None:
    """Wait until the script behind the page has run to its end."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def look_at(page: Page, scheme: str, size: tuple[int, int]) -> None:
    """Show an open page in another scheme of colours, or on another screen."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
    settle(page)


def link(page: Page, title: str) -> Locator:
    """A page's link in the navigation."""
    return page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)


def go_to(page: Page, title: str) -> None:
    """Go to another page as a person does, by the navigation."""
    link(page, title).click()
    expect(link(page, title)).to_have_attribute("aria-current", "page")
    # The link is marked at once; until the new script begins, the old page stands there and rests.
    expect(page.get_by_role("heading", level=1).first).to_have_text(re.compile(f"^{re.escape(title)}"))
    settle(page)


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a select box; opened again where the page's script ran meanwhile and shut it."""
    box, wanted = page.get_by_role("combobox", name=label), page.get_by_role("option", name=option)

    def chosen() -> bool:
        if not wanted.is_visible():
            box.click()
        try:
            wanted.click(timeout=3000)
        except PlaywrightTimeout:
            return False
        return True

    wait_until(chosen)


def paper(page: Page) -> Locator:
    """What the Draw page is drawn on."""
    return page.get_by_role("img", name="Paper to draw a digit on")


def stroke(page: Page, points: list[tuple[float, float]]) -> None:
    """Draw one stroke with the mouse; the points are pixels of the paper, which is 280 x 280."""
    expect(paper(page)).to_be_visible()
    box = paper(page).bounding_box()
    places = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for start, end in itertools.pairwise(places):  # each move is drawn by the browser: a few are enough
        page.mouse.move(*end, steps=min(4, max(1, round(math.dist(start, end) / 12))))
    page.mouse.up()


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """Draw one stroke and wait for its answer: the image in it, what the network sees, is another after each."""
    place = page.locator(".st-key-digit-answer")
    before = place.inner_html()
    stroke(page, points)
    wait_until(lambda: place.inner_html() != before)
    settle(page)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    with contextlib.suppress(URLError, ConnectionError), urlopen(f"{url}/_stcore/health"):
        return True
    return False
