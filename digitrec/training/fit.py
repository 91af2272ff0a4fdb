"""Fits one network and reports to its run, batch by batch. Runs in a worker process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import keras

from digitrec.data import Dataset, Description, Split, loading, splits
from digitrec.imaging import Floats, Images
from digitrec.inference import ood_fit
from digitrec.runs import Batch, End, Epoch, Run, Start, TrainConfig, provenance
from digitrec.training import export, networks, transfer
from digitrec.training.batches import Batches
from digitrec.training.loop import Progress, SlicedModel
from digitrec.training.transfer import Teachers

MIN_REPORT_SECONDS = 0.25  # between two batch rows
MIN_REPORT_SHARE = 1 / 400  # of the time so far, between two batch rows: a long training writes no long history
N_AGREEMENT_IMAGES = 1000  # on which the exported models must agree
VALIDATION_BATCH = 500


class TrainingError(Exception):
    """The training cannot continue: the message says why and what to do."""


class Reporter(keras.callbacks.Callback):
    """Writes the run's history, holds the best weights, and does what the user asks."""

    def __init__(self, run: Run, echo: Callable[[str], None]) -> None:
        super().__init__()
        self._run, self._echo = run, echo
        self.stop_reason: str | None = None
        self._best: Epoch | None = None  # by validation loss
        self._best_weights: list[Floats] | None = None
        self._last: Epoch | None = None
        self._steps_before = 0
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the epoch's counts."""
        self._epoch, self._epoch_began = epoch + 1, time.monotonic()
        self._seen = self._reported = Progress()
        self._timed = (Progress(), self._epoch_began)

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """After a slice of steps: stop where the user asks for it, and report, more rarely the longer it lasts."""
        progress: Progress = self.model.loop.progress
        if progress == self._seen:
            return
        now, is_last = time.monotonic(), progress.steps == self.params["steps"]
        self._check_loss(progress)
        if self._epoch == 1 and not self._seen.steps and not is_last:
            # The first slice waits for TensorFlow to compile: its time is no speed.
            self._timed = (progress, now)
        self._seen = progress
        if self._run.wish == "stop":
            self.stop_reason, self.model.stop_training = "stopped", True
        interval = max(MIN_REPORT_SECONDS, MIN_REPORT_SHARE * (now - self._began))
        if is_last or now - self._timed[1] >= interval:
            self._report_batches(progress, now)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Report the epoch, store the weights if they are the best yet, and stop early where that is on."""
        self._steps_before += self.params["steps"]
        row = Epoch(
            epoch=self._epoch,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=logs.get("val_loss"),
            val_accuracy=logs.get("val_accuracy"),
            learning_rate=float(self.model.optimizer.learning_rate),
            seconds=round(time.monotonic() - self._epoch_began, 2),
        )
        self._run.append(row)
        self._echo(_format_epoch(row, self._run.config.epochs))
        self._last = row
        patience = self._run.config.patience
        if row.val_loss is not None and row.val_loss < _val_loss(self._best):
            self._best, self._best_weights = row, self.model.get_weights()
        elif patience and self._best and self._epoch - self._best.epoch >= patience:
            self.stop_reason, self.model.stop_training = self.stop_reason or "early stopping", True

    def restore_best_weights(self) -> Epoch:
        """Put the final weights into the model, and give the epoch that they are from.

        They are the best by validation loss if the training was stopped or early stopping is on, else the last.
        """
        assert self._last is not None  # Keras ends no training within its first epoch
        is_best_wanted = self.stop_reason is not None or self._run.config.patience
        if not is_best_wanted or self._best is None or self._best_weights is None:
            return self._last
        self.model.set_weights(self._best_weights)
        return self._best

    def _check_loss(self, progress: Progress) -> None:
        if not math.isfinite(progress.loss):
            rate = self._run.config.learning_rate
            raise TrainingError(
                f"the loss became {progress.loss} in epoch {self._epoch} by step {progress.steps}: the learning "
                f"rate {rate:g} is probably too high for this network. Try {rate / 10:g}."
            )

    def _report_batches(self, progress: Progress, now: float) -> None:
        timed, at = self._timed
        means = progress.since(self._reported).means
        speed = progress.since(timed).images / max(now - at, 1e-9)
        self._run.append(
            Batch(
                step=self._steps_before + progress.steps,
                epoch=self._epoch,
                loss=round(means["loss"], 5),
                accuracy=round(means["accuracy"], 5),
                images_per_second=round(speed),
            )
        )
        self._reported, self._timed = progress, (progress, now)


class _Parts(NamedTuple):
    """What a run trains on."""

    description: Description
    dataset: Dataset
    training: Split
    validation: Split


def train(run: Run, echo: Callable[[str], None] = print) -> None:
    """Train the run's network to its end and leave the model, checked, in the run's folder.

    Args:
        run: a new run.
        echo: gets a line of text for a person now and then.

    Raises:
        TrainingError: the loss became NaN, or the data set does not fit the run.
        StartError: the training cannot start from the weights of the runs that it names.
        TeacherError: a run cannot teach.
        DatasetError: the data set cannot be loaded.
        ExportError: the exported models disagree.
        OSError: the disk is full.
    """
    config, parts = run.config, _load_parts(run)
    keras.utils.set_random_seed(config.seed)
    batches = _make_batches(run, parts)
    model = _compile_model(config, len(run.class_names), len(batches))
    if config.start_names:
        model.set_weights(transfer.load_start_weights(run))
    run.append(_describe_start(config, parts, len(batches), model.count_params()))
    reporter = Reporter(run, echo)
    model.fit(
        model.use(batches, adversarial=config.adversarial),
        epochs=config.epochs,
        validation_data=_validation_data(parts.validation, len(run.class_names)),
        validation_batch_size=VALIDATION_BATCH,
        callbacks=[reporter],
        shuffle=False,  # the batches are shuffled
        verbose=0,
    )
    best = reporter.restore_best_weights()
    bare = _strip_optimizer(model, config, len(run.class_names))
    export.save_checked(bare, run, parts.dataset.test.images[:N_AGREEMENT_IMAGES])
    ood_fit.calibrate(run, parts.training, parts.validation)
    reason = reporter.stop_reason or "finished"
    run.append(End(reason=reason, best_epoch=best.epoch, val_accuracy=best.val_accuracy))


def _load_parts(run: Run) -> _Parts:
    """The data set of a run and its parts; the name is looked up here, once."""
    config = run.config
    description = loading.describe(config.dataset)
    loading.check_trainable(description)
    dataset = loading.load(description)
    if dataset.class_names != run.class_names:
        raise TrainingError(
            f"the data set {config.dataset!r} has the classes {', '.join(dataset.class_names)}: the run was made "
            f"for {', '.join(run.class_names)}. Start a new run."
        )
    training, validation = (
        splits.select_part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    )
    return _Parts(description, dataset, training, validation)


def _make_batches(run: Run, parts: _Parts) -> Batches:
    config, dataset = run.config, parts.dataset
    groups, writers = (
        select(dataset, "train", share=config.validation_share, seed=config.seed)
        for select in (splits.select_groups, splits.select_writers)
    )
    drawn = None if writers is None else writers >= 0
    teachers = Teachers(config, run.class_names, parts.description) if config.teacher_names else None
    return Batches(parts.training, len(run.class_names), config, groups=groups, drawn=drawn, teachers=teachers)


def _validation_data(validation: Split, classes: int) -> tuple[Images, Floats] | None:
    if not len(validation.labels):
        return None
    return validation.images, keras.utils.to_categorical(validation.labels, classes)


def _describe_start(config: TrainConfig, parts: _Parts, steps_per_epoch: int, parameters: int) -> Start:
    own = provenance.describe_training_data(config, parts.description)
    before = provenance.list_inherited_data(config)
    notes = provenance.overlap_notes_for([own, *before], parts.description, "validation", parts.validation)
    return Start(
        epochs=config.epochs,
        steps_per_epoch=steps_per_epoch,
        parameters=parameters,
        data_sha256=own.data_sha256,
        learnt_before=tuple(before),
        validation_notes=tuple(notes),
        train_images=len(parts.training.labels),
        validation_images=len(parts.validation.labels),
    )


def _val_loss(epoch: Epoch | None) -> float:
    return math.inf if epoch is None or epoch.val_loss is None else epoch.val_loss


def _compile_model(config: TrainConfig, classes: int, steps_per_epoch: int) -> SlicedModel:
    # The averages must have forgotten their start by the end, however short the training is.
    momentum = min(networks.NORM_MOMENTUM, max(0.5, 1 - 10 / (config.epochs * steps_per_epoch)))
    plain = networks.build(config.network, classes, dropout=config.dropout, norm_momentum=momentum, fused=True)
    model = SlicedModel(plain.inputs, plain.outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate(config, steps_per_epoch), beta_1=config.beta_1, beta_2=config.beta_2
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # XLA makes these networks several times slower on a CPU
    )
    return model


def _strip_optimizer(model: keras.Model, config: TrainConfig, classes: int) -> keras.Model:
    """The network without its optimizer's state, which is twice the size of the weights."""
    bare = networks.build(config.network, classes, dropout=config.dropout)
    bare.set_weights(model.get_weights())
    return bare


def learning_rate(
    config: TrainConfig, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The config's learning rate on its schedule."""
    schedules = keras.optimizers.schedules
    match config.schedule:
        case "cosine":
            return schedules.CosineDecay(config.learning_rate, config.epochs * steps_per_epoch)
        case "exponential":
            return schedules.ExponentialDecay(config.learning_rate, steps_per_epoch, 0.98, staircase=True)
        case "one-cycle":
            # Smith 2018: up over the first 30% of all steps, then down along a cosine to near zero.
            total = config.epochs * steps_per_epoch
            rise = max(1, round(0.3 * total))
            return schedules.CosineDecay(
                config.learning_rate / 25,
                max(1, total - rise),
                alpha=1e-3,
                warmup_target=config.learning_rate,
                warmup_steps=rise,
            )
        case _:
            return config.learning_rate


def _format_epoch(row: Epoch, epochs: int) -> str:
    parts = [f"epoch {row.epoch} of {epochs}", f"loss {row.loss:.4f}", f"accuracy {row.accuracy:.2%}"]
    if row.val_loss is not None:
        parts += [f"validation loss {row.val_loss:.4f}", f"validation accuracy {row.val_accuracy:.2%}"]
    return ", ".join([*parts, f"{row.seconds:.1f} s"])
