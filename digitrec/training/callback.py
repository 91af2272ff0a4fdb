"""The Keras callback of a training: writes the run's history, keeps its state, and does what a person asks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from digitrec.imaging import Floats, Labels
from digitrec.runs import DIVERGED, PAUSED, Batch, Change, Checkpoint, Epoch, History, Run, checkpoints
from digitrec.training.loop import Progress
from digitrec.training.parts import TrainingError
from digitrec.training.steering import Place, Steering, state_of
from digitrec.training.watching import Watcher

MIN_REPORT_SECONDS = 0.25  # between two batch rows
MIN_REPORT_SHARE = 1 / 400  # of the time so far, between two batch rows: a long training writes no long history
PAUSE_SECONDS = 0.1  # between two looks whether a pause is over


class Reporter(keras.callbacks.Callback):
    """Writes the run's history, holds the best weights, keeps checkpoints, and does what a person asks.

    Attributes:
        stop_reason: why the training ends before its last epoch, or None.
    """

    def __init__(
        self, run: Run, steering: Steering, echo: Callable[[str], None], watcher: Watcher | None = None
    ) -> None:
        super().__init__()
        self._run, self._steering, self._echo, self._watcher = run, steering, echo, watcher
        self._unwritten: list[Batch | Epoch] = []  # rows that a full disk refused
        self._is_refused = False  # the last row
        self._answers: list[Labels] = []  # to the validation images, of each batch
        self.stop_reason: str | None = None
        self._best: Epoch | None = None  # by validation loss
        self._best_weights: list[Floats] | None = None
        self._last: Epoch | None = None
        self._steps_before = 0
        self._epoch = 0
        self._seen = Progress()
        self._began = time.monotonic()

    @property
    def has_begun(self) -> bool:
        """Whether an epoch is done."""
        return self._last is not None

    @property
    def place(self) -> Place:
        """Where the training is."""
        if self._last is not None and self._last.epoch == self._epoch:
            return Place(self._epoch, self._epoch)
        share = self.model.loop.share if self._seen.steps else 0.0
        return Place(max(self._epoch, 1), max(self._epoch - 1, 0) + share)

    def go_on(self, history: History, checkpoint: Checkpoint) -> None:
        """Go on after the epoch of a checkpoint, whose state the model has already."""
        self._epoch, self._steps_before = checkpoint.epoch, int(checkpoint.facts["steps"])
        if self._watcher:
            self._watcher.go_on(checkpoint.epoch)
        self._last = next((row for row in reversed(history.epochs) if row.epoch == checkpoint.epoch), None)
        measured = [row for row in history.epochs if row.val_loss is not None]
        for row in sorted(measured, key=_val_loss):
            kept = checkpoints.load(self._run, row.epoch)
            if kept is not None:
                self._best, self._best_weights = row, list(kept.arrays[: len(self.model.weights)])
                break

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
        now, is_last = time.monotonic(), progress.steps == self.model.loop.steps
        self._check_loss(progress)
        if self._epoch == 1 and not self._seen.steps and not is_last:
            # The first slice waits for TensorFlow to compile: its time is no speed.
            self._timed = (progress, now)
        self._seen = progress
        self._obey(progress)
        if self._watcher and not is_last:
            self._watcher.look(self.model, self.place)
        if is_last:
            self.model.stop_training = True  # `fit` has one epoch, and knows not how many steps that has
        interval = max(MIN_REPORT_SECONDS, MIN_REPORT_SHARE * (now - self._began))
        if is_last or now - self._timed[1] >= interval:
            self._report_batches(progress, now)

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Begin to collect the answers to the validation images."""
        self._answers = []

    def on_test_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        """Take the answers to a batch of the validation images."""
        self._answers.append(np.asarray(logs["answers"], np.int64))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Report the epoch, store the weights if they are the best yet, and stop early where that is on."""
        self._steps_before += self._seen.steps
        row = Epoch(
            epoch=self._epoch,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=logs.get("val_loss"),
            val_accuracy=logs.get("val_accuracy"),
            learning_rate=float(self.model.optimizer.learning_rate),
            seconds=round(time.monotonic() - self._epoch_began, 2),
        )
        self._write(row)
        self._echo(_format_epoch(row, self._steering.epochs))
        self._last = row
        patience = self._run.config.patience
        if row.val_loss is not None and row.val_loss < _val_loss(self._best):
            self._best, self._best_weights = row, self.model.get_weights()
        elif patience and self._best and self._epoch - self._best.epoch >= patience:
            self.stop_reason = self.stop_reason or "early stopping"
        if self._watcher:
            answers = np.concatenate(self._answers) if self._answers else np.empty(0, np.int64)
            rate = float(self._steering.rate(self.model.optimizer.iterations - 1))
            self._watcher.end_epoch(self.model, self.place, answers, learning_rate=rate)
        # Where an epoch was stopped there is nothing to go on from.
        if self._seen.steps == self.model.loop.steps:
            self._save_checkpoint()

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

    def _obey(self, progress: Progress) -> None:
        """Do what a person asks."""
        wishes = self._run.wishes
        best = None if self._best is None or self._best_weights is None else (self._best.epoch, self._best_weights)
        self._steering.follow(wishes, self.model, self.place, best)
        if wishes.paused and wishes.wish is None:
            self._pause(progress)
            self._obey(progress)  # what was asked meanwhile
        elif wishes.wish is not None:
            self.stop_reason = "stopped" if wishes.wish == "stop" else wishes.wish
            self.model.stop_training = True

    def _pause(self, progress: Progress) -> None:
        """Rest until a person wants it to go on, or to end."""
        began = time.monotonic()
        self._note_pause(before=0, after=1)
        while (wishes := self._run.wishes).paused and wishes.wish is None:
            time.sleep(PAUSE_SECONDS)
        self._note_pause(before=1, after=0)
        now = time.monotonic()
        self._epoch_began += now - began
        self._timed = (progress, now)  # rest is no speed

    def _note_pause(self, *, before: int, after: int) -> None:
        place = self.place
        row = Change(setting=PAUSED, before=before, after=after, epoch=place.epoch, done=round(place.done, 4))
        self._run.append(row)

    def _save_checkpoint(self) -> None:
        arrays = [np.asarray(variable) for variable in state_of(self.model)]
        facts = self._steering.facts | {"steps": self._steps_before}
        keep = {self._best.epoch} if self._best else set[int]()
        try:
            checkpoints.save(self._run, Checkpoint(self._epoch, arrays, facts), keep=keep)
        except OSError as error:
            self._complain(f"The state after epoch {self._epoch}", error)
            self._echo("The training can be resumed from the state before.")

    def _write(self, row: Batch | Epoch) -> None:
        """Add a row to the history. What a full disk refuses is written later, but for batches."""
        self._unwritten.append(row)
        try:
            while self._unwritten:
                self._run.append(self._unwritten[0])
                self._unwritten.pop(0)
            self._is_refused = False
        except OSError as error:
            if not self._is_refused or not self._run.path.is_dir():
                self._complain("The history", error)
            self._is_refused = True
            self._unwritten = [each for each in self._unwritten if isinstance(each, Epoch)]

    def _complain(self, what: str, error: OSError) -> None:
        """Say that something could not be written; nobody wants the rest of a training whose folder is gone.

        Raises:
            TrainingError: the run's folder was removed.
        """
        if not self._run.path.is_dir():
            raise TrainingError(
                f"the folder of the run {self._run.name!r} was removed: its training ends."
            ) from error
        self._echo(f"{what} could not be written: {error.strerror or error}. The training goes on.")

    def _check_loss(self, progress: Progress) -> None:
        if not math.isfinite(progress.loss):
            rate = self._steering.course.peak
            raise TrainingError(
                f"{DIVERGED} {progress.loss} in epoch {self._epoch} by step {progress.steps}: the learning "
                f"rate {rate:g} is probably too high for this network. Try {rate / 10:g}."
            )

    def _report_batches(self, progress: Progress, now: float) -> None:
        timed, at = self._timed
        means = progress.since(self._reported).means
        speed = progress.since(timed).images / max(now - at, 1e-9)
        self._write(
            Batch(
                step=self._steps_before + progress.steps,
                epoch=self._epoch,
                loss=round(means["loss"], 5),
                accuracy=round(means["accuracy"], 5),
                images_per_second=round(speed),
                done=round(self.place.done, 4),
                learning_rate=float(self.model.optimizer.learning_rate),
            )
        )
        self._reported, self._timed = progress, (progress, now)


def _val_loss(epoch: Epoch | None) -> float:
    return math.inf if epoch is None or epoch.val_loss is None else epoch.val_loss


def _format_epoch(row: Epoch, epochs: int) -> str:
    parts = [f"epoch {row.epoch} of {epochs}", f"loss {row.loss:.4f}", f"accuracy {row.accuracy:.2%}"]
    if row.val_loss is not None:
        parts += [f"validation loss {row.val_loss:.4f}", f"validation accuracy {row.val_accuracy:.2%}"]
    return ", ".join([*parts, f"{row.seconds:.1f} s"])
