"""How one picture with a grid of digits is cut, before it is imported: shown on the picture, and correctable."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digitrec.data import DatasetError
from digitrec.data.importing import Grid, grids
from digitrec.ui.components.digits import escape_markdown

_BY: dict[grids.By, str] = {"row": "Rows", "column": "Columns", "list": "Each cell"}
_HINTS = {
    "row": "one for each row, from the top, such as 0123456789",
    "column": "one for each column, from the left, such as 0123456789",
    "list": "one for each cell, row by row",
}


def chosen_grid(key: str) -> Grid | None:
    """How a person wants a picture cut; None as long as it is guessed.

    Args:
        key: prefix of the widgets' keys.
    """
    guessed = st.session_state.get(f"{key} grid")
    if guessed is None:
        return None
    by: grids.By = _value(key, "by", guessed.by)
    left, right = _value(key, "across", (0, 100))
    top, bottom = _value(key, "down", (0, 100))
    return Grid(
        int(_value(key, "rows", guessed.rows)),
        int(_value(key, "columns", guessed.columns)),
        by,
        grids.parse_names(_value(key, "names", "")),
        (left / 100, top / 100, right / 100, bottom / 100),
        _value(key, "trim", round(100 * guessed.trim)) / 100,
    )


def grid_controls(key: str, data: bytes, grid: Grid) -> None:
    """Show a picture with its cuts, and what can be corrected; the next run of the fragment takes it.

    Args:
        key: prefix of the widgets' keys.
        data: the picture file.
        grid: as it is cut now; the first one is the guess.
    """
    first = st.session_state.setdefault(f"{key} grid", grid)
    left, right = st.columns([2, 3])
    with left:
        with st.container(horizontal=True, gap="small"):
            for name, title in (("rows", "Rows"), ("columns", "Columns")):
                value = getattr(first, name)
                st.number_input(title, 1, grids.MAX_LINES, value, key=_key(key, name), width=120)
        by = st.segmented_control(
            "Names are of",
            list(_BY),
            format_func=lambda each: _BY[each],
            default=first.by,
            required=True,
            key=_key(key, "by"),
        )
        st.text_input(
            "Names",
            key=_key(key, "names"),
            placeholder="0, 1, 2 ..." if by != "list" else "3 1 4 1 5 ...",
            help=f"{_HINTS[by or first.by].capitalize()}. Separate longer names by commas.",
        )
        st.slider("The grid's left and right, %", 0, 100, (0, 100), key=_key(key, "across"))
        st.slider("The grid's top and bottom, %", 0, 100, (0, 100), key=_key(key, "down"))
        st.slider(
            "Cut off each cell's border, %",
            0,
            round(100 * grids.MAX_TRIM),
            round(100 * first.trim),
            key=_key(key, "trim"),
            help="So that printed lines are not taken for ink.",
        )
    with right:
        try:
            st.image(grids.draw_cuts(data, chosen_grid(key) or grid), caption="Each green frame is one image.")
        except DatasetError as error:
            st.caption(escape_markdown(str(error)))


def _key(key: str, name: str) -> str:
    return f"{key} grid {name}"


def _value(key: str, name: str, default: Any) -> Any:
    value = st.session_state.get(_key(key, name))
    return default if value is None else value
