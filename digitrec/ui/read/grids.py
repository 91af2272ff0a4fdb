"""Grids of boxes on the Read page: the page put straight, what stands in each cell, and the cells to look at."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitrec.charts import style
from digitrec.forms import MAX_CELLS, Cell, GridReader, GridReading, corrections, read_each
from digitrec.imaging import InkError, data_uri
from digitrec.inference import Classifier, ReadError
from digitrec.reporting import format_count, format_probability, grid_records
from digitrec.runs import Run
from digitrec.ui.components.digits import figure_html
from digitrec.ui.read.corners import describe_moved, load_with_corners, offer_corners
from digitrec.ui.read.pictures import NamedPicture, read_all
from digitrec.ui.read.results import offer_files, show_each

PER_PAGE = 4  # pages of paper on one page of the list
PAGE_SIDE = 900  # pixels of a page in which answers can be read
SEEN_SIDE = 600  # pixels on the screen
SIZE = ("read-rows", "read-columns")  # keys of the two numbers
EMPTY, NOTES = "empty", "notes"  # answers of a cell without a digit
LEGEND = "Blue: read, sure. Orange box: look at it. Green: checked. *: notes, small digits. No mark: empty."
_TOUCHED = (
    "read-touched"  # in the session: the rows of a table that were edited, also those that were changed back
)
_START = "read-corrections-start"  # in the session: corrections as they were when the table of a page appeared


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

    def read(model: Classifier, pages: list[NamedPicture]) -> Iterator[GridReading | ReadError]:
        reader = GridReader(model, run)
        loads = [functools.partial(load_with_corners, page) for page in pages]
        return read_each(loads, lambda loaded: reader.read(loaded[0], size, loaded[1]))

    return read_all(pictures, run, lambda page: f"grid {size} {describe_moved(page)}", read)


def show_pages(
    pictures: Sequence[NamedPicture],
    answers: Sequence[GridReading | ReadError],
    run: Run,
    size: tuple[int, int] | None,
) -> None:
    """Show each page with its cells, those to look at in a table that can be corrected, and offer all as files."""
    summary, files = st.empty(), st.container()
    for picture, answer in show_each(pictures, answers, "read-grid-page", PER_PAGE):
        if isinstance(answer, GridReading):
            _show_page(picture.name, answer, run, _page_key(picture, answer))
            if size is None and describe_moved(picture):
                rows, columns = format_count(answer.rows, "row"), format_count(answer.columns, "column")
                st.caption(
                    f"With the corners where you moved them, lines show {rows} and {columns}. If there are more "
                    "or fewer, say how many above, or move the corners again."
                )
        if isinstance(answer, GridReading | InkError):
            offer_corners(picture, answer.corners if isinstance(answer, GridReading) else None)
    read = [
        (picture.name, answer, corrections.load(_page_key(picture, answer)))
        for picture, answer in zip(pictures, answers, strict=True)
        if isinstance(answer, GridReading)
    ]
    summary.markdown(f"**{describe_counts(read, len(pictures))}**")
    if read:
        st.caption(LEGEND)
        with files:
            offer_files("cells", lambda: grid_records.to_csv(read), lambda: grid_records.to_json(read))


def _page_key(picture: NamedPicture, reading: GridReading) -> corrections.PageKey:
    return corrections.PageKey(picture.sha256, reading.rows, reading.columns)


def describe_counts(read: Sequence[tuple[str, GridReading, grid_records.Corrections]], total: int) -> str:
    """How many pages were read, and the states of their cells."""
    states = [grid_records.final_state(cell, said) for _, reading, said in read for cell in reading.cells]
    said = [
        f"{states.count('sure'):,} sure",
        f"{states.count('empty'):,} empty",
        f"{states.count('look'):,} to look at",
    ]
    said += [
        f"{states.count(state):,} {state}"
        for state in (grid_records.CHECKED, grid_records.CORRECTED)
        if state in states
    ]
    pages, cells = format_count(total, "page"), format_count(len(states), "cell")
    return f"{len(read):,} of {pages} read, {cells}: {', '.join(said)}."


def mark_page(reading: GridReading, said: grid_records.Corrections) -> NDArray[np.uint8]:
    """A page with the answer in the corner of each cell, and a box around each to look at; uint8 (h, w, 3)."""
    scale = PAGE_SIDE / max(reading.page.shape)
    size = tuple(round(side * scale) for side in reading.page.shape[::-1])
    picture = Image.fromarray(reading.page).resize((size[0], size[1]), Image.Resampling.BICUBIC).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for cell in reading.cells:
        left, top, right, bottom = (value * scale for value in cell.box)
        unit = min(right - left, bottom - top)
        text = said.get((cell.row, cell.column), "*" if cell.kind == "notes" else cell.answer)
        is_doubtful = grid_records.final_state(cell, said) == "look"
        colour = style.ORANGE if is_doubtful else style.GREEN if (cell.row, cell.column) in said else style.BLUE
        if is_doubtful:
            inset = 0.07 * unit
            pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), outline=colour, width=3)
        font = ImageFont.load_default(max(10, 0.36 * unit))
        at = right - 0.08 * unit, bottom - 0.06 * unit
        pen.text(at, text, fill=colour, font=font, stroke_width=2, stroke_fill="white", anchor="rs")
    return np.asarray(picture)


def _show_page(name: str, reading: GridReading, run: Run, key: corrections.PageKey) -> None:
    if reading.turns:
        st.info("The page lay on its side or upside down: it was turned.", icon=":material/rotate_right:")
    left, right = st.columns(2, gap="large")
    with right:
        _correct(reading, run, key)
    with left:
        marked = mark_page(reading, corrections.load(key))
        alt = f"{name}, put straight, with what was read in each cell"
        st.html(f'<div class="number-picture">{figure_html(marked, "", html.escape(alt), SEEN_SIDE)}</div>')


def _correct(reading: GridReading, run: Run, key: corrections.PageKey) -> None:
    """A table of the cells to look at, or of all of them, which are confirmed or changed; kept at each change."""
    seen = st.toggle("All cells", key=f"read-all {key}")
    cells = [cell for cell in reading.cells if seen or cell.state == "look"]
    if not cells:
        st.success("No cell of this page has to be looked at.", icon=":material/check:")
        return
    cells.sort(key=lambda cell: (cell.state != "look", cell.confidence))
    table = f"read-table {seen} {run.name} {key}"
    starts = st.session_state.setdefault(_START, {})
    if table not in st.session_state:  # the table appears: what it changes is counted from here
        starts[table] = corrections.load(key)
        st.session_state.get(_TOUCHED, {}).pop(table, None)
    start: dict[tuple[int, int], str] = starts[table]
    edited: Any = st.data_editor(
        {
            "cell": [data_uri(_crop(reading, cell)) for cell in cells],
            "place": [f"{cell.row + 1}, {cell.column + 1}" for cell in cells],
            "answer": [_in_words(start.get((cell.row, cell.column)), cell) for cell in cells],
            "checked": [(cell.row, cell.column) in start for cell in cells],
            "why": [_doubt_in_words(cell) for cell in cells],
        },
        key=table,
        hide_index=True,
        disabled=["cell", "place", "why"],
        column_config={
            "cell": st.column_config.ImageColumn("Cell", width=60),
            "place": st.column_config.TextColumn("Row, column", width=90),
            "answer": st.column_config.SelectboxColumn(
                "Answer", options=[*run.class_names, EMPTY, NOTES], required=True, width=80
            ),
            "checked": st.column_config.CheckboxColumn("Checked", width=95),
            "why": st.column_config.TextColumn("Why"),
        },
        row_height=56,
    )
    st.caption("Change an answer where it is wrong, or tick it where it is right. Each change is kept.")
    # Only what was edited here counts: another browser may have said something of the other cells.
    touched = st.session_state.setdefault(_TOUCHED, {}).setdefault(table, set())
    touched.update(int(row) for row in st.session_state[table]["edited_rows"])
    _keep(key, {cells[row]: (edited["answer"][row], edited["checked"][row]) for row in touched})


def _keep(key: corrections.PageKey, edits: Mapping[Cell, tuple[str, bool]]) -> None:
    """Keep what a person said of some cells, an answer and whether it was checked, where it is not kept yet."""
    kept = corrections.load(key)
    changes: dict[tuple[int, int], str | None] = {}
    for cell, (answer, is_checked) in edits.items():
        said = _given(answer) if is_checked or answer != answer_of(cell) else None
        if said != kept.get((cell.row, cell.column)):
            changes[cell.row, cell.column] = said
    if changes:
        try:
            corrections.change(key, changes)
        except OSError as error:
            st.error(
                f"The corrections cannot be kept: {error.strerror}. Download the files, and make room on the disk."
            )


def _given(answer: str) -> str:
    """An answer of the table as it is kept."""
    return "" if answer in (EMPTY, NOTES) else answer


def _in_words(said: str | None, cell: Cell) -> str:
    """What a person said of a cell, or else its answer, as the table shows it."""
    if said is None or said == cell.answer:
        return answer_of(cell)
    return said or EMPTY


def _doubt_in_words(cell: Cell) -> str:
    confidence = f"{format_probability(cell.confidence)}. " if cell.kind == "digit" else ""
    return confidence + cell.why


def answer_of(cell: Cell) -> str:
    """The answer of a cell in a word."""
    return cell.answer or (NOTES if cell.kind == "notes" else EMPTY)


def _crop(reading: GridReading, cell: Cell) -> NDArray[np.uint8]:
    left, top, right, bottom = cell.box
    return reading.page[top:bottom, left:right]
