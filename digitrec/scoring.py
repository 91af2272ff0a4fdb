"""A run's network over one split of a data set: its probabilities, and the evaluation kept with the run."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from digitrec import datasets
from digitrec.datasets import Split
from digitrec.evaluation import Evaluation, evaluate
from digitrec.runs import Run
from digitrec.serving import Classifier

SPLITS = ("test", "validation", "train")
STEP = 1000  # images between two reports of progress
_REMEMBERED = 8  # probabilities of so many splits stay in memory: at most 2.4 MB each for MNIST

_probas: dict[tuple[str, str, str, str], np.ndarray] = {}


class ScoringError(Exception):
    """A run cannot be evaluated so: the message says why and what to do."""


class Score(NamedTuple):
    """What a run's network answered to a split."""

    split: Split
    proba: np.ndarray  # float32 (n, c)
    evaluation: Evaluation


def fingerprint(run: Run) -> str:
    """The SHA-256 of the run's network, by which a kept evaluation knows whether it still holds.

    Raises:
        OSError: the run has no network.
    """
    return hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()


def recorded(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The evaluation kept with the run, or None where there is none of the network as it is now."""
    kept = run.kept_evaluation(dataset, split)
    if kept is None or not run.has_model or kept.get("model_sha256") != fingerprint(run):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):  # written by an older version, or by hand
        return Evaluation.from_dict(kept)
    return None


def score(run: Run, dataset: str, split: str, progress: Callable[[float], None] | None = None) -> Score:
    """Let the run's network answer to a split of a data set, and keep the evaluation with the run.

    Args:
        run: a run with a model.
        dataset: name of a data set; of the run's own, "validation" is what the training held out.
        split: one of `SPLITS`.
        progress: is given the share that is done, now and then.

    Raises:
        ScoringError: the run has no model, other classes than the data set, or no images in that split.
        ClassifierError: the model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    if not run.has_model:
        raise ScoringError(f"the run {run.name!r} has no trained network yet: train it to its end first.")
    images, labels = part = _part(run, dataset, split)
    sha256 = fingerprint(run)
    key = (sha256, dataset, split, f"{run.config.validation_share} {run.config.seed}")
    if key not in _probas:
        proba = predict_in_steps(Classifier.load(run.tflite_path), images, progress)
        for old in list(_probas)[: len(_probas) + 1 - _REMEMBERED]:
            _probas.pop(old, None)
        _probas[key] = proba
    proba = _probas[key]
    evaluation = evaluate(labels, proba, dataset=dataset, split=split)
    if recorded(run, dataset, split) is None:
        # Where the folder cannot be written the numbers are still right; they are only computed again next time.
        with contextlib.suppress(OSError):
            run.keep_evaluation(dataset, split, evaluation.to_dict() | {"model_sha256": sha256})
    return Score(part, proba, evaluation)


def predict_in_steps(
    classifier: Classifier, images: np.ndarray, progress: Callable[[float], None] | None = None
) -> np.ndarray:
    """The classifier's answers (n, c) to images (n, 28, 28), with a report after each `STEP` images."""
    answers = []
    for start in range(0, len(images), STEP):
        answers.append(classifier.predict_proba(images[start : start + STEP]))
        if progress is not None:
            progress(min(1.0, (start + STEP) / len(images)))
    return np.concatenate(answers)


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
