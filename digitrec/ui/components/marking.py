"""A picture on which a person marks boxes or points, with the drawing canvas."""

from __future__ import annotations

import io
from typing import Any, Literal, TypeAlias

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.ui.components import canvas

Mark: TypeAlias = tuple[float, float, float, float]  # left, top, right and bottom, in shares of a picture
_ORIGINS = {"center": 0.5, "right": 1.0, "bottom": 1.0}  # share of an object before the point that names its place


def marking_canvas(key: str, picture: np.ndarray, tool: Literal["rect", "point"], label: str) -> list[Mark]:
    """Show a picture to mark on; return what is marked.

    Args:
        key: names the canvas; another one gives it clean paper.
        picture: uint8 (height, width) or (height, width, 3).
        tool: what a stroke makes.
        label: what it is for, for a screen reader.

    Returns:
        For each mark its place; a point has no size.
    """
    height, width = picture.shape[:2]
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=85)
    with st.container(key=f"{key}-paper", gap=None):
        found = canvas.mount(
            f"{key}-marks",
            f"{key}-paper",
            {"label": label, "ratio": f"{width} / {height}", "width": width},
            fill_color="rgba(0, 114, 178, 0.15)",
            stroke_color="#D55E00",
            stroke_width=2,
            background_image=buffer.getvalue(),
            height=height,
            width=width,
            drawing_mode=tool,
            point_display_radius=4,
        )
    objects = (found.json_data or {}).get("objects", [])
    return [_to_mark(each, width, height, tool) for each in objects if isinstance(each, dict)]


def _to_mark(found: dict[str, Any], width: int, height: int, tool: str) -> Mark:
    """Where an object of the component lies, in shares of the canvas."""
    wide, high = (
        abs(float(found.get(side) or 0) * float(found.get(scale) or 1))
        for side, scale in (("width", "scaleX"), ("height", "scaleY"))
    )
    left = float(found.get("left") or 0) - _ORIGINS.get(str(found.get("originX")), 0.0) * wide
    top = float(found.get("top") or 0) - _ORIGINS.get(str(found.get("originY")), 0.0) * high
    if tool == "point":
        x, y = (left + wide / 2) / width, (top + high / 2) / height
        return x, y, x, y
    return left / width, top / height, (left + wide) / width, (top + high) / height
