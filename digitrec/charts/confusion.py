"""The confusion matrix as a figure whose cells can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from digitrec.charts.style import AMBER, EMPTY_COLOUR, TRANSPARENT, VERMILLION, apply_style
from digitrec.metrics import COLUMN_SHARES, DIFFERENCE, ERRORS_ONLY, ROW_SHARES, ConfusionCells

# Right answers in blues under white numbers, mistakes in oranges under black ones: readable in light and dark.
_GOOD_COLOURS = ["#2F77A8", "#00527F"], "#FFFFFF"
_BAD_COLOURS = ["#FBE6BF", AMBER, VERMILLION], "#000000"
_MAX_CLASSES_WITH_NUMBERS = 12  # with more, the numbers do not fit the cells on a phone
_UNITS = {
    ROW_SHARES: "% of the true class",
    COLUMN_SHARES: "% of the answer",
    ERRORS_ONLY: "misread images",
    DIFFERENCE: "difference from the other network",
}


def confusion_figure(
    cells: ConfusionCells, class_names: Sequence[str], *, true: int | None = None, answer: int | None = None
) -> go.Figure:
    """A confusion matrix: a row for each true class, a column for each answer; rare mistakes stay visible.

    A click on a cell selects a point of the last trace (`on_select="rerun"`): `divmod(point_index, c)` is its
    (true, answer) pair.

    Args:
        cells: the numbers in the (c, c) cells, and their colours.
        class_names: the c names.
        true: the row to outline; with `answer`, one cell of it.
        answer: the column to outline.
    """
    c = len(class_names)
    texts = _cell_texts(cells)
    figure = go.Figure(
        [
            _heatmap(np.where(cells.good, cells.strength, np.nan), texts, look=_GOOD_COLOURS),
            _heatmap(np.where(~cells.good, cells.strength, np.nan), texts, look=_BAD_COLOURS),
            _click_layer(cells, class_names),
        ]
    )
    ticks = {"tickmode": "array", "tickvals": list(range(c)), "ticktext": list(class_names), "tickangle": 0}
    fixed = {"fixedrange": True, "showgrid": False, "zeroline": False, "constrain": "domain"}
    title = f"Answer (in the cells: {_UNITS.get(cells.mode, 'images')})"
    figure.update_xaxes(title_text=title, range=[-0.5, c - 0.5], **ticks, **fixed)
    square = {"scaleanchor": "x", "constraintoward": "top"}
    figure.update_yaxes(title_text="True class", range=[c - 0.5, -0.5], **square, **ticks, **fixed)
    figure.update_layout(hovermode="closest", hoverdistance=-1, dragmode=False, clickmode="event+select")
    _outline_chosen(figure, c, true=true, answer=answer)
    return apply_style(figure, height=max(420, 24 * c + 80)).update_layout(plot_bgcolor=EMPTY_COLOUR)


def _cell_texts(cells: ConfusionCells) -> NDArray[Any]:
    """The texts in the cells, (c, c)."""
    has_room = len(cells.numbers) <= _MAX_CLASSES_WITH_NUMBERS

    def text(number: float) -> str:
        if np.isnan(number):
            return ""
        if cells.mode in (ROW_SHARES, COLUMN_SHARES):
            return _format_share(number, has_room)
        return f"{number:+.0f}".replace("-", "−") if cells.mode == DIFFERENCE else f"{number:.0f}"

    texts: NDArray[Any] = np.vectorize(text, otypes=[object])(cells.numbers)
    return texts


def _format_share(share: float, has_room: bool) -> str:
    """Per cent with one decimal in all cells, or with none; a share that would round to 0 shows as less."""
    decimals = 1 if has_room else 0
    least = 10.0**-decimals
    return f"{100 * share:.{decimals}f}" if 100 * share >= least / 2 else f"<{least:g}"


def _heatmap(strength: NDArray[np.float64], texts: NDArray[Any], *, look: tuple[list[str], str]) -> go.Heatmap:
    colours, text_colour = look
    return go.Heatmap(
        z=strength,
        zmin=0,
        zmax=1,
        text=np.where(np.isnan(strength), "", texts),  # Plotly draws a text on an empty cell as well
        texttemplate="%{text}",
        # With many classes Plotly chooses the size, and leaves out what does not fit.
        textfont={"color": text_colour, "size": 12}
        if len(texts) <= _MAX_CLASSES_WITH_NUMBERS
        else {"color": text_colour},
        colorscale=colours,
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def _click_layer(cells: ConfusionCells, class_names: Sequence[str]) -> go.Scatter:
    # Plotly heatmaps emit no selection, so invisible squares above them take the clicks and the hovering.
    c = len(class_names)
    rows, columns = np.divmod(np.arange(c * c), c)
    share = cells.row_shares
    more = (
        [f"<br>{number:+.0f} against the other network" for number in cells.numbers.flat]
        if cells.mode == DIFFERENCE
        else [""] * (c * c)
    )
    words = [
        f"true {class_names[i]}, answered {class_names[j]}<br>"
        f"{cells.counts[i, j]:,} images, {share[i, j]:.2%} of the row{also}"
        for i, j, also in zip(rows, columns, more, strict=True)
    ]
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": 26, "color": TRANSPARENT, "line": {"width": 0}},
        text=words,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _outline_chosen(figure: go.Figure, c: int, *, true: int | None, answer: int | None) -> None:
    """A frame around the chosen cell, row or column: white within black, visible on every colour."""
    if true is None and answer is None:
        return
    # Half of the line's width would be beyond the outer cells, where nothing is drawn.
    top, bottom = (-0.44, c - 0.56) if true is None else (true - 0.44, true + 0.44)
    left, right = (-0.44, c - 0.56) if answer is None else (answer - 0.44, answer + 0.44)
    for colour, width in (("#000000", 5), ("#FFFFFF", 2)):
        line = {"color": colour, "width": width}
        figure.add_shape(type="rect", x0=left, x1=right, y0=top, y1=bottom, line=line)
