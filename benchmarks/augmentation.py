"""What augmentation costs, as a share of a step of `cnn-dropout`: `python -m benchmarks.augmentation`.

The same network takes the same steps without augmentation and with several, in turn, round by round. Processor
time counts, as it hardly depends on what else the machine does; the median of the rounds. Wanted: at most 25%.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from digitrec.data import Split  # noqa: E402
from digitrec.runs import PRESETS, TrainConfig, processes  # noqa: E402

processes.prepare_tensorflow()

from digitrec.training.batches import Batches  # noqa: E402
from digitrec.training.loop import Loop  # noqa: E402
from digitrec.training.parts import compile_model  # noqa: E402

ROUNDS, STEPS = 7, 6
PLAIN = TrainConfig(network="cnn-dropout", dropout=0.25)
MOVES = ("rotation", "shift", "zoom", "shear")
GREY = ("thickness", "lines", "erasing", "blur", "contrast", "shadow", "noise")


def main() -> None:
    """Print each variant's milliseconds of a step and its share of it."""
    rng = np.random.default_rng(0)
    split = Split(rng.integers(0, 256, (20 * PLAIN.batch_size, 28, 28)).astype(np.uint8), np.arange(2560) % 10)
    variants = {
        "none": PLAIN,
        "as in balanced": take("balanced", MOVES),
        "moves as in robust": take("robust", MOVES),
        "these and elastic": dataclasses.replace(take("robust", MOVES), elastic=0.4),
        "grey levels as in robust": take("robust", GREY),
        "all as in robust": take("robust", (*MOVES, *GREY)),
    }
    loops = {name: make_loop(config, split) for name, config in variants.items()}
    times: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(ROUNDS):
        for name, loop in loops.items():
            began = time.process_time()
            for _ in range(STEPS):
                loop.run(iter(()))
            times[name].append((time.process_time() - began) / STEPS)
    plain = statistics.median(times["none"])
    for name, found in times.items():
        step = statistics.median(found)
        print(
            f"{name:26} {1e3 * step:7.1f} ms of processor time a step, {1 - plain / step:6.1%} of it augmentation"
        )


def take(preset: str, names: tuple[str, ...]) -> TrainConfig:
    """The plain settings with some distortions of a preset."""
    return dataclasses.replace(PLAIN, **{name: getattr(PRESETS[preset], name) for name in names})


def make_loop(config: TrainConfig, split: Split) -> Loop:
    """A loop that has compiled."""
    batches = Batches(split, 10, config)
    loop = Loop(compile_model(config, 10, config.learning_rate, steps=1000), batches, slice_seconds=0.0)
    for _ in range(2):
        loop.run(iter(()))
    return loop


if __name__ == "__main__":
    main()
