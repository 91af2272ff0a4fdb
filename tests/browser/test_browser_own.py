"""A drawing is kept on a phone, seen, taken along, and comes back as an imported data set."""

import pytest
from playwright.sync_api import expect

from support.visitor import NARROW, ONE, OVERFLOW, settle, stroke

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_drawing_is_kept_downloaded_and_imported_again(serve, visit, tmp_path):
    page = visit(serve().url, size=NARROW, touch=True)
    stroke(page, ONE)
    page.get_by_role("button", name="Save to my test set").tap()
    page.get_by_role("radio", name="1", exact=True).press("Enter")  # by the keyboard
    page.get_by_role("button", name="Save", exact=True).tap()
    expect(page.get_by_text("Saved as 1.")).to_be_visible()
    page.get_by_role("button", name="See your drawings (1)").tap()
    expect(page.get_by_role("img", name="Test image 0, a 1")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").tap()
    download.value.save_as(tmp_path / "drawings.zip")
    page.get_by_text("Import a data set").tap()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "drawings.zip")
    expect(page.get_by_role("heading", name="What this file is taken for")).to_be_visible()
    settle(page)
    page.get_by_role("textbox", name="Name of the data set").fill("again")
    page.get_by_role("button", name="Import", exact=True).tap()
    expect(page.get_by_text("0 training and 1 test images")).to_be_visible()
    settle(page)
    assert page.evaluate(OVERFLOW) == []
