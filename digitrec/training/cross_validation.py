"""Probabilities of each image by networks that did not learn from it: cross-validation, in a worker process."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digitrec.data import Dataset, Split, splits
from digitrec.imaging import Images, Labels, Proba
from digitrec.runs import PRESETS, Course, TrainConfig
from digitrec.training.batches import Batches
from digitrec.training.loop import SlicedModel
from digitrec.training.parts import compile_model
from digitrec.training.steering import SteeredRate

FOLDS = 4
MIN_EPOCHS, MAX_EPOCHS = 4, 30
MIN_STEPS = 1000  # of each network: it sees few images more often
# Of the settings that were compared, these had the most right among MNIST's training images, out of sample.
_AUGMENTATION: dict[str, Any] = {"rotation": 8, "shift": 0.05, "zoom": 0.05}
MAX_LEARNT = 200_000  # images that the networks learn from, so that the worker stays small; all are judged
_ANSWER_BATCH = 1000

Report = Callable[[int, int], None]  # gets how many steps are done, of how many


def predict_out_of_sample(dataset: Dataset, report: Report, *, seed: int = 0) -> tuple[Proba, Proba]:
    """The probabilities of the training and of the test images, by networks that did not learn from them.

    `FOLDS` networks each learn from the training images less one fold, and judge that fold. The test images are
    judged by the mean of all of them; one that equals a training image, by the network that did not learn from
    that. Without training images, the test images are divided into the folds.

    Args:
        dataset: the data set.
        report: gets how many steps are done, of how many.
        seed: of the folds and of the networks.

    Returns:
        float32 (n, c) for the training images, and for the test images.
    """
    pool, others = (dataset.train, dataset.test) if len(dataset.train.labels) else (dataset.test, dataset.train)
    folds, other_folds = assign_folds(pool, others, dataset.groups if pool is dataset.train else None, seed=seed)
    inside, outside = _predict(pool, others.images, folds, len(dataset.class_names), report, seed=seed)
    rows = np.arange(len(others.labels))
    known = other_folds >= 0
    averaged = outside.mean(0) if len(outside) else np.empty((0, len(dataset.class_names)), np.float32)
    averaged[known] = outside[other_folds[known], rows[known]]
    return (inside, averaged) if pool is dataset.train else (averaged, inside)


def assign_folds(
    pool: Split, others: Split, groups: Labels | None, *, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide images into folds, by class; equal images, and versions of one drawing, share a fold.

    Returns:
        int64 (n,), the fold of each image of the pool, from 0; and int64 (m,), that of the equal image in the pool
        for each other image, -1 where there is none.
    """
    hashes = splits.hash_images(pool.images)
    units = np.unique(np.array(hashes, np.int64), return_inverse=True)[1]
    if groups is not None:
        units = _join(units, groups)
    _, first, units = np.unique(units, return_index=True, return_inverse=True)
    # In the order of their first images: the hashes are others in each process.
    order = np.random.default_rng(seed).permutation(np.argsort(first))
    order = order[np.argsort(pool.labels[first[order]], kind="stable")]  # each class in all folds
    fold_of_unit = np.empty(len(first), np.int64)
    fold_of_unit[order] = np.arange(len(order)) % FOLDS
    folds = fold_of_unit[units]
    known = dict(zip(hashes, folds.tolist(), strict=True))
    found = [known.get(each, -1) for each in splits.hash_images(others.images)]
    return folds, np.array(found, np.int64)


def _join(units: NDArray[np.int64], groups: Labels) -> NDArray[np.int64]:
    """Units (n,) that hold all images that share a unit or a group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(units)
    columns = np.concatenate([units, units.max(initial=0) + 1 + np.unique(groups, return_inverse=True)[1]])
    size = max(n, int(columns.max(initial=0)) + 1)
    graph = coo_array(
        (np.ones(2 * n, bool), (np.tile(np.arange(n), 2), size + columns)), shape=(2 * size, 2 * size)
    )
    joined = connected_components(graph, directed=False)[1][:n]
    return np.unique(joined, return_inverse=True)[1]


def plan_config(images: int, *, seed: int = 0) -> TrainConfig:
    """The settings of each network: those of the quick preset, augmented, with more epochs for fewer images."""
    steps = max(1, images // PRESETS["quick"].batch_size)
    epochs = min(MAX_EPOCHS, max(MIN_EPOCHS, math.ceil(MIN_STEPS / steps)))
    return dataclasses.replace(PRESETS["quick"], epochs=epochs, validation_share=0.0, seed=seed, **_AUGMENTATION)


class _FoldBatches(Batches):
    """Batches of some of the images, which change from network to network while nothing is compiled anew."""

    chosen: NDArray[np.int64] | None = None

    def order(self, epoch: int) -> Labels:
        """The chosen images in the order of an epoch."""
        found = super().order(epoch)
        return found if self.chosen is None else found[np.isin(found, self.chosen)]

    def __len__(self) -> int:
        """Steps of an epoch."""
        return self.count_steps(self.images if self.chosen is None else len(self.chosen))


def _predict(
    pool: Split, other_images: Images, folds: NDArray[np.int64], classes: int, report: Report, *, seed: int
) -> tuple[Proba, Proba]:
    """The probabilities of the pool (n, c), each by the network of its fold, and of the others (folds, m, c)."""
    learnt, folds_learnt = _choose_learnt(pool, folds, seed=seed)
    images = max(1, len(folds_learnt) - len(folds_learnt) // FOLDS)
    config = plan_config(images, seed=seed)
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    batches = _FoldBatches(learnt, classes, config)
    steps = max(1, images // config.batch_size)
    rate = SteeredRate(config, Course(0, 0, steps, config.epochs, config.learning_rate))
    model = compile_model(config, classes, rate, steps=config.epochs * steps)
    model.use(batches)
    begin = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    inside = np.zeros((len(folds), classes), np.float32)
    outside = np.zeros((FOLDS, len(other_images), classes), np.float32)
    for fold in range(FOLDS):
        batches.chosen = np.flatnonzero(folds_learnt != fold)
        if len(batches.chosen):
            done = functools.partial(_report_fold, report, fold)
            _fit(model, batches, begin, config.epochs, done)
        mine = np.flatnonzero(folds == fold)
        inside[mine] = _answer(model, pool.images, mine)
        outside[fold] = _answer(model, other_images, np.arange(len(other_images)))
    report(FOLDS * 100, FOLDS * 100)
    return inside, outside


def _choose_learnt(pool: Split, folds: NDArray[np.int64], *, seed: int) -> tuple[Split, NDArray[np.int64]]:
    """The images that the networks learn from, with their folds: all, or a random choice of very many."""
    if len(folds) <= MAX_LEARNT:
        return pool, folds
    chosen = np.sort(np.random.default_rng(seed).permutation(len(folds))[:MAX_LEARNT])
    return Split(pool.images[chosen], pool.labels[chosen]), folds[chosen]


def _report_fold(report: Report, fold: int, done: int) -> None:
    report(fold * 100 + done, FOLDS * 100)


def _fit(
    model: SlicedModel, batches: Batches, begin: list[Any], epochs: int, report: Callable[[int], None]
) -> None:
    """Train from the same beginning on the chosen images; reports per cent."""
    for variable, value in zip((*model.variables, *model.optimizer.variables), begin, strict=True):
        variable.assign(value)
    loop, done = model.loop, 0
    for epoch in range(epochs):
        loop.start_epoch()
        while loop.progress.steps < loop.steps or not loop.steps:
            loop.run(iter(()))
            if (now := int(100 * (epoch + loop.share) / epochs)) > done:
                done = now
                report(done)


def _answer(model: keras.Model, images: Images, rows: NDArray[np.int64]) -> Proba:
    """The mean over these images as they are and moved by a pixel in each direction; float32 (n, c)."""
    parts = [np.empty((0, model.output_shape[-1]), np.float32)]
    for at in range(0, len(rows), _ANSWER_BATCH):
        views = _move(images[rows[at : at + _ANSWER_BATCH]])
        parts.append(np.mean([model([view], training=False).numpy() for view in views], axis=0))
    return np.concatenate(parts)


def _move(images: Images) -> list[Images]:
    """Images uint8 (n, h, w) as they are, and moved by a pixel: to the left, right, top and bottom."""
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    corners = ((1, 1), (1, 2), (1, 0), (2, 1), (0, 1))
    return [padded[:, top : top + height, left : left + width] for top, left in corners]
