"""Grids of boxes on the Read page: the page put straight, what stands in each cell, and the cells to look at."""

from __future__ import annotations

import functools
import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitrec.charts import style
from digitrec.forms import MAX_CELLS, Cell, GridReader, GridReading, read_grids
from digitrec.imaging import data_uri
from digitrec.inference import ReadError
from digitrec.reporting import format_probability, grid_records
from digitrec.runs import Run
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown, figure_html
from digitrec.ui.read.pictures import NamedPicture, read_all

PER_PAGE = 4  # pages of paper on one page of the list
PAGE_SIDE = 900  # pixels of a page in which answers can be read
SEEN_SIDE = 600  # pixels on the screen
SIZE = ("read-rows", "read-columns")  # keys of the two numbers
EMPTY, NOTES = "empty", "notes"  # answers of a cell without a digit
LEGEND = "Blue: read, sure. Orange box: look at it. Green: corrected. *: notes, small digits. No mark: empty."
_CORRECTIONS = "read-corrections"  # in the session: page -> row and column -> answer
_START = "read-corrections-start"  # as they were when the table of a page appeared


def size_input() -> tuple[int, int] | None:
    """How many rows and columns the grid has; None where they are to be found."""
    with st.container(horizontal=True):
        counts = [
            st.number_input(
                label, 1, MAX_CELLS, None, key=key, width=130, placeholder="found", persist_state="session"
            )
            for label, key in zip(("Rows", "Columns"), SIZE, strict=True)
        ]
    rows, columns = counts
    if rows is not None and columns is not None:
        return rows, columns
    if rows is not None or columns is not None:
        st.caption("Both are found by the lines, as one of them is missing.")
    return None


def read_pages(
    pictures: list[NamedPicture], run: Run, size: tuple[int, int] | None
) -> list[GridReading | ReadError]:
    """What stands in the grid of each picture, or why it cannot be read.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    return read_all(
        pictures, run, f"grid {size}", lambda model, loads: read_grids(loads, GridReader(model, run), size)
    )


def show_pages(
    pictures: Sequence[NamedPicture],
    answers: Sequence[GridReading | ReadError],
    run: Run,
    size: tuple[int, int] | None,
) -> None:
    """Show each page with its cells, those to look at in a table that can be corrected, and offer all as files."""
    keys = [f"{run.name} {size} {picture.sha256}" for picture in pictures]
    summary, files = st.empty(), st.container()
    count = math.ceil(len(pictures) / PER_PAGE)
    number = st.pagination(count, key="read-grid-page") if count > 1 else 1
    for at in range((number - 1) * PER_PAGE, min(number * PER_PAGE, len(pictures))):
        name, answer = pictures[at].name, answers[at]
        st.subheader(escape_markdown(name), anchor=False)
        if isinstance(answer, GridReading):
            _show_page(name, answer, run.class_names, keys[at])
        else:
            st.error(escape_markdown(f"{name} cannot be read: {answer}"), icon=":material/warning:")
    read = [
        (picture.name, answer, corrections_of(key))
        for picture, answer, key in zip(pictures, answers, keys, strict=True)
        if isinstance(answer, GridReading)
    ]
    summary.markdown(f"**{describe_counts(read, len(pictures))}**")
    if read:
        st.caption(LEGEND)
        with files:
            _offer_files(read)


def corrections_of(key: str) -> dict[tuple[int, int], str]:
    """What a person has corrected on a page: row and column of a cell -> its answer."""
    return dict(st.session_state.setdefault(_CORRECTIONS, {}).get(key, {}))


def describe_counts(read: Sequence[tuple[str, GridReading, grid_records.Corrections]], total: int) -> str:
    """How many pages were read, and the states of their cells."""
    states = [
        grid_records.CORRECTED if (cell.row, cell.column) in corrections else cell.state
        for _, reading, corrections in read
        for cell in reading.cells
    ]
    said = [
        f"{states.count('sure'):,} sure",
        f"{states.count('empty'):,} empty",
        f"{states.count('look'):,} to look at",
    ]
    if grid_records.CORRECTED in states:
        said.append(f"{states.count(grid_records.CORRECTED):,} corrected")
    pages = "1 page" if total == 1 else f"{total:,} pages"
    return f"{len(read):,} of {pages} read, {len(states):,} cells: {', '.join(said)}."


def mark_page(reading: GridReading, corrections: grid_records.Corrections) -> NDArray[np.uint8]:
    """A page with the answer in the corner of each cell, and a box around each to look at; uint8 (h, w, 3)."""
    scale = PAGE_SIDE / max(reading.page.shape)
    size = tuple(round(side * scale) for side in reading.page.shape[::-1])
    picture = Image.fromarray(reading.page).resize((size[0], size[1]), Image.Resampling.BICUBIC).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for cell in reading.cells:
        left, top, right, bottom = (value * scale for value in cell.box)
        unit = min(right - left, bottom - top)
        place = cell.row, cell.column
        text = corrections.get(place, "*" if cell.kind == "notes" else cell.answer)
        is_doubtful = cell.state == "look" and place not in corrections
        colour = style.ORANGE if is_doubtful else style.GREEN if place in corrections else style.BLUE
        if is_doubtful:
            inset = 0.07 * unit
            pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), outline=colour, width=3)
        font = ImageFont.load_default(max(10, 0.36 * unit))
        at = right - 0.08 * unit, bottom - 0.06 * unit
        pen.text(at, text, fill=colour, font=font, stroke_width=2, stroke_fill="white", anchor="rs")
    return np.asarray(picture)


def _show_page(name: str, reading: GridReading, class_names: Sequence[str], key: str) -> None:
    if reading.turns:
        st.info("The page lay on its side or upside down: it was turned.", icon=":material/rotate_right:")
    left, right = st.columns(2, gap="large")
    with right:
        _correct(reading, class_names, key)
    with left:
        marked = mark_page(reading, corrections_of(key))
        alt = f"{name}, put straight, with what was read in each cell"
        st.html(f'<div class="number-picture">{figure_html(marked, "", html.escape(alt), SEEN_SIDE)}</div>')


def _correct(reading: GridReading, class_names: Sequence[str], key: str) -> None:
    """A table of the cells to look at, or of all of them, whose answers can be changed."""
    seen = st.toggle("All cells", key=f"read-all {key}")
    cells = [cell for cell in reading.cells if seen or cell.state == "look"]
    if not cells:
        st.success("No cell of this page has to be looked at.", icon=":material/check:")
        return
    cells.sort(key=lambda cell: (cell.state != "look", cell.confidence))
    table = f"read-table {seen} {key}"
    starts = st.session_state.setdefault(_START, {})
    if table not in st.session_state:  # the table appears: what it changes is counted from here
        starts[table] = corrections_of(key)
    before = [starts[table].get((cell.row, cell.column), answer_of(cell)) for cell in cells]
    shown = {
        "cell": [data_uri(_crop(reading, cell)) for cell in cells],
        "place": [f"{cell.row + 1}, {cell.column + 1}" for cell in cells],
        "answer": before,
        "sure": [format_probability(cell.confidence) if cell.kind == "digit" else "" for cell in cells],
        "why": [cell.why for cell in cells],
    }
    edited: Any = st.data_editor(
        shown,
        key=table,
        hide_index=True,
        disabled=[name for name in shown if name != "answer"],
        column_config={
            "cell": st.column_config.ImageColumn("Cell", width=60),
            "place": st.column_config.TextColumn("Row, column", width=90),
            "answer": st.column_config.SelectboxColumn(
                "Answer", options=[*class_names, EMPTY, NOTES], required=True, width=85
            ),
            "sure": st.column_config.TextColumn("Confidence", width=85),
            "why": st.column_config.TextColumn("Why"),
        },
        row_height=56,
    )
    st.caption("Change an answer where it is wrong. The files have what you correct.")
    corrections = corrections_of(key)
    for cell, answer, start in zip(cells, edited["answer"], before, strict=True):
        if answer != start or (cell.row, cell.column) in starts[table]:
            corrections[cell.row, cell.column] = "" if answer == EMPTY else answer
    st.session_state[_CORRECTIONS][key] = corrections


def answer_of(cell: Cell) -> str:
    """The answer of a cell in a word."""
    return cell.answer or (NOTES if cell.kind == "notes" else EMPTY)


def _crop(reading: GridReading, cell: Cell) -> NDArray[np.uint8]:
    left, top, right, bottom = cell.box
    return reading.page[top:bottom, left:right]


def _offer_files(read: Sequence[tuple[str, GridReading, grid_records.Corrections]]) -> None:
    json_icon, csv_icon = {"icon": ":material/data_object:"}, {"icon": ":material/table:"}
    csv = downloads.File(
        "Download CSV", "cells.csv", "text/csv", lambda: grid_records.to_csv(read), "read-grid-csv", csv_icon
    )
    make_json = functools.partial(grid_records.to_json, read)
    json = downloads.File(
        "Download JSON", "cells.json", "application/json", make_json, "read-grid-json", json_icon
    )
    downloads.offer([csv, json], horizontal=True, gap="small")
