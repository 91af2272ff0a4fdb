"""What a training is made of: the images, their batches, and the compiled network."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from digitrec.data import Dataset, Description, Split, corrections, loading, mapped, splits
from digitrec.imaging import Floats, Images, Labels, Mask
from digitrec.runs import TrainConfig
from digitrec.training import networks
from digitrec.training.batches import Batches
from digitrec.training.loop import SlicedModel
from digitrec.training.transfer import Teachers


class TrainingError(Exception):
    """The training cannot continue: the message says why and what to do."""


class Parts(NamedTuple):
    """What a training learns from."""

    description: Description
    dataset: Dataset
    training: Split
    validation: Split
    training_places: Labels  # int64 (n,), of the training images among those of the data set
    validation_places: Labels

    def make_batches(self, config: TrainConfig) -> Batches:
        """The batches of the training images.

        Raises:
            TeacherError: a run cannot teach.
        """
        classes, dataset = self.dataset.class_names, self.dataset
        groups = None if dataset.groups is None else dataset.groups[self.training_places]
        drawn = None if dataset.writers is None else dataset.writers[0][self.training_places] >= 0
        drawn = None if drawn is None or not drawn.any() else drawn
        teachers = Teachers(config, classes, self.description) if config.teacher_names else None
        return Batches(self.training, len(classes), config, groups=groups, drawn=drawn, teachers=teachers)

    def mask_usual_validation(self) -> Mask | None:
        """Which validation images show no rare form: bool (n,); None if all are usual."""
        usual = self.dataset.usual_count
        return None if usual is None else self.validation_places < usual

    def validation_data(self) -> tuple[Images, Floats] | None:
        """The validation images, uint8 (n, 28, 28), and their targets (n, c); None where there are none."""
        labels = self.validation.labels
        if not len(labels):
            return None
        return self.validation.images, keras.utils.to_categorical(labels, len(self.dataset.class_names))


def load_parts(config: TrainConfig, class_names: tuple[str, ...]) -> Parts:
    """The data set of a config and its parts; the name is looked up here, once.

    Raises:
        TrainingError: the data set has other classes than these, or no training image is left.
        DatasetError: the data set cannot be loaded, or its corrections are not on this machine.
    """
    description = loading.describe(config.dataset)
    loading.check_trainable(description)
    dataset = loading.load(description)
    if dataset.class_names != class_names:
        raise TrainingError(
            f"the data set {config.dataset!r} has the classes {', '.join(dataset.class_names)}: the run was made "
            f"for {', '.join(class_names)}. Start a new run."
        )
    overlay = corrections.load_version(config.dataset, config.corrections)
    corrected = corrections.correct(dataset, overlay) if overlay else None
    training, validation = (_select(dataset, corrected, config, name) for name in ("train", "validation"))
    if not len(training.places):
        raise TrainingError("all training images are left out by the corrections: train without them.")
    return Parts(description, dataset, training.split, validation.split, training.places, validation.places)


class _Part(NamedTuple):
    """Images to learn from or to validate on, and their places among the training images of the data set."""

    split: Split
    places: Labels


def _select(dataset: Dataset, corrected: corrections.Corrected | None, config: TrainConfig, name: str) -> _Part:
    """The "train" or "validation" images. The same ones are held out with corrections and without."""
    which: dict[str, Any] = {"share": config.validation_share, "seed": config.seed}
    part, places = splits.select_part(dataset, name, **which), splits.part_indices(dataset, name, **which)
    if corrected is None:
        return _Part(part, places)
    keep = corrected.keep[places]
    images = part.images if keep.all() else mapped.take(part.images, np.flatnonzero(keep))
    return _Part(splits.make_split(images, corrected.labels[places[keep]]), places[keep])


def compile_model(config: TrainConfig, classes: int, rate: Any, *, steps: int) -> SlicedModel:
    """A config's network with random weights, compiled.

    Args:
        config: the settings.
        classes: number of classes c.
        rate: the learning rate: a number, or a schedule of Keras.
        steps: of the whole training.
    """
    # The averages must have forgotten their start by the end, however short the training is.
    momentum = min(networks.NORM_MOMENTUM, max(0.5, 1 - 10 / steps))
    plain = networks.build(
        config.architecture,
        classes,
        dropout=config.dropout,
        norm_momentum=momentum,
        fused=True,
        trained_layers=config.trained_layers,
    )
    model = SlicedModel(plain.inputs, plain.outputs)
    model.compile(
        optimizer=FusedAdam(rate, beta_1=config.beta_1, beta_2=config.beta_2),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # XLA makes these networks several times slower on a CPU
    )
    return model


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
