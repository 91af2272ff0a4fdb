"""Search in the browser: start, watch, reload, stop, and take the best settings to Train."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from digitrec.search import folder
from digitrec.search.folder import Search, Status
from support.visitor import Server, settle, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
TRAINING = 240_000  # milliseconds: a deadline for a hang, where a worker shares two cores with all else


def test_a_search_is_started_survives_a_reload_is_stopped_and_its_best_goes_to_train(
    serve: Callable[..., Server], visit, tmp_path
):
    server = serve(DIGITREC_DATA=str(tmp_path))  # without MNIST: the embedded digits are quick
    page = visit(f"{server.url}/search")
    page.get_by_role("button", name=re.compile("Start the search$")).click()
    best = page.get_by_text(re.compile(r"Trial \d+ is the best of \d+ trials"))
    expect(best).to_be_visible(timeout=TRAINING)
    page.reload()
    settle(page)
    expect(best).to_be_visible()
    page.get_by_role("button", name=re.compile("Stop$")).click()
    expect(page.get_by_text(re.compile("trials.* · stopped"))).to_be_visible(timeout=TRAINING)
    (search,) = (Search(path) for path in (server.models / folder.FOLDER).iterdir())
    assert folder.status(search) is Status.STOPPED
    wait_until(lambda: page.get_by_role("button", name=re.compile("Resume$")).is_visible())
    page.get_by_role("link", name=re.compile("Train with these settings$")).click()
    expect(page.get_by_role("heading", level=1).first).to_have_text(re.compile("^Train"))
