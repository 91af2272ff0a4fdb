"""The choice of a form: saved, deleted, opened, taken from a picture; what goes wrong is said."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.forms import Template, page_size, template_store, templates
from digitrec.ui.read import form_choice
from support.made_pages import png
from support.views import show

FIELDS = templates.make_grid("{number}", (0.1, 0.1, 0.9, 0.2), 1, 3, gap=0.3)
FORM = templates.from_json(templates.to_json(Template("marks", *page_size("A4"), tuple(FIELDS))))  # rounded


def fail(*_):
    raise OSError(28, "No space left on device")


def said(session: dict) -> tuple[list[str], list[str]]:
    """What is shown of saving and deleting: successes and errors."""
    shown = show(form_choice.show_said, FORM, **{form_choice._SAID: session[form_choice._SAID]})
    return [each.value for each in shown.success], [each.value for each in shown.error]


def test_a_form_is_saved_and_deleted_and_the_page_says_so_until_it_is_changed(session):
    form_choice.save(FORM)
    assert template_store.list_names() == ["marks"] and said(session) == (["Saved as marks."], [])
    other = show(form_choice.show_said, FORM._replace(name="others"), **session)
    assert not other.success
    form_choice.delete(FORM)
    assert template_store.list_names() == [] and said(session)[0] == ["Deleted marks. It is still open here."]


@pytest.mark.parametrize(("do", "doing"), [("save", "saved"), ("delete", "deleted")])
def test_a_full_disk_is_said_and_the_form_stays(do, doing, session, monkeypatch):
    monkeypatch.setattr(template_store, do, fail)
    getattr(form_choice, do)(FORM)
    assert said(session) == ([], [f"The form cannot be {doing}: No space left on device"])


def test_too_many_forms_are_refused_in_words(session, monkeypatch):
    monkeypatch.setattr(template_store, "MAX_FORMS", 0)
    form_choice.save(FORM)
    assert said(session)[1] == ["The form cannot be saved: there are 0 forms already: delete one first."]


def test_a_saved_form_is_opened_and_one_that_another_browser_deleted_is_not(session):
    template_store.save(FORM)
    form_choice._open_saved("marks")
    assert session[form_choice._DRAFT] == FORM
    template_store.delete("marks")
    form_choice._open_saved("marks")
    kind, text = session[form_choice._NOTE]
    assert kind == "error" and "there is no form 'marks'" in text and session[form_choice._DRAFT] == FORM
    shown = show(form_choice.choose_form, **{form_choice._NOTE: (kind, text)})
    assert "there is no form 'marks'" in shown.error[0].value


def test_a_form_that_is_not_saved_can_be_brought_back_when_another_is_begun(session):
    changed, new = FORM._replace(name="mine"), Template("New form", *page_size("A4"))
    form_choice._take(changed)
    form_choice._take(new)
    assert (session[form_choice._DRAFT], session[form_choice._BEFORE]) == (new, changed)
    shown = show(form_choice.choose_form, **session)
    shown.button(key="read-form-back").click().run()
    assert session[form_choice._DRAFT] == changed
    assert "read-form-back" not in [button.key for button in shown.button]  # what it took the place of is empty


def test_a_form_that_is_saved_needs_no_way_back(session):
    exact = FORM._replace(fields=tuple(FIELDS))  # its file rounds the places
    assert not form_choice.is_saved(exact)
    template_store.save(exact)
    form_choice._take(exact)
    form_choice._take(Template("New form", *page_size("A4")))
    assert session[form_choice._BEFORE] is None and form_choice.is_saved(exact)
    twins = (exact.fields[0], exact.fields[0])
    assert not form_choice.is_saved(exact._replace(fields=twins))  # it cannot be used


def test_the_editor_closes_once_pages_come_and_stays_open_while_they_are_there(session, monkeypatch):
    reruns = []
    monkeypatch.setattr(form_choice.st, "rerun", lambda: reruns.append(1))
    form_choice.open_form(FORM)
    opened = []
    for pages in ([], [("a.png", 9)], [("a.png", 9)], [("a.png", 9), ("b.png", 9)]):
        key = form_choice.prepare_editor(FORM)
        opened.append(session[key])
        session[key] = True  # a person opens it again
        form_choice.note_pages(pages)
    assert len(reruns) == 2 and opened == [True, True, False, True]
    assert not session[form_choice.prepare_editor(FORM)]


def test_fields_that_are_added_keep_their_names_apart(session):
    form_choice.open_form(FORM)
    form_choice.add_fields(FORM, FORM.fields[:1])
    names = [field.name for field in session[form_choice._DRAFT].fields]
    assert names[:3] == [field.name for field in FORM.fields] and len(set(names)) == 4


def upload(name: str, data: bytes) -> SimpleNamespace:
    return SimpleNamespace(name=name, file_id=f"id of {name}", getvalue=lambda: data)


def uploading(monkeypatch, way: str, file: object, **session):
    monkeypatch.setattr(form_choice.st, "file_uploader", lambda *_, **__: file)
    return show(form_choice.choose_form, **{"read-form-way": way}, **session)


def test_the_file_of_a_form_is_opened_and_another_is_refused(folders, monkeypatch):
    file = upload("form.json", templates.to_json(FORM).encode())
    opened = uploading(monkeypatch, form_choice.FILE, file)
    assert opened.session_state[form_choice._DRAFT] == FORM
    bad = uploading(monkeypatch, form_choice.FILE, upload("bad.json", b"{"))
    assert len(bad.error) == 1 and form_choice._DRAFT not in bad.session_state


def test_a_picture_that_cannot_be_read_is_named(folders, monkeypatch):
    shown = uploading(monkeypatch, form_choice.PICTURE, upload("form_1.png", b"x"))
    assert shown.error[0].value.startswith("form\\_1.png cannot be read: ") and not shown.button


@pytest.fixture
def blank_page(monkeypatch) -> bytes:
    """Paper without a frame; its corners are taken as they were found."""
    monkeypatch.setattr(form_choice, "corners_input", lambda key, gray, found: found)
    return png(np.full((300, 200), 240, np.uint8))


def test_a_page_without_a_frame_is_found_by_its_edges_and_can_be_found_anew(folders, monkeypatch, blank_page):
    file = upload("empty form.png", blank_page)
    shown = uploading(monkeypatch, form_choice.PICTURE, file)
    assert shown.segmented_control(key=f"read-form-anchor-{file.file_id}").value == "page"
    shown.segmented_control(key=f"read-form-anchor-{file.file_id}").set_value("frame").run()
    assert "No frame with four corners was found" in shown.warning[0].value
    shown = uploading(monkeypatch, form_choice.PICTURE, file, **{form_choice._USED: file.file_id})
    assert [button.key for button in shown.button] == ["read-form-again"]
    shown.button(key="read-form-again").click().run()
    assert form_choice._USED not in shown.session_state
    assert "read-form-use" in [button.key for button in shown.button]


CORNERS = np.array([(0, 0), (200, 0), (200, 283), (0, 283)], float)


@pytest.mark.parametrize(("name", "expected"), [("Marks 7.png", "Marks 7"), (".png", ".png"), ("x" * 400, None)])
def test_the_paper_between_the_corners_becomes_a_form_of_its_shape(name, expected, session):
    gray = np.full((300, 220), 240, np.uint8)
    form_choice._use_picture(gray, CORNERS, "page", upload(name, b""))
    form = session[form_choice._DRAFT]
    assert form.name == (expected or "x" * templates.MAX_NAME) and form.anchor == "page"
    assert form.height == pytest.approx(297) and form.width == pytest.approx(297 * 200 / 283)
    assert form.picture.startswith(b"\xff\xd8") and session[form_choice._USED] == f"id of {name}"


@pytest.mark.parametrize("corners", [CORNERS * 0, CORNERS * (1, 0.02)])
def test_corners_that_span_no_paper_make_no_form(corners, session):
    form_choice._use_picture(np.full((300, 220), 240, np.uint8), corners, "page", upload("a.png", b""))
    assert session[form_choice._NOTE][0] == "error" and form_choice._DRAFT not in session
