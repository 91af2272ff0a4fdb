"""The drawing and the last ones in the browser's own storage: they survive a reload of the page."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

from digitrec.ui.components.canvas import pack_drawings, unpack_drawings


def remember_drawings(canvas: str) -> None:
    """Let the browser keep the drawings of a canvas for this tab, and restore them where it has some."""
    packed = pack_drawings(canvas)
    _memory_component()(
        key=f"{canvas}-memory",
        data={"fresh": packed is None, "drawings": packed},
        on_restored_change=functools.partial(_restore, canvas),
    )


def _restore(canvas: str) -> None:
    if restored := st.session_state[f"{canvas}-memory"].get("restored"):
        unpack_drawings(canvas, restored)


@functools.cache
def _memory_component() -> Any:
    return st.components.v2.component("digitrec_memory", js=Path(__file__).with_name("memory.js").read_text())
