"""A stack on the Read page: opened by its address, its views, what went wrong, pause, rules and files."""

import numpy as np
import pytest

from digitrec.data import user_drawings
from digitrec.runs import WorkFolder
from digitrec.stacks import Way, list_stacks, load_table, log, work
from digitrec.ui.components.checker import Answer
from digitrec.ui.read import check, pictures, stacks
from digitrec.ui.read.pictures import NamedPicture
from support import made_stacks
from support.made_pages import grid_page, photo, png
from support.made_runs import open_page, rerun, words

GRID = png(photo(grid_page(["4 ", "05"])))


@pytest.fixture
def stack(folders):
    """Three pages, of which one cannot be read."""
    found = made_stacks.new(3)
    bad = made_stacks.Page(1, "b*.png", "b" * 64, problem="it is blank.")
    made_stacks.add(found, made_stacks.page(0, ["48", "17"], r1c2=0.5), bad, made_stacks.page(2, ["33", "  "]))
    (found.path / "plan.json").write_text('{"pages": [[0, 0, "a"], [1, 0, "b"], [2, 0, "c"]]}')
    return found


def opened(stack, view="Check"):
    page = open_page("read")
    page.query_params["stack"] = stack.id
    page = rerun(page)
    if view != "Check":
        page.segmented_control(key="read-stack-view").set_value(view)
        page = rerun(page)
    return page


def test_what_was_read_and_what_went_wrong(stack):
    said = words(opened(stack))
    assert "8 fields on 2 pages: 5 sure, 2 empty, 1 to look at" in said
    assert "b\\*.png**: it is blank." in said
    assert "are expected to be wrong" in said and "Nothing was checked yet" in said


def test_many_pages_become_a_stack_of_their_files_that_is_read(folders, monkeypatch):
    started = []
    monkeypatch.setattr(work, "start", started.append)
    given = [NamedPicture(f"a.pdf, page {page + 1}", b"%PDF-1.4", page) for page in range(13)]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: [] if started else given)
    page = open_page("read")
    (stack,) = list_stacks()
    assert stack.name == "a.pdf" and set(started) == {stack}
    assert page.session_state[stacks.OPEN] == stack.id
    page.button(key="read-stack-close").click()
    page = rerun(page)
    page.selectbox(key=stacks.CHOICE).set_value(stack.id)
    page = rerun(page)
    assert page.session_state[stacks.OPEN] == stack.id


def test_a_few_pictures_are_read_at_once_and_checked_at_a_click(folders, monkeypatch):
    started = []
    monkeypatch.setattr(work, "start", started.append)
    given = [NamedPicture("page.png", GRID)]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: [] if started else given)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Grid of boxes")
    page = rerun(page)
    page.button(key="read-check-these").click()
    rerun(page)
    assert started[0].way == Way("grid") and started[0].uploads[0].name == "page.png"


def test_pause_and_resume(stack, monkeypatch):
    plan = stack.path / "plan.json"
    plan.write_text(plan.read_text().replace("]]}", '], [2, 1, "d"]]}'))
    asked = []
    monkeypatch.setattr(work, "start", asked.append)
    monkeypatch.setattr(work.processes, "is_live", lambda folder: folder == WorkFolder(stack.path))
    page = opened(stack)
    assert "3 of 4 pages read" in words(page)
    page.button(key="read-pause").click()
    page = rerun(page)
    assert "Paused: 1 of 4 pages is not read." in words(page)
    page.button(key="read-resume").click()
    page = rerun(page)
    assert asked == [stack]
    monkeypatch.setattr(work, "find_progress", lambda stack: work.Progress("paused", 0, 0))
    assert "Paused: no page is read." in words(rerun(page))


def test_side_by_side(stack):
    page = opened(stack, "Side by side")
    assert "Read as 1: 1 field to check, the most doubtful first." in words(page)
    log.say(stack, [((0, "2, 1"), "digit", "1")], cause="page")
    assert "Read as 1: 0 fields to check." in words(rerun(page))


def test_answers_are_stored_at_once_and_taken_back(stack, monkeypatch):
    opened(stack)
    monkeypatch.setattr(check.st, "session_state", {})
    assert check._store(stack, Answer("say", (1,), "digit", "3")) is None
    assert log.standing(stack)[0, "1, 2"][:3] == ("digit", "3", "doubt")
    check._store(stack, Answer("say", (99,), "digit", "3"))
    check._store(stack, Answer("say", (2,), "marked"), is_wall=True)
    check._store(stack, Answer("page", (2, 3)), is_wall=True)
    table = load_table(stack)
    assert [table.state(index) for index in range(4)] == ["sure", "corrected", "look", "checked"]
    assert check._store(stack, Answer("undo")) == 2
    assert log.standing(stack)[0, "2, 1"].cause == "wall"
    for _ in range(3):
        check._store(stack, Answer("undo"))
    assert log.standing(stack) == {}


def test_the_wanted_share_is_kept(stack):
    page = opened(stack)
    page.number_input(key=f"read-share {stack.id}").set_value(5.0)
    rerun(page)
    assert stack.settings.share == 0.05


def test_rules_are_added_said_and_deleted(stack):
    page = opened(stack, "Rules")
    page.selectbox(key="read-rule-check").set_value("list")
    page = rerun(page)
    page.text_input(key="read-rule-fields").set_value("9, 9")
    page.text_input(key="read-rule-values").set_value("1, 2")
    page.button(key="read-rule-add").click()
    page = rerun(page)
    assert "no field is called '9, 9'" in page.error[0].value
    page.text_input(key="read-rule-fields").set_value("2, 2")
    page.button(key="read-rule-add").click()
    page = rerun(page)
    assert stack.settings.rules == ({"check": "list", "fields": "2, 2", "as": "each", "values": "1, 2"},)
    assert "7 is not in the list" in words(page) and "broken 1 time" in words(page)
    page.button(key=f"read-rule-delete {stack.id} 0").click()
    page = rerun(page)
    assert stack.settings.rules == () and "not in the list" not in words(page)


def test_pages_show_what_stands_in_each_field(stack):
    page = opened(stack, "Pages")
    assert [each.value for each in page.subheader][-1] == "0.png"
    shown = "".join(block.proto.body for block in page.main.get("html"))
    assert 'alt="0.png, put straight, with what stands in each field"' in shown


def test_files_and_drawings(stack, monkeypatch):
    page = opened(stack, "Files")
    labels = [button.label for button in page.main.get("download_button")]
    assert labels == ["Download CSV", "Download Excel", "Download JSON", "Download ZIP with pictures"]
    assert page.button(key="read-drawings-save").disabled
    ink = np.zeros((20, 20), np.uint8)
    ink[4:16, 9:11] = 255
    monkeypatch.setattr("digitrec.stacks.drawings.cut_fields", lambda page, boxes: [ink] * len(boxes))
    log.say(stack, [((0, "1, 2"), "digit", "3")], cause="doubt")
    page = rerun(page)
    page.button(key="read-drawings-save").click()
    page = rerun(page)
    assert "1 drawing added" in page.success[0].value
    drawn = user_drawings.load(stack.classes)
    assert drawn.labels.tolist() == [3] and drawn.images.shape == (1, 28, 28)


def test_a_stack_that_is_gone_is_said_so(folders):
    page = open_page("read")
    page.query_params["stack"] = "none"
    assert "no such stack" in rerun(page).warning[0].value


def test_a_stack_is_deleted_at_two_clicks(stack):
    page = opened(stack)
    page.button(key="read-stack-delete").click()
    rerun(page)
    assert list_stacks() == []


def test_a_server_that_only_reads_shows_a_stack_and_changes_nothing(stack, monkeypatch):
    monkeypatch.setenv("DIGITREC_READ_ONLY", "1")
    page = opened(stack)
    assert "8 fields on 2 pages" in words(page)
    assert not [button for button in page.button if button.label.startswith(("Delete", "Pause", "Add"))]
