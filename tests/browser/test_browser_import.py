"""A file is seen before it is imported; guesses are corrected by mouse, and the preview follows."""

import pytest
from playwright.sync_api import expect

from support.image_files import DIGITS, csv, npz
from support.visitor import NARROW, OVERFLOW, choose, go_to, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def show_file(page, path) -> None:
    go_to(page, "Explore")
    page.get_by_text("Import a data set").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    expect(page.get_by_role("heading", name="What this file is taken for")).to_be_visible()
    settle(page)


def test_turned_digits_are_seen_corrected_and_imported_by_mouse(serve, visit, tmp_path):
    (tmp_path / "turned.npz").write_bytes(npz(x=DIGITS.images.transpose(0, 2, 1), y=DIGITS.labels))
    page = visit(serve().url)
    show_file(page, tmp_path / "turned.npz")
    expect(page.get_by_text("The images seem to be turned or mirrored")).to_be_visible()
    after = page.get_by_role("img", name="The same 3 once imported").first
    turned = after.get_attribute("src")
    choose(page, "Turn", "As they are")
    expect(after).not_to_have_attribute("src", turned)
    assert after.get_attribute("src") == page.get_by_role("img", name="A 3 in the file").first.get_attribute("src")
    choose(page, "Turn", "Swap rows and columns")
    expect(after).to_have_attribute("src", turned)
    page.get_by_role("button", name="Rename classes").click()
    page.get_by_role("textbox", name="3", exact=True).fill("drei")
    page.get_by_role("textbox", name="3", exact=True).press("Enter")
    expect(page.get_by_role("img", name="The same drei once imported").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Added turned:")).to_be_visible()
    expect(page.get_by_text("All images were turned")).to_be_visible()


def test_a_csv_with_its_label_last_is_seen_on_a_phone(server, visit, tmp_path):
    (tmp_path / "last.csv").write_bytes(csv(last=True))
    page = visit(server.url, size=NARROW, scheme="dark")
    page.goto(f"{server.url}/explore")
    settle(page)
    page.get_by_text("Import a data set").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "last.csv")
    expect(page.get_by_text("the last column, whose values are few")).to_be_visible()
    settle(page)
    assert page.get_by_role("img", name="once imported").count() == 12
    assert page.evaluate(OVERFLOW) == []
