"""Finished numbers -> figures; nothing is computed here but layout.

Plotly draws what is finished, Altair (in `curves`) what grows: Streamlit mounts a Plotly chart anew at each
change, an Altair chart with a key not. Nothing is told by colour alone. Backgrounds are transparent and texts keep
the theme's colour, so that light and dark both work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from digitrec.evaluation import ClassMetrics
from digitrec.palette import BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION

if TYPE_CHECKING:
    import altair as alt

    from digitrec.curves import History

GRID = "rgba(128, 128, 128, 0.25)"  # what lies behind the data, on light and dark
CLEAR = "rgba(0, 0, 0, 0)"
_EMPTY = "rgba(128, 128, 128, 0.08)"
# Right answers in blues under white numbers, wrong ones in oranges under black ones: all readable, light or dark.
_RIGHT = ["#4A8DB8", "#005F94"], "#FFFFFF"
_WRONG = ["#FBE6BF", ORANGE, VERMILLION], "#000000"
_LEAST_SHARE = 1e-4  # where the faintest colour begins
_FEW_CLASSES = 12  # of which a number fits each cell, on a phone too


def confusion_figure(confusion: np.ndarray, class_names: Sequence[str], *, shares: bool = False) -> go.Figure:
    """A confusion matrix: rows the true classes, columns the answers, mistakes made visible beside the many right.

    A click on a cell selects a point of the last trace (`on_select="rerun"`): `divmod(point_index, c)` is its
    (true, answered) pair.

    Args:
        confusion: int64 (c, c).
        class_names: the c names.
        shares: show each cell as per cent of its row, not as a count.
    """
    c = len(class_names)
    share = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)  # (c, c)
    few = c <= _FEW_CLASSES
    texts = [[_per_cent(value, few) for value in row] for row in share] if shares else confusion.astype(str)
    right = np.eye(c, dtype=bool)
    figure = go.Figure(
        [
            _cells(np.where(right & (confusion > 0), share, np.nan), texts, look=_RIGHT),
            _cells(np.where(~right & (confusion > 0), share, np.nan), texts, look=_WRONG),
            _click_layer(confusion, share, class_names=class_names),
        ]
    )
    ticks = {"tickmode": "array", "tickvals": list(range(c)), "ticktext": list(class_names), "tickangle": 0}
    fixed = {"fixedrange": True, "showgrid": False, "zeroline": False, "constrain": "domain"}
    answer = f"Answer (in the cells: {'% of the true class' if shares else 'images'})"
    figure.update_xaxes(title_text=answer, range=[-0.5, c - 0.5], **ticks, **fixed)
    square = {"scaleanchor": "x", "constraintoward": "top"}
    figure.update_yaxes(title_text="True class", range=[c - 0.5, -0.5], **square, **ticks, **fixed)
    figure.update_layout(hovermode="closest", hoverdistance=-1, dragmode=False, clickmode="event+select")
    return finished(figure, height=max(480, 24 * c + 80)).update_layout(plot_bgcolor=_EMPTY)


def probability_bars(proba: np.ndarray, class_names: Sequence[str]) -> go.Figure:
    """A bar for each class; the answer's is outlined, and its name and number are bold.

    Args:
        proba: float32 (c,).
        class_names: the c names.
    """
    answer = int(np.argmax(proba))
    names = [_bold(name, i == answer) for i, name in enumerate(class_names)]
    figure = go.Figure(
        go.Bar(
            x=100 * np.asarray(proba, float),
            y=list(range(len(names))),
            orientation="h",
            marker_color=[BLUE if i == answer else GREY for i in range(len(names))],
            text=[_bold(f"{p:.1%}", i == answer) for i, p in enumerate(proba)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}: %{x:.3f} %<extra></extra>",
            customdata=list(class_names),
        )
    )
    figure.update_xaxes(
        title_text="Probability (%)", range=[0, 112], tickvals=[0, 25, 50, 75, 100], gridcolor=GRID
    )
    figure.update_yaxes(
        title_text="Class", tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False
    )
    figure.update_layout(bargap=0.25, dragmode=False)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return finished(figure, height=24 * len(names) + 80)


def class_balance(counts: Mapping[str, np.ndarray], class_names: Sequence[str]) -> go.Figure:
    """How many images each class has in each split, side by side.

    Args:
        counts: for each split's name, int64 (c,).
        class_names: the c names.
    """
    looks = itertools.cycle(zip((BLUE, ORANGE, GREEN), ("", "/", "x"), strict=True))
    figure = go.Figure(
        [
            go.Bar(
                name=split,
                x=list(class_names),
                y=values,
                marker={"color": colour, "pattern": {"shape": pattern}, "line": {"color": colour, "width": 1}},
                hovertemplate=f"%{{x}}, {split}: %{{y:,}} images<extra></extra>",
            )
            for (split, values), (colour, pattern) in zip(counts.items(), looks, strict=False)
        ]
    )
    figure.update_xaxes(title_text="Class", type="category")
    figure.update_yaxes(title_text="Images", gridcolor=GRID, tickformat=",")
    figure.update_layout(barmode="group")
    return finished(figure, height=340)


def intensity_histogram(counts: np.ndarray, edges: np.ndarray) -> go.Figure:
    """How many pixels have each intensity, on a logarithmic scale: most of every image is paper.

    Args:
        counts: int64 (b,), pixels per bin.
        edges: (b + 1,), the bins' borders, as `numpy.histogram` gives them.
    """
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            marker_color=BLUE,
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f}: %{y:,} pixels<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Pixel intensity (0 = paper, 255 = ink)", range=[edges[0], edges[-1]])
    seen = counts[counts > 0] if np.any(counts) else [1]
    decades = [math.floor(math.log10(min(seen))), math.log10(max(seen)) + 0.1]
    figure.update_yaxes(title_text="Pixels (log scale)", type="log", range=decades, dtick=1, tickformat="~s")
    return finished(figure.update_yaxes(gridcolor=GRID), height=340)


def class_metrics_figure(metrics: ClassMetrics, class_names: Sequence[str]) -> go.Figure:
    """Precision, recall and F1 of each class, told apart by shape and colour; undefined ones are left out."""
    looks = {
        "Precision": (metrics.precision, SKY, "triangle-up"),
        "Recall": (metrics.recall, ORANGE, "square"),
        "F1": (metrics.f1, GREEN, "circle"),
    }
    figure = go.Figure(
        [
            go.Scatter(
                name=name,
                x=list(class_names),
                y=100 * values,
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 1, "color": GREY}},
                hovertemplate=f"%{{x}}, {name}: %{{y:.2f}} %<extra></extra>",
            )
            for name, (values, colour, symbol) in looks.items()
        ]
    )
    figure.update_xaxes(title_text="Class", type="category", gridcolor=GRID)
    figure.update_yaxes(title_text="Share (%)", gridcolor=GRID, autorangeoptions={"include": 100})
    return finished(figure, height=340)


def live_curves(history: History, metric: str) -> alt.LayerChart:
    """A training's curve so far; see `curves.live`."""
    from digitrec import curves  # Altair and pandas take 0.3 s that the Draw page need not wait for

    return curves.live(history, metric)


def compare_curves(histories: Mapping[str, History], metric: str) -> alt.LayerChart:
    """Several runs' curves over each other; see `curves.compare`."""
    from digitrec import curves  # as above

    return curves.compare(histories, metric)


def finished(figure: go.Figure, *, height: int) -> go.Figure:
    """What every figure has in common: its height in pixels, narrow margins, no background, the legend above."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )


def _per_cent(share: float, has_room: bool) -> str:
    if share < 5e-4:
        return "<0.1"
    return f"{100 * share:.1f}" if has_room or share < 0.0995 else f"{100 * share:.0f}"


def _cells(
    share: np.ndarray, texts: Sequence[Sequence[str]] | np.ndarray, *, look: tuple[list[str], str]
) -> go.Heatmap:
    colours, text_colour = look
    return go.Heatmap(
        z=np.log10(
            np.maximum(share, _LEAST_SHARE)
        ),  # else the few mistakes beside the many right could not be seen
        zmin=np.log10(_LEAST_SHARE),
        zmax=0,
        # Plotly draws a text on a cell without colour as well.
        text=np.where(np.isnan(share), "", texts),
        texttemplate="%{text}",
        # Of many classes Plotly chooses the size, and leaves out what would not fit.
        textfont={"color": text_colour, "size": 12} if len(texts) <= _FEW_CLASSES else {"color": text_colour},
        colorscale=colours,
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def _click_layer(confusion: np.ndarray, share: np.ndarray, *, class_names: Sequence[str]) -> go.Scatter:
    # Plotly heatmaps emit no selection, so invisible squares above them take the clicks and the hovering.
    c = len(class_names)
    rows, columns = np.divmod(np.arange(c * c), c)
    words = [
        f"true {class_names[i]}, answered {class_names[j]}<br>"
        f"{confusion[i, j]:,} images, {share[i, j]:.2%} of the row"
        for i, j in zip(rows, columns, strict=True)
    ]
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": 26, "color": CLEAR, "line": {"width": 0}},
        text=words,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _bold(text: str, bold: bool) -> str:
    return f"<b>{text}</b>" if bold else text
