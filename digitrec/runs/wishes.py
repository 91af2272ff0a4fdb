"""What a person asks of a training while it runs. The worker looks here between two slices of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_STRENGTH = 3.0  # of the augmentation, times what the run's settings say


class Wishes(NamedTuple):
    """All that is asked of a worker at this moment; a setting that is None stays as it is."""

    wish: str | None = None  # "stop"; "discard": stop, and leave nothing; "pruned": stop, and make no network
    paused: bool = False
    learning_rate: float | None = None  # its peak, where a schedule changes it
    epochs: int | None = None  # of the whole training
    batch_size: int | None = None
    augmentation: float | None = None  # strength: times the ranges of the run's settings, from 0
    restores: int = 0  # how often the best weights so far were asked back


def parse(values: Mapping[str, Any]) -> Wishes:
    """The wishes in a JSON object; what is missing, or of another type, is not asked for."""
    wish, restores = values.get("wish"), values.get("restores")
    return Wishes(
        wish=wish if isinstance(wish, str) else None,
        paused=values.get("paused") is True,
        learning_rate=_number(values.get("learning_rate")),
        epochs=_whole(values.get("epochs")),
        batch_size=_whole(values.get("batch_size")),
        augmentation=_number(values.get("augmentation")),
        restores=_whole(restores) or 0,
    )


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < float("inf") else None  # type: ignore[arg-type, operator]


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
