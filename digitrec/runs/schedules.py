"""How the learning rate changes: one code for NumPy, which draws it, and for TensorFlow, which trains."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from digitrec.imaging import Floats
from digitrec.runs.config import TrainConfig

ONE_CYCLE_RISE = 0.3  # share of the training in which the one-cycle schedule rises
_ONE_CYCLE_START, _ONE_CYCLE_END = 1 / 25, 1e-3  # of the peak
_DECAY = 0.98  # of the exponential schedule, an epoch


class Course(NamedTuple):
    """Where a training stands: from which step on it has which epochs. All values are floats, for one tensor.

    A change of the batch size or of the number of epochs begins a new course.
    """

    step: float  # over all epochs, where the course begins
    epoch: float  # done by then
    steps_per_epoch: float
    epochs: float  # of the whole training
    peak: float  # learning rate at its highest


def relative_rate(schedule: str, warmup: float, epoch: Any, epochs: Any, xp: ModuleType = np) -> Any:
    """The learning rate, as a share of its peak.

    Args:
        schedule: a key of `config.SCHEDULES`.
        warmup: share of the training in which the rate rises from 0; not of one-cycle, which has its own.
        epoch: how many epochs are done, a float or an array of them.
        epochs: of the whole training.
        xp: the module whose arrays these are: NumPy or TensorFlow.
    """
    done = xp.minimum(xp.maximum(epoch / epochs, 0.0), 1.0)
    if schedule == "one-cycle":  # Smith 2018: up along a line, then down along a cosine
        rising = _ONE_CYCLE_START + (1 - _ONE_CYCLE_START) * done / ONE_CYCLE_RISE
        fall = xp.maximum(done - ONE_CYCLE_RISE, 0.0) / (1 - ONE_CYCLE_RISE)
        falling = _ONE_CYCLE_END + (1 - _ONE_CYCLE_END) * (1 + xp.cos(np.pi * fall)) / 2
        return xp.where(done < ONE_CYCLE_RISE, rising, falling)
    rate = done * 0 + 1
    if schedule == "cosine":
        rate = (1 + xp.cos(np.pi * done)) / 2
    elif schedule == "exponential":
        # A little more than the epochs: their float may lie just below the whole number.
        rate = _DECAY ** xp.floor(epoch + 1e-4)
    elif schedule == "step":
        rate = xp.where(done < 0.5, rate, xp.where(done < 0.75, 0.1 * rate, 0.01 * rate))
    return rate * xp.minimum(done / warmup, 1.0) if warmup else rate


def peaks_briefly(schedule: str) -> bool:
    """Whether a schedule reaches its highest rate for a moment only, after a rise."""
    return schedule == "one-cycle"


def learning_rates(config: TrainConfig, points: int = 200) -> tuple[Floats, Floats]:
    """The planned learning rate over a training: epochs done, and the rate there, both float32 (points,)."""
    epochs = np.linspace(0, config.epochs, points, dtype=np.float32)
    share = relative_rate(config.schedule, config.warmup, epochs, np.float32(config.epochs))
    return epochs, (config.learning_rate * share).astype(np.float32)
