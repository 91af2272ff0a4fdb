"""What each part of the preset *Quick* gives: `python -m benchmarks.ablation [--seeds 5]`.

The preset is trained as it is, and with one part changed at a time: settings, layers of the network, or what runs
under it. The variants take turns, so that a machine that becomes slower slows all of them. Nothing is chosen here:
MNIST's test images are read by every network once. Needs MNIST under DIGITREC_DATA.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.runs import PRESETS, own_network, processes, store

processes.prepare_tensorflow()

from keras.layers import BatchNormalization  # noqa: E402

from digitrec.data import loading  # noqa: E402
from digitrec.inference import Classifier  # noqa: E402
from digitrec.training import fit, loop, networks  # noqa: E402

LAYERS = own_network.COPIES["strided"]


class Variant(NamedTuple):
    """The preset with one part changed."""

    name: str
    changes: Mapping[str, Any] = MappingProxyType({})  # of the settings
    patch: tuple[Any, str, Any] | None = None  # of what runs under them


def own(layers: str) -> dict[str, Any]:
    """The settings of a network with other layers."""
    return {"network": own_network.OWN, "layers": layers}


VARIANTS = (
    Variant("as it is"),
    Variant("rate falls by a cosine, no rise", {"schedule": "cosine"}),
    Variant("rate of 0.002, constant", {"schedule": "constant", "learning_rate": 0.002}),
    Variant("no batch normalisation", own(LAYERS.replace(" norm", ""))),
    Variant("with the margin of the image", own(LAYERS.replace("crop 2, ", ""))),
    Variant("no label smoothing", {"label_smoothing": 0.0}),
    Variant("Adam's usual averages", {"beta_1": 0.9, "beta_2": 0.999}),
    Variant("one epoch", {"epochs": 1}),
    Variant("batches of 256", {"batch_size": 256}),
    Variant("plain batch normalisation", patch=(networks, "FusedBatchNormalization", BatchNormalization)),
    Variant("Python between two steps", patch=(loop, "SLICE_SECONDS", 0.0)),
)


def main() -> None:
    """Print each training, and for each variant the mean and the range of the accuracy, and the seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of variants")
    options = parser.parse_args()
    chosen = [variant for variant in VARIANTS if not options.only or variant.name in options.only]
    found: dict[str, list[tuple[float, float, float]]] = {variant.name: [] for variant in chosen}
    train(chosen[0], 0)  # whatever is loaded once is loaded
    for seed in range(options.seeds):
        for variant in chosen:
            found[variant.name].append(train(variant, seed))
            print(f"seed {seed}, {variant.name}: {describe([found[variant.name][-1]])}", flush=True)
    print()
    for name, rows in found.items():
        print(f"| {name} | {describe(rows)} |")


def describe(rows: list[tuple[float, float, float]]) -> str:
    """Accuracy, seconds by the clock and seconds of the processor of some trainings."""
    accuracies, seconds, used = zip(*rows, strict=True)
    low, high = min(accuracies), max(accuracies)
    return (
        f"{statistics.mean(accuracies):.2%} | {low:.2%} to {high:.2%} | {statistics.median(seconds):.1f} s | "
        f"{statistics.median(used):.1f} s"
    )


def train(variant: Variant, seed: int) -> tuple[float, float, float]:
    """The share of MNIST's test images read right, the seconds of the epochs, and the processor's seconds."""
    config = dataclasses.replace(PRESETS["quick"], seed=seed, **variant.changes)
    test = loading.load("mnist").test
    with tempfile.TemporaryDirectory() as folder, patched(variant), contextlib.redirect_stdout(io.StringIO()):
        os.environ["DIGITREC_MODELS"] = folder
        # As a trial of a search: nobody watches it, and when it is not sure is not fitted.
        run = store.create(config, loading.describe("mnist").class_names, "run", search="ablation")
        began = time.process_time()
        fit.train(run, echo=lambda _: None)
        used = time.process_time() - began
        right = Classifier.load(run.tflite_path).predict_proba(test.images).argmax(1) == test.labels
        return float(right.mean()), sum(epoch.seconds for epoch in run.history().epochs), used


def patched(variant: Variant) -> contextlib.AbstractContextManager[Any]:
    """What runs under the settings, changed for one training."""
    return mock.patch.object(*variant.patch) if variant.patch else contextlib.nullcontext()


if __name__ == "__main__":
    main()
