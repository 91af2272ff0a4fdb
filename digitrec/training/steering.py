"""What changes while a training runs: rate, batch size, augmentation, number of epochs, the best weights back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from numpy.typing import NDArray

from digitrec.imaging import Floats
from digitrec.runs import AUGMENTATIONS, Change, Course, Run, TrainConfig, Wishes, schedules
from digitrec.training.batches import Batches
from digitrec.training.loop import SlicedModel


class Place(NamedTuple):
    """Where in a training something happens."""

    epoch: int  # the present one, from 1
    done: float  # epochs so far


class SteeredRate(keras.optimizers.schedules.LearningRateSchedule):
    """A config's learning rate on its schedule, whose course can be changed while the compiled steps run."""

    def __init__(self, config: TrainConfig, course: Course) -> None:
        """Follow the config's schedule, from the beginning of a course on."""
        super().__init__()
        self._schedule, self._warmup = config.schedule, config.warmup
        self._course = tf.Variable(list(course), trainable=False, dtype=tf.float32)

    def follow(self, course: Course) -> None:
        """Go on along another course."""
        self._course.assign(list(course))

    def __call__(self, step: Any) -> tf.Tensor:
        """The learning rate at a step, over all epochs."""
        begin, epoch, steps_per_epoch, epochs, peak = tf.unstack(self._course)
        done = epoch + (tf.cast(keras.ops.convert_to_tensor(step), tf.float32) - begin) / steps_per_epoch
        return peak * schedules.relative_rate(self._schedule, self._warmup, done, epochs, tf)


class Steering:
    """The settings that a training has at the moment, and how they change.

    Attributes:
        course: of the learning rate.
    """

    def __init__(self, run: Run, batches: Batches, *, epochs: int | None = None) -> None:
        """Start with the settings of the run.

        Args:
            run: its history gets a row for each change.
            batches: of the run's settings.
            epochs: of the whole training; None: those of the settings.
        """
        self._run, self._batches, self._config = run, batches, run.config
        self._strength, self._restores = 1.0, 0
        self.course = Course(0, 0, len(batches), epochs or run.config.epochs, run.config.learning_rate)
        self.rate = SteeredRate(run.config, self.course)

    @property
    def epochs(self) -> int:
        """Of the whole training, as things are."""
        return round(self.course.epochs)

    @property
    def batches(self) -> Batches:
        """What the network learns from, as things are."""
        return self._batches

    @property
    def facts(self) -> dict[str, Any]:
        """What a checkpoint must know of the steering, ready for JSON."""
        return {
            "course": list(self.course),
            "batch_size": self._config.batch_size,
            "augmentation": self._strength,
        }

    def restore(self, facts: dict[str, Any], *, epochs: int) -> None:
        """Go on as a checkpoint says, with this number of epochs; before the loop is made."""
        self._config = dataclasses.replace(self._config, batch_size=int(facts["batch_size"]))
        self._strength = float(facts["augmentation"])
        self._batches = self._batches.with_config(_strengthen(self._config, self._run.config, self._strength))
        self.course = Course(*map(float, facts["course"]))._replace(epochs=epochs)
        self.rate.follow(self.course)

    def follow(
        self, wishes: Wishes, model: SlicedModel, place: Place, best: tuple[int, Sequence[Floats]] | None
    ) -> None:
        """Do what is newly asked.

        Args:
            wishes: all that is asked at this moment.
            model: that trains.
            place: where the training is.
            best: the epoch with the best weights so far, and these; None before there is one.
        """
        if wishes.learning_rate not in (None, self.course.peak):
            self._note(place, "learning_rate", self.course.peak, wishes.learning_rate)
            self._begin_course(model, place, peak=wishes.learning_rate)
        epochs = max(wishes.epochs or self.epochs, place.epoch)
        if epochs != self.epochs:
            self._note(place, "epochs", self.epochs, epochs)
            self._begin_course(model, place, epochs=epochs)
        if wishes.augmentation not in (None, self._strength):
            self._note(place, "augmentation", self._strength, wishes.augmentation)
            self._strength = float(wishes.augmentation)
            self._change_batches(model)
        if wishes.batch_size not in (None, self._config.batch_size):
            self._resize(model, place, wishes.batch_size)
        if wishes.restores > self._restores and best is not None:
            self._note(place, "weights", place.epoch, best[0])
            model.set_weights(best[1])
        self._restores = wishes.restores

    def begin_epoch(self, wishes: Wishes, model: SlicedModel, place: Place) -> tf.data.Dataset:
        """What `fit` takes as its x for the next epoch: one element a step, and more than there are steps."""
        if wishes.batch_size not in (None, self._config.batch_size):
            self._resize(model, place, wishes.batch_size)
        model.loop.start_epoch()
        # More than there are: the training ends when all images were seen, in batches of whatever size.
        return tf.data.Dataset.range(self._batches.images)

    def _change_batches(self, model: SlicedModel) -> None:
        config = _strengthen(self._config, self._run.config, self._strength)
        self._batches = self._batches.with_config(config)
        model.loop.change(self._batches)

    def _resize(self, model: SlicedModel, place: Place, size: int | None) -> None:
        assert size is not None
        self._note(place, "batch_size", self._config.batch_size, size)
        self._config = dataclasses.replace(self._config, batch_size=size)
        self._batches = self._batches.with_config(_strengthen(self._config, self._run.config, self._strength))
        model.loop.resize(self._batches)
        self._begin_course(model, place)

    def _begin_course(self, model: SlicedModel, place: Place, **changes: Any) -> None:
        step, size = float(model.optimizer.iterations.numpy()), float(len(self._batches))
        self.course = self.course._replace(step=step, epoch=place.done, steps_per_epoch=size, **changes)
        self.rate.follow(self.course)

    def _note(self, place: Place, setting: str, before: float, after: float | None) -> None:
        assert after is not None
        self._run.append(
            Change(setting=setting, before=before, after=after, epoch=place.epoch, done=round(place.done, 4))
        )


def state_of(model: keras.Model) -> list[keras.Variable]:
    """All variables of a compiled model that a training goes on from: the weights first, then the others.

    The others are the states of random generators and of the optimizer; the sums of metrics are not among them.
    """
    weights = list(model.weights)
    known = {id(variable) for variable in weights}
    known |= {id(variable) for metric in model.metrics for variable in metric.variables}
    others = [variable for variable in model.variables if id(variable) not in known]
    return [*weights, *others, *model.optimizer.variables]


def load_state(model: keras.Model, arrays: Sequence[NDArray[Any]]) -> bool:
    """Put the arrays of a checkpoint into a model; False, and nothing is done, where they do not fit."""
    state = state_of(model)
    if [tuple(variable.shape) for variable in state] != [array.shape for array in arrays]:
        return False
    for variable, array in zip(state, arrays, strict=True):
        variable.assign(array)
    return True


def _strengthen(config: TrainConfig, written: TrainConfig, strength: float) -> TrainConfig:
    """The config with an augmentation so many times as strong as is written, within what is allowed."""
    limits = {f.name: f.metadata["high"] for f in dataclasses.fields(config) if f.name in AUGMENTATIONS}
    ranges = {name: min(high, strength * getattr(written, name)) for name, high in limits.items()}
    return dataclasses.replace(config, **ranges)
