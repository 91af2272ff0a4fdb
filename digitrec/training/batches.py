"""The batches of a training: shuffled and augmented images, and their targets."""

from __future__ import annotations

import math

import keras
import numpy as np

from digitrec.data import Split
from digitrec.imaging import Floats, Images, Labels, Mask, augment
from digitrec.runs import TrainConfig
from digitrec.training.transfer import Teachers


class Batches(keras.utils.PyDataset):
    """Shuffled, augmented batches: images uint8 (b, 28, 28), and float32 (b, 2, c): see `stack_targets`.

    A batch depends only on the seed, the epoch and its index, not on threads or timing.

    Args:
        teachers: whose answers are part of the targets.
        drawn: bool (n,), which images are people's drawings; None where none is.
        groups: int64 (n,): images with one number are versions of one drawing. An epoch takes a random half of
            each group, rounded up. So it has all drawings, and the next epoch has other versions.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        config: TrainConfig,
        *,
        groups: Labels | None = None,
        drawn: Mask | None = None,
        teachers: Teachers | None = None,
    ) -> None:
        super().__init__(workers=1)
        self._teachers, self._drawn = teachers, drawn
        self._split, self._classes, self._config, self._groups = split, classes, config, groups
        self._epoch = -1
        self.on_epoch_begin()

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._config.batch_size)

    def on_epoch_begin(self) -> None:
        """Shuffle the images."""
        self._epoch += 1
        rng = np.random.default_rng((self._config.seed, self._epoch))
        order = rng.permutation(len(self._split.labels))
        self._order = order if self._groups is None else order[_mark_first_halves(self._groups[order])]

    def __getitem__(self, index: int) -> tuple[Images, Floats]:
        size = self._config.batch_size
        chosen = self._order[index * size : (index + 1) * size]
        rng = np.random.default_rng((self._config.seed, self._epoch, index))
        images = augment(self._split.images[chosen], self._config.augmentation, rng)
        one_hot = keras.utils.to_categorical(self._split.labels[chosen], self._classes)
        if self._teachers is None:
            return images, stack_targets(one_hot, one_hot)
        drawn = None if self._drawn is None else self._drawn[chosen]
        return images, stack_targets(self._teachers.targets(images, one_hot, drawn=drawn), one_hot)


def stack_targets(targets: Floats, one_hot: Floats) -> Floats:
    """Targets (b, c), for the loss, and labels (b, c), for the accuracy: (b, 2, c)."""
    return np.stack([targets, one_hot], axis=1)


def _mark_first_halves(groups: Labels) -> Mask:
    """Which images are in the first half, rounded up, of their group: bool (n,)."""
    by_group = np.argsort(groups, kind="stable")
    _, first, inverse, sizes = np.unique(
        groups[by_group], return_index=True, return_inverse=True, return_counts=True
    )
    chosen = np.empty(len(groups), bool)
    chosen[by_group] = np.arange(len(groups)) - first[inverse] < (sizes[inverse] + 1) // 2
    return chosen
