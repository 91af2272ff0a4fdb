"""What a training is made of: the images, their batches, and the compiled network."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from digitrec.data import Dataset, Description, Split, loading, splits
from digitrec.imaging import Floats, Images, Mask
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

    def make_batches(self, config: TrainConfig) -> Batches:
        """The batches of the training images.

        Raises:
            TeacherError: a run cannot teach.
        """
        classes = self.dataset.class_names
        groups, writers = (
            select(self.dataset, "train", share=config.validation_share, seed=config.seed)
            for select in (splits.select_groups, splits.select_writers)
        )
        drawn = None if writers is None else writers >= 0
        teachers = Teachers(config, classes, self.description) if config.teacher_names else None
        return Batches(self.training, len(classes), config, groups=groups, drawn=drawn, teachers=teachers)

    def mask_usual_validation(self, config: TrainConfig) -> Mask | None:
        """Which validation images show no rare form: bool (n,); None if all are usual."""
        return splits.mask_usual(self.dataset, "validation", share=config.validation_share, seed=config.seed)

    def validation_data(self) -> tuple[Images, Floats] | None:
        """The validation images, uint8 (n, 28, 28), and their targets (n, c); None where there are none."""
        labels = self.validation.labels
        if not len(labels):
            return None
        return self.validation.images, keras.utils.to_categorical(labels, len(self.dataset.class_names))


def load_parts(config: TrainConfig, class_names: tuple[str, ...]) -> Parts:
    """The data set of a config and its parts; the name is looked up here, once.

    Raises:
        TrainingError: the data set has other classes than these.
        DatasetError: the data set cannot be loaded.
    """
    description = loading.describe(config.dataset)
    loading.check_trainable(description)
    dataset = loading.load(description)
    if dataset.class_names != class_names:
        raise TrainingError(
            f"the data set {config.dataset!r} has the classes {', '.join(dataset.class_names)}: the run was made "
            f"for {', '.join(class_names)}. Start a new run."
        )
    training, validation = (
        splits.select_part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    )
    return Parts(description, dataset, training, validation)


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
        optimizer=keras.optimizers.Adam(rate, beta_1=config.beta_1, beta_2=config.beta_2),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # XLA makes these networks several times slower on a CPU
    )
    return model
