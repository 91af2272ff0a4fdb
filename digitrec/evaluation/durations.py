"""How long a training takes on this machine: by a run that it did, or by a short test of how fast it computes."""

from __future__ import annotations

import functools
import json
import math
import os
import platform
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitrec import files
from digitrec.data import Description, cache_folder, catalogue, loading
from digitrec.runs import Network, Run, TrainConfig, store, summarise

TEST_SECONDS = 2.0  # of the test; half of them are pauses, so that the page stays quick
# What `benchmarks/durations.py` fitted to the processor time of nine networks on two busy cores of an AMD EPYC.
# The estimates are 0.44 to 1.5 of what was measured: hence "roughly". The quickest turn of the test took so long.
REFERENCE_TURN = 0.0037  # seconds
_SECONDS_PER_GIGA = 0.095  # of a billion multiply-adds of the network's answer, and of their gradients
_SECONDS_PER_MILLION = 0.010  # of a million values between the layers
_SECONDS_PER_IMAGE = 3e-5  # of the rest of a step
_SECONDS_PER_MOVED, _SECONDS_PER_GREY = 7e-5, 1.5e-4  # of an image distorted in place, or in its grey levels
_ADVERSARIAL_FACTOR = 2.5  # a step against an adversary
_START_AND_END = 20.0  # seconds of loading, compiling, checking and calibrating
# Of digits that people drew with a pen: all, and those with rare forms; a fifth is left out where a fold is.
_PEN_IMAGES, _FORM_IMAGES = 59_952, 100_692


class Duration(NamedTuple):
    """How long a training takes on this machine."""

    seconds: float
    run: Run | None  # that it is measured on; None: by the test of speed, which is rough


def find_duration(config: TrainConfig) -> Duration | None:
    """How long a training takes: by a run, else by the machine's speed; None before that is known."""
    if found := measure_duration(config):
        return found
    turn, images = machine_turn(), _count_images(config)
    if turn is None or images is None:
        return None
    return Duration(_round(estimate_seconds(config, images) * turn / REFERENCE_TURN), None)


def _round(seconds: float) -> float:
    """To one or two digits, as rough as an estimate is: 5 seconds, a minute, or five."""
    step = 5 if seconds < 60 else 60 if seconds < 1800 else 300
    return max(step, round(seconds / step) * step)


def measure_duration(config: TrainConfig) -> Duration | None:
    """How long a training takes, by the newest run of this machine that does the same work in each epoch.

    With another number of epochs, the difference is counted by the run's own seconds per epoch. None where there
    is no such run.
    """
    own = (run for run in store.list_runs() if not run.is_shipped and _is_alike(run.config, config))
    for run in own:
        history = run.history()
        if history.epochs and history.start and history.end and history.end.reason != "stopped":
            n, first, last = len(history.epochs), history.epochs[0], history.epochs[-1]
            per_epoch = (last.time - first.time) / (n - 1) if n > 1 else first.seconds or 0.0
            return Duration((history.seconds or 0.0) + (config.epochs - n) * per_epoch, run)
    return None


# Settings on which the time of an epoch depends.
_COSTLY = ("dataset", "network", "layers", "trained_layers", "batch_size", "validation_share", "teachers")


def _is_alike(one: TrainConfig, other: TrainConfig) -> bool:
    """Whether an epoch takes as long; whether images are changed counts, but not how much."""
    return _describe_work(one) == _describe_work(other)


def _describe_work(config: TrainConfig) -> tuple[object, ...]:
    changes = config.augmentation.moves, any(config.augmentation.degradation), config.adversarial > 0
    return (*(getattr(config, name) for name in _COSTLY), *changes)


def estimate_seconds(config: TrainConfig, images: int) -> float:
    """How long a training on so many images takes on the machine of the reference.

    The cost of a step is a sum: multiply-adds, values between the layers, and the distortion of the images. Its
    weights were fitted to the networks here. The validation, a pass without gradients, counts as a third.
    """
    held_out = config.validation_share
    per_image = _seconds_per_step_image(config)
    return _START_AND_END + config.epochs * images * per_image * (1 - held_out * 2 / 3)


def _seconds_per_step_image(config: TrainConfig) -> float:
    operations, values = count_work(config.architecture)
    network = operations / 1e9 * _SECONDS_PER_GIGA + values / 1e6 * _SECONDS_PER_MILLION + _SECONDS_PER_IMAGE
    if config.adversarial:
        network *= _ADVERSARIAL_FACTOR
    distorted = config.augmentation.moves * _SECONDS_PER_MOVED
    return network + distorted + any(config.augmentation.degradation) * _SECONDS_PER_GREY


def count_work(network: Network, classes: int = 10) -> tuple[int, int]:
    """Multiply-adds of a network for one image, and values between its layers."""
    rows = summarise(network, classes)
    return sum(row.multiply_adds for row in rows), sum(math.prod(row.output_shape) for row in rows)


def _count_images(config: TrainConfig) -> int | None:
    """Images of a data set that a training learns from or validates on; None if unknown before it is loaded."""
    try:
        return _count_training_images(loading.describe(config.dataset))
    except catalogue.DatasetError:
        return None


def _count_training_images(description: Description) -> int:
    if description.user_made is not None:
        return description.user_made.train
    if description.base is not None:
        drawn = _FORM_IMAGES if description.has_forms else _PEN_IMAGES
        left = 1.0 if description.fold is None else 0.8
        return _count_training_images(loading.describe(description.base)) + round(drawn * left)
    if description.files:
        return description.files[0].shape[0]
    return len(loading.load(description.name).train.labels)  # embedded: a moment


# --- the test of speed ---
_lock = threading.Lock()
_test: threading.Thread | None = None  # that runs, or that ended without a place to store what it found


def prepare() -> None:
    """Test the machine's speed in the background, if that was never done on it."""
    global _test
    with _lock:
        if _test is None and machine_turn() is None:
            _test = threading.Thread(target=_test_and_store, daemon=True, name="test of speed")
            _test.start()


def is_testing() -> bool:
    """Whether the machine's speed is being tested."""
    return _test is not None and _test.is_alive()


def machine_turn() -> float | None:
    """Seconds of a turn of the test on this machine; None if it was not tested."""
    stored = files.read_json(_speed_path()) or {}
    turn = stored.get("turn")
    return turn if stored.get("machine") == machine_name() and isinstance(turn, float) and turn > 0 else None


def _speed_path() -> Path:
    return cache_folder() / "speed.json"


def _test_and_store() -> None:
    global _test
    turn = measure_turn()
    try:
        _speed_path().parent.mkdir(parents=True, exist_ok=True)
        files.replace(_speed_path(), json.dumps({"machine": machine_name(), "turn": turn}).encode())
    except OSError:  # the disk is full: it is not tested again and again
        return
    _test = None


@functools.cache
def machine_name() -> str:
    """Names this machine: the cache folder may come along to another one."""
    return f"{platform.node()} {platform.machine()} {platform.processor()} {os.cpu_count()}"


def measure_turn(seconds: float = TEST_SECONDS) -> float:
    """Seconds of a turn of what a training does most: products of matrices, and their ReLU, on one processor.

    The matrices are so small that NumPy takes one processor, and a turn so short that it is seldom interrupted.
    The quickest turn counts: what else the machine does at the moment is not its speed. More processors than the
    two of the reference are not counted, so that a larger machine may be quicker.
    """
    rng = np.random.default_rng(0)
    patches = rng.standard_normal((100, 64, 64), np.float32)
    weights = rng.standard_normal((64, 64), np.float32)
    turns: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(turns) < 10:
        began = time.perf_counter()
        np.maximum(patches @ weights, 0)
        turns.append(time.perf_counter() - began)
        time.sleep(turns[-1])
    return min(turns)
