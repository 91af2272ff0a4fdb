"""The last drawings as a strip of small pictures; a click restores one."""

from __future__ import annotations

import functools
import io

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.imaging import data_uri
from digitrec.ui.components.canvas import MAX_RECENT, list_recent, restore_recent
from digitrec.ui.components.digits import escape_markdown

THUMBNAIL = 96  # pixels of a small picture: two for each on the screen


def recent_drawings(canvas: str) -> None:
    """Show the last drawings on a canvas as buttons that restore them, and the places of those to come."""
    kept = list_recent(canvas)
    with st.container(key=f"{canvas}-recent", horizontal=True, gap=None):
        for index, (png, answer) in enumerate(kept):
            st.button(
                _chip_label(index, png, answer),
                key=f"{canvas}-recent-{index}",
                on_click=restore_recent,
                args=(canvas, index),
            )
        empty = MAX_RECENT - len(kept)
        if empty:
            st.html(f'<div class="draw-slots" style="--slots:{empty}">{"<span></span>" * empty}</div>')


def _chip_label(index: int, png: bytes, answer: str | None) -> str:
    """A small picture above the answer; a screen reader hears the number and how sure the answer was, too."""
    words = answer or "no answer"
    short = words.removeprefix("not sure, maybe ").split(", ")[0] if answer else "–"
    doubt = "?" if words.startswith("not sure") else ""
    return f"![Drawing {index + 1}: {_as_alt(words)}.]({thumbnail(png)}) {escape_markdown(short + doubt)}"


def _as_alt(words: str) -> str:
    return escape_markdown(words.replace("]", ")").replace("[", "("))


@functools.lru_cache(maxsize=200)  # of all sessions: they are shown anew after each stroke
def thumbnail(png: bytes) -> str:
    """A small copy of a drawing's picture, as a data URI."""
    picture = Image.open(io.BytesIO(png)).getchannel(0)
    return data_uri(np.asarray(picture.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)))
