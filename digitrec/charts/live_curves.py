"""Learning curves that grow, as Altair charts: Streamlit updates them in place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from digitrec.charts.style import BLUE, SERIES, SKY, VERMILLION
from digitrec.runs import Batch, History

Point = tuple[float, float, str]  # epochs, value, series

_BATCHES, _EPOCHS, _VALIDATION = "training, batches", "training, epochs", "validation"
_MAX_DRAWN_BATCHES = 400  # about as many as a chart's width can show
# Where axes may start and end: steps, because an axis that moves with each new row is hard to read.
_LOSS_STEPS = [mantissa * 10.0**exponent for exponent in range(-4, 5) for mantissa in (1, 3)]
_ACCURACY_STEPS = [0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99]
_SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down"]  # with the colours: 42 pairs


def live_curves(history: History, metric: str, marks: Sequence[tuple[float, str]] = ()) -> alt.LayerChart:
    """A training's curve so far: batches a thin line, epochs circles, validation diamonds on a dashed line.

    Args:
        history: what happened so far; before the first batch the axes are empty.
        metric: "loss" or "accuracy".
        marks: what a person changed: after how many epochs, and the words.
    """
    batches, epochs = list(_batch_points(history, metric)), list(_epoch_points(history, metric))
    names = [_BATCHES, _EPOCHS, _VALIDATION]
    # The first batches' accuracy is far below all that follows: once there are epochs, the axis is made for them.
    room = epochs if epochs and metric == "accuracy" else batches + epochs
    shared = alt.SharedEncoding(
        x=_epoch_axis([history]),  # type: ignore[arg-type]  # Altair's stubs allow only mappings
        y=_metric_axis([value for _, value, _ in room], metric),  # type: ignore[arg-type]
        color=_encode_series(alt.Color, names, [SKY, BLUE, VERMILLION], legend=alt.Legend(columns=2)),
        tooltip=_tooltip(metric),
    )
    thin = alt.Chart(
        mark=alt.MarkDef(type="line", strokeWidth=1, clip=True),
        transform=[_filter_series(alt.datum.series == _BATCHES)],
    )
    shape = _encode_series(alt.Shape, names, ["stroke", "circle", "diamond"])
    whole = _lines_and_points([_VALIDATION], shape, transform=[_filter_series(alt.datum.series != _BATCHES)])
    return _layer_chart(batches + epochs, [thin, *whole, *_mark_lines(marks)], shared=shared)


def rate_curve(epochs: Sequence[float], rates: Sequence[float], *, last: float) -> alt.Chart:
    """A learning rate over the epochs.

    Args:
        epochs: how many are done.
        rates: the rates there.
        last: where the axis ends, epochs.
    """
    frame = pd.DataFrame({"epochs": epochs, "rate": rates}).astype(float)
    axis = alt.Axis(tickMinStep=1, format="d")
    return alt.Chart(
        data=frame,
        mark=alt.MarkDef(type="line", strokeWidth=2, color=BLUE, clip=True),
        encoding=alt.FacetedEncoding(
            x=alt.X("epochs:Q", title="Epochs", axis=axis, scale=alt.Scale(domain=[0, max(last, 1)], nice=False)),
            y=alt.Y("rate:Q", title="Learning rate", axis=alt.Axis(format="~g", tickCount=4)),
            tooltip=[alt.Tooltip("epochs:Q", format=".2f"), alt.Tooltip("rate:Q", format=".2g")],
        ),
        height=190,
        background="transparent",
    )


def compare_curves(
    histories: Mapping[str, History],
    metric: str,
    places: Mapping[str, Sequence[float]] | None = None,
    axis: str = "Epochs",
) -> alt.LayerChart:
    """Several runs' curves over each other, on the validation images; dashed, on the training images, without any.

    Args:
        histories: for each run's name, what happened.
        metric: "loss" or "accuracy".
        places: for each run's name, where its epochs lie on the axis; None: at their numbers.
        axis: title of the axis.
    """
    points: list[Point] = []
    names: list[str] = []
    dashed: list[str] = []
    for run, history in histories.items():
        drawn = list(_epoch_points(history, metric))
        validation = [point for point in drawn if point[2] == _VALIDATION]
        names.append(run if validation or not drawn else f"{run} (training)")
        dashed += [] if validation else names[-1:]
        at = dict(zip((row.epoch for row in history.epochs), places[run], strict=True)) if places else {}
        points += [(at.get(int(epoch), epoch), value, names[-1]) for epoch, value, _ in validation or drawn]
    columns = 2 if all(len(name) <= 16 for name in names) else 1
    shared = alt.SharedEncoding(
        x=_place_axis(points, axis) if places else _epoch_axis(list(histories.values())),  # type: ignore[arg-type]
        y=_metric_axis([value for _, value, _ in points], metric),  # type: ignore[arg-type]
        color=_encode_series(alt.Color, names, SERIES, legend=alt.Legend(columns=columns)),
        tooltip=_tooltip(metric, axis),
    )
    layers = _lines_and_points(dashed, _encode_series(alt.Shape, names, _SHAPES))
    return _layer_chart(points, layers, shared=shared, height=280 + 20 * math.ceil(len(names) / columns))


def _mark_lines(marks: Sequence[tuple[float, str]]) -> list[alt.Chart]:
    """A thin line at each mark, with its words; none where there is none."""
    if not marks:
        return []
    frame = pd.DataFrame(list(marks), columns=["epochs", "what"])
    rule = alt.MarkDef(type="rule", strokeDash=[2, 3], strokeWidth=1.5, color=SKY)
    encoding = alt.FacetedEncoding(
        x=alt.X("epochs:Q"),
        y=alt.value(0),
        y2=alt.value("height"),
        color=alt.ColorValue(SKY),
        tooltip=[alt.Tooltip("what:N", title="Changed"), alt.Tooltip("epochs:Q", format=".2f")],
    )
    return [alt.Chart(data=frame, mark=rule, encoding=encoding)]


def _batch_points(history: History, metric: str) -> Iterator[Point]:
    for batch in thin_out(history.batches):
        yield history.epochs_at(batch), getattr(batch, metric), _BATCHES


def _epoch_points(history: History, metric: str) -> Iterator[Point]:
    for epoch in history.epochs:
        yield epoch.epoch, getattr(epoch, metric), _EPOCHS
        if (value := getattr(epoch, f"val_{metric}")) is not None:
            yield epoch.epoch, value, _VALIDATION


def thin_out(rows: Sequence[Batch]) -> Sequence[Batch]:
    """As many rows as a chart can show: every k-th and the last.

    k doubles as the rows grow, so that what is drawn stays where it is.
    """
    k = 1
    while len(rows) > k * _MAX_DRAWN_BATCHES:
        k *= 2
    return rows if k == 1 else [*rows[:-1:k], rows[-1]]


def _to_frame(points: Sequence[Point]) -> pd.DataFrame:
    # Without points pandas cannot infer the types.
    return pd.DataFrame(points, columns=["epochs", "value", "series"]).astype(
        {"epochs": float, "value": float, "series": str}
    )


def _epoch_axis(histories: Sequence[History]) -> alt.X:
    """From 0 to the end of the longest training; one that still runs counts with all its epochs."""
    last = max(map(_last_epoch, histories), default=1)
    axis, scale = alt.Axis(tickMinStep=1, format="d"), alt.Scale(domain=[0, last], nice=False)
    return alt.X("epochs:Q", title="Epochs", axis=axis, scale=scale)


def _place_axis(points: Sequence[Point], title: str) -> alt.X:
    """From 0 to the last point, in whatever the axis counts."""
    scale = alt.Scale(domain=[0, max((place for place, *_ in points), default=1)], nice=False)
    return alt.X("epochs:Q", title=title, axis=alt.Axis(format="~s"), scale=scale)


def _last_epoch(history: History) -> int:
    if history.end or history.start is None:
        return max([row.epoch for row in history.epochs] + [row.epoch for row in history.batches], default=1)
    return history.planned_epochs


def _metric_axis(values: Sequence[float], metric: str) -> alt.Y:
    if metric == "accuracy":
        low = max(step for step in _ACCURACY_STEPS if step <= min(values, default=0.0))
        scale = alt.Scale(domain=[low, 1.0], nice=False)
        return alt.Y("value:Q", title="Accuracy (%)", axis=alt.Axis(format="~%"), scale=scale)
    # Smaller losses are drawn at the edge; a logarithm has no place for 0.
    low = max((step for step in _LOSS_STEPS if step < min(values, default=0.02)), default=_LOSS_STEPS[0])
    high = min((step for step in _LOSS_STEPS if step > max(values, default=1.0)), default=_LOSS_STEPS[-1])
    ticks = [step for step in _LOSS_STEPS if low <= step <= high]
    scale = alt.Scale(type="log", domain=[low, high], clamp=True, nice=False)
    return alt.Y("value:Q", title="Loss (log scale)", axis=alt.Axis(values=ticks, format="~g"), scale=scale)


def _encode_series(channel: type[Any], names: Sequence[str], styles: Sequence[Any], **options: Any) -> Any:
    """An encoding of the series: each name has its style; with more names than styles they repeat."""
    scale = alt.Scale(domain=list(names), range=[styles[i % len(styles)] for i in range(len(names))])
    return channel("series:N", title=None, scale=scale, **options)


def _filter_series(predicate: object) -> alt.FilterTransform:
    return alt.FilterTransform(filter=repr(predicate))


def _lines_and_points(dashed: Sequence[str], shape: alt.Shape, **options: Any) -> list[alt.Chart]:
    # The dashes are a condition and no scale, which would dash the legend's symbols too.
    chosen = alt.FieldOneOfPredicate(field="series", oneOf=list(dashed))
    dashes = alt.StrokeDash(**alt.condition(chosen, alt.value([6, 4]), alt.value([1, 0])))
    line = alt.MarkDef(type="line", strokeWidth=2, clip=True)
    point = alt.MarkDef(type="point", filled=True, size=45, opacity=1)
    return [
        alt.Chart(mark=line, encoding=alt.FacetedEncoding(strokeDash=dashes), **options),
        alt.Chart(mark=point, encoding=alt.FacetedEncoding(shape=shape), **options),
    ]


def _tooltip(metric: str, axis: str = "Epochs") -> list[alt.Tooltip]:
    number = alt.Tooltip("value:Q", title=metric.capitalize(), format=".4f" if metric == "loss" else ".2%")
    epochs = alt.Tooltip("epochs:Q", title=axis, format=",.0f" if axis != "Epochs" else ".2f")
    return [alt.Tooltip("series:N", title="Curve"), epochs, number]


def _layer_chart(
    points: Sequence[Point],
    layers: list[alt.Chart],
    *,
    shared: alt.SharedEncoding,
    height: int = 340,
) -> alt.LayerChart:
    # All in one call, with the shared parts once: Altair copies and checks the whole chart at each method call,
    # which took 0.2 s on a page that redraws twice a second.
    legend = alt.LegendConfig(orient="bottom", labelLimit=300, symbolStrokeWidth=2)
    config = alt.Config(legend=legend)
    return alt.LayerChart(
        data=_to_frame(points),
        layer=layers,
        encoding=shared,
        height=height,
        background="transparent",
        config=config,
    )
