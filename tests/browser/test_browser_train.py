"""Train in the browser: start, watch, leave, come back, stop; and the end of a worker whose server ends."""

import re
import signal
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from digitrec.runs import jobs
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run
from support.visitor import Server, choose, go_to, settle, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# Many short epochs of small steps: the curves grow soon, and on no machine does it end before it is stopped.
LONG = "train?network=cnn&epochs=200&batch_size=8&learning_rate=0.001"
TRAINING = 240_000  # milliseconds: a deadline for a hang, where a worker shares two cores with all else


@pytest.fixture
def without_mnist(serve: Callable[..., Server], tmp_path, training_cache) -> Server:
    """A server that trains on the embedded digits, which is quick."""
    return serve(DIGITREC_DATA=str(tmp_path), DIGITREC_CACHE=training_cache)


def begin(page: Page) -> None:
    """Start the training of the address."""
    expect(page.get_by_text("Custom: ")).to_be_visible()
    page.get_by_role("button", name=re.compile("Start$")).click()


def curve(page: Page) -> Locator:
    return page.get_by_label("Loss over the epochs").locator("svg.marks")


def the_run(server: Server) -> Run:
    (folder,) = server.models.iterdir()
    return Run(folder)


def check_zoom(page: Page) -> None:
    """A person's zoom stays when the training's next rows are drawn."""
    ticks = curve(page).locator(".role-axis-label").first
    before = ticks.text_content()
    curve(page).hover()
    page.keyboard.down("Shift")
    for _ in range(3):
        page.mouse.wheel(0, -300)
    page.keyboard.up("Shift")
    wait_until(lambda: ticks.text_content() != before)
    page.wait_for_timeout(500)  # the last turn of the wheel is drawn
    zoomed = ticks.text_content()
    for _ in range(2):
        drawn = page.get_by_test_id("stMetricValue").first.text_content()
        wait_until(lambda drawn=drawn: page.get_by_test_id("stMetricValue").first.text_content() != drawn)
    page.wait_for_timeout(500)
    assert ticks.text_content() == zoomed


def test_a_training_is_started_watched_left_found_again_and_stopped(without_mnist, visit):
    page = visit(f"{without_mnist.url}/{LONG}")
    begin(page)
    expect(page.get_by_text(" of 200 ·")).to_be_visible(timeout=TRAINING)
    expect(curve(page)).to_be_visible()
    first = curve(page).inner_html()
    wait_until(lambda: curve(page).inner_html() != first)  # the curve grows
    check_zoom(page)

    go_to(page, "Explore")
    expect(page.get_by_test_id("stSidebar").get_by_text("of 200")).to_be_visible()
    batches = len(the_run(without_mnist).history().batches)
    wait_until(lambda: len(the_run(without_mnist).history().batches) > batches)  # it goes on
    go_to(page, "Train")
    expect(curve(page)).to_be_visible()

    other = visit(f"{without_mnist.url}/train")  # another visitor sees the same run
    expect(curve(other)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    for each in (page, other):
        expect(each.get_by_text("stopped after")).to_be_visible(timeout=TRAINING)
        expect(each.get_by_role("button", name="Stop")).to_have_count(0)
    assert jobs.status(the_run(without_mnist)) is Status.STOPPED


def test_a_quick_training_ends_in_a_network_that_can_be_evaluated_drawn_for_and_taken_away(without_mnist, visit):
    page = visit(f"{without_mnist.url}/train")
    page.get_by_role("radio", name="Quick").click()
    expect(page.get_by_text("Quick: ")).to_be_visible()
    page.get_by_role("button", name=re.compile("Start$")).click()
    expect(page.get_by_role("button", name=re.compile("Evaluate it$"))).to_be_visible(timeout=TRAINING)
    page.get_by_role("button", name=re.compile("Evaluate it$")).click()
    expect(page.get_by_role("heading", level=1).first).to_have_text("Evaluate")
    expect(page.get_by_text("Wilson")).to_be_visible()
    go_to(page, "Models")
    run = the_run(without_mnist)
    choose(page, "Model", run.name)
    expect(page.get_by_role("button", name="Rename")).to_be_enabled()  # the shipped run has none: this is ours
    settle(page)
    expect(page.get_by_placeholder(run.name)).to_be_visible()  # the page has come to this run
    choose(page, "Format", ".h5: HDF5, for Keras 2 and Keras 3")
    page.get_by_role("button", name="Make and check").click()
    made = f"{run.name}.h5"
    expect(page.get_by_role("button", name=f"Download {made}")).to_be_visible(timeout=TRAINING)
    for kind, label, begins in (("keras", ".keras", b"PK"), ("h5", made, b"\x89HDF"), ("tflite", ".tflite", b"")):
        with page.expect_download(timeout=TRAINING) as download:
            page.get_by_role("button", name=f"Download {label}").click()
        assert download.value.suggested_filename == f"{run.name}.{kind}"
        assert download.value.path().read_bytes().startswith(begins)


def test_a_killed_worker_shows_as_interrupted_and_the_next_training_starts(without_mnist, visit):
    page = visit(f"{without_mnist.url}/{LONG}")
    begin(page)
    expect(page.get_by_text(" of 200 ·")).to_be_visible(timeout=TRAINING)
    psutil.Process(the_run(without_mnist).worker.pid).kill()
    expect(page.get_by_text("was interrupted")).to_be_visible()
    expect(page.get_by_text("It was killed")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Start$"))).to_be_enabled()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_the_dashboard_s_end_ends_its_worker(without_mnist, browser, end):
    page = browser.new_page()  # not watched: a page whose server is killed may complain
    page.goto(f"{without_mnist.url}/{LONG}")
    begin(page)
    expect(page.get_by_text(" of 200 ·")).to_be_visible(timeout=TRAINING)
    run = the_run(without_mnist)
    without_mnist.end(end)
    wait_until(lambda: not jobs.is_live(run))  # left alone it would train to its end and be called finished
    assert jobs.status(run) is Status.INTERRUPTED
    page.close()
