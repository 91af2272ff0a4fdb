"""Search in the browser: start, reload, stop; before any trial is done, so that nothing is trained."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from digitrec.search import folder
from digitrec.search.folder import Search, Status
from support.visitor import Server, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_search_is_started_survives_a_reload_and_is_stopped(serve: Callable[..., Server], visit, tmp_path):
    server = serve(DIGITREC_DATA=str(tmp_path))  # without MNIST: the embedded digits are quick
    page = visit(f"{server.url}/search")
    page.get_by_text("Warmup", exact=True).click()
    page.get_by_role("button", name=re.compile("Start the search$")).click()
    expect(page.get_by_text("of 20 trials")).to_be_visible()
    expect(page.get_by_text(re.compile("varies batch size, learning rate, warmup, dropout"))).to_be_visible()
    page.reload()
    settle(page)
    page.get_by_role("button", name=re.compile("Stop$")).click()
    expect(page.get_by_text(re.compile("trials.* · stopped"))).to_be_visible(timeout=240_000)
    expect(page.get_by_role("button", name=re.compile("Resume$"))).to_be_visible()
    (search,) = (Search(path) for path in (server.models / folder.FOLDER).iterdir())
    assert folder.status(search) is Status.STOPPED
