"""A real server and a real browser: every page that a test opens is watched for what must never happen."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from support import visitor
from support.chromium import launched
from support.visitor import WIDE, Server, settle

expect.set_options(timeout=60_000)  # a deadline for a hang on a slow machine, not a measurement


@contextlib.contextmanager
def _ended(servers: list[Server]) -> Iterator[None]:
    """End the servers when the tests are done with them; none of them may have printed a traceback."""
    yield
    for server in servers:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)
    tracebacks = [server.said()[-3000:] for server in servers if "Traceback" in server.said()]
    assert not tracebacks, tracebacks[0]


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Callable[..., Server]]:
    """Starts dashboards of the test's own, each with fresh folders; not worth it where there is no browser."""
    servers: list[Server] = []

    def serve(**environment: str) -> Server:
        servers.append(visitor.start(tmp_path_factory.mktemp("server"), **environment))
        return servers[-1]

    with _ended(servers):
        yield serve


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    """One dashboard that most tests share."""
    found = visitor.start(tmp_path_factory.mktemp("server"))
    with _ended([found]):
        yield found


@pytest.fixture(scope="session")
def poor(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    """One dashboard that finds no MNIST, which some share."""
    folder = tmp_path_factory.mktemp("server")
    found = visitor.start(folder, DIGITREC_DATA=str(folder))
    with _ended([found]):
        yield found


@pytest.fixture(scope="session")
def training_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cache folder for all servers that train, so that outliers are drawn once."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium that all tests share."""
    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address as a new visitor, who asks for less motion unless a test is of motion.

    It fails the test at its end if anything went wrong on any page.

    Wrong is: an error box, an error on the console, an exception in a script, a request beyond this machine.
    """
    problems, pages = [], []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("console", lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("request", lambda asked: problems.append(f"asked: {asked.url}") if _is_far(asked.url) else None)

    def visit(
        url: str,
        *,
        size: tuple[int, int] = WIDE,
        scheme: str = "light",
        touch: bool = False,
        motion: bool = False,
    ) -> Page:
        look = {"color_scheme": scheme, "reduced_motion": "no-preference" if motion else "reduce"}
        viewport = {"width": size[0], "height": size[1]}
        page = browser.new_context(viewport=viewport, has_touch=touch, **look).new_page()
        watch(page)
        pages.append(page)
        page.goto(url)
        settle(page)
        return page

    yield visit
    for page in pages:
        boxes = page.get_by_test_id("stException")
        problems.extend(f"error box: {text}" for text in boxes.all_inner_texts())
        page.context.close()
    assert not problems


def _is_far(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1"
