"""Blocks on the screen: the same headings, texts, numbers, tables and figures that the HTML report holds."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from digitrec.charts.style import NO_TOOLBAR
from digitrec.evaluation import Score
from digitrec.inference import reject_threshold
from digitrec.reporting import (
    UNKNOWN,
    Area,
    Block,
    Cell,
    Figure,
    Gallery,
    Heading,
    Interval,
    Loss,
    Number,
    Numbers,
    Pair,
    Probability,
    Share,
    Strong,
    Table,
    TableBlock,
    Text,
    format_cell,
)
from digitrec.ui.components.digits import digit_gallery, escape_markdown


def render(blocks: Sequence[Block]) -> None:
    """Show blocks, one below the other."""
    for block in blocks:
        _render(block)


def cached(make: Callable[..., list[Block]], score: Score, **choices: Any) -> list[Block]:
    """The blocks of a section, made once for all sessions and reruns.

    Args:
        make: a function of `reporting.sections` or `reporting.confidence`.
        score: what it is called with.
        choices: by keyword; hashable.
    """
    evaluation, run = score.evaluation, score.run
    data = (score.dataset.name, score.split_name, evaluation.model_sha256, evaluation.data_sha256)
    settings = (score.temperature, run.reject, reject_threshold(run))
    key = (f"{make.__module__}.{make.__name__}", str(run.path), data, settings, tuple(choices.items()))
    return _cached(key, make, score, choices)


@st.cache_resource(max_entries=24, show_spinner="Measuring ...")
def _cached(
    key: tuple[object, ...], _make: Callable[..., list[Block]], _score: Score, _choices: Mapping[str, Any]
) -> list[Block]:
    del key  # names the rest, which would take long to compare
    return _make(_score, **_choices)


def show_figure(block: Figure, *, key: str | None = None, on_select: Callable[[], None] | None = None) -> None:
    """Show a figure; its points can be clicked if `on_select` is given.

    Args:
        block: the figure.
        key: of the widget; the figure's own name, if not given.
        on_select: called after a click; the selection is in the session under the key.
    """
    clicks: dict[str, Any] = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    st.plotly_chart(block.figure, key=key or block.name, config=NO_TOOLBAR, alt=block.alt, **clicks)


def show_table(table: Table, **options: Any) -> None:
    """Show a table whose shares, counts and numbers can be sorted; `options` are those of `st.dataframe`."""
    columns = {title: [row[i] for row in table.rows] for i, title in enumerate(table.columns)}
    config = {title: _column_config(cells) for title, cells in columns.items()}
    defaults: dict[str, Any] = {
        "hide_index": True,
        "height": "content",
        "placeholder": UNKNOWN,
        "alt": table.title,
        "column_config": {title: found for title, found in config.items() if found is not None},
    }
    st.dataframe(
        {title: [_plain(cell) for cell in cells] for title, cells in columns.items()}, **defaults | options
    )


def _render(block: Block) -> None:
    match block:
        case Heading(text, level):
            (st.header if level == 2 else st.subheader)(escape_markdown(text), anchor=False)
        case Text():
            _show_text(block)
        case Numbers():
            {"cards": _cards, "columns": _columns, "row": _row}[block.layout](block.entries)
        case TableBlock(table, is_folded):
            with st.expander(table.title) if is_folded else st.container():
                show_table(table, key=f"table-{table.name}")
        case Figure():
            show_figure(block)
        case Pair():
            for column, part in zip(st.columns(2, gap="large"), block, strict=True):
                with column:
                    _render(part)
        case Gallery():
            with st.expander(block.title) if block.is_folded else st.container():
                digit_gallery(block.images, block.captions)


def _show_text(text: Text) -> None:
    shown = "".join(
        f"**{escape_markdown(part)}**" if isinstance(part, Strong) else escape_markdown(part)
        for part in text.parts
    )
    match text.role:
        case "body":
            st.markdown(shown)
        case "caption":
            st.caption(shown)
        case "note":
            st.info(shown)


def _cards(entries: Sequence[Number]) -> None:
    cards = "".join(
        f"<div><dt>{html.escape(one.title)}</dt><dd><b>{html.escape(one.value)}</b> "
        f"<span>95% interval {html.escape(one.interval)}</span></dd><dd>{html.escape(one.sentence)}</dd></div>"
        for one in entries
    )
    st.html(f'<dl class="digit-numbers">{cards}</dl>')


def _columns(entries: Sequence[Number]) -> None:
    for column, one in zip(st.columns(2), entries, strict=False):
        column.metric(one.title, one.value)
        interval = f"95% interval {one.interval}. " if one.interval else ""
        column.caption(escape_markdown(f"{interval}{one.sentence}"))


def _row(entries: Sequence[Number]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for one in entries:
            st.metric(one.title, one.value, width="content", help=escape_markdown(one.sentence))
    if known := [f"{one.title} {one.interval}" for one in entries if one.interval]:
        st.caption(escape_markdown(f"95% intervals: {'; '.join(known)}."))


def _plain(cell: Cell) -> str | int | float | None:
    """A cell as the browser sorts it: shares in per cent, what else has a unit as a person reads it."""
    if isinstance(cell, Share):
        return None if math.isnan(cell) else 100 * float(cell)
    if isinstance(cell, Interval | Loss | Area | Probability):
        return format_cell(cell)
    return cell


def _column_config(cells: Sequence[Cell]) -> Any:
    if any(isinstance(cell, Share) for cell in cells):
        return st.column_config.NumberColumn(format="%.2f%%")
    if cells and all(isinstance(cell, int) for cell in cells):
        return st.column_config.NumberColumn(format="localized")
    return None
