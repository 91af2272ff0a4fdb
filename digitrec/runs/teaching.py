"""Trainings on what a person has drawn: the last layers of a built-in network learn it, in seconds."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Any, NamedTuple

import numpy as np

from digitrec.data import DatasetError, Description, Split, drawn_samples, loading, splits, user_datasets
from digitrec.data.drawn_samples import Samples
from digitrec.data.user_datasets import TrainTest
from digitrec.imaging import Labels
from digitrec.runs import jobs, starts, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run
from digitrec.runs.store import RunError

CLASSES, HANDWRITING = "taught", "handwriting"  # titles of data sets and runs, and names of the collections
MIN_SAMPLES = 3  # of each class
PER_DIGIT = 3  # drawings of one's own handwriting
HELD_BACK_SHARE = 1 / 3  # of these: never trained on
TRAINED_LAYERS = 2
STEPS, MAX_EPOCHS = 120, 20  # of a training: so many steps if so many epochs give them
MIN_VALIDATION_SAMPLES = 5  # of each class: with fewer, all are trained on
REHEARSED = 1_000  # MNIST's images among the training images of one's handwriting
REPEATS = 10  # times that each drawing of one's handwriting is among them
_DISTORTIONS: dict[str, Any] = {
    "rotation": 8,
    "shift": 0.05,
    "zoom": 0.08,
    "shear": 6,
    "elastic": 0.4,
    "thickness": 0.4,
}


class Thirds(NamedTuple):
    """One's own drawings, divided."""

    learnt: Split
    held_back: Split


def divide(samples: Samples, seed: int = 0) -> Thirds:
    """Divide one's own drawings into two thirds to learn from, and a third of each class that is held back."""
    chosen = splits.validation_split(samples.labels, HELD_BACK_SHARE, seed=seed)
    return Thirds(*(splits.make_split(samples.images[each], samples.labels[each]) for each in chosen))


def start_classes(samples: Samples, start: Run) -> Run:
    """Start a training on drawn classes, on top of a built-in run; it is queued while another one trains.

    Raises:
        DatasetError: the samples cannot be stored, or there are too few.
        RunError: the run cannot be made.
        OSError: no process can be started.
    """
    check_classes(samples)
    config = make_config(start, len(samples.labels), min(samples.counts))
    parts = TrainTest(splits.make_split(samples.images, samples.labels), _no_images())
    return _start(config, drawn_samples.copy_for_training(CLASSES, samples.class_names, parts))


def check_classes(samples: Samples) -> None:
    """Check that there are samples enough to learn the classes.

    Raises:
        DatasetError: there are too few classes, or too few samples of one.
    """
    if len(samples.class_names) < drawn_samples.MIN_CLASSES:
        raise DatasetError(f"there are {len(samples.class_names)} classes: expected two or more. Add one.")
    few = [name for name, count in zip(samples.class_names, samples.counts, strict=True) if count < MIN_SAMPLES]
    if few:
        names = ", ".join(few[:6]) + (f" and {len(few) - 6} more" if len(few) > 6 else "")
        raise DatasetError(f"too few samples of {names}: expected at least {MIN_SAMPLES} of each class.")


def start_handwriting(samples: Samples, start: Run) -> Run:
    """Start a training on two thirds of one's own digits and some of MNIST's, on top of a built-in run.

    MNIST's images are some that the built-in network has learnt from, so that it forgets nothing (rehearsal:
    Robins 1995, Catastrophic forgetting, rehearsal and pseudorehearsal, Connection Science 7).

    Raises:
        DatasetError: the samples cannot be stored, or MNIST cannot be loaded.
        RunError: the run cannot be made.
        OSError: no process can be started.
    """
    learnt, held_back = divide(samples)
    train = add_rehearsal(learnt, start)
    rehearsed = len(train.labels) - REPEATS * len(learnt.labels)
    source = (
        f"{len(learnt.labels)} digits drawn on this machine, each {REPEATS} times, and {rehearsed:,} of MNIST; "
        f"the test images are the {len(held_back.labels)} drawings that were held back"
    )
    parts = TrainTest(train, held_back)
    copy = drawn_samples.copy_for_training(HANDWRITING, samples.class_names, parts, source=source)
    return _start(make_config(start, len(train.labels), 0), copy)


def add_rehearsal(learnt: Split, start: Run) -> Split:
    """One's own drawings, each `REPEATS` times, and some of MNIST's images that a run has learnt from.

    Raises:
        DatasetError: MNIST cannot be loaded.
    """
    rehearsed = _rehearse(start, REHEARSED)
    return splits.make_split(
        np.concatenate([np.repeat(learnt.images, REPEATS, 0), rehearsed.images]),
        np.concatenate([np.repeat(learnt.labels, REPEATS), rehearsed.labels]),
    )


def make_config(start: Run, images: int, smallest: int) -> TrainConfig:
    """The settings of a training on drawn samples, whose data set gets its name later.

    Args:
        start: the built-in run.
        images: training images in all.
        smallest: samples of the class that has the fewest; 0: none is held out for validation.
    """
    batch_size = 8 if images < 100 else 16 if images < 600 else 32
    share = 0.2 if smallest >= MIN_VALIDATION_SAMPLES else 0.0
    steps = max(1, round(images * (1 - share) / batch_size))
    return TrainConfig(
        dataset=CLASSES,
        network=start.config.network,
        layers=start.config.layers,
        start_from=start.name,
        trained_layers=TRAINED_LAYERS,
        epochs=min(max(3, round(STEPS / steps)), MAX_EPOCHS),
        batch_size=batch_size,
        learning_rate=2e-3,
        schedule="one-cycle",
        validation_share=share,
        **_DISTORTIONS,
    )


def find_runs(title: str) -> list[Run]:
    """The runs of one kind, of `CLASSES` or `HANDWRITING`, the newest first."""
    pattern = re.compile(f"{re.escape(title)} [0-9]+")
    return [run for run in store.list_runs() if not run.is_shipped and pattern.fullmatch(run.config.dataset)]


def list_starts() -> list[Run]:
    """The built-in runs that a training can start from, the best first."""
    found = []
    for name in store.SHIPPED:
        with contextlib.suppress(RunError):
            found.append(store.open_run(name))
    return [run for run in found if run.has_model]


def discard(run: Run) -> None:
    """Delete a run and the copy of the samples that it was trained on, unless another run has it.

    Raises:
        RunError, DatasetError: one of them cannot be deleted.
    """
    dataset = run.config.dataset
    store.delete(run)
    if not any(each.config.dataset == dataset for each in store.list_runs()):
        user_datasets.remove(loading.cache_folder(), dataset)


def _start(config: TrainConfig, copy: Description) -> Run:
    config = dataclasses.replace(config, dataset=copy.name)
    starts.open_starts(config)  # refuses what does not fit
    taken = {run.name for run in store.list_runs()}
    names = (copy.name, *(f"{copy.name}.{i}" for i in range(2, 10_000)))
    run = store.create(config, copy.class_names, next(name for name in names if name not in taken))
    try:
        jobs.start(run)
    except OSError:
        store.delete(run)  # without a process it would be queued for ever
        raise
    return run


def _no_images() -> Split:
    return splits.make_split(np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))


def _rehearse(start: Run, count: int) -> Split:
    """So many of MNIST's training images, as many of each class, that a run has learnt from."""
    mnist, config = loading.load("mnist"), start.config
    known = splits.part_indices(mnist, "train", share=config.validation_share, seed=config.seed)
    labels = mnist.train.labels[known]
    chosen = _choose_evenly(labels, count // len(mnist.class_names), len(mnist.class_names))
    return splits.make_split(mnist.train.images[known[chosen]], labels[chosen])


def _choose_evenly(labels: Labels, each: int, classes: int) -> Labels:
    """Indices of so many images of each class, ascending: int64 (m,)."""
    rng = np.random.default_rng(0)
    found = [rng.permutation(np.flatnonzero(labels == label))[:each] for label in range(classes)]
    return np.sort(np.concatenate(found))
