"""Pages of a form on the Read page: each put straight, with what stands in its fields."""

from __future__ import annotations

import functools
import hashlib
import html
import json
from collections.abc import Iterator, Sequence

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from digitrec.charts import style
from digitrec.forms import (
    FieldReading,
    PageReading,
    Template,
    TemplateError,
    TemplateReader,
    read_each,
    templates,
)
from digitrec.imaging import InkError, data_uri
from digitrec.inference import Classifier, ReadError
from digitrec.reporting import form_records, format_count, format_probability
from digitrec.runs import Run
from digitrec.stacks import Way
from digitrec.ui.components.digits import escape_markdown, figure_html
from digitrec.ui.read import form_choice, form_editor, stacks
from digitrec.ui.read.corners import describe_moved, load_with_corners, offer_corners
from digitrec.ui.read.pictures import NamedPicture, leave_out_repeats, picture_input, read_all
from digitrec.ui.read.results import offer_files, show_each

PER_PAGE = 4  # pages of paper on one page of the list
PAGE_SIDE = 1300  # pixels of a page in which answers can be read
SEEN_SIDE = 640  # pixels on the screen
LEGEND = "Blue: read, sure. Orange: look at it. No mark: empty."


def show_forms(run: Run) -> None:
    """Choose or make a form, and read its pages.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    template = form_choice.choose_form()
    if template is None:
        st.caption("Open or begin a form. Its fields and what is read appear here.")
        return
    template = form_editor.show_form(template)
    try:
        templates.check(template)
    except TemplateError:  # said above
        return
    if not template.read_fields:
        st.caption("Give the form a field: then its filled pages can be read.")
        return
    pictures = picture_input(has_example=False)
    form_choice.note_pages([(picture.name, len(picture.data)) for picture in pictures])
    if not pictures:
        st.caption("Upload filled pages. What is read appears here, beside each page.")
        return
    way = Way("template", None, json.loads(templates.to_json(template)))
    try:
        stacks.make_if_many(pictures, run, way)
        pictures = leave_out_repeats(pictures)
        answers = read_pages(pictures, run, template)
        show_pages(pictures, answers, template.width / template.height)
        stacks.offer_check(pictures, answers, run, way)
    except TemplateError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")


def read_pages(pictures: list[NamedPicture], run: Run, template: Template) -> list[PageReading | ReadError]:
    """What stands in the fields of each page, or why it cannot be read.

    Raises:
        ClassifierError: the run's network cannot be loaded.
        TemplateError: the form cannot be used.
    """
    digest = hashlib.sha256(templates.to_json(template).encode()).hexdigest()

    def read(model: Classifier, pages: list[NamedPicture]) -> Iterator[PageReading | ReadError]:
        reader = TemplateReader(model, run, template)
        loads = [functools.partial(load_with_corners, page) for page in pages]
        return read_each(loads, lambda loaded: reader.read(*loaded))

    return read_all(pictures, run, lambda page: f"form {digest} {describe_moved(page)}", read)


def show_pages(pictures: Sequence[NamedPicture], answers: Sequence[PageReading | ReadError], ratio: float) -> None:
    """Show each page with its fields, and offer all as files; `ratio` is of a page's width to its height."""
    read = [
        (picture.name, answer)
        for picture, answer in zip(pictures, answers, strict=True)
        if isinstance(answer, PageReading)
    ]
    st.markdown(f"**{describe_counts([reading for _, reading in read], len(pictures))}**")
    if read:
        offer_files("fields", lambda: form_records.to_csv(read), lambda: form_records.to_json(read))
    for picture, answer in show_each(pictures, answers, "read-form-page", PER_PAGE):
        if isinstance(answer, PageReading):
            _show_page(picture.name, answer)
        if isinstance(answer, PageReading | InkError):
            offer_corners(picture, answer.corners if isinstance(answer, PageReading) else None, ratio)
    if read:
        st.caption(LEGEND)


def describe_counts(readings: Sequence[PageReading], total: int) -> str:
    """How many pages were read, and the states of their fields."""
    states: list[str] = [field.state for reading in readings for field in reading.fields]
    said = [f"{states.count(state):,} {words}" for state, words in _STATES]
    pages, fields = format_count(total, "page"), format_count(len(states), "field")
    return f"{len(readings):,} of {pages} read, {fields}: {', '.join(said)}."


_STATES = (("sure", "sure"), ("empty", "empty"), ("look", "to look at"))


def _show_page(name: str, reading: PageReading) -> None:
    if reading.turns:
        st.info("The page lay on its side or upside down: it was turned.", icon=":material/rotate_right:")
    left, right = st.columns(2, gap="large")
    with left:
        alt = html.escape(f"{name}, put straight, with what was read in each field")
        st.html(f'<div class="number-picture">{figure_html(mark_page(reading), "", alt, SEEN_SIDE)}</div>')
    fields = sorted(reading.fields, key=lambda field: (field.state != "look", field.state == "empty"))
    with right:
        st.dataframe(
            {
                "crop": [data_uri(_crop(reading, field)) for field in fields],
                "name": [field.name for field in fields],
                "text": [field.text or field.kind for field in fields],
                "state": [dict(_STATES)[field.state] for field in fields],
                "confidence": [format_probability(field.confidence) if field.text else "" for field in fields],
                "why": [field.why for field in fields],
            },
            hide_index=True,
            row_height=44,
            height=min(620, 44 * len(fields) + 40),
            column_config={
                "crop": st.column_config.ImageColumn("Seen", width=80),
                "name": st.column_config.TextColumn("Field"),
                "text": st.column_config.TextColumn("Read", width=80),
                "state": st.column_config.TextColumn("State", width=80),
                "confidence": st.column_config.TextColumn("Confidence", width=85),
                "why": st.column_config.TextColumn("Why"),
            },
        )


def mark_page(reading: PageReading) -> np.ndarray:
    """A page with the text at each field, and a box around each to look at; uint8 (height, width, 3)."""
    scale = PAGE_SIDE / max(reading.page.shape)
    size = round(reading.page.shape[1] * scale), round(reading.page.shape[0] * scale)
    picture = Image.fromarray(reading.page).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for field in reading.fields:
        left, top, right, bottom = (value * scale for value in field.box)
        unit = min(right - left, bottom - top)
        colour = style.BLUE if field.sure else style.ORANGE
        if not field.sure:
            pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=colour, width=3)
        text = field.text or ("" if field.kind == "empty" else "*")
        font = ImageFont.load_default(min(34, max(11, 0.5 * unit)))
        pen.text(
            (right + 1, bottom + 1), text, fill=colour, font=font, stroke_width=2, stroke_fill="white", anchor="rs"
        )
    return np.asarray(picture)


def _crop(reading: PageReading, field: FieldReading) -> np.ndarray:
    left, top, right, bottom = field.box
    part = reading.page[max(0, top) : bottom, max(0, left) : right]
    return part if part.size else np.full((4, 4), 255, np.uint8)
