"""The batches of a training: shuffled and augmented images, and their targets, made inside the compiled step."""

from __future__ import annotations

import copy
import math
import types
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from digitrec.data import Split, mapped
from digitrec.imaging import Images, Labels, Mask
from digitrec.runs import TrainConfig
from digitrec.training.augmentation import degrade, move
from digitrec.training.transfer import Teachers


class Batch(NamedTuple):
    """One step's images.

    Attributes:
        images: uint8 (b, 28, 28).
        targets: what the network shall answer, float32 (b, c), rows sum to 1.
        labels: int32 (b,).
    """

    images: tf.Tensor
    targets: tf.Tensor
    labels: tf.Tensor


class Batches:
    """Shuffled, augmented batches of a split that lies in memory once, as uint8.

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
        self._config, self._classes, self._groups, self._teachers = config, classes, groups, teachers
        self._source, self._images = split.images, _to_tensor(split.images)  # (n, 28, 28)
        self._labels = tf.constant(split.labels, tf.int32)  # (n,)
        self._drawn = None if drawn is None else tf.constant(drawn)
        self._size = len(self.order(0))

    def with_config(self, config: TrainConfig) -> Batches:
        """The same images in batches by other settings; the images lie in memory once."""
        other = copy.copy(self)
        other._config = config
        return other

    def release(self) -> None:
        """Give back the memory of mapped images that were read: they are read from the machine's cache again."""
        mapped.release(self._source)

    def __len__(self) -> int:
        """Steps of an epoch."""
        return self.count_steps(self._size)

    @property
    def batch_size(self) -> int:
        """Images of a batch; the last one of an epoch may have fewer."""
        return self._config.batch_size

    @property
    def images(self) -> int:
        """Images of an epoch."""
        return self._size

    def count_steps(self, images: int) -> int:
        """How many batches so many images make."""
        return math.ceil(images / self._config.batch_size)

    def order(self, epoch: int) -> Labels:
        """The images of an epoch, from 0 on, in their order: indices int64 (m,)."""
        rng = np.random.default_rng((self._config.seed, epoch))
        order = rng.permutation(self._images.shape[0])
        return order if self._groups is None else order[_mark_first_halves(self._groups[order])]

    def make(self, order: tf.Tensor, epoch: tf.Tensor, index: tf.Tensor, size: tf.Tensor | None = None) -> Batch:
        """The batch of this index of an epoch, in TensorFlow.

        Args:
            order: of the epoch, int32 (m,).
            epoch: int32 (), from 0.
            index: int32 (), from 0.
            size: of a batch, int32 (), so that another one needs no compilation; None: that of the settings.
        """
        size = tf.constant(self.batch_size) if size is None else size
        chosen = order[index * size : (index + 1) * size]
        # Numbers of one seed are used for one batch alone: an augmentation takes four streams of each.
        steps = -(-self._size // size)
        seed = tf.stack([self._config.seed, 4 * (epoch * steps + index)])
        images = move(tf.gather(self._images, chosen), self._config.augmentation, seed)
        labels = tf.gather(self._labels, chosen)
        targets = tf.one_hot(labels, self._classes)
        if self._teachers is not None:
            drawn = None if self._drawn is None else tf.gather(self._drawn, chosen)
            # On a clean image a teacher is right where it never learnt to read a degraded one.
            targets = self._teachers.targets(images, targets, drawn=drawn)
        return Batch(degrade(images, self._config.augmentation, seed), targets, labels)


def _to_tensor(images: Images) -> tf.Tensor:
    """Images as a tensor; mapped ones without a copy, so that they stay in their file."""
    if not mapped.is_mapped(images):
        return tf.constant(images)
    # DLPack refuses what is read-only. TensorFlow never writes to it, so here the same bytes are called writable.
    shared = types.SimpleNamespace(
        __array_interface__=images.__array_interface__ | {"data": (images.ctypes.data, False)}, owner=images
    )
    return tf.experimental.dlpack.from_dlpack(np.asarray(shared).__dlpack__())


def _mark_first_halves(groups: Labels) -> Mask:
    """Which images are in the first half, rounded up, of their group: bool (n,)."""
    by_group = np.argsort(groups, kind="stable")
    _, first, inverse, sizes = np.unique(
        groups[by_group], return_index=True, return_inverse=True, return_counts=True
    )
    chosen = np.empty(len(groups), bool)
    chosen[by_group] = np.arange(len(groups)) - first[inverse] < (sizes[inverse] + 1) // 2
    return chosen
