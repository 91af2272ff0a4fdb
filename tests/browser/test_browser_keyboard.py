"""Keyboard alone: each page's main task, from the first Tab on."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from support.visitor import link, paper, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MAX_TABS = 120
TRAINING = 240_000  # milliseconds: a deadline for a hang


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target, or something in it, has the focus."""
    expect(target).to_be_visible()
    settle(page)  # what comes anew may take the focus along
    for _ in range(MAX_TABS):
        if target.evaluate("e => e === document.activeElement || e.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by {MAX_TABS} presses of Tab")


def choose_radio(page: Page, group: Locator, name: str) -> None:
    """Choose one of several buttons, of which one has the focus."""
    tab_to(page, group)
    for _ in range(12):
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Space")
            break
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=name)).to_be_checked()
    settle(page)


def sections(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="Show")


def test_a_digit_is_given_read_explained_undone_and_read_by_another_model_on_draw(server, visit):
    page = visit(server.url)
    said = page.get_by_role("status").get_by_role("strong")
    expect(paper(page)).to_be_visible()  # the page hears keys by then
    tab_to(page, link(page, "Read"))
    expect(link(page, "Read")).to_have_css("outline-style", "solid")
    page.keyboard.press("4")
    expect(said).to_have_text("4")
    settle(page)
    for panel in ("Why", "Layers"):
        choose_radio(page, page.get_by_role("radiogroup", name="About this drawing"), panel)
        expect(page.locator(f".st-key-draw-panel-{panel.lower()}").get_by_role("img").first).to_be_visible()
    tab_to(page, page.locator(".digit-network"))
    page.keyboard.press("ArrowDown")  # the second map of the first layer, then of the second layer
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Layer 2: "))).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page.keyboard.press("Control+y")
    expect(said).to_have_text("4")
    settle(page)
    model = page.get_by_role("combobox", name="Model", exact=True)
    tab_to(page, model)
    page.keyboard.type("mnist")
    page.keyboard.press("Enter")
    expect(model).to_have_value(re.compile("^mnist:"))
    expect(said).to_have_text("4")
    settle(page)
    tab_to(page, page.get_by_role("button", name="Clear"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()


def test_a_sample_is_found_on_explore(poor, visit):
    page = visit(f"{poor.url}/explore")
    choose_radio(page, page.get_by_role("radiogroup", name="Class"), "3")
    expect(page.get_by_text(re.compile(r"^3 · #\d+$")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^[0-24-9] · #\d+$"))).to_have_count(0)


def test_an_error_is_opened_on_evaluate_and_left_again(poor, visit):
    page = visit(f"{poor.url}/evaluate?model=mnist&data=digits&part=test&show=Numbers")
    choose_radio(page, sections(page), "Errors")
    tab_to(page, page.locator(".digit-choices button").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Read as"))).to_be_visible()
    settle(page)
    tab_to(page, page.get_by_role("button", name="Back to the images"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("images misread"))).to_be_visible()


def test_a_run_is_chosen_in_the_table_of_models(poor, visit):
    page = visit(f"{poor.url}/models")
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_have_text("draw")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("[role=gridcell][aria-selected=true]").first).to_be_attached()
    tab_to(page, table.locator("canvas").first)
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_text("mnist")
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("^mnist"))


def test_a_training_is_started_and_stopped(serve, visit, tmp_path, training_cache):
    server = serve(DIGITREC_DATA=str(tmp_path), DIGITREC_CACHE=training_cache)
    page = visit(f"{server.url}/train")
    choose_radio(page, page.get_by_role("radiogroup", name="Preset"), "Best")
    tab_to(page, page.get_by_role("button", name=re.compile("Start$")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=": training")).to_be_visible()
    assert len(list(server.models.iterdir())) == 1
    tab_to(page, page.get_by_role("button", name="Stop"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=TRAINING)
