"""The last drawings as a strip of small pictures; a click restores one."""

from __future__ import annotations

import functools
import io

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.imaging import data_uri
from digitrec.ui.components.canvas import list_recent, restore_recent
from digitrec.ui.components.digits import escape_markdown

THUMBNAIL = 96  # pixels of a small picture: two for each on the screen


def recent_drawings(canvas: str) -> None:
    """Show the last drawings on a canvas as buttons that restore them; nothing before the first."""
    kept = list_recent(canvas)
    if not kept:
        return
    with st.container(key=f"{canvas}-recent", gap="small"):
        st.caption("Your last drawings. Click one to restore it.")
        with st.container(horizontal=True, gap="small"):
            for index, (png, answer) in enumerate(kept):
                st.button(
                    f"![Drawing {index + 1}:]({thumbnail(png)}) {escape_markdown(answer or 'no answer')}",
                    key=f"{canvas}-recent-{index}",
                    on_click=restore_recent,
                    args=(canvas, index),
                )


@functools.lru_cache(maxsize=200)  # of all sessions: they are shown anew after each stroke
def thumbnail(png: bytes) -> str:
    """A small copy of a drawing's picture, as a data URI."""
    picture = Image.open(io.BytesIO(png)).getchannel(0)
    return data_uri(np.asarray(picture.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)))
