"""Measure the factors by which durations are estimated: `python -m benchmarks.durations`.

Trains each network, plain and with each costly setting, for some seconds on MNIST, fits the factors of
`digitrec/evaluation/durations.py` to the processor time, which hardly depends on what else the machine does, and
prints how far each estimate is off.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from digitrec.evaluation import durations  # noqa: E402
from digitrec.runs import NETWORKS, Run, TrainConfig, jobs, processes, store  # noqa: E402

SECONDS = 8.0  # of processor time of each training
# Processors that a training keeps busy, of two, on a machine with nothing else to do: by `ps`, 145 to 155%.
BUSY_CORES = 1.5
PLAIN = TrainConfig(dataset="mnist", epochs=50, validation_share=0.0)
MOVED = {"rotation": 12, "shift": 0.08, "zoom": 0.1, "shear": 8}
GREY = {"thickness": 0.6, "lines": 0.4, "erasing": 0.3, "blur": 1.4, "contrast": 0.9, "shadow": 0.7, "noise": 0.4}


def main() -> None:
    """Print the turn of the test, the factors, and the relative error of each estimate."""
    turn = durations.measure_turn()
    processes.prepare_tensorflow()
    configs = [dataclasses.replace(PLAIN, network=network) for network in NETWORKS]
    for name in ("fast", "strided-deep"):
        for changes in (MOVED, GREY, {"adversarial": 0.1}):
            configs.append(dataclasses.replace(PLAIN, network=name, **changes))
    seconds = np.array([measure(config) for config in configs])
    print(f"a turn of the test: {1000 * min(turn, durations.measure_turn()):.2f} ms", flush=True)
    plain = np.array([not config.adversarial for config in configs])
    rows = np.array([describe(config) for config in configs])
    # Relative errors count, so that a quick network is as important as a slow one.
    factors, _ = nnls(rows[plain] / seconds[plain, None], np.ones(plain.sum()))
    names = ("per billion multiply-adds", "per million values", "per image", "moved", "grey")
    print({name: f"{factor:.3g}" for name, factor in zip(names, factors, strict=True)})
    for config, measured, row in zip(configs, seconds, rows, strict=True):
        estimated = float(row @ factors)
        what = "moved" * config.augmentation.moves + "grey" * any(config.augmentation.degradation)
        what += "adversarial" * bool(config.adversarial)
        share = estimated / measured
        print(f"{config.network} {what}: {1e6 * measured:.0f} us an image, estimated {share:.2f} of it")


def describe(config: TrainConfig) -> tuple[float, ...]:
    """What an image costs, in the units of the factors."""
    operations, values = durations.count_work(config.architecture)
    moved, grey = config.augmentation.moves, any(config.augmentation.degradation)
    return operations / 1e9, values / 1e6, 1.0, float(moved), float(grey)


def measure(config: TrainConfig) -> float:
    """Seconds of an image, by the processor time of some seconds of a training."""
    from digitrec.training import fit  # TensorFlow: after its settings

    fit.ood_fit.calibrate = lambda *_: None  # only the steps count
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as beside:
        os.environ["DIGITREC_MODELS"] = folder
        run = store.create(config, tuple("0123456789"), "run")
        watched = beside.submit(watch, run)
        fit.train(run, echo=lambda text: None)
        found = watched.result() / config.batch_size / BUSY_CORES
        print(f"{config.network}: {1e6 * found:.0f} us an image", flush=True)
        return found


def watch(run: Run) -> float:
    """Processor seconds of a step; stops the training after some seconds."""
    while len(run.history().batches) < 2:  # the first row may be from the compilation
        time.sleep(0.05)
    began, first = time.process_time(), len(run.history().batches) - 1
    while time.process_time() - began < SECONDS or len(run.history().batches) < first + 3:
        time.sleep(0.05)
    used, rows = time.process_time() - began, run.history().batches[first:]
    jobs.stop(run)
    return used / (rows[-1].step - rows[0].step)


if __name__ == "__main__":
    main()
