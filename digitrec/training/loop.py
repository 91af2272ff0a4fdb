"""The training step, compiled: a slice of steps runs inside TensorFlow, without Python between two batches.

`fit` calls the training function once a step. The first call runs as many steps as fit into a slice of time; the
calls for the steps that are done by then return at once. So a callback is called for every step, and finds news
once a slice: then it writes rows and reads the user's wish.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from digitrec.imaging import Labels
from digitrec.training.adversarial import Adversary
from digitrec.training.batches import Batch, Batches

SLICE_SECONDS = 0.2  # of steps between two looks at the user's wish
# Of `Loop._slice`: as the rest of an epoch is shorter than the whole, nothing else is compiled for it.
_SLICE_SIGNATURE = (
    tf.TensorSpec([None], tf.int32),
    tf.TensorSpec([5], tf.int32),
    tf.TensorSpec([], tf.float32),
)


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
        steps: of the whole epoch, by the batch size of the moment.
    """

    def __init__(
        self,
        model: keras.Model,
        batches: Batches,
        *,
        adversarial: float = 0.0,
        first_epoch: int = 0,
        slice_seconds: float | None = None,
    ) -> None:
        """Prepare the loop.

        Args:
            model: compiled with an optimizer, and a loss of targets (b, c) and proba (b, c).
            batches: what it learns from.
            adversarial: how far each pixel is moved against the network, see `Adversary`; 0 is off.
            first_epoch: the first one that will be run, from 0.
            slice_seconds: how long a slice lasts; 0: one step; None: `SLICE_SECONDS`.
        """
        self._model, self._batches = model, batches
        self._slice_seconds = SLICE_SECONDS if slice_seconds is None else slice_seconds
        self._adversary = Adversary(model, adversarial) if adversarial else None
        self._epoch, self._calls, self.steps = first_epoch - 1, 0, 0
        self._has_compiled = False
        self._whole_order: Labels = np.empty(0, np.int64)
        self._order: tf.Tensor = None
        self._first, self._share = 0, 0.0
        self.progress = Progress()
        model.optimizer.build(model.trainable_variables)  # a compiled function may make no variables
        self.change(batches)

    def change(self, batches: Batches) -> None:
        """Go on with other batches of the same images, of the same size. TensorFlow compiles anew."""
        self._batches, self._has_compiled = batches, False
        self._run_slice = tf.function(
            self._slice, autograph=False, jit_compile=False, input_signature=_SLICE_SIGNATURE
        )

    def resize(self, batches: Batches) -> None:
        """Go on with batches of another size, in the midst of an epoch too: with the images that are left of it.

        Nothing is compiled. The batches' chances begin anew, so that two batches of this epoch may have the same;
        their images differ.
        """
        self._batches = batches
        if self.progress.steps < self.steps:
            self._share, self._first = self.share, self.progress.steps
            rest = self._whole_order[self.progress.images :]
            self._order = tf.constant(rest, tf.int32)
            self.steps = self._first + batches.count_steps(len(rest))

    @property
    def share(self) -> float:
        """How much of the epoch at work is done, from 0 to 1."""
        done, rest = self.progress.steps - self._first, self.steps - self._first
        return self._share + (1 - self._share) * done / max(rest, 1)

    def start_epoch(self) -> None:
        """Let the next call begin an epoch, whether or not all calls of this one were made."""
        self._calls = self.steps = 0

    def run(self, _: Iterator[Any]) -> dict[str, float]:
        """One call for each step of `fit`; returns the means of the epoch so far, and how many steps are done."""
        if self._calls >= self.steps:
            self._begin_epoch()
        self._calls += 1
        if self._calls > self.progress.steps:
            # The very first slice is one step, because TensorFlow compiles in it: no speed can be read from it.
            seconds = self._slice_seconds if self._has_compiled else 0.0
            self._has_compiled = True
            begin = self.progress
            # Tensors, because TensorFlow compiles anew for each other number of Python's.
            numbers = self._epoch, begin.steps, self._batches.batch_size, self._first, self.steps
            done = self._run_slice(self._order, tf.constant(numbers), tf.constant(seconds))
            self._batches.release()
            steps, images, loss, correct = (value.numpy().item() for value in done)
            self.progress = Progress(
                begin.steps + steps, begin.images + images, begin.loss + loss, begin.correct + correct
            )
        return self.progress.means | {"steps": self.progress.steps}  # other names than the metrics: taken as given

    def _begin_epoch(self) -> None:
        self._epoch, self._calls, self.steps = self._epoch + 1, 0, len(self._batches)
        self._first, self._share = 0, 0.0
        self.progress = Progress()
        self._whole_order = self._batches.order(self._epoch)
        self._order = tf.constant(self._whole_order, tf.int32)

    def _slice(self, order: tf.Tensor, numbers: tf.Tensor, seconds: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Steps, one at least, until the time is over or the epoch: what `Progress` counts.

        Args:
            order: of the images that the batches are cut from, int32 (m,).
            numbers: the epoch, the step to begin with, the batch size, the step at which `order` begins, and the
                steps of the epoch: int32 (5,).
            seconds: float32 ().
        """
        epoch, begin, size, first, steps = tf.unstack(numbers)
        end = tf.timestamp() + tf.cast(seconds, tf.float64)

        def goes_on(step: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
            return (step < steps) & ((step == begin) | (tf.timestamp() < end))

        def do_step(
            step: tf.Tensor, images: tf.Tensor, loss: tf.Tensor, correct: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            batch = self._batches.make(order, epoch, step - first, size)
            n, batch_loss, batch_correct = self._step(batch)
            return step + 1, images + n, loss + batch_loss * tf.cast(n, tf.float32), correct + batch_correct

        start = (begin, tf.constant(0), tf.constant(0.0), tf.constant(0))
        step, *sums = tf.while_loop(goes_on, do_step, start, parallel_iterations=1)
        return step - begin, *sums

    def _step(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
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
