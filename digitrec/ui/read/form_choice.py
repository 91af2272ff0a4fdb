"""Which form is read on the Read page, and what of it is in the session."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.forms import (
    PAPERS,
    Field,
    Template,
    TemplateError,
    find_corners,
    find_sheet,
    page_size,
    straighten,
    template_store,
    templates,
)
from digitrec.imaging import Floats, Gray, InkError, PictureError, read_page
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.read.corners import corners_input

SAVED, NEW, PICTURE, FILE = "A saved form", "A new form to print", "A form from a picture", "A form from a file"
PICTURE_SIDE = 1400  # pixels of the empty form's longer side that are kept
_DRAFT, _START, _VERSION, _NOTE = ("read-form-draft", "read-form-start", "read-form-version", "read-form-note")
_SAID = "read-form-said"  # in the session: what came of saving or deleting, and the form as it was then
_USED = "read-form-used"  # in the session: the upload whose corners were taken
_BEFORE = "read-form-before"  # in the session: the form that another one took the place of, where it is not saved
# In the session: the pages that were there, and whether the editor is to close.
_PAGES, _CLOSES = "read-form-pages", "read-form-closes"
_SHEET_MM = 297.0  # of the longer side of a form that was never measured


def choose_form() -> Template | None:
    """Let a person choose or begin a form; the one that is open."""
    saved = template_store.list_names()
    options = [*([SAVED] if saved else []), NEW, PICTURE, FILE]
    way = st.segmented_control(
        "Form", options, default=options[0], required=True, key="read-form-way", persist_state="session"
    )
    if way == SAVED:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Saved forms", saved, key="read-form-saved", width=300)
            st.button(
                "Open the form",
                on_click=_open_saved,
                args=(name,),
                icon=":material/folder_open:",
                key="read-form-open",
            )
    elif way == NEW:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            paper = st.selectbox("Paper", list(PAPERS), key="read-form-paper", width=120)
            blank = Template("New form", *page_size(paper))
            st.button("Begin", on_click=_take, args=(blank,), icon=":material/add:", key="read-form-begin")
    elif way == PICTURE:
        _begin_from_picture()
    else:
        _open_file()
    if note := st.session_state.pop(_NOTE, None):
        (st.error if note[0] == "error" else st.success)(escape_markdown(note[1]))
    draft: Template | None = st.session_state.get(_DRAFT)
    if before := st.session_state.get(_BEFORE):
        st.button(
            f"Bring back {escape_markdown(before.name)}",
            on_click=_take,
            args=(before,),
            icon=":material/undo:",
            help="It was open before this one, and is not saved.",
            key="read-form-back",
        )
    typed = str(st.session_state.get(versioned("name"), "")).strip()
    return draft._replace(name=typed) if draft and typed else draft


def _take(template: Template) -> None:
    """Open another form; the one that was open can be brought back, unless it is empty or saved. For callbacks."""
    before: Template | None = st.session_state.get(_DRAFT)
    if before is not None and not (before.fields and before != template and not is_saved(before)):
        before = None
    st.session_state[_BEFORE] = before
    open_form(template)


def is_saved(template: Template) -> bool:
    """Whether a form is saved as it is, and can be used."""
    try:
        text = templates.to_json(templates.check(template))  # a file rounds the places
        names = template_store.list_names()
        return template.name in names and templates.to_json(template_store.load(template.name)) == text
    except TemplateError:
        return False


def open_form(template: Template) -> None:
    """Make a form the one that is read and changed."""
    st.session_state[_DRAFT] = st.session_state[_START] = template
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def start() -> Template:
    """The form as it was when its name and table appeared: begun, or seen again after another page."""
    if versioned("fields") not in st.session_state:
        st.session_state[_START] = st.session_state[_DRAFT]
    form: Template = st.session_state[_START]
    return form


def rest() -> None:
    """While no form is shown: its name and table are to appear anew later, as they are now."""
    if draft := st.session_state.get(_DRAFT):
        open_form(draft)


def note(template: Template) -> None:
    """Keep the name and the fields as they are now, so that another page of the dashboard loses nothing."""
    st.session_state[_DRAFT] = template


def add_fields(template: Template, new: Sequence[Field]) -> None:
    """Put fields behind those of the table; a name that is taken gets a number."""
    taken = {field.name for field in template.fields}
    fields = (*template.fields, *templates.rename_fields(new, taken.__contains__))
    open_form(template._replace(fields=fields))


def versioned(name: str) -> str:
    """The key of a widget that begins anew with each form that is opened."""
    return f"read-form-{name}-{st.session_state.get(_VERSION, 0)}"


def prepare_editor(template: Template) -> str:
    """The key of the editor of a form: whether it is open, at first while the form is not saved."""
    key = versioned("editor")
    st.session_state.setdefault(key, not is_saved(template))
    if st.session_state.pop(_CLOSES, False):
        st.session_state[key] = False
    return key


def note_pages(pages: Sequence[tuple[str, int]]) -> None:
    """Close the editor where pages were uploaded that were not there before.

    Args:
        pages: of each its name, and the bytes of its file.
    """
    before, st.session_state[_PAGES] = st.session_state.get(_PAGES), pages
    if pages and pages != before and st.session_state.get(versioned("editor")):
        st.session_state[_CLOSES] = True
        st.rerun()


def save(template: Template) -> None:
    """Save a form; `show_said` says so, or why not."""
    try:
        template_store.save(template)
        st.session_state[_SAID] = template, "success", f"Saved as {template.name}."
        st.session_state[versioned("editor")] = False  # it is done: its pages are next
    except (OSError, TemplateError) as error:
        text = error.strerror if isinstance(error, OSError) else str(error)
        st.session_state[_SAID] = template, "error", f"The form cannot be saved: {text}"


def delete(template: Template) -> None:
    """Delete a saved form; the open one stays open."""
    try:
        template_store.delete(template.name)
        st.session_state[_SAID] = template, "success", f"Deleted {template.name}. It is still open here."
    except OSError as error:
        st.session_state[_SAID] = template, "error", f"The form cannot be deleted: {error.strerror}"


def show_said(template: Template) -> None:
    """What came of saving or deleting this form, until it is changed."""
    form, kind, text = st.session_state.get(_SAID, (None, "", ""))
    if form == template:
        (st.error if kind == "error" else st.success)(escape_markdown(text))


def _open_saved(name: str) -> None:
    try:
        _take(template_store.load(name))
    except TemplateError as error:
        st.session_state[_NOTE] = "error", str(error)


def _open_file() -> None:
    file = st.file_uploader("The JSON of a form", type=["json"], max_upload_size=4, key="read-form-file")
    if file is None or st.session_state.get("read-form-file-opened") == file.file_id:
        return
    st.session_state["read-form-file-opened"] = file.file_id
    try:
        _take(templates.from_json(file.getvalue()))
        st.rerun()
    except TemplateError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")


def _begin_from_picture() -> None:
    """A picture or the first page of a PDF of the empty form, put straight by its corners."""
    file = st.file_uploader(
        "The empty form: a picture, or a PDF",
        type=["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "pdf"],
        max_upload_size=50,
        key="read-form-picture",
    )
    if file is None:
        return
    try:
        gray = read_page(file.getvalue())
    except PictureError as error:
        st.error(escape_markdown(f"{file.name} cannot be read: {error}"), icon=":material/warning:")
        return
    if st.session_state.get(_USED) == file.file_id:
        st.button(
            "Move the corners of the form", on_click=_forget_used, icon=":material/crop:", key="read-form-again"
        )
        return
    anchors = {"frame": "its outer frame of lines", "page": "the edges of the paper"}
    frame = _find_frame(gray)
    anchor: Any = st.segmented_control(
        "The page is found by",
        list(anchors),
        default="page" if frame is None else "frame",
        required=True,
        format_func=lambda each: anchors[each],
        key=f"read-form-anchor-{file.file_id}",
    )
    found = frame if anchor == "frame" else find_sheet(gray)
    if anchor == "frame" and frame is None:
        st.warning(
            "No frame with four corners was found: move the corners by hand, or choose the edges of the paper."
        )
    corners = corners_input(f"read-form-corners-{file.file_id}-{anchor}", gray, found)
    st.button(
        "Use these corners",
        on_click=_use_picture,
        args=(gray, corners, anchor, file),
        icon=":material/check:",
        type="primary",
        key="read-form-use",
    )


def _find_frame(gray: Gray) -> Floats | None:
    try:
        return find_corners(gray)
    except InkError:
        return None


def _forget_used() -> None:
    st.session_state.pop(_USED, None)


def _use_picture(gray: Gray, corners: Floats, anchor: Any, file: Any) -> None:
    sides = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    wide, high = float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2
    scale = PICTURE_SIDE / max(wide, high, 1.0)
    try:
        page = straighten(gray, corners, (max(1, round(wide * scale)), max(1, round(high * scale))))
        buffer = io.BytesIO()
        Image.fromarray(page).save(buffer, "JPEG", quality=80)
        unit = _SHEET_MM / max(wide, high)
        name = Path(file.name).stem[: templates.MAX_NAME] or "Form"
        form = Template(name, wide * unit, high * unit, (), anchor, buffer.getvalue())
        _take(templates.check(form))
        st.session_state[_USED] = file.file_id
    except (InkError, TemplateError) as error:
        st.session_state[_NOTE] = "error", str(error)
