"""Is the learning rate that the range test offers as good as the one of the preset?

For three networks, each on its preset's schedule: the offered rate, and short trainings with it and with the
preset's rate. The numbers are those of validation images; no test image is used. The rule of `suggest_rate` was
chosen with --grid, which trains with other rates as well.

    python -m benchmarks.range_test [--images 10000] [--epochs 3] [--seeds 2] [--grid]

About four minutes on two free cores.
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np

from digitrec.metrics import suggest_rate
from digitrec.runs import PRESETS, TrainConfig, processes, schedules

processes.prepare_tensorflow()

import tensorflow as tf  # noqa: E402

from digitrec.data import Split  # noqa: E402
from digitrec.runs import Course  # noqa: E402
from digitrec.training import range_test  # noqa: E402
from digitrec.training.loop import SlicedModel  # noqa: E402
from digitrec.training.parts import Parts, compile_model, load_parts  # noqa: E402
from digitrec.training.steering import SteeredRate  # noqa: E402

CONFIGS = {
    "strided, quick": PRESETS["quick"],
    "cnn-dropout, cosine": TrainConfig(network="cnn-dropout", schedule="cosine", dropout=0.25),
    "fast, default": TrainConfig(network="fast"),
}
GRID = (1e-3, 3e-3, 1e-2, 3e-2)
DIGITS = tuple("0123456789")
VALIDATION = 2000  # images


def main() -> None:
    """Print a table: network, rate, validation loss and accuracy."""
    options = read_options()
    print("network                 rate       from      validation loss   accuracy")
    for name, config in CONFIGS.items():
        if options.only and options.only not in name:
            continue
        config = dataclasses.replace(config, epochs=options.epochs)
        curve = range_test.test_rates(config, DIGITS, lambda done, of: None)
        is_peak = schedules.peaks_briefly(config.schedule)
        offered = suggest_rate(curve.rates, curve.losses, is_peak=is_peak)
        assert offered is not None, "the loss does not fall"
        print(
            f"{name}: steepest {offered.steepest:.2g}, lowest {offered.minimum:.2g}, batches of {curve.batch_size}"
        )
        if options.grid:
            print(
                "curve", [[f"{r:.1e}", round(v, 3)] for r, v in zip(curve.rates, curve.losses, strict=True)][::4]
            )
        rates = {"preset": config.learning_rate, "offered": float(f"{offered.rate:.1e}")}
        rates |= {f"grid {rate:g}": rate for rate in GRID} if options.grid else {}
        for label, rate in rates.items():
            results = [train(config, rate, seed, options.images) for seed in range(options.seeds)]
            loss, accuracy = np.mean(results, axis=0)
            print(f"{name:22}  {rate:<9.2g}  {label:8}  {loss:15.4f}  {accuracy:9.2%}", flush=True)


def train(config: TrainConfig, rate: float, seed: int, images: int) -> tuple[float, float]:
    """Train on some images with a rate: validation loss and accuracy."""
    config = dataclasses.replace(config, learning_rate=rate, seed=seed)
    parts = shorten(load_parts(config, DIGITS), images)
    tf.keras.utils.set_random_seed(seed)
    batches = parts.make_batches(config)
    course = Course(0, 0, len(batches), config.epochs, rate)
    steps = config.epochs * len(batches)
    model: SlicedModel = compile_model(config, len(DIGITS), SteeredRate(config, course), steps=steps)
    model.fit(model.use(batches), epochs=config.epochs, shuffle=False, verbose=0)
    proba = model.predict(parts.validation.images, batch_size=500, verbose=0)
    labels = parts.validation.labels
    losses = -np.log(np.maximum(proba[np.arange(len(labels)), labels], 1e-7))
    return float(losses.mean()), float((proba.argmax(1) == labels).mean())


def shorten(parts: Parts, images: int) -> Parts:
    """The first images of both parts."""
    training, validation = parts.training, parts.validation
    return parts._replace(
        training=Split(training.images[:images], training.labels[:images]),
        validation=Split(validation.images[:VALIDATION], validation.labels[:VALIDATION]),
    )


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--grid", action="store_true", help="other rates as well")
    parser.add_argument("--only", help="a network")
    return parser.parse_args()


if __name__ == "__main__":
    main()
