"""The learning-rate range test, in a worker process: the loss of each step while the rate rises (Smith 2017)."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

from digitrec.runs import TrainConfig
from digitrec.training import transfer
from digitrec.training.loop import Loop, Progress
from digitrec.training.parts import compile_model, load_parts

LOW, HIGH = 3e-5, 0.3  # learning rates of the first and the last step; the setting ends at 0.1
STEPS = 160  # 40 for each factor of ten: with fewer, the loss has no time to fall at low rates
MAX_SECONDS = 14.0  # of the steps; TensorFlow needs about as long to start and to compile
MIN_BATCH, MAX_BATCH = 32, 256  # images: as many as the time allows, and no more than the config says
STOP_FACTOR = 3.0  # the test ends where the loss is so many times the lowest, as it only rises from there

Report = Callable[[int, int], None]  # gets how many steps are done, of how many


class RangeCurve(NamedTuple):
    """What the test saw: the loss of each step, and the rate that led to it. All lists are (n,)."""

    rates: list[float]
    losses: list[float]
    batch_size: int


def test_rates(config: TrainConfig, class_names: tuple[str, ...], report: Report) -> RangeCurve:
    """Train for some steps with a learning rate that rises exponentially, and record the loss of each.

    Smith 2017, Cyclical learning rates for training neural networks, arXiv 1506.01186, section 3.3. The rate, its
    schedule and the number of epochs of the config make no difference.

    Args:
        config: of the training that is to come.
        class_names: of its data set.
        report: gets how many steps are done, of how many.

    Raises:
        TrainingError, StartError, TeacherError, DatasetError: as from `fit.train`.
    """
    config = dataclasses.replace(config, batch_size=min(config.batch_size, MAX_BATCH))
    parts = load_parts(config, class_names)
    keras.utils.set_random_seed(config.seed)
    batches = parts.make_batches(config)
    model = compile_model(config, len(class_names), LOW, steps=len(batches))
    if config.start_names:
        model.set_weights(transfer.load_start_weights(config, class_names, model.get_weights()))
    loop = Loop(model, batches, adversarial=config.adversarial, slice_seconds=0.0)
    weights = model.get_weights()
    size = _fit_batch(loop, config.batch_size)
    if size != config.batch_size:
        config = dataclasses.replace(config, batch_size=size)
        loop = Loop(model, batches.with_config(config), adversarial=config.adversarial, slice_seconds=0.0)
    model.set_weights(weights)
    return RangeCurve(*_raise_rate(model, loop, report), size)


def _fit_batch(loop: Loop, size: int) -> int:
    """The size of the batches with which the steps fit into the time, by two of them; the very first compiles."""
    _step(loop)
    times = []
    for _ in range(2):
        began = time.perf_counter()
        _step(loop)
        times.append(time.perf_counter() - began)
    share = MAX_SECONDS / (STEPS * min(times))
    return size if share >= 1 else max(min(MIN_BATCH, size), int(size * share) // 8 * 8)


def _raise_rate(model: keras.Model, loop: Loop, report: Report) -> tuple[list[float], list[float]]:
    rates, losses = np.geomspace(LOW, HIGH, STEPS), list[float]()
    for step, rate in enumerate(rates):
        report(step, len(rates))
        model.optimizer.learning_rate.assign(rate)
        loss = _step(loop)
        if not math.isfinite(loss):
            break
        losses.append(loss)
        recent = losses[-3:]  # one bad batch is no end
        if step > len(rates) / 4 and min(recent) > STOP_FACTOR * min(losses):
            break
    report(len(rates), len(rates))
    return [float(rate) for rate in rates[: len(losses)]], losses


def _step(loop: Loop) -> float:
    """Do one step; the loss of its images, before it."""
    before = loop.progress
    loop.run(iter(()))
    now = loop.progress
    return now.since(before if now.steps > 1 else Progress()).means["loss"]
