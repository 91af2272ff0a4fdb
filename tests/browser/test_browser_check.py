"""A stack that is checked by the keyboard alone; what was said is there after a reload and in another browser."""

import pytest
from playwright.sync_api import expect

from digitrec.stacks import load_table, log
from support import made_stacks
from support.visitor import NARROW, OVERFLOW, settle, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def stack(server, monkeypatch):
    """A page that was read, in the cache of the server."""
    monkeypatch.setenv("DIGITREC_CACHE", str(server.models.parent / "cache"))
    found = made_stacks.new()
    doubts = {"r1c1": 0.3, "r1c2": 0.4, "r1c3": 0.5, "r1c4": 0.55}
    made_stacks.add(found, made_stacks.page(0, ["4871", "3 35"], **doubts))
    (found.path / "plan.json").write_text('{"pages": [[0, 0, "a"]]}')
    return found


def said(stack):
    return {name: each.text or each.kind for (_, name), each in log.standing(stack).items()}


def test_fields_are_checked_by_the_keyboard_alone(server, visit, stack):
    page = visit(f"{server.url}/read?stack={stack.id}", size=NARROW)
    where = page.locator(".checker-card figcaption")
    expect(where).to_have_text("0.png · row 1, column 1")
    settle(page)
    for key in ("9", "Enter", "e"):  # faster than the server answers
        page.keyboard.press(key)
    expect(where).to_have_text("0.png · row 1, column 4")
    # The browser goes on before its answers are stored: the script may rest between two of them.
    wait_until(lambda: said(stack) == {"1, 1": "9", "1, 2": "8", "1, 3": "empty"})
    settle(page)
    page.keyboard.press("u")
    expect(where).to_have_text("0.png · row 1, column 3")
    page.keyboard.press("7")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("s")
    wait_until(lambda: "struck out" in said(stack).values())
    settle(page)
    assert page.evaluate(OVERFLOW) == []
    page.reload()
    expect(where).to_have_text("0.png · row 1, column 4")
    settle(page)
    assert len(said(stack)) == 3 and "struck out" in said(stack).values()

    page.get_by_text("Rules", exact=True).click()
    page.get_by_role("button", name="Add", exact=True).click()  # the focus comes back to Rules, whatever is chosen
    settle(page)
    page.get_by_text("Check", exact=True).click()
    expect(where).to_have_text("0.png · row 1, column 4")
    settle(page)
    page.keyboard.press("Enter")
    wait_until(lambda: said(stack).get("1, 4") == "1")
    settle(page)

    page.get_by_text("Side by side", exact=True).click()
    page.get_by_text("3 (2)", exact=True).click()
    wall = page.locator(".checker-wall button")
    expect(wall).to_have_count(2)
    settle(page)
    wall.first.focus()
    page.keyboard.press("x")
    expect(wall.first).to_have_class("marked")
    page.keyboard.press("Enter")
    expect(page.locator(".checker-done")).to_be_visible()
    wait_until(lambda: {(0, "2, 1"), (0, "2, 3")} <= set(log.standing(stack)))
    settle(page)
    table = load_table(stack)
    threes = {table.find((0, name)): log.standing(stack)[0, name] for name in ("2, 1", "2, 3")}
    assert {each.cause for each in threes.values()} == {"page"}
    assert sorted(map(table.state, threes)) == ["checked", "look"]
    assert page.evaluate(OVERFLOW) == []
