"""Plain Keras and a preset of ours side by side: `python -m benchmarks.training [--preset quick] [--seeds 5]`.

Plain Keras is what its own example does: two convolutions, dropout, Adam, batches of 128, `Model.fit` on arrays.
It trains for the epochs that it needs to about 99.0% of MNIST's test images. The two alternate, each in a process
of its own, so that a machine that becomes slower slows both. Needs MNIST under DIGITREC_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PLAIN_EPOCHS = 9
PLAIN = """
import json, sys, time
import keras, numpy as np
from digitrec.data import loading
keras.utils.set_random_seed(int(sys.argv[1]))
mnist = loading.load("mnist")
parts = [(part.images[..., None].astype("float32") / 255, keras.utils.to_categorical(part.labels, 10))
         for part in (mnist.train, mnist.test)]
layers = keras.layers
model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.5),
    layers.Dense(10, activation="softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
model.fit(*parts[0], batch_size=128, epochs=int(sys.argv[2]), validation_split=0.05, verbose=0)
fit = time.perf_counter() - began
print(json.dumps({"fit": fit, "accuracy": model.evaluate(*parts[1], verbose=0)[1]}))
"""


class Measured(NamedTuple):
    """One training: seconds, and the share of MNIST's test images read right."""

    fit: float
    whole: float
    accuracy: float


def main() -> None:
    """Print each pair, and the medians of times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="quick", help="preset of ours")
    parser.add_argument("--seeds", type=int, default=5, help="how many pairs")
    parser.add_argument("--plain-epochs", type=int, default=PLAIN_EPOCHS, help="epochs of plain Keras")
    options = parser.parse_args()
    pairs = []
    for seed in range(options.seeds):
        pairs.append((train_plain(seed, options.plain_epochs), train_ours(seed, options.preset)))
        for name, found in zip(("plain Keras", options.preset), pairs[-1], strict=True):
            print(
                f"seed {seed}, {name}: fit {found.fit:.1f} s, whole process {found.whole:.1f} s, "
                f"{found.accuracy:.2%} of the test images",
                flush=True,
            )
    for name in ("fit", "whole"):
        both = [[getattr(found, name) for found in pair] for pair in pairs]
        plain, ours = (statistics.median(column) for column in zip(*both, strict=True))
        ratio = statistics.median(one / other for one, other in both)
        print(f"{name}: plain {plain:.1f} s, {options.preset} {ours:.1f} s, ratio {ratio:.1f}")
    for position, name in enumerate(("plain Keras", options.preset)):
        print(f"{name}: mean accuracy {statistics.mean(pair[position].accuracy for pair in pairs):.3%}")


def train_plain(seed: int, epochs: int) -> Measured:
    """Plain Keras, in a process of its own."""
    began = time.perf_counter()
    found = json.loads(run("-c", PLAIN, str(seed), str(epochs)).splitlines()[-1])
    return Measured(found["fit"], time.perf_counter() - began, found["accuracy"])


def train_ours(seed: int, preset: str) -> Measured:
    """The command `digitrec train`; the accuracy is that of the .tflite file, which is evaluated afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITREC_MODELS"] = folder
        began = time.perf_counter()
        run("-m", "digitrec", "train", "--preset", preset, "--seed", str(seed), "--name", "run")
        whole = time.perf_counter() - began
        rows = map(json.loads, (Path(folder) / "run" / "history.jsonl").read_text().splitlines())
        fit = sum(row["seconds"] for row in rows if row["kind"] == "epoch")
        return Measured(fit, whole, json.loads(run("-c", ACCURACY))["accuracy"])


ACCURACY = """
import json
import digitrec
score = digitrec.evaluate("run", dataset="mnist", split="test")
print(json.dumps({"accuracy": float(score.is_right.mean())}))
"""


def run(*arguments: str) -> str:
    """What a process of Python prints."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
