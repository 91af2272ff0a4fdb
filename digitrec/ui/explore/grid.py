"""The Images section of Explore: all images in a grid, filtered and sorted, each of which opens its card."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec.data import Dataset, ImageMeasures
from digitrec.evaluation import ImageTable, image_queries
from digitrec.runs import Run
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.explore import address, card, columns, filters

Measured = dict[str, ImageMeasures]  # by split


class Size(NamedTuple):
    """A size of the thumbnails."""

    side: int  # pixels on the screen
    per_page: int  # images: whole rows of 12, 8, 6 and 4


SIZES = {"S": Size(44, 120), "M": Size(64, 48), "L": Size(112, 24)}
_SIZE, _JUMP, _MEASURE = "explore-size", "explore-jump", "explore-measuring"  # in the session
_PAGER, _PAGE_NUMBER = "explore-pager", "explore-page-number"
_LAST_SIZE, _LAST_JUMP = "explore-size-before", "explore-jump-before"
_MARKED = "explore-marked"  # the row that a jump led to


def view(dataset: Dataset) -> None:
    """The images, or the card of one of them."""
    measured = columns.find_measures(dataset)
    is_open = address.get_selection().image is not None
    if not is_open:
        filters.split_and_class(dataset)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with controls:
        run = filters.model_picker(dataset)
    table, unread = _make_table(dataset, run, measured)
    if is_open:
        card.view(dataset, image_queries.find_images(table, address.get_selection().query), run)
        return
    with controls:
        _more_controls(dataset, table)
    is_asked = filters.needs_measures(_query()) or st.session_state.get(_MEASURE) == dataset.name
    if measured is None and is_asked:
        columns.measure_in_background(dataset)
    _grid(dataset, table, _facts(dataset, run, unread))


def _facts(dataset: Dataset, run: Run | None, unread: list[str]) -> DeltaGenerator:
    """The place for the number of images; beside it, the button that lets the network read them."""
    row: dict[str, Any] = {"horizontal": True, "vertical_alignment": "center", "gap": "small"}
    with st.container(**row):
        facts = st.container(**row, width="content")
        is_asked = run is not None and bool(unread) and _offer_reading(dataset, run, unread)
    if run is not None and is_asked and columns.read_images(run, dataset, unread):
        st.rerun()
    return facts


def _query() -> image_queries.ImageQuery:
    return address.get_selection().query


def _make_table(dataset: Dataset, run: Run | None, measured: Measured | None) -> tuple[ImageTable, list[str]]:
    """The table, and the splits among those shown that the network has not read."""
    splits = [split for split in columns.count_images(dataset) if _query().split in (image_queries.ALL, split)]
    answers = columns.find_answers(run, dataset, splits) if run is not None else {}
    is_asked = _query().duplicates != image_queries.ALL or _query().sort == image_queries.GROUP
    table = columns.make_table(dataset, measured, answers, with_duplicates=is_asked)
    return table, [split for split in splits if split not in answers]


def _more_controls(dataset: Dataset, table: ImageTable) -> None:
    if table.predictions is not None:
        filters.outcome_picker()
    filters.order_picker(table)
    if filters.more_filters(dataset, table, is_measuring=st.session_state.get(_MEASURE) == dataset.name):
        st.session_state[_MEASURE] = dataset.name
        st.rerun()


def _offer_reading(dataset: Dataset, run: Run, unread: list[str]) -> bool:
    """A button that lets the network read what it has not read yet; returns whether it was pressed."""
    counts = columns.count_images(dataset)
    n = sum(counts[split] for split in unread)
    what = f"the {n:,} {columns.SPLIT_TITLES[unread[0]].lower()}" if len(unread) == 1 else f"all {n:,}"
    return st.button(
        f"Let {run.name} read {what} images",
        key="explore-read",
        icon=":material/play_arrow:",
        help="Then filter by right and wrong.",
    )


def _grid(dataset: Dataset, table: ImageTable, facts: DeltaGenerator) -> None:
    query, n = _query(), len(table.labels)
    rows = image_queries.find_images(table, query)
    size = SIZES[st.session_state.get(_SIZE) or "M"]
    if st.session_state.get(_LAST_SIZE, size) != size:
        st.session_state[address.PAGE] = 1
    st.session_state[_LAST_SIZE] = size
    pages = max(1, -(-len(rows) // size.per_page))
    problem = _jump(dataset, rows, size)
    with facts:
        st.markdown(filters.describe_count(len(rows), n, query, dataset.class_names), width="content")
        if filters.describe_query(query, dataset.class_names):
            st.button("Clear", key="explore-clear", icon=":material/close:", on_click=address.clear_filter)
    if problem:
        st.info(problem)
    if not len(rows):
        st.info("No image matches. Widen the filter, or clear it.")
        return
    page = _pager(dataset, pages)
    shown = rows[(page - 1) * size.per_page : page * size.per_page]
    marked = st.session_state.get(_MARKED)
    choices = [
        _choice(dataset, table, int(row), size, is_marked=(dataset.name, int(row)) == marked) for row in shown
    ]
    choice_gallery("explore-gallery", "Images", choices, lambda row: card.open_card(dataset, row), side=size.side)


def _pager(dataset: Dataset, pages: int) -> int:
    """The page, chosen by its number or by that of an image."""
    now = min(max(1, st.session_state.get(address.PAGE, 1)), pages)
    split = _jump_split(dataset)
    last, jump = columns.count_images(dataset)[split] - 1, f"{_JUMP}-{dataset.name}-{split}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if pages > 1:
            buttons, number = (_page_key(name, now, pages) for name in (_PAGER, _PAGE_NUMBER))
            st.pagination(pages, default=now, key=buttons, on_change=_turn, args=(buttons,))
            st.number_input("Page", 1, pages, now, key=number, on_change=_turn, args=(number,), width=110)
        st.number_input(
            f"Go to {columns.SPLIT_TITLES[split].lower()} image",
            0,
            last,
            None,
            key=jump,
            placeholder=f"0 to {last:,}",
            on_change=_request_jump,
            args=(jump, split),
            width=170,
        )
        st.segmented_control(
            "Size",
            list(SIZES),
            default="M",
            required=True,
            key=_SIZE,
            persist_state="session",
        )
    return now


def _page_key(name: str, now: int, pages: int) -> str:
    """The key of a widget that shows the page: a new widget where another control has turned the page.

    The buttons cannot be told another page, and a number out of the range would stay in the field.
    """
    turns = st.session_state.get(name, 0)
    if st.session_state.get(f"{name}-{pages}-{turns}", now) != now:
        turns += 1
    st.session_state[name] = turns
    return f"{name}-{pages}-{turns}"


def _turn(key: str) -> None:
    st.session_state[address.PAGE] = st.session_state[key]


def _jump_split(dataset: Dataset) -> str:
    """The split whose numbers are meant: the chosen one, or the first that has images."""
    counts = columns.count_images(dataset)
    return _query().split if _query().split in counts else next(iter(counts))


def _request_jump(key: str, split: str) -> None:
    index = st.session_state[key]
    jump = None if index is None else (key, int(index))
    # Streamlit calls this once more when the card has taken the place of the widget.
    if jump is not None and jump != st.session_state.get(_LAST_JUMP):
        st.session_state[_JUMP] = split, int(index)
    st.session_state[_LAST_JUMP] = jump


def _jump(dataset: Dataset, rows: image_queries.Indices, size: Size) -> str:
    """Turn to the page with the image that a person asks for; why not, if it is not among those shown."""
    requested = st.session_state.pop(_JUMP, None)
    if requested is None:
        return ""
    row = columns.find_row(dataset, *requested)
    (at,) = (rows == row).nonzero()
    if not len(at):
        title = columns.SPLIT_TITLES[requested[0]]
        return f"{title} image {requested[1]:,} is not among these images: the filter leaves it out."
    st.session_state[address.PAGE] = int(at[0]) // size.per_page + 1
    st.session_state[_MARKED] = dataset.name, row
    return ""


def _choice(dataset: Dataset, table: ImageTable, row: int, size: Size, *, is_marked: bool) -> Choice:
    split, index = columns.locate(dataset, row)
    names, query = dataset.class_names, _query()
    name = names[table.labels[row]]
    alt = f"{columns.SPLIT_TITLES[split]} image {index}, a {name}"
    is_test_of_all = split == "test" and query.split == image_queries.ALL and len(dataset.train.labels) > 0
    caption = f"{name} · {'test ' if is_test_of_all else ''}#{index}"
    caption += _sorted_value(table, row)
    answer = -1 if table.predictions is None else int(table.predictions.answers[row])
    if answer >= 0 and answer != table.labels[row]:
        caption, alt = f"{caption} · ✗ {names[answer]}", f"{alt}, read as {names[answer]}"
    return Choice(row, columns.get_image(dataset, row), caption if size.side >= 60 else "", alt, is_marked)


def _sorted_value(table: ImageTable, row: int) -> str:
    """The value by which the images are sorted, where it says more than the caption does."""
    sort = _query().sort
    column = table.column(sort)
    if column is None or sort not in (*image_queries.RANGES, image_queries.WRITER, image_queries.LABEL_PROBA):
        return ""
    value = float(column[row])
    is_unknown = math.isnan(value) or (sort == image_queries.WRITER and value < 0)
    return "" if is_unknown else f" · {filters.format_value(sort, value)}"
