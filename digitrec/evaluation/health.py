"""The measures of a network's health while it trains, and their usual ranges."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import NamedTuple

from digitrec.runs import Health


class HealthMeasure(NamedTuple):
    """One number of a network's health, and the range that it has in the healthy recorded trainings."""

    name: str
    read: Callable[[Health], float | None]
    low: float
    high: float


def _median_update(row: Health) -> float | None:
    ratios = [layer.update_ratio for layer in row.layers if layer.update_ratio is not None]
    return statistics.median(ratios) if ratios else None


def _most_dead(row: Health) -> float | None:
    return max((layer.dead for layer in row.layers if layer.dead is not None), default=None)


GRADIENT = HealthMeasure("gradient", lambda row: row.gradient_norm, 0.01, 2.5)
DEAD = HealthMeasure("dead", _most_dead, 0.0, 0.4)  # of the layer that has the most
UPDATE = HealthMeasure("update", _median_update, 1e-3, 5e-2)  # the median of the layers
MEASURES = (GRADIENT, DEAD, UPDATE)


def find_layer(row: Health) -> str | None:
    """The layer with the most dead units; None where none has any."""
    found = [(layer.dead, layer.name) for layer in row.layers if layer.dead]
    return max(found)[1] if found else None
