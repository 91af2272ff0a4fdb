"""Measure what "Learn my handwriting" gains: `python -m benchmarks.handwriting`.

Each writer of the UCI pen digits draws three of each digit. The network `mnist`, which has learnt none of their
drawings, learns two thirds, as the Teach page trains it. It is then measured on all other drawings of that writer
and on MNIST's validation images. The settings were chosen on the first writers, the numbers are of the others.
Needs MNIST and the pen strokes in the folder that DIGITREC_DATA names.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import Split, loading, pen_digits, splits
from digitrec.data.catalogue import DIGITS
from digitrec.data.drawn_samples import Samples
from digitrec.imaging import pen_drawing
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.metrics import proportion
from digitrec.runs import Course, Run, TrainConfig, open_run, teaching
from digitrec.training import export, transfer
from digitrec.training.batches import Batches
from digitrec.training.parts import compile_model
from digitrec.training.steering import SteeredRate

CHOOSING_WRITERS = 10  # the first ones: settings were chosen on them


def main() -> None:
    """Train for each writer, and print the share of right answers before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, help="only so many")
    parser.add_argument("--choose", action="store_true", help="the first writers, to choose settings on")
    parser.add_argument("--set", nargs="*", default=[], help="other settings, such as learning_rate=0.001")
    options = parser.parse_args()
    changes = {name: float(value) for name, value in (each.split("=") for each in options.set)}
    drawings, start = draw_all(), open_run("mnist")
    known = np.unique(drawings[2])
    chosen = known[:CHOOSING_WRITERS] if options.choose else known[CHOOSING_WRITERS:]
    mnist = loading.load("mnist")
    held_out = splits.select_part(mnist, "validation", share=start.config.validation_share, seed=start.config.seed)
    network, totals = export.load_keras(start), np.zeros((2, 3), np.int64)
    before_mnist = count(network, held_out)
    forgotten, seconds = [], []
    for writer in chosen[: options.writers]:
        of_writer = drawings[2] == writer
        samples, rest = take_samples(Split(drawings[0][of_writer], drawings[1][of_writer]))
        thirds = teaching.divide(samples)
        began = time.monotonic()
        tuned = learn(start, thirds.learnt, changes)
        seconds.append(time.monotonic() - began)
        rows = [[count(each, part) for part in (thirds.held_back, rest)] for each in (network, tuned)]
        totals += [[*row, len(rest.labels)] for row in rows]
        forgotten.append(count(tuned, held_out) - before_mnist)
        held, others = (f"{rows[0][i]} -> {rows[1][i]}" for i in range(2))
        print(f"writer {writer}: held back {held}, others {others}, MNIST {forgotten[-1]:+}", flush=True)
    n = 10 * len(seconds)
    for title, row in zip(("before", "after"), totals.tolist(), strict=True):
        print(f"{title}: held back {describe(row[0], n)}, other drawings {describe(row[1], row[2])}")
    of_mnist = len(held_out.labels)
    after = (before_mnist + np.mean(forgotten)) / of_mnist
    print(f"MNIST, {of_mnist:,} validation images: {before_mnist / of_mnist:.2%} before, {after:.2%} after on")
    print(f"average; {min(forgotten):+} images at worst, {max(forgotten):+} at best")
    print(f"{np.mean(seconds):.1f} s a training, without the start of TensorFlow")


def draw_all() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pen digits, each drawn once in the usual size and width: images, labels and writers."""
    digits = list(pen_drawing.read(Path(os.environ["DIGITREC_DATA"]) / pen_digits.STROKE_FILE))
    inks = (pen_drawing.render(pen_drawing.place(digit.strokes, size=200), width=20) for digit in digits)
    images = np.stack([to_mnist(ink) for ink in inks])
    return images, np.array([digit.label for digit in digits]), np.array([digit.writer for digit in digits])


def take_samples(part: Split) -> tuple[Samples, Split]:
    """Three of each digit of a writer, chosen at random (seed 0), and the other drawings."""
    rng = np.random.default_rng(0)
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(part.labels == digit))[: teaching.PER_DIGIT] for digit in range(10)]
    )
    others = np.setdiff1d(np.arange(len(part.labels)), chosen)
    return (
        Samples(DIGITS, part.images[chosen], part.labels[chosen], np.arange(len(chosen))),
        Split(part.images[others], part.labels[others]),
    )


def learn(start: Run, learnt: Split, changes: Mapping[str, float]) -> keras.Model:
    """The network of a run after it has learnt these drawings, as the Teach page trains it."""
    train = teaching.add_rehearsal(learnt, start)
    config = teaching.make_config(start, len(train.labels), 0)
    whole = {f.name for f in dataclasses.fields(TrainConfig) if f.type == "int"}
    config = dataclasses.replace(
        config, **{name: int(value) if name in whole else value for name, value in changes.items()}
    )
    keras.utils.set_random_seed(config.seed)
    batches = Batches(train, 10, config)
    steps = config.epochs * len(batches)
    course = Course(0, 0, len(batches), config.epochs, config.learning_rate)
    model = compile_model(config, 10, SteeredRate(config, course), steps=steps)
    model.set_weights(transfer.load_start_weights(config, DIGITS, model.get_weights()))
    model.fit(model.use(batches), epochs=config.epochs, shuffle=False, verbose=0)
    return model


def count(model: keras.Model, part: Split) -> int:
    """How many images a network reads right."""
    return int((model.predict(part.images, batch_size=500, verbose=0).argmax(1) == part.labels).sum())


def describe(right: int, n: int) -> str:
    """A share with its 95% interval."""
    share, low, high = proportion(right, n)
    return f"{right:,} of {n:,} right, {share:.2%} ({low:.2%} to {high:.2%})"


if __name__ == "__main__":
    main()
