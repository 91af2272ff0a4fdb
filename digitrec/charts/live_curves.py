"""Learning curves that grow, as Altair charts: Streamlit updates them in place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from digitrec.charts.curve_points import (
    BATCHES_SERIES,
    EARLIER_PREFIX,
    EDGES_SERIES,
    EPOCHS,
    EPOCHS_SERIES,
    LOSS_STEPS,
    MAX_EARLIER,
    SMOOTHED_SERIES,
    VALIDATION_SERIES,
    Point,
    batch_points,
    clip,
    earlier_points,
    epoch_points,
    epoch_points_on,
    find_edges,
    find_last,
    last_epoch,
    place_at,
    smooth,
)
from digitrec.charts.style import BLUE, GREY, SERIES, SKY, VERMILLION
from digitrec.runs import History

ZOOM = "zoom"  # name of the selection that zooms: Streamlit retains it over new rows if it is told of it
_ZOOM = alt.selection_interval(
    name=ZOOM,
    bind="scales",
    zoom="wheel![event.shiftKey]",  # without Shift the wheel scrolls the page
    translate="[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!",
)
_SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down"]  # with the colours: 42 pairs


class CurveView(NamedTuple):
    """How a person wants to see the curves."""

    axis: str = EPOCHS  # or BATCHES, or SECONDS
    is_log: bool = True  # the loss
    is_smoothed: bool = False


def live_curves(
    history: History,
    metric: str,
    marks: Sequence[tuple[float, str]] = (),
    *,
    view: CurveView | None = None,
    earlier: Mapping[str, History] | None = None,
) -> alt.LayerChart:
    """A training's curve so far: batches a thin line, epochs circles, validation diamonds on a dashed line.

    The edges of the axes are points of the data, so the chart's description stays the same when rows are added,
    and a person's zoom stays.

    Args:
        history: what happened so far; before the first batch the axes are empty.
        metric: "loss" or "accuracy".
        marks: what a person changed: after how many epochs, and the words.
        view: how it is drawn; None: over the epochs, a loss on a log scale, nothing smoothed.
        earlier: for each run's name, what happened in it: pale curves behind, of `MAX_EARLIER` of them.
    """
    view = view or CurveView()
    behind = dict(list((earlier or {}).items())[:MAX_EARLIER])
    batches, epochs = (
        list(batch_points(history, metric, view.axis)),
        list(epoch_points_on(history, metric, view.axis)),
    )
    old = [point for name, each in behind.items() for point in earlier_points(name, each, metric, view.axis)]
    names = [BATCHES_SERIES, EPOCHS_SERIES, VALIDATION_SERIES]
    # The first batches' accuracy is far below all that follows: once there are epochs, the axis is made for them.
    room = epochs if epochs and metric == "accuracy" else batches + epochs
    is_log = view.is_log and metric == "loss"
    low, high = find_edges([value for _, value, _ in room + (old if room else [])], metric, is_log=is_log)
    last = max([find_last(history, view.axis), *(place for place, *_ in old)])
    edges: list[Point] = [(0.0, low, EDGES_SERIES), (last, high, EDGES_SERIES)]
    smoothed = smooth(batches) if view.is_smoothed else []
    points = [*edges, *old, *batches, *smoothed, *epochs]
    frame = _to_frame(points).assign(drawn=[clip(value, low, high, metric) for _, value, _ in points])
    shared = alt.SharedEncoding(
        x=_free_axis(view.axis),  # type: ignore[arg-type]  # Altair's stubs allow only mappings
        y=_free_metric_axis(metric, is_log=is_log),  # type: ignore[arg-type]
        tooltip=_tooltip(metric, view.axis),
    )
    layers = [*_pale_layers(is_smoothed=view.is_smoothed), *_own_layers(names, is_smoothed=view.is_smoothed)]
    placed = [(place_at(history, view.axis, done), words) for done, words in marks]
    return _layer_chart(frame, [*layers, *_mark_lines(placed)], shared=shared)


def _own_layers(names: Sequence[str], *, is_smoothed: bool) -> list[alt.Chart]:
    """The curves of the training itself; only they are in the legend."""
    colour = _encode_series(alt.Color, names, [SKY, BLUE, VERMILLION], legend=alt.Legend(columns=2))
    thin = alt.Chart(
        mark=alt.MarkDef(type="line", strokeWidth=1, clip=True, opacity=0.35 if is_smoothed else 1),
        encoding=alt.FacetedEncoding(color=colour),
        transform=[_only(BATCHES_SERIES)],
    )
    shape = _encode_series(alt.Shape, names, ["stroke", "circle", "diamond"])
    whole = alt.FieldOneOfPredicate(field="series", oneOf=[EPOCHS_SERIES, VALIDATION_SERIES])
    return [
        thin,
        *_lines_and_points([VALIDATION_SERIES], shape, color=colour, transform=[alt.FilterTransform(whole)]),
    ]


def _pale_layers(*, is_smoothed: bool) -> list[alt.Chart]:
    """Earlier runs behind, the smoothed curve, and the invisible edges of the axes."""
    edge = alt.MarkDef(type="point", opacity=0, tooltip=None)
    grey = alt.MarkDef(type="line", strokeWidth=1.5, color=GREY, opacity=0.5, clip=True)
    earlier = f"indexof(datum.series, {EARLIER_PREFIX!r}) === 0"
    layers = [
        alt.Chart(mark=edge, name="edges", params=[_ZOOM.param], transform=[_only(EDGES_SERIES)]),
        alt.Chart(
            mark=grey,
            encoding=alt.FacetedEncoding(detail=alt.Detail("series:N")),
            transform=[alt.FilterTransform(filter=earlier)],
        ),
    ]
    strong = alt.MarkDef(type="line", strokeWidth=2, color=SKY, clip=True)
    return [*layers, alt.Chart(mark=strong, transform=[_only(SMOOTHED_SERIES)])] if is_smoothed else layers


def _only(series: str) -> alt.FilterTransform:
    return alt.FilterTransform(filter=repr(alt.datum.series == series))


def rate_curve(places: Sequence[float], rates: Sequence[float], *, last: float, axis: str = EPOCHS) -> alt.Chart:
    """A learning rate over a training.

    Args:
        places: how many epochs are done; batches or seconds on those axes.
        rates: the rates there.
        last: where the axis ends.
        axis: EPOCHS, BATCHES or SECONDS.
    """
    frame = pd.DataFrame({"epochs": places, "rate": rates}).astype(float)
    form = alt.Axis(tickMinStep=1, format=",d", labelOverlap=True)
    scale = alt.Scale(domain=[0, max(last, 1)], nice=False)
    return alt.Chart(
        data=frame,
        mark=alt.MarkDef(type="line", strokeWidth=2, color=BLUE, clip=True),
        encoding=alt.FacetedEncoding(
            x=alt.X("epochs:Q", title=axis, axis=form, scale=scale),
            y=alt.Y("rate:Q", title="Learning rate", axis=alt.Axis(format="~g", tickCount=4)),
            tooltip=[_tooltip_place(axis), alt.Tooltip("rate:Q", title="Learning rate", format=".2g")],
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
        drawn = list(epoch_points(history, metric))
        validation = [point for point in drawn if point[2] == VALIDATION_SERIES]
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
    return _layer_chart(
        _to_frame(points), layers, shared=shared, height=280 + 20 * math.ceil(len(names) / columns)
    )


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


def _to_frame(points: Sequence[Point]) -> pd.DataFrame:
    # Without points pandas cannot infer the types.
    return pd.DataFrame(points, columns=["epochs", "value", "series"]).astype(
        {"epochs": float, "value": float, "series": str}
    )


def _epoch_axis(histories: Sequence[History]) -> alt.X:
    """From 0 to the end of the longest training; one that still runs counts with all its epochs."""
    last = max(map(last_epoch, histories), default=1)
    axis, scale = alt.Axis(tickMinStep=1, format="d"), alt.Scale(domain=[0, last], nice=False)
    return alt.X("epochs:Q", title="Epochs", axis=axis, scale=scale)


def _place_axis(points: Sequence[Point], title: str) -> alt.X:
    """From 0 to the last point, in whatever the axis counts."""
    scale = alt.Scale(domain=[0, max((place for place, *_ in points), default=1)], nice=False)
    return alt.X("epochs:Q", title=title, axis=alt.Axis(format="~s"), scale=scale)


def _metric_axis(values: Sequence[float], metric: str) -> alt.Y:
    low, high = find_edges(values, metric, is_log=True)
    if metric == "accuracy":
        scale = alt.Scale(domain=[low, 1.0], nice=False)
        return alt.Y("value:Q", title="Accuracy (%)", axis=alt.Axis(format="~%"), scale=scale)
    ticks = [step for step in LOSS_STEPS if low <= step <= high]
    scale = alt.Scale(type="log", domain=[low, high], clamp=True, nice=False)
    return alt.Y("value:Q", title="Loss (log scale)", axis=alt.Axis(values=ticks, format="~g"), scale=scale)


def _free_axis(title: str) -> alt.X:
    """An axis from the first point of the data to the last."""
    axis = alt.Axis(tickMinStep=1, format=",d", labelOverlap=True)
    return alt.X("epochs:Q", title=title, axis=axis, scale=alt.Scale(nice=False, zero=False))


def _free_metric_axis(metric: str, *, is_log: bool) -> alt.Y:
    if metric == "accuracy":
        scale = alt.Scale(nice=False, zero=False)
        return alt.Y("drawn:Q", title="Accuracy (%)", axis=alt.Axis(format="~%"), scale=scale)
    if not is_log:
        return alt.Y("drawn:Q", title="Loss", axis=alt.Axis(format="~g"), scale=alt.Scale(nice=False, zero=False))
    # Without a clamp, which would draw the ticks beyond the edges at the edges.
    scale, axis = alt.Scale(type="log", nice=False), alt.Axis(values=LOSS_STEPS, format="~g")
    return alt.Y("drawn:Q", title="Loss (log scale)", axis=axis, scale=scale)


def _encode_series(channel: type[Any], names: Sequence[str], styles: Sequence[Any], **options: Any) -> Any:
    """An encoding of the series: each name has its style; with more names than styles they repeat."""
    scale = alt.Scale(domain=list(names), range=[styles[i % len(styles)] for i in range(len(names))])
    return channel("series:N", title=None, scale=scale, **options)


def _lines_and_points(
    dashed: Sequence[str], shape: alt.Shape, *, color: alt.Color | None = None, **options: Any
) -> list[alt.Chart]:
    # The dashes are a condition and no scale, which would dash the legend's symbols too.
    chosen = alt.FieldOneOfPredicate(field="series", oneOf=list(dashed))
    dashes = alt.StrokeDash(**alt.condition(chosen, alt.value([6, 4]), alt.value([1, 0])))
    line = alt.MarkDef(type="line", strokeWidth=2, clip=True)
    point = alt.MarkDef(type="point", filled=True, size=45, opacity=1)
    own: dict[str, Any] = {} if color is None else {"color": color}
    return [
        alt.Chart(mark=line, encoding=alt.FacetedEncoding(strokeDash=dashes, **own), **options),
        alt.Chart(mark=point, encoding=alt.FacetedEncoding(shape=shape, **own), **options),
    ]


def _tooltip(metric: str, axis: str = EPOCHS) -> list[alt.Tooltip]:
    number = alt.Tooltip("value:Q", title=metric.capitalize(), format=".4f" if metric == "loss" else ".2%")
    return [alt.Tooltip("series:N", title="Curve"), _tooltip_place(axis), number]


def _tooltip_place(axis: str) -> alt.Tooltip:
    return alt.Tooltip("epochs:Q", title=axis, format=".2f" if axis == EPOCHS else ",.0f")


def _layer_chart(
    frame: pd.DataFrame,
    layers: list[alt.Chart],
    *,
    shared: alt.SharedEncoding,
    height: int = 340,
) -> alt.LayerChart:
    # All in one call, with the shared parts once: Altair copies and checks the whole chart at each method call,
    # which took 0.2 s on a page that redraws twice a second.
    legend = alt.LegendConfig(orient="bottom", labelLimit=300, symbolStrokeWidth=2, symbolOpacity=1)
    config = alt.Config(legend=legend)
    return alt.LayerChart(
        data=frame,
        layer=layers,
        encoding=shared,
        height=height,
        background="transparent",
        config=config,
    )
