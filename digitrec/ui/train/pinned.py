"""How the answers to pinned digits changed in a training: each image with a strip over the epochs."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from digitrec.imaging import data_uri
from digitrec.reporting import format_probability
from digitrec.runs import History, Pin, Pinned

MAX_CELLS = 60  # of a strip: a long training is thinned out
MIN_LABELLED = 4.0  # per cent of a strip: on a phone, a digit is as wide
MAX_TINT = 60  # per cent of a cell's colour where the network is sure: the text above it stays readable


class Moment(NamedTuple):
    """The answer to one digit at one moment."""

    done: float  # epochs so far
    answer: int  # index of the class
    confidence: float


def show_pinned(pins: Sequence[Pin], history: History, class_names: Sequence[str]) -> None:
    """Each pinned digit with its present answer and a strip; nothing where none is pinned."""
    rows = thin_out(history.pinned)
    if not pins or not rows:
        if pins and not history.end:
            st.caption("The pinned digits are answered within the first epoch.")
        return
    last = max(
        history.epochs[-1].epoch if history.end and history.epochs else history.planned_epochs, rows[-1].done
    )
    items = "".join(_row_html(pin, list_moments(rows, pin.key), class_names, last) for pin in pins)
    st.html(f'<ul class="digit-pinned" aria-label="Answers to the pinned digits">{items}</ul>')
    st.caption(
        f"From the start to epoch {last:g}. Green: right. Orange: wrong. Blue: nobody has said its class. The "
        "fainter, the less sure."
    )


def thin_out(rows: Sequence[Pinned]) -> Sequence[Pinned]:
    """As many moments as a strip can show: every k-th, and the last."""
    k = -(-len(rows) // MAX_CELLS)
    return rows if k <= 1 else [*rows[:-1:k], rows[-1]]


def list_moments(rows: Sequence[Pinned], key: str) -> list[Moment | float]:
    """The answers to one digit; where it was not pinned yet, only how many epochs were done."""
    found: list[Moment | float] = []
    for row in rows:
        proba = dict(row.answers).get(key)
        best = max(range(len(proba)), key=proba.__getitem__) if proba else 0
        found.append(Moment(row.done, best, proba[best]) if proba else row.done)
    return found


def describe(moments: Sequence[Moment | float], class_names: Sequence[str]) -> str:
    """When the answer changed, in words."""
    parts: list[str] = []
    before = None
    for moment in moments:
        if isinstance(moment, Moment) and moment.answer != before:
            parts.append(f"{class_names[moment.answer]} from epoch {moment.done:.3g}")
            before = moment.answer
    return f"Read as {', then '.join(parts)}." if parts else "Not answered yet."


def _row_html(pin: Pin, moments: Sequence[Moment | float], class_names: Sequence[str], last: float) -> str:
    now = moments[-1] if moments else 0.0
    label = None if pin.label is None or pin.label >= len(class_names) else class_names[pin.label]
    said = f"{class_names[now.answer]}, {format_probability(now.confidence)}" if isinstance(now, Moment) else "–"
    title = html.escape(pin.source + ("" if label is None else f", a {label}"), quote=True)
    picture = f'<img src="{data_uri(pin.image)}" alt="{title}" title="{title}" width="48" height="48">'
    words = html.escape(describe(moments, class_names), quote=True)
    cells = "".join(_cells_html(moments, class_names, pin.label, last))
    return (
        f"<li>{picture}<p><b>{html.escape(said)}</b><span>{html.escape(_describe_truth(label))}</span></p>"
        f'<div role="img" aria-label="{words}">{cells}</div></li>'
    )


def _describe_truth(label: str | None) -> str:
    return "drawing" if label is None else f"is {label}"


def _cells_html(
    moments: Sequence[Moment | float], class_names: Sequence[str], label: int | None, last: float
) -> list[str]:
    """A cell for the time up to each moment; the first of equal answers names it, if they have room."""
    ends = [0.0, *(each.done if isinstance(each, Moment) else each for each in moments)]
    widths = [100 * (until - done) / last if last else 0.0 for done, until in itertools.pairwise(ends)]
    cells: list[str] = []
    for _, group in itertools.groupby(zip(moments, widths, strict=True), lambda cell: _answer(cell[0])):
        same = list(group)
        has_room = sum(width for _, width in same) >= MIN_LABELLED
        for i, (moment, width) in enumerate(same):
            cells.append(_cell_html(moment, width, class_names, label, is_named=has_room and i == 0))
    return cells


def _answer(moment: Moment | float) -> int | None:
    return moment.answer if isinstance(moment, Moment) else None


def _cell_html(
    moment: Moment | float, width: float, class_names: Sequence[str], label: int | None, *, is_named: bool
) -> str:
    if not isinstance(moment, Moment):
        return f'<span style="width:{width:.2f}%"></span>'
    kind = "open" if label is None else "right" if moment.answer == label else "wrong"
    name = class_names[moment.answer]
    title = f"epoch {moment.done:.3g}: {name}, {format_probability(moment.confidence)}"
    return (
        f'<span class="{kind}" style="width:{width:.2f}%;--tint:{MAX_TINT * moment.confidence:.0f}%" '
        f'title="{html.escape(title, quote=True)}">{html.escape(name) if is_named else ""}</span>'
    )
