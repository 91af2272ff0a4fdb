"""A drawn diagram of a network: a box for each layer, as large as its maps and as deep as there are many."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from digitrec.charts.style import GREEN, GREY, ORANGE, SKY
from digitrec.runs import IMAGE_SIDE, SummaryRow

_COLOURS = {"conv": SKY, "residual": SKY, "pool": ORANGE, "dense": GREEN, "other": GREY}
_WIDTH, _HEIGHT = 84, 92  # of a drawing, in pixels
_FLOOR, _MIDDLE = 86, 72  # where the boxes stand, and where the values flow
_FULL = 52  # side of a map as large as the image
_LEAST = 7  # side of a map of one value
_DEEP, _LONG = 3.1, 8.0  # pixels for each doubling of the maps, and of the values in a row


def show_diagram(rows: Sequence[SummaryRow]) -> None:
    """Show the layers of a network as boxes, from the image to the classes."""
    st.html(Path(__file__).with_name("diagram.css"))
    drawn = [row for row in rows if row.layer != "Dropout"]  # it changes no shape
    items = "".join(_item_html(row) for row in drawn)
    st.html(f'<ol class="digit-diagram" aria-label="The network as a chain of layers">{items}</ol>')


def _item_html(row: SummaryRow) -> str:
    name, *rest = row.layer.replace(" x ", "×").split(", ")
    shape = " × ".join(map(str, row.output_shape))
    more = f"<span>{html.escape(', '.join(rest))}</span>" if rest else ""
    # Streamlit lets no SVG through, but pictures.
    picture = base64.b64encode(_drawing(row).encode()).decode()
    image = f'<img src="data:image/svg+xml;base64,{picture}" width="{_WIDTH}" height="{_HEIGHT}" alt="">'
    return f"<li>{image}<b>{html.escape(name)}</b>{more}<span>{shape}</span></li>"


def _drawing(row: SummaryRow) -> str:
    shape = row.output_shape
    box = _box(*shape[1:]) if len(shape) == 3 else _bar(shape[0])
    link = _link() if row.kind == "residual" else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="{_COLOURS[row.kind]}" '
        f'stroke="{GREY}"><path d="M0 {_MIDDLE} h{_WIDTH}"/>{box}{link}</svg>'
    )


def _box(side: int, channels: int) -> str:
    """A block whose front is a map, and whose depth shows how many there are."""
    front = max(_LEAST, _FULL * side / IMAGE_SIDE)
    deep = _DEEP * math.log2(channels)
    x, y, rise = (_WIDTH - front - deep) / 2, _FLOOR - front, deep * 0.6
    back = f"M{x:.1f} {y:.1f} l{deep:.1f} -{rise:.1f} h{front:.1f} v{front:.1f} l-{deep:.1f} {rise:.1f}z"
    place = f'x="{x:.1f}" y="{y:.1f}" width="{front:.1f}" height="{front:.1f}"'
    return f'<path d="{back}" fill-opacity="0.55" stroke="none"/><rect {place} stroke="none"/>'


def _bar(values: int) -> str:
    """An upright bar: the values of a row."""
    height = max(_LEAST, min(_LONG * math.log2(values + 1), _FLOOR - 4))
    place = f'x="{_WIDTH / 2 - 4}" y="{_FLOOR - height:.1f}" width="8" height="{height:.1f}"'
    return f'<rect {place} stroke="none"/>'


def _link() -> str:
    """The way around a residual block, from what comes in to the sum at its end."""
    end = _WIDTH - 7
    curve = f"M4 {_MIDDLE} C 4 0, {end} 0, {end} {_MIDDLE - 5}"
    return f'<path d="{curve}" fill="none" stroke-dasharray="4 3"/><circle cx="{end}" cy="{_MIDDLE}" r="5"/>'
