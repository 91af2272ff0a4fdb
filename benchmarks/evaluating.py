"""How long an evaluation of 10,000 images takes to the finished page: `python -m benchmarks.evaluating`.

Needs MNIST and Chromium. The network is `fast`, trained for one epoch unless a run's folder is given. Measured in
the browser: from the choice of a model that was never evaluated to the finished page; from the address of the page
to the same, answers kept, in a new server; and whether a click while it reads starts the reading again. Then the
report, in the library.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.visitor import Server, settle, start  # noqa: E402

NAME = "measured"
TIMES = 3
PATIENCE = 300_000  # milliseconds


def main() -> None:
    """Print each wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    parser.add_argument("--run", type=Path, help="folder of a trained run (default: one is trained)")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        server = start(Path(folder))
        try:
            prepared(options.run, server.models)
            for turn in range(TIMES):
                wait, worked = evaluated(browser, server, turn)
                print(
                    f"10,000 images to the finished page: {wait:.2f} s, of the server's processor {worked:.2f} s"
                )
            print(f"a click while 57,000 images are read: {interrupted(browser, server)}")
        finally:
            server.end()
        reopened(browser, Path(folder) / "again", server.models)
        reported(server.models)


def prepared(given: Path | None, models: Path) -> None:
    """Put a run of the `fast` network into the models folder, several times under other names."""
    if given is None:
        command = [sys.executable, "-m", "digitrec", "train", "--preset", "quick", "--epochs", "1", "--name", NAME]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"DIGITREC_MODELS": str(models)}, check=True)
    else:
        shutil.copytree(given, models / NAME)
    shutil.rmtree(models / NAME / "evaluations", ignore_errors=True)
    for turn in range(TIMES):
        shutil.copytree(models / NAME, models / f"{NAME} {turn}")
        # Another file is another network, for the server remembers answers by the network.
        with (models / f"{NAME} {turn}" / "model.tflite").open("ab") as file:
            file.write(bytes(turn + 1))


def visit(browser: Browser, server: Server) -> Page:
    """The Evaluate page, finished."""
    page = browser.new_page()
    page.goto(f"{server.url}/evaluate")
    finished(page)
    return page


def finished(page: Page) -> None:
    """Wait until the page is drawn: the script has ended and the confusion matrix is there."""
    expect(page.locator(".js-plotly-plot .heatmaplayer").first).to_be_attached()
    settle(page)


def evaluated(browser: Browser, server: Server, turn: int) -> tuple[float, float]:
    """Seconds from the choice of a model to the finished page, and the processor's seconds that the server took.

    The second number is the one to go by where the machine has other work.
    """
    page = visit(browser, server)
    page.get_by_role("combobox", name="Model").click()
    option = page.get_by_role("option", name=f"{NAME} {turn}:")
    began, before = time.perf_counter(), processor_seconds(server)
    option.click()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "running")
    finished(page)
    waited = time.perf_counter() - began, processor_seconds(server) - before
    page.close()
    return waited


def processor_seconds(server: Server) -> float:
    """What the server has worked so far, all its threads together."""
    used = psutil.Process(server.process.pid).cpu_times()
    return used.user + used.system


def interrupted(browser: Browser, server: Server) -> str:
    """What the progress says before and after a click that comes while images are read."""
    page = visit(browser, server)
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name=f"{NAME}:").click()
    finished(page)
    page.get_by_role("radio", name="Train").click()
    before = images_read(page)
    page.get_by_role("radio", name="Numbers").click()
    after = images_read(page)
    page.close()
    return f"{before:,} images were read before it, {after:,} right after it"


def images_read(page: Page) -> int:
    """How many images the progress bar says are read."""
    said = page.get_by_test_id("stProgress").filter(has_text=re.compile("images read")).first
    return int(said.inner_text().split(" of ")[0].replace(",", ""))


def reopened(browser: Browser, folder: Path, models: Path) -> None:
    """Print how long a new server takes to the finished page of an evaluation that was kept."""
    folder.mkdir()
    server = start(folder)
    try:
        shutil.copytree(models / f"{NAME} 0", server.models / NAME)
        page = visit(browser, server)
        page.get_by_role("combobox", name="Model").click()
        option = page.get_by_role("option", name=f"{NAME}:")
        began = time.perf_counter()
        option.click()
        expect(page.get_by_text(re.compile("images are read right"))).to_be_visible()
        finished(page)
        print(f"kept, in a new server: {time.perf_counter() - began:.2f} s")
    finally:
        server.end()


def reported(models: Path) -> None:
    """Print how long the report takes, and its size."""
    os.environ["DIGITREC_MODELS"] = str(models)
    from digitrec.evaluation import scoring
    from digitrec.reporting import report
    from digitrec.runs import store

    run = store.open_run(f"{NAME} 0")
    score = scoring.score(run, "mnist", "test")
    began = time.perf_counter()
    html = report.make_report(score)
    print(f"report: {time.perf_counter() - began:.2f} s, {len(html.encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
