"""The points of learning curves, thinned out and placed on their axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from digitrec.runs import Batch, Epoch, History

Row = TypeVar("Row")
Point = tuple[float, float, str]  # place on the axis, such as epochs; value; series

EPOCHS, BATCHES, SECONDS = "Epochs", "Batches", "Seconds"  # what the axis below may count
BATCHES_SERIES, EPOCHS_SERIES, VALIDATION_SERIES = "training, batches", "training, epochs", "validation"
SMOOTHED_SERIES, EDGES_SERIES, EARLIER_PREFIX = "smoothed", "edges", "earlier: "  # those are not in the legend
SMOOTHING = 0.9  # share of the mean before, in a moving mean over the rows of batches
# At most 500 points are sent for a chart: batches, as many smoothed, two points an epoch, and three earlier runs.
_MAX_DRAWN_BATCHES, _MAX_DRAWN_EPOCHS, _MAX_DRAWN_EARLIER = 150, 40, 30
MAX_EARLIER = 3
# Where axes may start and end: steps, because an axis that moves with each new row is hard to read.
LOSS_STEPS = [mantissa * 10.0**exponent for exponent in range(-4, 5) for mantissa in (1, 3)]
_ACCURACY_STEPS = [0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99]
_SECOND_STEPS = [mantissa * 10.0**exponent for exponent in range(7) for mantissa in (1, 2, 3, 5, 7)]


def batch_points(history: History, metric: str, axis: str) -> Iterator[Point]:
    """Those of the batches, on any axis."""
    for batch in thin_out(history.batches):
        yield place_of(history, axis, batch), getattr(batch, metric), BATCHES_SERIES


def epoch_points_on(history: History, metric: str, axis: str) -> Iterator[Point]:
    """Those of the epochs, on any axis."""
    shown = {row.epoch: row for row in thin_out(history.epochs, _MAX_DRAWN_EPOCHS)}
    for epoch, value, series in epoch_points(history, metric):
        if row := shown.get(int(epoch)):
            yield place_of(history, axis, row), value, series


def earlier_points(name: str, history: History, metric: str, axis: str) -> list[Point]:
    """Another run's curve, on the validation images, or the training images where it has none."""
    found = list(epoch_points_on(history, metric, axis))
    own = [point for point in found if point[2] == VALIDATION_SERIES] or found
    return [(place, value, f"{EARLIER_PREFIX}{name}") for place, value, _ in thin_out(own, _MAX_DRAWN_EARLIER)]


def smooth(batches: Sequence[Point]) -> list[Point]:
    """A moving mean without the pull of its start (as Adam's, Kingma and Ba 2015, section 3)."""
    found, mean, weight = [], 0.0, 0.0
    for place, value, _ in batches:
        mean, weight = SMOOTHING * mean + (1 - SMOOTHING) * value, SMOOTHING * weight + (1 - SMOOTHING)
        found.append((place, mean / weight, SMOOTHED_SERIES))
    return found


def clip(value: float, low: float, high: float, metric: str) -> float:
    """Where between the edges a value is drawn: a loss at the edge, a too low accuracy not at all (NaN)."""
    if metric == "accuracy" and value < low:
        return math.nan
    return min(max(value, low), high)


def place_of(history: History, axis: str, row: Batch | Epoch) -> float:
    """Where on the axis a row is."""
    if axis == SECONDS:
        return history.seconds_at(row.time)
    if isinstance(row, Batch):
        return float(row.step) if axis == BATCHES else history.epochs_at(row)
    if axis == EPOCHS:
        return row.epoch
    steps = [batch.step for batch in history.batches if batch.epoch == row.epoch]
    return float(steps[-1] if steps else row.epoch * (history.start.steps_per_epoch if history.start else 1))


def place_at(history: History, axis: str, done: float) -> float:
    """Where on the axis so many epochs are done."""
    if axis == EPOCHS or not history.batches:
        return done
    epochs = [0.0, *(history.epochs_at(batch) for batch in history.batches)]
    return float(np.interp(done, epochs, [0.0, *(place_of(history, axis, batch) for batch in history.batches)]))


def find_last(history: History, axis: str) -> float:
    """Where the axis ends: at the end of a training, or where it will be; of seconds a round number."""
    last = float(last_epoch(history))
    if axis == EPOCHS or not history.batches:
        return last
    latest = history.batches[-1]
    place, done = place_of(history, axis, latest), history.epochs_at(latest)
    if axis == BATCHES:
        return max(place, place * last / max(done, 1e-9) if not history.end else place)
    expected = max(place, 1.0) * (last / max(done, 1e-9) if not history.end else 1.0)
    return next(step for step in _SECOND_STEPS if step >= expected or step == _SECOND_STEPS[-1])


def epoch_points(history: History, metric: str) -> Iterator[Point]:
    """Those of the epochs, on training and validation images, at the epochs' numbers."""
    for epoch in history.epochs:
        yield epoch.epoch, getattr(epoch, metric), EPOCHS_SERIES
        if (value := getattr(epoch, f"val_{metric}")) is not None:
            yield epoch.epoch, value, VALIDATION_SERIES


def thin_out(rows: Sequence[Row], limit: int = _MAX_DRAWN_BATCHES) -> Sequence[Row]:
    """As many rows as a chart can show: every k-th and the last.

    k doubles as the rows grow, so that what is drawn stays where it is.
    """
    k = 1
    while len(rows) > k * limit:
        k *= 2
    return rows if k == 1 else [*rows[:-1:k], rows[-1]]


def last_epoch(history: History) -> int:
    """The latest epoch of a training that has ended; the last one that is planned, where it still runs."""
    if history.end or history.start is None:
        return max([row.epoch for row in history.epochs] + [row.epoch for row in history.batches], default=1)
    return history.planned_epochs


def find_edges(values: Sequence[float], metric: str, *, is_log: bool) -> tuple[float, float]:
    """Where an axis of values begins and ends."""
    if metric == "accuracy":
        return max(step for step in _ACCURACY_STEPS if step <= min(values, default=0.0)), 1.0
    high = min((step for step in LOSS_STEPS if step > max(values, default=1.0)), default=LOSS_STEPS[-1])
    if not is_log:
        return 0.0, high
    # Smaller losses are drawn at the edge; a logarithm has no place for 0.
    return max((step for step in LOSS_STEPS if step < min(values, default=0.02)), default=LOSS_STEPS[0]), high
