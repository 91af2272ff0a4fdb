"""History rows -> learning curves that grow, as Altair charts: Streamlit updates them in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from digitrec.charts import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, History

_METRICS = {"loss": "Loss (nats, log scale)", "accuracy": "Accuracy (%)"}
_BATCHES, _EPOCHS, _VALIDATION = "training, batches", "training, epochs", "validation"
_DRAWN_BATCHES = 400  # as many as a chart's width can show
_LEAST_LOSS = 1e-5  # what the log scale shows a loss of 0 as


def live(history: History, metric: str) -> alt.LayerChart:
    """A training's curve so far: batches a thin line, epochs circles, validation diamonds on a dashed line.

    Args:
        history: rows of `Run.history`; before the first the axes are empty.
        metric: "loss" or "accuracy".
    """
    frame = _frame(_live_points(history, metric), "series")
    names = [_BATCHES, _EPOCHS, _VALIDATION]
    series = {"field": "series", "type": "nominal", "title": None}
    base = alt.Chart(frame).encode(
        x=_epoch_axis(history),
        y=_metric_axis(metric),
        color=alt.Color(**series, scale=alt.Scale(domain=names, range=[SKY, BLUE, VERMILLION])),
        strokeDash=alt.StrokeDash(**series, scale=alt.Scale(domain=names, range=[[1, 0], [1, 0], [6, 4]])),
        tooltip=_tooltip("series", metric),
    )
    batches = base.transform_filter(alt.datum.series == _BATCHES).mark_line(strokeWidth=1, clip=True)
    epochs = base.transform_filter(alt.datum.series != _BATCHES)
    shape = alt.Shape(**series, scale=alt.Scale(domain=names, range=["stroke", "circle", "diamond"]))
    points = epochs.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)
    return _laid_out(alt.layer(batches, epochs.mark_line(strokeWidth=2), points))


def compare(histories: Mapping[str, History], metric: str) -> alt.LayerChart:
    """Several runs' curves over each other: on validation, or on the training images where a run has none.

    Args:
        histories: for each run's name, its rows.
        metric: "loss" or "accuracy".
    """
    frame = _frame(_compared_points(histories, metric), "run", "images")
    names = list(histories)
    colours = [BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, GREY]
    shapes = [
        "circle",
        "diamond",
        "square",
        "triangle-up",
        "cross",
        "triangle-down",
    ]  # 42 pairs before one repeats
    run = {"field": "run", "type": "nominal", "title": "Run"}
    images = {"field": "images", "type": "nominal", "title": "Images"}
    dashes = alt.Scale(domain=["validation", "training"], range=[[1, 0], [6, 4]])
    base = alt.Chart(frame).encode(
        x=_epoch_axis([row for rows in histories.values() for row in rows]),
        y=_metric_axis(metric),
        color=alt.Color(**run, scale=alt.Scale(domain=names, range=_cycled(colours, len(names)))),
        tooltip=_tooltip("run", metric),
    )
    lines = base.mark_line(strokeWidth=2).encode(strokeDash=alt.StrokeDash(**images, scale=dashes))
    shape = alt.Shape(**run, scale=alt.Scale(domain=names, range=_cycled(shapes, len(names))))
    return _laid_out(alt.layer(lines, base.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)))


def _live_points(history: History, metric: str) -> Iterator[tuple[float, float, str]]:
    steps = next((row["steps_per_epoch"] for row in history if row["kind"] == "start"), 1)
    for row in _thinned([row for row in history if row["kind"] == "batch"]):
        yield row["step"] / steps, row[metric], _BATCHES
    for row in history:
        if row["kind"] == "epoch":
            yield row["epoch"], row[metric], _EPOCHS
            if row[f"val_{metric}"] is not None:
                yield row["epoch"], row[f"val_{metric}"], _VALIDATION


def _compared_points(histories: Mapping[str, History], metric: str) -> Iterator[tuple[float, float, str, str]]:
    for name, history in histories.items():
        for row in history:
            if row["kind"] == "epoch":
                held_out = row[f"val_{metric}"]
                images = "training" if held_out is None else "validation"
                yield row["epoch"], row[metric] if held_out is None else held_out, name, images


def _thinned(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Every k-th row and the last; k doubles as the rows grow, so that what is drawn stays where it is."""
    k = 1
    while len(rows) > k * _DRAWN_BATCHES:
        k *= 2
    return rows if k == 1 else [*rows[:-1:k], rows[-1]]


def _frame(points: Iterator[tuple[Any, ...]], *names: str) -> pd.DataFrame:
    # The types are named because there may be no rows to tell them from.
    frame = pd.DataFrame(list(points), columns=["epochs", "value", *names])
    return frame.astype({"epochs": float, "value": float} | dict.fromkeys(names, str))


def _epoch_axis(history: History) -> alt.X:
    ended = any(row["kind"] == "end" for row in history)
    kind, key = ("epoch", "epoch") if ended else ("start", "epochs")
    last = max((row[key] for row in history if row["kind"] == kind), default=1)
    return alt.X(
        "epochs:Q", title="Epochs", scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(tickMinStep=1)
    )


def _metric_axis(metric: str) -> alt.Y:
    if metric == "loss":
        return alt.Y("value:Q", title=_METRICS[metric], scale=alt.Scale(type="log"))
    axis = alt.Axis(format="~%")
    return alt.Y("value:Q", title=_METRICS[metric], scale=alt.Scale(zero=False), axis=axis)


def _tooltip(name: str, metric: str) -> list[alt.Tooltip]:
    number = alt.Tooltip("value:Q", title=metric.capitalize(), format=".4f" if metric == "loss" else ".2%")
    return [alt.Tooltip(f"{name}:N", title=name.capitalize()), alt.Tooltip("epochs:Q", format=".2f"), number]


def _cycled(values: Sequence[str], n: int) -> list[str]:
    return [values[i % len(values)] for i in range(n)]


def _laid_out(chart: alt.LayerChart) -> alt.LayerChart:
    return chart.properties(height=280, background="transparent").configure_legend(orient="bottom")
