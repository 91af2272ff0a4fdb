"""A coach: what is wrong with a training, by its history, and which settings the next one should have.

Each finding says what was measured, the usual range, and the settings to change; its words are in
`reporting.coach_texts`. The thresholds were chosen on the recorded trainings with seeds below 10 in
`tests/evaluation/recorded.jsonl`: each illness that was provoked there is found, and the healthy ones get no
finding. The other seeds were only used to test them, but for one: seed 10 of `overfit lenet5` has shown that a
validation loss need not rise where a network learns by heart.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from digitrec.evaluation.health import DEAD, UPDATE
from digitrec.metrics import Confusion, wilson_interval
from digitrec.runs import AUGMENTATIONS, Epoch, History, TrainConfig

MAX_JUMP = 1.1  # the training loss of an epoch by the lowest before, and of the first by that of a guess
MIN_JUMP = 0.03  # and by how much it is above it at least, by the loss of the first epoch
CHANCE = 1.3  # times the accuracy of a guess: below it nothing was learnt
MAX_RISE = 1.05  # the last validation loss by the lowest
MAX_LEARNT = 0.5  # and the training loss then by what it was at the lowest
MAX_LAST_FALL = 0.12  # of the validation loss in the last epoch: more says that it would go on
MIN_LOSS_SHARE = 0.1  # of the training loss in the validation loss: below it nothing is left to learn
MIN_STEPS, MIN_ALL_STEPS = 20, 200  # of an epoch, and of a whole training
SMALL_BATCH = 32  # images: none smaller is advised
MIN_FALL = 0.03  # of the training loss in an epoch: less is no progress
MIN_ACCURACY = 0.85  # on the training images
MAX_GAP = 0.02  # of the training accuracy over the validation accuracy, where a network has not learnt by heart
MIN_PLATEAU_EPOCHS = 9  # of a training whose last third may be a plateau
MIN_THIRD_FALL = 0.07  # of the mean validation loss, from one third of the epochs to the next
MAX_HALF_WIDTH = 0.02  # of the 95% interval of the validation accuracy
MIN_CLASS_IMAGES = 10  # of a class that is said to be never answered
MAX_FINDINGS = 3  # the gravest
MILD = {"rotation": 8.0, "shift": 0.05, "zoom": 0.05}


class Kind(StrEnum):
    """What can be wrong with a training."""

    DIVERGED = "diverged"
    LEARNS_NOTHING = "learns nothing"
    RATE_TOO_HIGH = "rate too high"
    RATE_TOO_LOW = "rate too low"
    LARGE_BATCH = "batch too large"
    DEAD_UNITS = "dead units"
    OVERFIT = "overfit"
    UNDERFIT = "underfit"
    STOPPED_EARLY = "stopped early"
    PLATEAU = "plateau"
    NO_ANSWER = "class never answered"
    FEW_VALIDATION = "few validation images"


class Finding(NamedTuple):
    """One thing that is wrong with a training.

    Attributes:
        kind: what is wrong.
        value: what was measured.
        limit: the end of the usual range that the value is beyond.
        changes: settings for the next training.
        epoch: where it begins to show, if that is known.
    """

    kind: Kind
    value: float
    limit: float
    changes: Mapping[str, Any]
    epoch: int | None = None


@dataclass(frozen=True)
class Training:
    """What the coach sees of a training.

    Attributes:
        config: its settings.
        history: so far; some findings wait for its end.
        confusion: of the validation images after the latest epoch; None where it is not known.
        has_diverged: whether it failed because its loss was no number any more.
    """

    config: TrainConfig
    history: History
    confusion: Confusion | None = None
    has_diverged: bool = False

    @property
    def classes(self) -> int:
        """How many there are; ten where that is not known."""
        return 10 if self.confusion is None else len(self.confusion)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """What came of each epoch."""
        return self.history.epochs

    @property
    def is_over(self) -> bool:
        """Whether it came to its end, and nobody stopped it."""
        return self.history.end is not None and self.history.end.reason != "stopped"

    @cached_property
    def val_losses(self) -> list[float]:
        """Of the epochs that have one."""
        return [row.val_loss for row in self.epochs if row.val_loss is not None]

    @property
    def last_fall(self) -> float:
        """By what share the training loss fell in the last epoch."""
        return _fall([row.loss for row in self.epochs])

    @property
    def rate(self) -> float:
        """The learning rate of its settings."""
        return self.config.learning_rate


def advise(training: Training) -> list[Finding]:
    """What is wrong with a training, the gravest first; of a healthy one nothing."""
    found = [finding for rule in _RULES if (finding := rule(training)) is not None]
    kinds = {finding.kind for finding in found}
    hidden = {kind for cause in kinds for kind in _EXPLAINS.get(cause, ())}
    return [finding for finding in found if finding.kind not in hidden][:MAX_FINDINGS]


def _find_divergence(training: Training) -> Finding | None:
    if not training.has_diverged:
        return None
    return Finding(Kind.DIVERGED, training.rate, math.nan, {"learning_rate": _scale_rate(training.rate, 0.1)})


def _find_standstill(training: Training) -> Finding | None:
    """No better than chance after an epoch."""
    limit = CHANCE / training.classes
    if not training.epochs or (len(training.epochs) < 2 and not training.is_over):
        return None
    best = max(row.accuracy for row in training.epochs)
    if best >= limit:
        return None
    return Finding(Kind.LEARNS_NOTHING, best, limit, {"learning_rate": _scale_rate(training.rate, 0.1)})


def _find_high_rate(training: Training) -> Finding | None:
    """The training loss jumps up: above that of a guess in the first epoch, or above the lowest so far."""
    losses = [row.loss for row in training.epochs]
    lows = itertools.accumulate([math.log(training.classes), *losses], min)
    jumps = [
        (row.loss / max(low, 1e-9), row.epoch)
        for low, row in zip(lows, training.epochs, strict=False)
        if row.loss - low > MIN_JUMP * losses[0]
    ]
    value, epoch = max(jumps, default=(0.0, 0))
    if value <= MAX_JUMP:
        return None
    changes = {"learning_rate": _scale_rate(training.rate, 0.2)}
    return Finding(Kind.RATE_TOO_HIGH, value, MAX_JUMP, changes, epoch)


def _find_low_rate(training: Training) -> Finding | None:
    """The steps are small for the weights, and the loss still falls."""
    updates = [value for row in training.history.health if (value := UPDATE.read(row)) is not None]
    if not training.is_over or not updates or max(updates) >= UPDATE.low or training.last_fall < MIN_FALL:
        return None
    factor = min(30.0, 5 * UPDATE.low / max(max(updates), 1e-9))
    return Finding(
        Kind.RATE_TOO_LOW, max(updates), UPDATE.low, {"learning_rate": _scale_rate(training.rate, factor)}
    )


def _find_large_batch(training: Training) -> Finding | None:
    """So few steps that a smaller batch would get further in the same time."""
    start, size = training.history.start, training.config.batch_size
    if start is None or not training.is_over or start.steps_per_epoch >= MIN_STEPS:
        return None
    if start.steps_per_epoch * len(training.epochs) >= MIN_ALL_STEPS or _fall(training.val_losses) < MIN_FALL:
        return None
    wanted = size
    while wanted > SMALL_BATCH and start.steps_per_epoch * size / wanted < 2 * MIN_STEPS:
        wanted //= 2
    if wanted >= size:
        return None
    return Finding(Kind.LARGE_BATCH, start.steps_per_epoch, MIN_STEPS, {"batch_size": max(8, wanted - wanted % 8)})


def _find_dead_units(training: Training) -> Finding | None:
    row = training.history.health[-1] if training.history.health else None
    dead = None if row is None else DEAD.read(row)
    if row is None or dead is None or dead <= DEAD.high:
        return None
    changes = {"learning_rate": _scale_rate(training.rate, 0.3)}
    return Finding(Kind.DEAD_UNITS, dead, DEAD.high, changes, row.epoch)


def _find_overfit(training: Training) -> Finding | None:
    """The validation loss rises, or stays, while nothing is left to learn from the training images."""
    losses = training.val_losses
    if len(losses) < 3 or len(losses) != len(training.epochs):
        return None
    best, last = losses.index(min(losses)), training.epochs[-1].loss
    rise = losses[-1] / max(losses[best], 1e-9)
    is_rising = rise > MAX_RISE and last < MAX_LEARNT * training.epochs[best].loss
    is_by_heart = last < MIN_LOSS_SHARE * losses[-1] and _fall_of_thirds(losses) < MIN_THIRD_FALL
    if not is_rising and not (is_by_heart and training.is_over):
        return None
    return Finding(Kind.OVERFIT, rise, MAX_RISE, _regularise(training.config), best + 1)


def _find_underfit(training: Training) -> Finding | None:
    """It reads not even its training images, and learns no more."""
    last = training.epochs[-1] if training.epochs else None
    if last is None or not training.is_over or last.accuracy >= MIN_ACCURACY:
        return None
    is_annealed = training.config.schedule in ("cosine", "one-cycle", "step")
    gap = 0.0 if last.val_accuracy is None else last.accuracy - last.val_accuracy
    if gap > MAX_GAP or (training.last_fall >= MIN_FALL and not is_annealed):
        return None
    return Finding(Kind.UNDERFIT, last.accuracy, MIN_ACCURACY, _relax(training.config))


def _find_early_end(training: Training) -> Finding | None:
    """The validation loss still fell a lot in the last epoch."""
    fall = _fall(training.val_losses)
    if not training.is_over or fall <= MAX_LAST_FALL:
        return None
    epochs = min(200, 2 * max(training.config.epochs, len(training.epochs)))
    return Finding(Kind.STOPPED_EARLY, fall, MAX_LAST_FALL, {"epochs": epochs})


def _find_plateau(training: Training) -> Finding | None:
    """The validation loss falls no more, at a learning rate that stays high."""
    losses, third = training.val_losses, len(training.val_losses) // 3
    if not training.is_over or len(losses) < MIN_PLATEAU_EPOCHS or training.config.schedule != "constant":
        return None
    fall = _fall_of_thirds(losses)
    if fall >= MIN_THIRD_FALL:
        return None
    return Finding(Kind.PLATEAU, fall, MIN_THIRD_FALL, {"schedule": "cosine"}, len(losses) - third)


def _find_silent_class(training: Training) -> Finding | None:
    """A class that the network never answers, though it reads well."""
    if training.confusion is None or not training.epochs or training.epochs[-1].accuracy < MIN_ACCURACY:
        return None
    answered, present = training.confusion.sum(0), training.confusion.sum(1)
    silent = [i for i, n in enumerate(present) if n >= MIN_CLASS_IMAGES and not answered[i]]
    return Finding(Kind.NO_ANSWER, silent[0], math.nan, {}) if silent else None


def _find_few_validation(training: Training) -> Finding | None:
    """So few validation images that their accuracy says little."""
    start, last = training.history.start, training.epochs[-1] if training.epochs else None
    n = (start.validation_images if start else None) or 0
    if not n or last is None or last.val_accuracy is None:
        return None
    interval = wilson_interval(round(last.val_accuracy * n), n)
    half = (interval.high - interval.low) / 2
    if half <= MAX_HALF_WIDTH:
        return None
    share = min(0.3, round(training.config.validation_share * (half / MAX_HALF_WIDTH) ** 2 + 0.005, 2))
    changes = {"validation_share": share} if share > training.config.validation_share else {}
    return Finding(Kind.FEW_VALIDATION, half, MAX_HALF_WIDTH, changes)


_RULES: Sequence[Callable[[Training], Finding | None]] = (
    _find_divergence,
    _find_standstill,
    _find_high_rate,
    _find_silent_class,
    _find_dead_units,
    _find_overfit,
    _find_large_batch,
    _find_low_rate,
    _find_underfit,
    _find_early_end,
    _find_plateau,
    _find_few_validation,
)
# A cause -> what it brings about, which is not said as well.
_EXPLAINS: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.DIVERGED: tuple(kind for kind in Kind if kind is not Kind.DIVERGED),
    Kind.LEARNS_NOTHING: tuple(
        kind for kind in Kind if kind not in (Kind.LEARNS_NOTHING, Kind.DIVERGED, Kind.DEAD_UNITS)
    ),
    Kind.RATE_TOO_HIGH: (Kind.UNDERFIT, Kind.STOPPED_EARLY, Kind.FEW_VALIDATION),
    Kind.OVERFIT: (Kind.PLATEAU, Kind.STOPPED_EARLY, Kind.FEW_VALIDATION),
    Kind.LARGE_BATCH: (Kind.RATE_TOO_LOW, Kind.STOPPED_EARLY, Kind.UNDERFIT, Kind.FEW_VALIDATION),
    Kind.RATE_TOO_LOW: (Kind.STOPPED_EARLY, Kind.UNDERFIT, Kind.FEW_VALIDATION),
    Kind.STOPPED_EARLY: (Kind.FEW_VALIDATION,),
    Kind.UNDERFIT: (Kind.FEW_VALIDATION,),
    Kind.NO_ANSWER: (Kind.FEW_VALIDATION,),
    Kind.DEAD_UNITS: (Kind.FEW_VALIDATION, Kind.OVERFIT),
}


def _regularise(config: TrainConfig) -> dict[str, Any]:
    """Settings against learning by heart."""
    stop = {"patience": 3} if not config.patience and config.validation_share else {}
    if not config.augments:
        return MILD | stop
    return {"dropout": min(0.5, round(config.dropout + 0.25, 2))} | stop


def _relax(config: TrainConfig) -> dict[str, Any]:
    """Settings that make the training easier, or the network larger."""
    changes: dict[str, Any] = {}
    if config.dropout >= 0.5:
        changes["dropout"] = 0.2
    strong = {name: getattr(config, name) for name in AUGMENTATIONS if getattr(config, name)}
    if strong:
        changes |= {name: round(value / 2, 3) for name, value in strong.items()}
    return changes or {"network": "fast", "layers": ""}


def _scale_rate(rate: float, factor: float) -> float:
    """A learning rate times a factor, with one significant digit, within what is allowed."""
    return min(0.1, max(1e-5, float(f"{rate * factor:.0e}")))


def _fall(losses: Sequence[float]) -> float:
    """By what share the last loss is below the one before."""
    return 0.0 if len(losses) < 2 else 1 - losses[-1] / max(losses[-2], 1e-9)


def _fall_of_thirds(losses: Sequence[float]) -> float:
    """By what share the mean of the last third is below that of the third before; of few losses, 1."""
    third = len(losses) // 3
    if len(losses) < MIN_PLATEAU_EPOCHS:
        return 1.0
    before, last = statistics.mean(losses[-2 * third : -third]), statistics.mean(losses[-third:])
    return 1 - last / max(before, 1e-9)
