"""A run's network over one split of a data set: its probabilities, and the evaluation kept with the run."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from digitrec import datasets
from digitrec.datasets import Split
from digitrec.evaluation import Evaluation, EvaluationError, evaluate
from digitrec.runs import Run
from digitrec.serving import Classifier

SPLITS = ("test", "validation", "train")
_REMEMBERED = 8  # probabilities of so many splits stay in memory: at most 2.4 MB each for MNIST

_probas: dict[tuple[str, str, str, str], np.ndarray] = {}


class ScoringError(Exception):
    """A run cannot be evaluated so: the message says why and what to do."""


class Score(NamedTuple):
    """What a run's network answered to a split."""

    split: Split
    proba: np.ndarray  # float32 (n, c)
    evaluation: Evaluation


def recorded(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The evaluation kept with the run, or None where there is none of the network as it is now."""
    kept = run.kept_evaluation(dataset, split)
    if kept is None or not run.has_model:
        return None
    try:
        evaluation = Evaluation.from_dict(kept)
    except EvaluationError:  # written by hand or by another version: as good as none, it is computed again
        return None
    return evaluation if evaluation.model_sha256 == _sha256(run) else None


def score(run: Run, dataset: str, split: str, progress: Callable[[int, int], None] | None = None) -> Score:
    """Let the run's network answer to a split of a data set, and keep the evaluation with the run.

    Args:
        run: a run with a model.
        dataset: name of a data set; of the run's own, "validation" is what the training held out.
        split: one of `SPLITS`.
        progress: is told now and then how many images are done, of how many.

    Raises:
        ScoringError: the run has no model, other classes than the data set, or no images in that split.
        ClassifierError: the model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    if not run.has_model:
        raise ScoringError(f"the run {run.name!r} has no trained network yet: train it to its end first.")
    part = _part(run, dataset, split)
    sha256 = _sha256(run)
    key = (sha256, dataset, split, f"{run.config.validation_share} {run.config.seed}")
    proba = _probas.get(key)
    if proba is None:
        proba = Classifier.load(run.tflite_path).predict_proba(part.images, progress)
        _remember(key, proba)
    evaluation = recorded(run, dataset, split)
    if evaluation is None:
        evaluation = evaluate(part.labels, proba, dataset=dataset, split=split, model_sha256=sha256)
        # Where the folder cannot be written the numbers are still right; they are only computed again next time.
        with contextlib.suppress(OSError):
            run.keep_evaluation(dataset, split, evaluation.to_dict())
    return Score(part, proba, evaluation)


def _sha256(run: Run) -> str:
    return hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()


def _remember(key: tuple[str, str, str, str], proba: np.ndarray) -> None:
    while len(_probas) >= _REMEMBERED:
        _probas.pop(next(iter(_probas)), None)
    _probas[key] = proba


def _part(run: Run, name: str, split: str) -> Split:
    dataset = datasets.load(name)
    if dataset.class_names != run.class_names:
        raise ScoringError(
            f"the network of {run.name!r} answers with the classes {', '.join(run.class_names)}, but the data set "
            f"{dataset.title} has {', '.join(dataset.class_names)}. Choose a data set with the same classes."
        )
    part = datasets.part(dataset, split, share=run.config.validation_share, seed=run.config.seed)
    if not len(part.labels):
        raise ScoringError(
            f"the run {run.name!r} kept no images for validation: its validation share is "
            f"{run.config.validation_share:g}. Choose another part of the data."
        )
    return part
