"""The pages of a stack, each put straight, with what stands in its fields."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitrec.charts import style
from digitrec.stacks import Page, Stack, Table, load_table
from digitrec.ui.components.digits import escape_markdown, figure_html

PAGE_SIDE = 1300  # pixels of a page in which answers can be read
SEEN_SIDE = 760  # pixels on the screen
LEGEND = "Blue: sure. Orange box: look at it. Green: checked. No mark: empty."
_SIGNS = {"notes": "*", "struck out": "/", "stain": "•"}
_FONT = 0.36  # of a field's height
_MIN_FONT, _MAX_FONT = 10, 40  # pixels


def show_pages(stack: Stack) -> None:
    """One page at a time, with a control to go to another."""
    table = load_table(stack)
    pages = sorted((page for page in table.pages if page.fields), key=lambda page: page.number)
    number = st.pagination(len(pages), key=f"read-stack-page {stack.id}") if len(pages) > 1 else 1
    page = pages[number - 1]
    st.subheader(escape_markdown(page.name), anchor=False)
    if page.turns:
        st.caption("The page lay on its side or upside down: it was turned.")
    image = stack.image(page.number)
    if image is None:
        st.warning("The picture of this page is gone.", icon=":material/warning:")
        return
    marked = mark_page(table, page, image)
    alt = f"{page.name}, put straight, with what stands in each field"
    st.html(f'<div class="number-picture">{figure_html(marked, "", html.escape(alt), SEEN_SIDE)}</div>')
    st.caption(LEGEND)


def mark_page(table: Table, page: Page, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page with the text in the corner of each field, and a box around each to look at; uint8 (h, w, 3)."""
    scale = min(1.0, PAGE_SIDE / max(image.shape))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    picture = Image.fromarray(image).resize(size, Image.Resampling.BOX).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for index in table.indices(page):
        left, top, right, bottom = (value * scale for value in table.reading(index).box)
        unit, state = min(right - left, bottom - top), table.state(index)
        kind, text = table.value(index)
        is_doubtful = state == "look"
        colour = style.ORANGE if is_doubtful else style.GREEN if state in ("checked", "corrected") else style.BLUE
        if is_doubtful:
            inset = 0.07 * unit
            pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), outline=colour, width=3)
        font = ImageFont.load_default(float(np.clip(_FONT * unit, _MIN_FONT, _MAX_FONT)))
        at = right - 0.08 * unit, bottom - 0.06 * unit
        pen.text(
            at,
            text or _SIGNS.get(kind, ""),
            fill=colour,
            font=font,
            stroke_width=2,
            stroke_fill="white",
            anchor="rs",
        )
    return np.asarray(picture)
