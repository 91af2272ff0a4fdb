"""The training step, compiled: a slice of steps runs inside TensorFlow, without Python between two batches.

`fit` calls the training function once a step. The first call runs as many steps as fit into a slice of time; the
calls for the steps that are done by then return at once. So a callback is called for every step, and finds news
once a slice: then it writes rows and reads the user's wish.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from digitrec.training.adversarial import Adversary
from digitrec.training.batches import Batch, Batches

SLICE_SECONDS = 0.2  # of steps between two looks at the user's wish


class Progress(NamedTuple):
    """What is done of an epoch: sums over its images so far, as they were read by the weights of that moment."""

    steps: int = 0
    images: int = 0
    loss: float = 0.0
    correct: int = 0

    @property
    def means(self) -> dict[str, float]:
        """Loss and accuracy over the images so far."""
        return {"loss": self.loss / max(self.images, 1), "accuracy": self.correct / max(self.images, 1)}

    def since(self, before: Progress) -> Progress:
        """What was done after `before`, of the same epoch."""
        return Progress(
            self.steps - before.steps,
            self.images - before.images,
            self.loss - before.loss,
            self.correct - before.correct,
        )


class SlicedModel(keras.Model):
    """A network whose `fit` runs the steps of a `Loop`."""

    loop: Loop

    def use(self, batches: Batches, *, adversarial: float = 0.0, first_epoch: int = 0) -> tf.data.Dataset:
        """Train on these batches; after `compile`. Returns what `fit` takes as its x: one element a step.

        Args:
            batches: what it learns from.
            adversarial: see `Loop`.
            first_epoch: from 0; the batches differ by epoch.
        """
        self.loop = Loop(self, batches, adversarial=adversarial, first_epoch=first_epoch)
        self.train_function = self.loop.run
        nothing = tf.zeros((1, self.output_shape[-1]))
        self.compute_metrics(None, nothing, nothing)  # builds those of the validation, which `fit` reads before
        self.reset_metrics()
        return tf.data.Dataset.range(len(batches))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Those of the validation, whose logs of each batch hold the answers as well."""
        metrics = super().compute_metrics(x, y, y_pred, sample_weight)
        return {**metrics, "answers": tf.argmax(y_pred, axis=1, output_type=tf.int32)}

    def make_train_function(self, force: bool = False) -> None:
        """Nothing to make: `use` has set the function."""


class Loop:
    """Runs the steps of a model's epochs, in slices.

    Attributes:
        progress: in the epoch at work.
    """

    def __init__(
        self, model: keras.Model, batches: Batches, *, adversarial: float = 0.0, first_epoch: int = 0
    ) -> None:
        """Prepare the loop.

        Args:
            model: compiled with an optimizer, and a loss of targets (b, c) and proba (b, c).
            batches: what it learns from.
            adversarial: how far each pixel is moved against the network, see `Adversary`; 0 is off.
            first_epoch: the first one that will be run, from 0.
        """
        self._model, self._batches = model, batches
        self._adversary = Adversary(model, adversarial) if adversarial else None
        self._epoch, self._calls, self._left = first_epoch - 1, 0, 0
        self._has_compiled = False
        self._order: tf.Tensor = None
        self.progress = Progress()
        model.optimizer.build(model.trainable_variables)  # a compiled function may make no variables
        self.change(batches)

    def change(self, batches: Batches) -> None:
        """Go on with other batches of the same images: of another size only before an epoch begins."""
        self._batches, self._has_compiled = batches, False
        self._run_slice = tf.function(self._slice, autograph=False, jit_compile=False)

    def run(self, _: Iterator[Any]) -> dict[str, float]:
        """One call for each step of `fit`; returns the means of the epoch so far, and how many steps are done."""
        if self._left == 0:
            self._begin_epoch()
        self._calls, self._left = self._calls + 1, self._left - 1
        if self._calls > self.progress.steps:
            # The very first slice is one step, because TensorFlow compiles in it: no speed can be read from it.
            seconds = SLICE_SECONDS if self._has_compiled else 0.0
            self._has_compiled = True
            begin = self.progress
            # Tensors, because TensorFlow compiles anew for each other number of Python's.
            done = self._run_slice(self._order, *map(tf.constant, (self._epoch, begin.steps, seconds)))
            steps, images, loss, correct = (value.numpy().item() for value in done)
            self.progress = Progress(
                begin.steps + steps, begin.images + images, begin.loss + loss, begin.correct + correct
            )
        return self.progress.means | {"steps": self.progress.steps}  # other names than the metrics: taken as given

    def _begin_epoch(self) -> None:
        self._epoch, self._calls, self._left = self._epoch + 1, 0, len(self._batches)
        self.progress = Progress()
        self._order = tf.constant(self._batches.order(self._epoch), tf.int32)

    def _slice(
        self, order: tf.Tensor, epoch: tf.Tensor, begin: tf.Tensor, seconds: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Steps from `begin` on, one at least, until the time is over or the epoch: what `Progress` counts."""
        end = tf.timestamp() + tf.cast(seconds, tf.float64)
        size = len(self._batches)

        def goes_on(step: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
            return (step < size) & ((step == begin) | (tf.timestamp() < end))

        def do_step(
            step: tf.Tensor, images: tf.Tensor, loss: tf.Tensor, correct: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            n, batch_loss, batch_correct = self._step(order, epoch, step)
            return step + 1, images + n, loss + batch_loss * tf.cast(n, tf.float32), correct + batch_correct

        start = (begin, tf.constant(0), tf.constant(0.0), tf.constant(0))
        step, *sums = tf.while_loop(goes_on, do_step, start, parallel_iterations=1)
        return step - begin, *sums

    def _step(
        self, order: tf.Tensor, epoch: tf.Tensor, index: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        batch = self._batches.make(order, epoch, index)
        with tf.GradientTape() as tape:
            proba = self._answer(batch)
            loss = self._model.compute_loss(batch.images, batch.targets, proba, training=True)
        variables = self._model.trainable_variables
        self._model.optimizer.apply(tape.gradient(loss, variables), variables)
        answers = tf.argmax(proba, axis=1, output_type=tf.int32)
        return tf.shape(batch.labels)[0], loss, tf.reduce_sum(tf.cast(answers == batch.labels, tf.int32))

    def _answer(self, batch: Batch) -> tf.Tensor:
        """The probabilities (b, c) from which the network learns."""
        if self._adversary is None:
            return self._model(batch.images, training=True)
        moved = tf.stop_gradient(self._adversary.move(batch.images, batch.targets))
        return self._adversary.inner(moved, training=True)
