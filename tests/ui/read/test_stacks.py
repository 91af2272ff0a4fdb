"""Stacks on the Read page: what is unpacked of an upload, and what is said where something goes wrong."""

import io
import zipfile

import pytest

from digitrec import files
from digitrec.imaging import PictureError
from digitrec.runs import store
from digitrec.stacks import StackError, Way, list_stacks, work
from digitrec.stacks.work import Progress
from digitrec.ui import pickers
from digitrec.ui.read import stacks
from digitrec.ui.read.pictures import NamedPicture
from support import made_stacks
from support.views import show

GRID = Way("grid")


def fail(*_, **__):
    raise OSError(28, "No space left on device")


def packed(**contents: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items():
            archive.writestr(f"{name}.png", data)
    return buffer.getvalue()


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(stacks.st, "query_params", {})
    return session


@pytest.fixture
def stack(folders):
    return made_stacks.new(2)


def test_each_file_comes_once_and_each_picture_of_a_zip_under_its_name():
    given = [
        NamedPicture("a.pdf, page 1", b"%PDF", 0),
        NamedPicture("a.pdf, page 2", b"%PDF", 1),
        NamedPicture("scans.zip", packed(one=b"first", two=b"second")),
    ]
    found = list(stacks._unpack(given))
    assert found[0] == ("a.pdf", b"%PDF") and [data for _, data in found[1:]] == [b"first", b"second"]
    assert all(name.startswith("scans.zip") and name.endswith(".png") for name, _ in found[1:])


def test_a_picture_of_a_zip_that_cannot_be_read_is_still_named(monkeypatch):
    monkeypatch.setattr(stacks.picture_files.PictureReader, "read", fail)
    ((name, data),) = stacks._unpack([NamedPicture("scans.zip", packed(one=b"first"))])
    assert "one.png" in name and data == b""


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StackError("they are too many.")])
def test_pages_that_cannot_be_stored_are_told_and_none_is_opened(error, folders, monkeypatch):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(stacks, "create", refuse)
    shown = show(stacks.make, [NamedPicture("a.png", b"x")], store.open_run("draw"), GRID)
    why = "No space left on device" if isinstance(error, OSError) else "they are too many."
    assert shown.error[0].value == f"The pages cannot be stored: {why}" and stacks.OPEN not in shown.session_state


def test_a_few_pages_are_kept_where_a_person_asks_to_check_them(folders, monkeypatch):
    started: list = []
    monkeypatch.setattr(work, "start", started.append)
    shown = show(stacks.offer_check, [NamedPicture("a.png", b"x")], ["read"], store.open_run("draw"), GRID)
    assert not list_stacks()
    shown.button(key="read-check-these").click().run()
    (made,) = list_stacks()
    assert started == [made] and shown.session_state[stacks.OPEN] == made.id
    assert made.about["model"] == pickers.load_classifier(store.open_run("draw")).sha256


def test_where_no_page_was_read_there_is_nothing_to_check(folders):
    answers = [PictureError("it is broken."), PictureError("it is blank.")]
    given = [NamedPicture(name, b"x") for name in ("a.png", "b.png")]
    shown = show(stacks.offer_check, given, answers, store.open_run("draw"), GRID)
    assert not shown.button and "nothing to check, as nothing was read" in shown.caption[0].value
    assert show(stacks.offer_check, given, [*answers[1:], "read"], store.open_run("draw"), GRID).button


def test_where_nothing_may_be_written_no_page_can_be_kept_or_deleted(stack, monkeypatch):
    monkeypatch.setattr(files, "is_read_only", lambda: True)
    assert not show(stacks.offer_check, [], [], store.open_run("draw"), GRID).button
    shown = show(stacks.show_status, stack)
    assert [button.key for button in shown.button] == ["read-stack-close"]
    assert "you cannot read pages here" in shown.info[-1].value


@pytest.mark.parametrize("many", [[NamedPicture("a.png", b"x")] * 13, [NamedPicture("a.zip", packed(one=b"1"))]])
def test_many_pages_or_a_zip_are_a_stack_and_the_page_ends_there(many, monkeypatch):
    made: list = []
    monkeypatch.setattr(stacks, "make", lambda pictures, run, way: made.append(pictures))

    def page(given):
        stacks.make_if_many(given, None, GRID)
        stacks.st.write("went on")

    assert not show(page, many).markdown and made == [many]
    assert show(page, many[:1] if len(many) > 1 else []).markdown[0].value == "went on"


def test_a_stack_that_is_gone_is_told_and_shown_no_more(folders):
    shown = show(stacks.opened, **{stacks.OPEN: "0" * 16})
    assert len(shown.warning) == 1 and stacks.OPEN not in shown.session_state


@pytest.mark.parametrize(
    ("progress", "words", "button"),
    [
        (Progress("paused", 1, 2), "Paused: 1 of 2 pages is not read.", "Resume"),
        (Progress("stopped", 0, 0), "Stopped: no page is read.", "Read the rest"),
        (Progress("interrupted", 0, 2), "The reading was interrupted.", "Read the rest"),
        (Progress("failed", 0, 2, error="The disk is full."), "The reading failed: The disk is full.", None),
        (Progress("done", 2, 2), None, None),
    ],
)
def test_how_the_reading_ended_is_said_with_what_can_be_done(progress, words, button, stack):
    shown = show(stacks._show_end, stack, progress)
    boxes = shown.error if progress.state == "failed" else shown.info
    assert [box.value for box in boxes] == ([words] if words else [])
    labels = [each.label for each in shown.button]
    assert labels == ([] if words is None else [button or "Read the rest"])


def test_the_bar_says_how_far_it_is_and_asks_to_pause(stack, monkeypatch):
    monkeypatch.setattr(work, "find_progress", lambda stack: Progress("reading", 1, 2, 30.0))
    shown = show(stacks._watch, stack)
    assert "1 of 2" in shown.get("progress")[0].proto.text
    shown.button(key="read-pause").click().run()
    assert stack.work.wish == work.PAUSE


def test_many_pages_that_cannot_be_read_are_named_as_far_as_they_fit(stack, monkeypatch):
    monkeypatch.setattr(stacks, "MAX_PROBLEMS", 1)
    bad = [made_stacks.Page(at, f"b{at}.png", "b" * 64, problem="it is blank.") for at in range(2)]
    shown = show(stacks._show_problems, made_stacks.add(stack, *bad))
    assert shown.expander[0].label == "2 pages are left out"
    assert shown.markdown[0].value == "- **b0.png**: it is blank.\n\n1 more is in the files."


def test_what_cannot_be_done_is_said_and_the_stack_stays_open(stack, session, monkeypatch):
    session[stacks.OPEN] = stack.id
    stacks._ask(fail, stack)
    assert session[stacks._PROBLEM] == "That could not be done: No space left on device."
    monkeypatch.setattr(stacks, "delete", fail)
    stacks._delete(stack)
    assert session[stacks._PROBLEM] == "The pages cannot be deleted: No space left on device."
    assert session[stacks.OPEN] == stack.id and stack.path.exists()


def test_a_deleted_stack_is_gone_and_shown_no_more(stack, session):
    session[stacks.OPEN] = stacks.st.query_params["stack"] = stack.id
    stacks._delete(stack)
    assert not stack.path.exists() and stacks.OPEN not in session and not stacks.st.query_params
