"""What the worker writes for those who watch: answers to pinned digits, each epoch's network, its health."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from digitrec.data import Split
from digitrec.imaging import Images, Labels
from digitrec.metrics import confusion_matrix
from digitrec.runs import Pinned, Run, Snapshot, pins, snapshots
from digitrec.training.health import Stethoscope, first_filters
from digitrec.training.steering import Place

LOOKS_PER_EPOCH = 4  # at the pinned digits, in the first epochs, where their answers change most
FIRST_EPOCHS = 2
_DECIMALS = 4  # of a probability


class Watcher:
    """Writes what can be seen of a training besides its curves. What it cannot write does not end the training.

    Args:
        run: whose training begins, or goes on.
        validation: its validation images; none of them are fine.
        training: its training images.
        echo: gets a line of text for a person where something could not be written.
    """

    def __init__(self, run: Run, validation: Split, training: Split, echo: Callable[[str], None]) -> None:
        self._run, self._validation, self._training, self._echo = run, validation, training, echo
        self._stethoscope: Stethoscope | None = None
        self._answers: Labels | None = None  # to the validation images, an epoch before
        self._changed_at: int | None = None  # the pinned digits
        self._keys: list[str] = []
        self._images: Images | None = None  # (k, 28, 28)
        self._next = 0.0  # epochs

    def go_on(self, epoch: int) -> None:
        """Go on after an epoch: what came later is void."""
        snapshots.forget_after(self._run, epoch)
        before = snapshots.load(self._run, epoch)
        self._answers = None if before is None else before.answers

    def look(self, model: keras.Model, place: Place) -> None:
        """Answer the pinned digits now and then within the first epochs, and whenever others are pinned."""
        is_new = self._read_pins()
        if is_new or (place.epoch <= FIRST_EPOCHS and place.done >= self._next):
            self._try_to(lambda: self._answer_pins(model, place), "The answers to the pinned digits")

    def end_epoch(self, model: keras.Model, place: Place, answers: Labels, *, learning_rate: float) -> None:
        """Write what is to be seen after an epoch.

        Args:
            model: that trains.
            place: at the end of the epoch.
            answers: to the validation images, (n,).
            learning_rate: of the last step.
        """
        self._read_pins()
        self._try_to(lambda: self._answer_pins(model, place), "The answers to the pinned digits")
        self._try_to(
            lambda: self._measure(model, place.epoch, learning_rate), f"The health in epoch {place.epoch}"
        )
        snapshot = self._look_at(model, place.epoch, answers)
        self._try_to(lambda: snapshots.save(self._run, snapshot), f"What is to be seen of epoch {place.epoch}")

    def _try_to(self, write: Callable[[], None], what: str) -> None:
        try:
            write()
        except OSError as error:
            self._echo(f"{what} could not be written: {error.strerror or error}. The training goes on.")

    def _read_pins(self) -> bool:
        """Take over what a person pinned meanwhile; whether there is anything new."""
        changed_at = pins.changed_at(self._run)
        if changed_at == self._changed_at:
            return False
        self._changed_at, pinned = changed_at, pins.load(self._run)
        self._keys = [pin.key for pin in pinned]
        self._images = np.stack([pin.image for pin in pinned]) if pinned else None
        return True

    def _answer_pins(self, model: keras.Model, place: Place) -> None:
        self._next = (np.floor(place.done * LOOKS_PER_EPOCH) + 1) / LOOKS_PER_EPOCH
        if self._images is None:
            return
        proba = np.asarray(model([self._images], training=False), np.float64).round(_DECIMALS)  # (k, c)
        answers = tuple(zip(self._keys, map(tuple, proba.tolist()), strict=True))
        self._run.append(Pinned(epoch=place.epoch, done=round(place.done, 4), answers=answers))

    def _measure(self, model: keras.Model, epoch: int, learning_rate: float) -> None:
        if self._stethoscope is None:
            sample = self._validation if len(self._validation.labels) else self._training
            self._stethoscope = Stethoscope(model, sample.images, len(self._training.labels))
        self._run.append(self._stethoscope.measure(epoch, learning_rate))

    def _look_at(self, model: keras.Model, epoch: int, answers: Labels) -> Snapshot:
        filters = first_filters(model)
        images, labels = self._validation
        if len(answers) != len(labels) or not len(labels):
            return Snapshot(epoch, filters)
        wrong, right = snapshots.find_errors(labels, answers, self._answers)
        self._answers, shown = answers, wrong[: snapshots.MAX_ERRORS]
        return Snapshot(
            epoch,
            filters,
            answers=answers,
            confusion=confusion_matrix(labels, answers, len(self._run.class_names)),
            errors=shown,
            error_images=images[shown],
            error_labels=labels[shown],
            newly_wrong=len(wrong),
            newly_right=len(right),
        )
