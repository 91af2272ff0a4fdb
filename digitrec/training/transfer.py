"""What one network takes over from others: the weights that it starts from, and the answers of its teachers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from digitrec.data import Description
from digitrec.imaging import Floats
from digitrec.runs import Run, RunError, StartError, TrainConfig, checkpoints, open_run, provenance, starts
from digitrec.training import export

_LAST_ARRAYS = 2  # of weights, in the layer over the classes: its kernel and its bias


class TeacherError(Exception):
    """A run cannot teach: the message says which, why, and what to do."""


class _Teacher(NamedTuple):
    model: keras.Model
    knows_drawings: bool  # False: it has learnt only from the data set that the drawings are added to


class Teachers:
    """Trained networks whose averaged answers another network learns beside the labels: knowledge distillation.

    Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, arXiv 1503.02531, with a
    temperature of 1. The teachers see each image moved as the student sees it: Beyer et al. 2022, Knowledge
    distillation: a good teacher is patient and consistent, arXiv 2106.05237. What changes grey levels (noise,
    blur, shadow, lines) only the student sees, so that a teacher that cannot read such images can teach it. In a
    data set of images and people's drawings, a teacher that has learnt only from the images does not teach the
    drawings. So the student retains what such a teacher knows (Li and Hoiem 2016, Learning without forgetting,
    arXiv 1606.09282), and learns the drawings from their labels.
    """

    def __init__(self, config: TrainConfig, class_names: tuple[str, ...], dataset: Description) -> None:
        """Open the runs that the config names, one at least.

        Args:
            config: of the student.
            class_names: of the student.
            dataset: that the student learns from.

        Raises:
            TeacherError: a run does not exist, or has no trained network, or has other classes, or is damaged.
        """
        self._teachers = [_open_teacher(name, class_names, dataset) for name in config.teacher_names]
        self._share = config.teacher_share

    def targets(self, images: tf.Tensor, one_hot: tf.Tensor, *, drawn: tf.Tensor | None = None) -> tf.Tensor:
        """The targets of some images, in TensorFlow: float32 (b, c), rows sum to 1.

        Args:
            images: uint8 (b, 28, 28).
            one_hot: their labels, float32 (b, c): the targets of images that no teacher knows.
            drawn: which of the images are people's drawings, bool (b,); None where the data set has none.
        """
        images = tf.convert_to_tensor(images)
        drawn = tf.zeros(tf.shape(images)[:1], tf.bool) if drawn is None else drawn
        knows = tf.stack([tf.cast(teacher.knows_drawings | ~drawn, tf.float32) for teacher in self._teachers])
        answers = tf.stack([teacher.model(images, training=False) for teacher in self._teachers])  # (t, b, c)
        known = tf.reduce_sum(knows, axis=0)  # (b,)
        taught = tf.reduce_sum(knows[:, :, None] * answers, axis=0) / tf.maximum(known, 1)[:, None]
        share = self._share * tf.cast(known > 0, tf.float32)[:, None]
        return share * taught + (1 - share) * one_hot


def _open_teacher(name: str, class_names: tuple[str, ...], dataset: Description) -> _Teacher:
    try:
        run = open_run(name)
        if not run.has_model:
            raise TeacherError(
                f"the run {name!r} has no trained network to teach with: train it to the end first."
            )
        if run.class_names != class_names:
            raise TeacherError(
                f"the run {name!r} cannot teach: its classes are {', '.join(run.class_names)}, "
                f"expected {', '.join(class_names)}. Choose another one."
            )
        knows_drawings = any(data.dataset != dataset.base for data in provenance.list_training_data(run))
        return _Teacher(export.load_keras(run), knows_drawings)
    except (RunError, export.ModelFileError) as error:
        raise TeacherError(f"the run {name!r} cannot teach: {error}") from error


def load_start_weights(config: TrainConfig, class_names: tuple[str, ...], fresh: Sequence[Floats]) -> list[Floats]:
    """The weights of the run that a training starts from, or the average of several runs.

    An average can be better than each of its parts if these started from the same weights: Wortsman et al. 2022,
    Model soups, arXiv 2203.05482. Where the classes are others than those of the runs, the last layer is new.

    Args:
        config: of the training.
        class_names: of its data set.
        fresh: the weights of its network as they are at random.

    Raises:
        StartError: a run does not exist, has no network or another one, or several started differently.
    """
    runs = starts.open_starts(config)
    points = config.start_points
    weights = [_read_weights(start, point.epoch, len(fresh)) for start, point in zip(runs, points, strict=True)]
    mean = [np.mean(layer, axis=0) for layer in zip(*weights, strict=True)]
    if runs[0].class_names != class_names:
        mean[-_LAST_ARRAYS:] = fresh[-_LAST_ARRAYS:]
    return mean


def _read_weights(start: Run, epoch: int | None, count: int) -> list[Floats]:
    """The weights of a run's network, or those after one of its epochs."""
    if epoch is None:
        weights: list[Floats] = export.load_keras(start).get_weights()
        return weights
    checkpoint = checkpoints.load(start, epoch)
    if checkpoint is None or len(checkpoint.arrays) < count:
        raise StartError(starts.explain_missing_epoch(start, epoch))
    return list(checkpoint.arrays[:count])
