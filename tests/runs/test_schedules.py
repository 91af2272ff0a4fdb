"""The learning rate over a training."""

import numpy as np
import pytest

from digitrec.runs.config import SCHEDULES, TrainConfig
from digitrec.runs.schedules import learning_rates, relative_rate


def rates(schedule: str, *done: float, warmup: float = 0.0, epochs: float = 10.0) -> np.ndarray:
    return relative_rate(schedule, warmup, np.array(done), epochs)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_stays_between_zero_and_its_peak(schedule):
    epochs, found = learning_rates(TrainConfig(schedule=schedule, learning_rate=0.02, epochs=7), points=1000)
    assert (epochs[0], epochs[-1]) == (0, 7) and found.min() >= 0
    assert found.max() == pytest.approx(0.02, rel=1e-2)


def test_the_shapes_are_those_that_are_named():
    assert rates("constant", 0, 3, 10) == pytest.approx([1, 1, 1])
    assert rates("cosine", 0, 5, 10) == pytest.approx([1, 0.5, 0], abs=1e-6)
    assert rates("exponential", 0, 0.99, 1, 3) == pytest.approx([1, 1, 0.98, 0.98**3])
    assert rates("step", 0, 4.9, 5, 7.4, 7.5, 10) == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert rates("one-cycle", 0, 3, 6.5, 10) == pytest.approx([0.04, 1, 0.5, 0.001], rel=1e-2)


@pytest.mark.parametrize("schedule", sorted(set(SCHEDULES) - {"one-cycle"}))
def test_a_warmup_rises_from_zero_and_then_leaves_the_schedule_alone(schedule):
    done = np.linspace(0, 10, 101)
    found, without = (rates(schedule, *done, warmup=share) for share in (0.2, 0.0))
    assert found[0] == 0 and np.all(np.diff(found[:9]) > 0)
    assert found[20:] == pytest.approx(without[20:])


def test_one_cycle_has_its_own_rise():
    assert rates("one-cycle", 0, 1, 5, warmup=0.5) == pytest.approx(rates("one-cycle", 0, 1, 5))
