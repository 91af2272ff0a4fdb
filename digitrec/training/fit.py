"""Fits one network and reports to its run, batch by batch. Runs in a worker process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import keras
import numpy as np

from digitrec.data import loading, splits
from digitrec.inference import ood_fit
from digitrec.runs import provenance
from digitrec.runs.config import TrainConfig
from digitrec.runs.store import Run
from digitrec.training import export, networks, transfer
from digitrec.training.batches import Batches, stack_targets
from digitrec.training.transfer import Teachers

MIN_REPORT_SECONDS = 0.25  # so often the user's wish is read, and at most so often a batch row is written
MIN_REPORT_SHARE = (
    1 / 400
)  # of the time so far between two batch rows: a long training does not write a long history
N_AGREEMENT_IMAGES = 1000


class TrainingError(Exception):
    """The training cannot go on: the message says why and what to do."""


class Reporter(keras.callbacks.Callback):
    """Writes the run's history, keeps the best weights, and does what the user asks."""

    def __init__(self, run: Run, echo: Callable[[str], None]) -> None:
        super().__init__()
        self._run, self._echo = run, echo
        self.stop_reason: str | None = None
        self.kept: dict[str, float | int | None] = {"epoch": None, "val_loss": math.inf, "val_accuracy": None}
        self._best_weights: list[np.ndarray] | None = None
        self._steps_before = 0
        self._began = self._looked = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the epoch's counts."""
        self._epoch, self._epoch_began = epoch + 1, time.monotonic()
        self._reported = (0, {"loss": 0.0, "accuracy": 0.0})
        self._timed = (0, self._epoch_began)

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Look whether the user wants the training stopped, and report, more rarely the longer it lasts."""
        if not math.isfinite(logs["loss"]):
            rate = self._run.config.learning_rate
            raise TrainingError(
                f"the loss became {logs['loss']} in epoch {self._epoch} at step {batch + 1}: the learning rate "
                f"{rate:g} is probably too high for this network. Try {rate / 10:g}."
            )
        now = time.monotonic()
        is_last = batch + 1 == self.params["steps"]
        if batch == 0 and not is_last:
            # An epoch's first batch waits for the loader, a run's for TensorFlow as well: it tells nothing of how
            # fast the training is.
            self._timed = (1, now)
        (done, sums), (timed, at) = self._reported, self._timed
        if now - self._looked < MIN_REPORT_SECONDS and not is_last:
            return
        self._looked = now
        if self._run.wish == "stop":
            self.stop_reason, self.model.stop_training = "stopped", True
        if now - at < max(MIN_REPORT_SECONDS, MIN_REPORT_SHARE * (now - self._began)) and not is_last:
            return
        # Keras's batch logs are means since the epoch began; a row holds the mean since the row before it.
        totals = {name: logs[name] * (batch + 1) for name in sums}
        means = {name: (totals[name] - sums[name]) / (batch + 1 - done) for name in sums}
        speed = (batch + 1 - timed) * self._run.config.batch_size / max(now - at, 1e-9)
        self._run.append(
            "batch",
            step=self._steps_before + batch + 1,
            epoch=self._epoch,
            loss=round(means["loss"], 5),
            accuracy=round(means["accuracy"], 5),
            images_per_second=round(speed),
        )
        self._reported, self._timed = (batch + 1, totals), (batch + 1, now)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Report the epoch, remember the weights if they are the best yet, and stop early where asked to."""
        self._steps_before += self.params["steps"]
        row = {name: logs.get(name) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        seconds = time.monotonic() - self._epoch_began
        rate = float(self.model.optimizer.learning_rate)
        self._run.append("epoch", epoch=self._epoch, **row, learning_rate=rate, seconds=round(seconds, 2))
        self._echo(_format_epoch(self._epoch, self._run.config.epochs, row, seconds))
        patience = self._run.config.patience
        if row["val_loss"] is not None and row["val_loss"] < self.kept["val_loss"]:
            self.kept = {"epoch": self._epoch, "val_loss": row["val_loss"], "val_accuracy": row["val_accuracy"]}
            self._best_weights = self.model.get_weights()
        elif patience and self.kept["epoch"] is not None and self._epoch - self.kept["epoch"] >= patience:
            self.stop_reason, self.model.stop_training = self.stop_reason or "early stopping", True
        self._last = {"epoch": self._epoch, "val_loss": row["val_loss"], "val_accuracy": row["val_accuracy"]}

    def settle(self) -> dict[str, float | int | None]:
        """Put the weights to keep into the model and say which epoch they are from.

        The best weights, by validation loss, where the training was stopped or early stopping was on; else those
        of the last epoch.
        """
        best_wanted = self.stop_reason is not None or self._run.config.patience
        if not best_wanted or self._best_weights is None:
            return self._last
        self.model.set_weights(self._best_weights)
        return self.kept


def train(run: Run, echo: Callable[[str], None] = print) -> None:
    """Train the run's network to its end and leave the model, checked, in the run's folder.

    Args:
        run: a new run.
        echo: is given a line of text for a person now and then.

    Raises:
        TrainingError: the loss became NaN, or the data set does not fit the run.
        StartError: the training cannot start from the weights of the runs that it names.
        TeacherError: a run cannot teach.
        DatasetError: the data set cannot be loaded.
        ExportError: the exported models disagree.
        OSError: the disk is full.
    """
    config = run.config
    dataset = loading.load(config.dataset)
    if dataset.class_names != run.class_names:
        raise TrainingError(
            f"the data set {config.dataset!r} has the classes {', '.join(dataset.class_names)}: the run was made "
            f"for {', '.join(run.class_names)}. Start a new run."
        )
    loading.check_trainable(config.dataset)
    training = splits.select_part(dataset, "train", share=config.validation_share, seed=config.seed)
    validation = splits.select_part(dataset, "validation", share=config.validation_share, seed=config.seed)
    keras.utils.set_random_seed(config.seed)
    classes = len(run.class_names)
    groups = splits.select_groups(dataset, "train", share=config.validation_share, seed=config.seed)
    writers = splits.select_writers(dataset, "train", share=config.validation_share, seed=config.seed)
    drawn = None if writers is None else writers >= 0
    teachers = Teachers(config, run.class_names) if config.teacher_names else None
    batches = Batches(training, classes, config, groups=groups, drawn=drawn, teachers=teachers)
    model = _compile_model(config, classes, len(batches))
    if config.start_names:
        model.set_weights(transfer.load_start_weights(run))
    own, before = provenance.describe_training_data(config), provenance.list_inherited_data(config)
    run.append(
        "start",
        epochs=config.epochs,
        steps_per_epoch=len(batches),
        parameters=model.count_params(),
        data=own.data_sha256,
        learnt_before=before,
        validation_notes=provenance.overlap_notes_for([own, *before], config.dataset, "validation", validation),
        train_images=len(training.labels),
        validation_images=len(validation.labels),
    )
    reporter = Reporter(run, echo)
    one_hot = keras.utils.to_categorical(validation.labels, classes)
    held_out = (validation.images, stack_targets(one_hot, one_hot))
    model.fit(
        batches,
        epochs=config.epochs,
        validation_data=held_out if len(validation.labels) else None,
        validation_batch_size=500,
        callbacks=[reporter],
        verbose=0,
    )
    kept = reporter.settle()
    export.save_checked(_strip_optimizer(model, config, classes), run, dataset.test.images[:N_AGREEMENT_IMAGES])
    ood_fit.calibrate(run, training, validation)
    reason = reporter.stop_reason or "finished"
    run.append("end", reason=reason, kept_epoch=kept["epoch"], val_accuracy=kept["val_accuracy"])


def _compile_model(config: TrainConfig, classes: int, steps_per_epoch: int) -> keras.Model:
    # The averages must have forgotten their start by the end, however short the training is.
    momentum = min(networks.NORM_MOMENTUM, max(0.5, 1 - 10 / (config.epochs * steps_per_epoch)))
    model = networks.build(config.network, classes, dropout=config.dropout, norm_momentum=momentum)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate(config, steps_per_epoch)),
        loss=lambda pairs, proba: keras.losses.categorical_crossentropy(
            pairs[:, 0], proba, label_smoothing=config.label_smoothing
        ),
        metrics=[keras.metrics.MeanMetricWrapper(_accuracy, name="accuracy")],
        jit_compile=False,  # XLA makes these networks several times slower on a CPU
    )
    return model


def _accuracy(pairs: keras.KerasTensor, proba: keras.KerasTensor) -> keras.KerasTensor:
    return keras.metrics.categorical_accuracy(pairs[:, 1], proba)


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


def _format_epoch(epoch: int, epochs: int, row: dict[str, float | None], seconds: float) -> str:
    parts = [f"epoch {epoch} of {epochs}", f"loss {row['loss']:.4f}", f"accuracy {row['accuracy']:.2%}"]
    if row["val_loss"] is not None:
        parts += [f"validation loss {row['val_loss']:.4f}", f"validation accuracy {row['val_accuracy']:.2%}"]
    return ", ".join([*parts, f"{seconds:.1f} s"])
