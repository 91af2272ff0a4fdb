"""Each lesson of the documentation, as a class walks through it: its link, its training, the promised numbers."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitrec.data import loading
from digitrec.inference import Classifier
from digitrec.reporting import format_setting
from digitrec.runs import Run
from support.places import ROOT
from support.visitor import draw, paper, settle, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
TRAINING = 600  # seconds: a deadline for a hang, where a worker shares two cores with all else


def promise(text: str, unit: str = "%") -> float:
    """The number of the first "at least" with this unit."""
    return float(re.search(rf"at least (\d+){unit}", text)[1])


def val_accuracy(run: Run) -> float:
    return 100 * run.history().end.val_accuracy


def walk_pixels(page: Page, run: Run, text: str) -> None:
    expect(page.get_by_text("200,960")).to_be_visible()
    assert val_accuracy(run) >= promise(text)


def walk_filters(page: Page, run: Run, text: str) -> None:
    expect(page.get_by_role("cell", name="40", exact=True)).to_be_visible()
    assert val_accuracy(run) >= promise(text)


def walk_overfit(page: Page, run: Run, text: str) -> None:
    last = run.history().epochs[-1]
    assert 100 * last.accuracy >= promise(text)
    assert 100 * (last.accuracy - last.val_accuracy) >= promise(text, " point")


def walk_sure(page: Page, run: Run, text: str) -> None:
    test = loading.load("digits").test
    proba = Classifier.load(run.tflite_path).predict_proba(test.images)
    wrong = proba.argmax(1) != test.labels
    assert wrong.sum() >= promise(text, r"\*\* of them")
    assert 100 * np.max(proba[wrong]) >= promise(text)
    page.get_by_role("button", name=re.compile("Evaluate it$")).click()
    expect(page.get_by_role("heading", level=1).first).to_have_text("Evaluate")


def walk_cannot(page: Page, run: Run, text: str) -> None:
    assert val_accuracy(run) >= promise(text)
    page.get_by_role("button", name=re.compile("Draw with it$")).click()
    expect(paper(page)).to_be_visible()
    settle(page)
    draw(page, [(30, 140), (140, 142), (250, 140)])
    expect(page.locator(".st-key-digit-answer")).to_contain_text("Not sure.")


WALKS: dict[str, Callable[[Page, Run, str], None]] = {
    "pixels": walk_pixels,
    "filters": walk_filters,
    "overfit": walk_overfit,
    "sure": walk_sure,
    "cannot": walk_cannot,
}


def test_every_lesson_is_walked_through():
    found = {path.stem for path in (ROOT / "docs" / "lessons").glob("*.md")}
    assert found == {"index", *WALKS}


@pytest.mark.parametrize("lesson", WALKS)
def test_a_lesson_keeps_what_it_promises(poor, visit, lesson):
    text = (ROOT / "docs" / "lessons" / f"{lesson}.md").read_text()
    link = urlsplit(re.search(r"\(http://localhost:8501(/train\?\S+)\)", text)[1])
    before = set(poor.models.iterdir())
    address = f"{poor.url}{link.path}?{link.query}"
    page = visit(address)
    shown = dict(parse_qsl(link.query))["show"].split(",")
    for name in shown:
        expect(page.get_by_text(format_setting(name), exact=True).first).to_be_visible()
    expect(page.get_by_text("Batch size", exact=True)).to_have_count(0)
    page.get_by_role("button", name=re.compile("Start$")).click()
    wait_until(lambda: set(poor.models.iterdir()) - before)
    (made,) = set(poor.models.iterdir()) - before
    wait_until(lambda: Run(made).worker)
    # The page is left, and found again by its link when the network has learnt: a browser that draws the curves
    # takes three times as much of the processor as the training. test_browser_train looks at them.
    page.goto("about:blank")
    wait_until(lambda: Run(made).history().end or Run(made).error, seconds=TRAINING)
    page.goto(address)
    settle(page)
    expect(page.locator(".st-key-train-result")).to_contain_text(made.name)
    WALKS[lesson](page, Run(made), text)
