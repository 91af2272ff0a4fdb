"""The distortions of `imaging.augment` in TensorFlow: part of the compiled step, without Python in between.

The distribution is that of `imaging.augment`; the numbers are others.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from digitrec.imaging import Augmentation, count_chances, smoothing_matrix
from digitrec.imaging import degrade as degrade_values


def move(images: tf.Tensor, augmentation: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Move the pixels of each image by chance: the first half of an augmentation.

    Args:
        images: uint8 (b, 28, 28).
        augmentation: the ranges.
        seed: int32 (2,); the same seed gives the same images. One seed serves both halves.

    Returns:
        uint8 (b, 28, 28).
    """
    return _move(images, augmentation, seed) if augmentation.moves else images


def degrade(images: tf.Tensor, augmentation: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Change the grey levels of each image by chance, the second half: arguments and result as of `move`."""
    if not any(augmentation.degradation):
        return images
    n = tf.shape(images)[0]
    chance = tf.random.stateless_uniform((count_chances(), n), seed + 2)
    noise = tf.random.stateless_normal((n, *images.shape[1:]), seed + 3)
    levels = degrade_values(tf.cast(images, tf.float32), augmentation.degradation, chance, noise, tf)
    return tf.cast(levels + 0.5, tf.uint8)


def _move(images: tf.Tensor, augmentation: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    n, (height, width) = tf.shape(images)[0], images.shape[1:]
    chance = tf.random.stateless_uniform((7, n), seed)
    matrices = _random_inverse_maps(augmentation, chance[:5])  # (b, 2, 2)
    offsets = augmentation.shift * tf.transpose(2 * chance[5:] - 1) * tf.constant([height, width], tf.float32)
    bends = _random_bends(n, (height, width), augmentation.elastic, seed + 1) if augmentation.elastic else None
    return sample_affine(images, matrices, offsets, bends=bends)


def _random_inverse_maps(augmentation: Augmentation, chance: tf.Tensor) -> tf.Tensor:
    """The linear parts (b, 2, 2) from a pixel (y, x) of the result to its source; chance is (5, b) in [0, 1)."""
    either_way = 2 * chance - 1
    angle = np.deg2rad(augmentation.rotation) * either_way[0]
    slant = tf.tan(np.deg2rad(augmentation.shear) * either_way[1])
    tall, wide = (1 / (1 + augmentation.zoom * either_way[2])), (1 / (1 + augmentation.zoom * either_way[3]))
    wide *= tf.where(chance[4] < augmentation.flip, -1.0, 1.0)
    cos, sin = tf.cos(angle), tf.sin(angle)
    # zoom @ shear @ rotation, multiplied out
    rows = [tall * cos, -tall * sin], [wide * (slant * cos + sin), wide * (cos - slant * sin)]
    return tf.transpose(tf.stack([tf.stack(row) for row in rows]), (2, 0, 1))


def _random_bends(n: tf.Tensor, shape: tuple[int, int], strength: float, seed: tf.Tensor) -> tf.Tensor:
    """By how much each pixel's source is moved: float32 (b, 2, height, width)."""
    noise = tf.random.stateless_normal((n, 2, *shape), seed)
    down, across = (tf.constant(smoothing_matrix(side)) for side in shape)
    return strength * tf.linalg.matmul(tf.linalg.matmul(down, noise), across, transpose_b=True)


def sample_affine(
    images: tf.Tensor, matrices: tf.Tensor, offsets: tf.Tensor, *, bends: tf.Tensor | None = None
) -> tf.Tensor:
    """Bilinear samples of each image at its own affine grid: as by `imaging.sample_affine`."""
    height, width = images.shape[1:]
    centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij")).astype(np.float32)
    flat = grid.reshape(2, -1) - centre[:, None]  # (2, h * w)
    source = tf.linalg.matmul(matrices, flat[None]) + (centre - offsets)[:, :, None]  # (b, 2, h * w)
    if bends is not None:
        source += tf.reshape(bends, (-1, 2, height * width))
    # One ring of paper around each image: whatever lies outside is clipped onto it.
    source = tf.clip_by_value(source, -1.0, tf.constant([[height], [width]], tf.float32)) + 1
    corner = tf.minimum(tf.cast(source, tf.int32), [[height], [width]])  # (b, 2, h * w), top left
    (dy, dx) = tf.unstack(source - tf.cast(corner, tf.float32), axis=1)  # each (b, h * w)
    first = tf.range(tf.shape(images)[0])[:, None] * ((height + 1) * (width + 1))
    neighbours = tf.gather(_pack_neighbours(images), first + corner[:, 0] * (width + 1) + corner[:, 1])
    values = tf.cast(tf.bitcast(neighbours, tf.uint8), tf.float32)  # (b, h * w, 4)
    weights = tf.stack([(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx], axis=-1)
    mixed = tf.reduce_sum(values * weights, axis=-1)
    return tf.reshape(tf.cast(mixed + 0.5, tf.uint8), (-1, height, width))


def _pack_neighbours(images: tf.Tensor) -> tf.Tensor:
    """Each pixel of the padded images with those right of, below and across from it, as one int32: one gather."""
    padded = tf.pad(images, ((0, 0), (1, 1), (1, 1)))  # (b, h + 2, w + 2)
    parts = [padded[:, :-1, :-1], padded[:, :-1, 1:], padded[:, 1:, :-1], padded[:, 1:, 1:]]
    return tf.reshape(tf.bitcast(tf.stack(parts, axis=-1), tf.int32), (-1,))
