"""Adam in one kernel for each variable."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, whose step TensorFlow computes in one kernel for each variable instead of twenty operations.

    Its averages have the same names and places, so that either goes on where the other stopped. Kingma and Ba
    2015, arXiv 1412.6980.
    """

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """One step: variables by their gradients."""
        step = tf.cast(self.iterations.value + 1, tf.float32)
        # How much of the averages' start is left. The same for all variables, so computed once.
        self._left = [tf.pow(tf.constant(beta, tf.float32), step) for beta in (self.beta_1, self.beta_2)]
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """The step of one variable, which `apply` asks for."""
        place = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=self._left[0],
            beta2_power=self._left[1],
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
