"""Runs compared: their curves on one axis; two of them on the same images, answer by answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitrec.data import evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Score, ScoringError
from digitrec.evaluation.shared_work import Progress
from digitrec.imaging import Labels
from digitrec.metrics import PairedCounts, count_paired
from digitrec.runs import History, Run

AXES = ("epochs", "seconds", "images")  # what curves can be drawn against


def place_epochs(run: Run, history: History, axis: str) -> list[float]:
    """Where the end of each epoch lies on an axis that runs share.

    Args:
        run: the run.
        history: what happened in it.
        axis: one of `AXES`. Seconds are those of work: pauses are left out. Images are those that were learnt
            from, each as often as it was seen.
    """
    if axis == "epochs":
        return [float(row.epoch) for row in history.epochs]
    if axis == "seconds":
        return history.epoch_seconds()
    if history.start is None:
        return [0.0] * len(history.epochs)
    # An epoch of drawings in several versions takes half of the images: there the steps say how many.
    images = history.start.steps_per_epoch * run.config.batch_size
    images = min(images, history.start.train_images or images)
    return [float(row.epoch * images) for row in history.epochs]


def compare_by(run: Run) -> tuple[object, ...]:
    """What two runs share if they have the same validation images."""
    config = run.config
    return config.dataset, config.validation_share, config.seed, run.class_names


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two scores on the same images."""

    first: Score
    second: Score
    counts: PairedCounts

    @property
    def first_only(self) -> Labels:
        """The images that the first alone reads right: int64 (m,), indices."""
        return np.flatnonzero(self.first.is_right & ~self.second.is_right)

    @property
    def second_only(self) -> Labels:
        """The images that the second alone reads right: int64 (m,), indices."""
        return np.flatnonzero(self.second.is_right & ~self.first.is_right)


def compare(first: Run, second: Run, split: str, progress: Progress | None = None) -> Comparison:
    """Compare two runs on a split of the data set that the first is evaluated on; missing answers are computed.

    Args:
        first: a run with a model.
        second: another, of the same classes.
        split: one of `scoring.SPLITS`. Validation images are the same only where both held out the same.
        progress: is called with the images done and the images in all, of one run and then of the other.

    Raises:
        ScoringError: a run cannot be scored, or the two have different images.
        ClassifierError: a model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    dataset = evaluation_dataset(first.config.dataset)
    one, other = (scoring.score(run, dataset, split, progress) for run in (first, second))
    if one.evaluation.data_sha256 != other.evaluation.data_sha256:
        raise ScoringError(
            f"{first.name!r} and {second.name!r} have different {split} images: their validation shares or seeds "
            "differ. Compare them on the test images."
        )
    return Comparison(one, other, count_paired(one.is_right, other.is_right))
