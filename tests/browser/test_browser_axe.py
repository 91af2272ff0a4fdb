"""Accessibility: axe-core finds nothing serious on any page or section, light and dark, wide and narrow."""

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from digitrec.ui.draw.panels import PANELS
from support.places import ROOT
from support.visitor import NARROW, WIDE, choose, look_at, paper, settle, stroke

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# The evaluated ones are the embedded digits, which are evaluated at once.
SECTIONS = ("Numbers", "Sureness", "Errors", "Slices", "Robustness", "Report")
EVALUATED = "evaluate?model=mnist&data=digits&part=test&show="
ADDRESSES = {
    "explore": "explore",
    "teach": "teach",
    "train": "train",
    "search": "search",
    "models": "models",
    "evaluate": "evaluate",
    **{section: f"{EVALUATED}{section}" for section in SECTIONS},
    "card": f"{EVALUATED}Errors&image=0",
}


SCRIBBLE = [
    [(40, 40), (240, 40), (240, 240), (40, 240), (40, 40)],
    [(40, 40), (240, 240)],
    [(240, 40), (40, 240)],
]
FINDINGS = {"resultTypes": ["violations"]}  # what passes is not described: half of the work
LOOKS = tuple(itertools.product(("light", "dark"), (WIDE, NARROW)))


def serious(page: Page, part: str = "body") -> Iterator[str]:
    """The serious and critical findings in a part of the page: what, why, and where."""
    for found in Axe().run(page, context=part, options=FINDINGS).response["violations"]:
        if found["impact"] in ("serious", "critical"):
            for node in found["nodes"]:
                yield f"{found['id']}: {node['html'][:300]} | {node['failureSummary']}"


def copy_of_a_run_that_learnt_from_few_images(models: Path) -> str:
    """The shipped `mnist` under another name, as if of the embedded digits: its neighbours are found at once."""
    folder = Path(shutil.copytree(ROOT / "models" / "mnist", models / "small"))
    record = json.loads((folder / "config.json").read_text())
    record["config"]["dataset"] = "digits"
    (folder / "config.json").write_text(json.dumps(record))
    return folder.name


@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_serious(poor, visit, name):
    page = visit(f"{poor.url}/{ADDRESSES[name]}")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for scheme, size in LOOKS:
        look_at(page, scheme, size)
        assert [f"{scheme}, {size[0]}: {each}" for each in serious(page)] == []


def test_axe_finds_nothing_serious_on_draw_and_its_tabs(serve, visit, tmp_path):
    server = serve(DIGITREC_DATA=str(tmp_path))
    small = copy_of_a_run_that_learnt_from_few_images(server.models)
    page = visit(server.url)
    choose(page, "Model", small)
    settle(page)
    expect(paper(page)).to_be_visible()
    blank = list(serious(page))
    page.get_by_role("heading", level=1).click()  # in a list the digit would be typed
    page.keyboard.press("4")
    expect(page.get_by_role("status").get_by_role("strong")).to_be_visible()
    found = [f"blank: {each}" for each in blank]
    for panel in PANELS:
        page.get_by_role("radio", name=panel, exact=True).click()
        settle(page)
        expect(page.locator(f".st-key-draw-panel-{panel.lower()}")).to_be_visible()
        part = "body" if panel == PANELS[0] else ".st-key-draw-below"
        for scheme, size in (LOOKS[0], LOOKS[3]):  # light and wide, dark and narrow
            look_at(page, scheme, size)
            found += [f"{panel}, {scheme}, {size[0]}: {each}" for each in serious(page, part)]
    look_at(page, *LOOKS[0])
    page.get_by_role("radio", name=PANELS[0], exact=True).click()
    expect(page.locator(f".st-key-draw-panel-{PANELS[0].lower()}")).to_be_visible()
    settle(page)  # the page is short again: the paper is where it stays
    paper(page).scroll_into_view_if_needed()
    for points in SCRIBBLE:
        stroke(page, points)  # over the 4: it is no digit now
    expect(page.get_by_text("Not sure.")).to_be_visible()
    settle(page)
    assert found + [f"not sure: {each}" for each in serious(page)] == []


def test_axe_would_find_a_text_that_cannot_be_read(poor, visit):
    page = visit(f"{poor.url}/explore")
    page.evaluate("document.querySelector('h1').style.color = '#eeeeee'")
    assert [found.partition(":")[0] for found in serious(page)] == ["color-contrast"]


def test_a_chosen_button_of_several_is_read_while_one_points_at_it(poor, visit):
    page = visit(f"{poor.url}/train")
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    page.get_by_role("radio", name="Quick").hover()
    for scheme in ("light", "dark"):
        look_at(page, scheme, WIDE)
        page.wait_for_timeout(500)  # colours change by and by
        assert list(serious(page, "[data-testid=stButtonGroup]")) == []
