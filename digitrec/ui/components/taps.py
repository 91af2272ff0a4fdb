"""Lets the first tap of a finger choose a point of a figure, as the first click of a mouse does."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st


def taps_choose() -> None:
    """Let a tap choose, in all figures that this browser shows from now on; once a page is enough."""
    _component()(key="taps")


@functools.cache
def _component() -> Any:
    return st.components.v2.component("digitrec_taps", js=Path(__file__).with_name("taps.js").read_text())
