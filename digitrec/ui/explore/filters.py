"""The controls of the grid: which images it shows, in which order, and with whose answers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from digitrec.data import MEASURES, Dataset
from digitrec.evaluation import ImageQuery, ImageTable, image_queries
from digitrec.reporting import format_count, format_probability
from digitrec.runs import Run, store
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore import address, columns

ANY = -1  # in a picker of a class or a writer
MAX_PILLS = 12  # classes that stand side by side; more are a list
LOW_FIRST, HIGH_FIRST = "lowest first", "highest first"


class Unit(NamedTuple):
    """How a value is written and how finely it is chosen."""

    title: str
    sign: str  # after a number
    step: float
    decimals: int
    help: str


UNITS = {
    "ink": Unit("Ink", "%", 0.1, 1, "Per cent of the ink that an all black image would have."),
    "thickness": Unit("Thickness", " px", 0.1, 1, "Mean thickness of the strokes, in pixels of the image."),
    "slant": Unit("Slant", "°", 1.0, 0, "Degrees from upright. Above 0 the top leans to the right."),
    "width": Unit("Width", " px", 1.0, 0, "Width of the box around the strokes."),
    "height": Unit("Height", " px", 1.0, 0, "Height of the box around the strokes."),
}
ORDER_TEXTS = {
    image_queries.PLACE: "number",
    image_queries.CLASS: "class",
    **{name: unit.title.lower() for name, unit in UNITS.items()},
    image_queries.WRITER: "writer",
    image_queries.ANSWER: "answer",
    image_queries.CONFIDENCE: "confidence",
    image_queries.LABEL_PROBA: "probability of the label",
    image_queries.GROUP: "group of equal images",
}
DUPLICATE_TEXTS = {
    image_queries.ALL: "any",
    image_queries.EQUAL: "there more than once",
    image_queries.LEAKS: "in training and in test",
    image_queries.CONFLICTS: "with different labels",
}


def needs_measures(query: ImageQuery) -> bool:
    """Whether a query asks for what must be measured."""
    return query.sort in MEASURES or any(getattr(query, name) is not None for name in MEASURES)


def split_and_class(dataset: Dataset) -> None:
    """Choose the split and the class."""
    query, names = address.get_selection().query, dataset.class_names
    counts = columns.count_images(dataset)
    with st.container(horizontal=True, gap="medium"):
        splits = [image_queries.ALL, *counts] if len(counts) > 1 else list(counts)
        now = query.split if query.split in splits else splits[0]
        titles = {image_queries.ALL: "All"} | columns.SPLIT_TITLES
        _bound(st.segmented_control, "split", now, "Split", splits, required=True, format_func=titles.__getitem__)
        if len(names) <= MAX_PILLS:
            _bound(
                st.pills,
                "label",
                query.label,
                "Class",
                range(len(names)),
                format_func=names.__getitem__,
                wrap=True,
            )
        else:
            _class_list("label", "Class", query.label, names)


def model_picker(dataset: Dataset) -> Run | None:
    """Choose the model whose answers are shown; None if there is none with these classes."""
    by_name = {run.name: run for run in columns.list_models(dataset)}
    if not by_name:
        return None
    now = address.get_selection().model
    if now not in by_name:
        now = store.default_run(list(by_name.values())).name
    key = _key("model")
    st.session_state[key] = now

    def choose() -> None:
        if st.session_state[key] != now:
            address.choose_model(st.session_state[key])

    st.selectbox("Model", list(by_name), key=key, on_change=choose, width=150)
    return by_name[now]


def outcome_picker() -> None:
    """Choose right or wrong answers."""
    texts = {image_queries.ALL: "All", image_queries.RIGHT: "Right", image_queries.WRONG: "Wrong"}
    now = address.get_selection().query.outcome
    _bound(
        st.segmented_control, "outcome", now, "Answers", list(texts), required=True, format_func=texts.__getitem__
    )


def order_picker(table: ImageTable) -> None:
    """Choose the order, both ways."""
    query = address.get_selection().query
    offered = [
        order
        for order in image_queries.ORDERS
        if order in MEASURES or order == query.sort or table.column(order) is not None
    ]
    _bound(st.selectbox, "sort", query.sort, "Sort by", offered, format_func=ORDER_TEXTS.__getitem__, width=150)
    _bound(
        st.segmented_control,
        "descending",
        query.descending,
        "Order",
        [False, True],
        required=True,
        format_func=lambda descending: ":material/arrow_downward:" if descending else ":material/arrow_upward:",
        help=f"Arrow up: the {LOW_FIRST}. Arrow down: the {HIGH_FIRST}.",
    )


def more_filters(dataset: Dataset, table: ImageTable, *, is_measuring: bool) -> bool:
    """Choose by measures, confidence, answer and writer; returns whether a person asks for the measures."""
    is_asked, query = False, address.get_selection().query
    with st.popover("More filters", icon=":material/tune:"):
        for name in image_queries.RANGES:
            column = table.column(name)
            if column is not None and not np.isnan(column).all():
                _range_slider(name, column, getattr(query, name))
        if not table.measures:
            st.caption("Ink, thickness, slant and size are measured once for each data set.")
            label = "Measuring ..." if is_measuring else "Measure the images"
            is_asked = st.button(label, key=_key("measure"), icon=":material/straighten:", disabled=is_measuring)
        if table.predictions is not None:
            _class_list("answer", "Answer", query.answer, dataset.class_names)
        _duplicates_list(query)
        if table.writers is not None:
            writers = [int(each) for each in np.unique(table.writers[table.writers >= 0])]
            _list("writer", "Writer", query.writer, {each: f"writer {each:02}" for each in writers})
    return is_asked


def describe_query(query: ImageQuery, class_names: Sequence[str]) -> str:
    """What is filtered, in words; empty if nothing is."""
    parts = []
    if query.label is not None:
        parts.append(f"class {class_names[query.label]}")
    if query.outcome != image_queries.ALL:
        parts.append(f"read {'right' if query.outcome == image_queries.RIGHT else 'wrong'}")
    if query.answer is not None:
        parts.append(f"read as {class_names[query.answer]}")
    if query.writer is not None:
        parts.append(f"writer {query.writer:02}")
    if query.duplicates != image_queries.ALL:
        parts.append(f"equal images {DUPLICATE_TEXTS[query.duplicates]}")
    for name in image_queries.RANGES:
        if (limits := getattr(query, name)) is not None:
            low, high = (format_value(name, limit) for limit in limits)
            parts.append(f"{ORDER_TEXTS[name]} {low} to {high}")
    return ", ".join(parts)


def format_value(order: str, value: float) -> str:
    """A value of one of the orders with its unit."""
    if order in UNITS:
        unit = UNITS[order]
        return f"{value + 0.0:.{unit.decimals}f}{unit.sign}".replace("-", "−")
    if order in (image_queries.CONFIDENCE, image_queries.LABEL_PROBA):
        return format_probability(value)
    return f"writer {int(value):02}"


def _bound(
    widget: Callable[..., Any], name: str, now: Any, label: str, options: Sequence[Any], **look: Any
) -> None:
    """A widget that shows a part of the query, and changes it."""
    key = _key(name)
    st.session_state[key] = now
    widget(label, options, key=key, on_change=functools.partial(_take, name), **look)


def _take(name: str) -> None:
    address.select(**{name: st.session_state[_key(name)]})


def _duplicates_list(query: ImageQuery) -> None:
    """Choose equal images, which then stand side by side."""
    key = _key("duplicates")
    st.session_state[key] = query.duplicates

    def choose() -> None:
        chosen = st.session_state[key]
        if chosen == address.get_selection().query.duplicates:
            return
        by_group = chosen != image_queries.ALL
        address.select(
            duplicates=chosen, sort=image_queries.GROUP if by_group else image_queries.PLACE, descending=False
        )

    text = "The same image, pixel by pixel. One that is in training and in test makes a test too easy."
    look: dict[str, Any] = {"format_func": DUPLICATE_TEXTS.__getitem__, "help": text, "width": 230}
    st.selectbox("Equal images", list(DUPLICATE_TEXTS), key=key, on_change=choose, **look)


def _class_list(name: str, label: str, now: int | None, class_names: Sequence[str]) -> None:
    _list(name, label, now, dict(enumerate(class_names)))


def _list(name: str, label: str, now: int | None, titles: Mapping[int, str]) -> None:
    """A list of numbers with their titles, and "any"."""
    key = _key(name)
    st.session_state[key] = now if now in titles else ANY

    def choose() -> None:
        chosen = st.session_state[key]
        address.select(**{name: None if chosen == ANY else chosen})

    texts = {ANY: "any"} | dict(titles)
    st.selectbox(label, list(texts), format_func=texts.__getitem__, key=key, on_change=choose, width=150)


def _range_slider(name: str, column: Any, now: tuple[float, float] | None) -> None:
    """The lowest and the highest value, between those that there are; nothing where all are equal."""
    is_share = name == image_queries.CONFIDENCE
    unit = Unit("Confidence", "%", 1.0, 0, "Of the answer of the chosen model.") if is_share else UNITS[name]
    scale = 100.0 if is_share else 1.0
    low, high = _limits(scale * column, unit)
    if low >= high:
        return
    key = _key(name)
    first, last = (low, high) if now is None else (min(max(scale * each, low), high) for each in now)
    st.session_state[key] = (first, last)

    def choose() -> None:
        chosen = st.session_state[key]
        address.select(**{name: None if chosen == (low, high) else tuple(each / scale for each in chosen)})

    look: dict[str, Any] = {"format": f"%.{unit.decimals}f{unit.sign.replace('%', '%%')}", "help": unit.help}
    st.slider(unit.title, low, high, step=unit.step, key=key, on_change=choose, **look)


def _limits(column: Any, unit: Unit) -> tuple[float, float]:
    """The lowest and highest value that there are, rounded outwards to whole steps."""
    low, high = float(np.nanmin(column)), float(np.nanmax(column))
    return (
        round(math.floor(low / unit.step) * unit.step, unit.decimals),
        round(math.ceil(high / unit.step) * unit.step, unit.decimals),
    )


def describe_count(found: int, n: int, query: ImageQuery, class_names: Sequence[str]) -> str:
    """How many images there are, and by which filter, in Markdown."""
    text = (
        f"**{found:,}** of {format_count(n, 'image')}"
        if found != n
        else f"**{n:,}** {'image' if n == 1 else 'images'}"
    )
    words = describe_query(query, class_names)
    return f"{text}: {escape_markdown(words)}" if words else text


def _key(name: str) -> str:
    return f"explore-{name}"
