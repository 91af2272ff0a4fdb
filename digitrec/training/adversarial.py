"""Adversarial training: each image is first moved against the network, so that small steps fool it less.

Madry et al. 2018, Towards deep learning models resistant to adversarial attacks, arXiv 1706.06083; by one step
from a random start instead of many, after Wong, Rice and Kolter 2020, Fast is better than free, arXiv 2001.03994.
"""

from __future__ import annotations

import keras
import tensorflow as tf

_STEP = 1.25  # of the reach: Wong et al. found it best


class Adversary:
    """Moves images, within a reach, to where a network's loss is higher."""

    def __init__(self, model: keras.Model, reach: float) -> None:
        """Prepare it.

        Args:
            model: whose input goes through a layer "scale" to [0, 1].
            reach: how far a pixel may move at most, as a share of the range from paper to ink.
        """
        self._model, self._reach = model, reach
        # Behind the scaling, because whole grey levels have no gradient.
        self.inner = keras.Model(model.get_layer("scale").output, model.output)

    def move(self, images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """The images moved: uint8 (b, 28, 28) -> float32 (b, 28, 28), 0 to 1, the input of `inner`."""
        plain = tf.cast(images, tf.float32) / 255
        start = tf.random.uniform(tf.shape(plain), -self._reach, self._reach)
        with tf.GradientTape() as tape:
            tape.watch(start)
            proba = self.inner(self._clip(plain + start), training=False)
            loss = self._model.compute_loss(images, targets, proba, training=False)
        step = start + _STEP * self._reach * tf.sign(tape.gradient(loss, start))
        return self._clip(plain + tf.clip_by_value(step, -self._reach, self._reach))

    @staticmethod
    def _clip(images: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(images, 0.0, 1.0)
