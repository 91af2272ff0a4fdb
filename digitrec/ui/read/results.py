"""What the pictures on the Read page say: each with its boxes, its numbers, and the files to download."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import streamlit as st

from digitrec.forms import PictureReading, number_words
from digitrec.imaging import InkError
from digitrec.inference import ReadError
from digitrec.reporting import format_count, number_records
from digitrec.ui import pickers
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown, figure_html
from digitrec.ui.components.numbers import mark_picture, number_html
from digitrec.ui.read.pictures import Answer, NamedPicture

T = TypeVar("T")
PER_PAGE = 8  # pictures
PICTURE_SIDE = 1040  # pixels of a marked picture: two for each on the screen
SEEN_SIDE = 520  # pixels on the screen
MAX_SHOWN = 40  # numbers of one picture in large type; the files have all
LEGEND = (
    "Blue box: sure. Orange box: not sure. Red line: a cut between touching digits. Grey box: not read as a digit."
)


def show_results(pictures: Sequence[NamedPicture], answers: Sequence[Answer]) -> None:
    """Show what was read of each picture, some on a page, and offer all of it as files."""
    read = [
        (picture.name, answer)
        for picture, answer in zip(pictures, answers, strict=True)
        if isinstance(answer, PictureReading)
    ]
    st.markdown(f"**{escape_markdown(describe_counts(read, len(pictures)))}**")
    if read:
        offer_files("numbers", lambda: number_records.to_csv(read), lambda: number_records.to_json(read))
    for picture, answer in show_each(pictures, answers, "read-page", PER_PAGE):
        if isinstance(answer, PictureReading):
            _show_reading(picture.name, answer)
    if read:
        st.caption(LEGEND)
    if any(isinstance(answer, InkError) for answer in answers):
        pickers.page_link("draw", "A picture of one digit alone? Draw reads it.", icon=":material/draw:")


def show_each(
    pictures: Sequence[NamedPicture], answers: Sequence[T | ReadError], key: str, per_page: int
) -> Iterator[tuple[NamedPicture, T | ReadError]]:
    """Go through one page of a list of pictures: show the name of each, and why it cannot be read.

    Args:
        pictures: n pictures.
        answers: n readings, or why there is none.
        key: of the control that turns the pages.
        per_page: pictures on a page of the list.

    Yields:
        Each picture and its answer, so that more of it is shown then.
    """
    count = math.ceil(len(pictures) / per_page)
    number = st.pagination(count, key=key) if count > 1 else 1
    for at in range((number - 1) * per_page, min(number * per_page, len(pictures))):
        picture, answer = pictures[at], answers[at]
        st.subheader(escape_markdown(picture.name), anchor=False)
        if isinstance(answer, Exception):
            st.error(escape_markdown(f"{picture.name} cannot be read: {answer}"), icon=":material/warning:")
        yield picture, answer


def describe_counts(read: Sequence[tuple[str, PictureReading]], total: int) -> str:
    """How many pictures and numbers were read, and how many of these are sure."""
    numbers = [number for _, reading in read for number in reading.numbers]
    sure = sum(number.sure for number in numbers)
    pictures = f"{len(read):,} of {format_count(total, 'picture')} read"
    return f"{pictures}: {format_count(len(numbers), 'number')}, {sure:,} sure."


def _show_reading(name: str, reading: PictureReading) -> None:
    """One picture with its boxes, and beside it each number."""
    left, right = st.columns(2, gap="large")
    texts = [number_html(number) for number in reading.numbers[:MAX_SHOWN]]
    more = len(reading.numbers) - len(texts)
    if more:
        what = f"{more:,} more {'number is' if more == 1 else 'numbers are'}"
        texts.append(f"<p>{what} in the files to download.</p>")
    with left:
        if reading.upside_down:
            st.warning(number_words.UPSIDE_DOWN, icon=":material/warning:")
        marked = mark_picture(reading.gray, reading.numbers, PICTURE_SIDE)
        alt = f"{name} with a box around each digit: {reading.text}"
        st.html(f'<div class="number-picture">{figure_html(marked, "", html.escape(alt), SEEN_SIDE)}</div>')
    with right:
        st.html(f'<div class="number-list">{"".join(texts)}</div>')


def offer_files(stem: str, make_csv: Callable[[], str], make_json: Callable[[], str]) -> None:
    """Offer what was read as a CSV and as JSON; `stem` begins their names."""
    files = [
        downloads.File(
            f"Download {kind}", f"{stem}.{kind.lower()}", mime, make, f"read-{stem}-{kind.lower()}", icon
        )
        for kind, mime, make, icon in (
            ("CSV", "text/csv", make_csv, {"icon": ":material/table:"}),
            ("JSON", "application/json", make_json, {"icon": ":material/data_object:"}),
        )
    ]
    downloads.offer(files, horizontal=True, gap="small")
