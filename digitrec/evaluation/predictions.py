"""A run's answers to all images of a data set, training and test, each image at its place in the data set's files.

`scoring` divides the training images as the run's own training did. Here they are whole again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import Dataset, splits
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Score
from digitrec.runs import Run

Report = Callable[[int, int], None]  # called with the images done and the images in all


class Predictions(NamedTuple):
    """A run's calibrated answers to n images.

    Attributes:
        answers: int64 (n,); -1 where the network has not read the image.
        confidence: float32 (n,), of the answer; NaN where there is none.
        label_proba: float32 (n,), the probability of the label; NaN where there is no answer.
    """

    answers: NDArray[np.int64]
    confidence: NDArray[np.float32]
    label_proba: NDArray[np.float32]


def find_predictions(run: Run, dataset: Dataset, split: str) -> Predictions | None:
    """The stored answers to the "train" or "test" images; None if the network has not read all of them.

    Raises:
        ScoringError: the run has no model, or other classes than the data set.
        DatasetError: the data set cannot be loaded.
    """
    scores = [scoring.find_score(run, dataset.name, part) for part in list_parts(run, dataset, split)]
    found = [score for score in scores if score is not None]
    return _join(run, dataset, split, found) if len(found) == len(scores) else None


def predict(run: Run, dataset: Dataset, split: str, report: Report | None = None) -> Predictions:
    """The answers to the "train" or "test" images; what the network has not read yet, it reads and stores.

    Args:
        run: a run with a model.
        dataset: the data set; the run has its classes.
        split: "train" or "test".
        report: is called with the images done and the images in all.

    Raises:
        ScoringError: as `scoring.score`.
        ClassifierError: the model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    parts, n, before, scores = list_parts(run, dataset, split), _count(dataset, split), 0, []
    for part in parts:

        def pass_on(done: int, _: int, before: int = before) -> None:
            if report is not None:
                report(before + done, n)

        scores.append(scoring.score(run, dataset.name, part, pass_on))
        before += len(scores[-1].proba)
    return _join(run, dataset, split, scores)


def list_parts(run: Run, dataset: Dataset, split: str) -> tuple[str, ...]:
    """The parts of `scoring.SPLITS` that hold the "train" or "test" images for a run; none if there are none."""
    if not _count(dataset, split):
        return ()
    if split == "test":
        return ("test",)
    return tuple(part for part in ("train", "validation") if len(_places(run, dataset, part)))


def _join(run: Run, dataset: Dataset, split: str, scores: list[Score]) -> Predictions:
    n = _count(dataset, split)
    joined = Predictions(np.full(n, -1), np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32))
    for score in scores:
        places: Any = slice(None) if split == "test" else _places(run, dataset, score.split_name)
        proba = score.calibrated
        joined.answers[places] = proba.argmax(1)
        joined.confidence[places] = proba.max(1)
        joined.label_proba[places] = proba[np.arange(len(proba)), score.split.labels]
    for column in joined:
        column.flags.writeable = False
    return joined


def _places(run: Run, dataset: Dataset, part: str) -> NDArray[np.int64]:
    return splits.part_indices(dataset, part, share=run.config.validation_share, seed=run.config.seed)


def _count(dataset: Dataset, split: str) -> int:
    return len((dataset.test if split == "test" else dataset.train).labels)
