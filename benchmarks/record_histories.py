"""Records the histories that the coach's rules are chosen and tested on: quick networks on parts of MNIST.

    python benchmarks/record_histories.py FILE [NAME or SEED ...]

Each line of the file is one training: what is wrong with it, its settings, its confusion matrix at the end, and
the rows of its history without those of single batches. The thresholds were chosen on the seeds below 10; the
others are for the tests alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = tempfile.mkdtemp()
os.environ["DIGITREC_MODELS"] = FOLDER

from digitrec.data import Split  # noqa: E402
from digitrec.inference import ood_fit  # noqa: E402
from digitrec.runs import Batch, Run, TrainConfig, snapshots, store  # noqa: E402
from digitrec.runs.history import to_json  # noqa: E402
from digitrec.training import export, fit  # noqa: E402
from digitrec.training.parts import TrainingError  # noqa: E402

DIGITS = tuple("0123456789")
CYCLE: dict[str, Any] = {"schedule": "one-cycle"}
COSINE: dict[str, Any] = {"schedule": "cosine"}
MILD: dict[str, Any] = {"rotation": 8, "shift": 0.05, "zoom": 0.05}
STRONG: dict[str, Any] = {"rotation": 45, "shift": 0.3, "zoom": 0.5, "shear": 30, "elastic": 2.0}
SEEDS, MORE_SEEDS = (0, 10), (1, 11)  # of all, and of the healthy ones
# name -> (what is wrong, settings, training images, validation images)
TRAININGS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "quick": ("", {"network": "strided", "epochs": 4, "learning_rate": 0.02, **CYCLE, "label_smoothing": 0.1,
                   "beta_1": 0.8, "beta_2": 0.99}, 6000, 1500),
    "lenet5": ("", {"network": "lenet5", "epochs": 8, "learning_rate": 3e-3, **COSINE, **MILD}, 4000, 1500),
    "mlp": ("", {"network": "mlp", "epochs": 7, "learning_rate": 1e-3, **COSINE, "dropout": 0.3}, 5000, 1500),
    "balanced": ("", {"network": "cnn-dropout", "epochs": 6, "learning_rate": 3e-3, **COSINE, "dropout": 0.25,
                      **MILD}, 3000, 1500),
    "high mlp": ("dead units", {"network": "mlp", "epochs": 6, "learning_rate": 0.03}, 2500, 1000),
    "high lenet5": ("rate too high", {"network": "lenet5", "epochs": 6, "learning_rate": 0.05}, 2500, 1000),
    "stuck lenet5": ("learns nothing", {"network": "lenet5", "epochs": 3, "learning_rate": 0.1}, 2500, 1000),
    "low mlp": ("rate too low", {"network": "mlp", "epochs": 6, "learning_rate": 3e-5}, 2500, 1000),
    "low lenet5": ("rate too low", {"network": "lenet5", "epochs": 6, "learning_rate": 5e-5}, 2500, 1000),
    "overfit mlp": ("overfit", {"network": "mlp", "epochs": 25, "learning_rate": 3e-3}, 800, 1000),
    "overfit lenet5": ("overfit", {"network": "lenet5", "epochs": 25, "learning_rate": 3e-3}, 500, 1000),
    "underfit augmented": ("underfit", {"network": "lenet5", "epochs": 6, "learning_rate": 3e-3, **COSINE,
                                        **STRONG}, 2500, 1000),
    "underfit small": ("underfit", {"network": "own", "layers": "conv 4 stride 3, global average", "epochs": 6,
                                    "learning_rate": 0.01, **COSINE}, 2500, 1000),
    "early lenet5": ("stopped early", {"network": "lenet5", "epochs": 3, "learning_rate": 1e-3}, 2500, 1000),
    "plateau lenet5": ("plateau", {"network": "lenet5", "epochs": 24, "learning_rate": 0.01, "batch_size": 32,
                                   **MILD}, 1000, 1000),
    "overfit strided": ("overfit", {"network": "strided", "epochs": 14, "learning_rate": 0.01}, 2000, 1000),
    "few validation": ("few validation images", {"network": "lenet5", "epochs": 8, "learning_rate": 3e-3, **COSINE,
                                                 **MILD}, 4000, 150),
    "missing class": ("class never answered", {"network": "lenet5", "epochs": 4, "learning_rate": 3e-3, **COSINE},
                      2500, 1000),
    "dead mlp": ("dead units", {"network": "mlp", "epochs": 4, "learning_rate": 0.05}, 2500, 1000),
    "large batch": ("batch too large", {"network": "lenet5", "epochs": 5, "learning_rate": 1e-3,
                                        "batch_size": 2048}, 4000, 1000),
}  # fmt: skip


def record(name: str, seed: int) -> dict[str, Any]:
    """Train one network and give its line."""
    illness, settings, train, validation = TRAININGS[name]
    config = TrainConfig(dataset="mnist", seed=seed, **settings)
    run = store.create(config, DIGITS, f"{name} {seed}")
    cut_down(train, validation, without=8 if illness == "class never answered" else None)
    failure = None
    try:
        fit.train(run, lambda text: None)
    except TrainingError as error:
        failure = str(error)
    return describe(run, name, illness, failure)


def describe(run: Run, name: str, illness: str, failure: str | None) -> dict[str, Any]:
    """What is recorded of a run."""
    history, stored = run.history(), snapshots.epochs(run)
    rows = [history.start, *history.epochs, *history.health, history.end]
    last = snapshots.load(run, stored[-1]) if stored else None
    return {
        "name": name,
        "illness": illness,
        "failure": failure,
        "config": run.config.to_dict(),
        "confusion": [] if last is None else last.confusion.tolist(),
        "rows": [to_json(row) for row in rows if row is not None],
    }


def cut_down(train: int, validation: int, *, without: int | None) -> None:
    """Let trainings learn from the first images of a part alone, and without a class."""
    load = fit.__dict__.setdefault("whole", fit.load_parts)

    def load_parts(config: TrainConfig, class_names: tuple[str, ...]) -> Any:
        parts = load(config, class_names)
        images, labels = parts.training
        chosen = (labels != without).nonzero()[0][:train] if without is not None else slice(train)
        held_out = Split(*(array[:validation] for array in parts.validation))
        return parts._replace(training=Split(images[chosen], labels[chosen]), validation=held_out)

    fit.load_parts = load_parts


def main(path: Path, names: list[str]) -> None:
    """Record those trainings that the file does not have yet."""
    ood_fit.calibrate = lambda *given: None
    export.save_checked = lambda *given: None
    append, Run.append = Run.append, lambda run, row: None if isinstance(row, Batch) else append(run, row)
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    done = {(line["name"], line["config"]["seed"]) for line in lines}
    asked = [int(name) for name in names if name.isdecimal()]
    for seed in asked or (*SEEDS, *MORE_SEEDS):
        for name in [name for name in names if not name.isdecimal()] or TRAININGS:
            if (name, seed) not in done and (asked or seed in SEEDS or not TRAININGS[name][0]):
                line = record(name, seed)
                with path.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(name, seed, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
