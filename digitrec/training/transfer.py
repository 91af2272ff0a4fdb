"""Trained networks that teach another one: what they make of the images that it learns from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.data import loading
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.runs import provenance
from digitrec.runs.config import TrainConfig
from digitrec.runs.store import Run, RunError, open_run
from digitrec.training import export


class TeacherError(Exception):
    """A run cannot teach: the message says which, why, and what to do."""


class _Teacher(NamedTuple):
    classifier: Classifier
    knows_drawings: bool  # False: it has learnt from nothing but the data set that the drawings are added to


class Teachers:
    """Trained networks whose averaged answers another one learns beside the labels: knowledge distillation.

    After Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, arXiv 1503.02531, with a
    temperature of 1. They see each image distorted as the pupil sees it: Beyer et al. 2022, Knowledge
    distillation: a good teacher is patient and consistent, arXiv 2106.05237. In a data set of images and people's
    drawings, who has learnt from the images alone does not teach the drawings: what a pupil has learnt before
    is kept by a teacher that knows it (Li and Hoiem 2016, Learning without forgetting, arXiv 1606.09282), and
    what is new to that teacher is not held back by it.
    """

    def __init__(self, config: TrainConfig, class_names: tuple[str, ...]) -> None:
        """Open the runs that the config names, one at least.

        Args:
            config: of the network that learns.
            class_names: of the network that learns.

        Raises:
            TeacherError: a run is not there, has no trained network, or one for other classes.
        """
        self._teachers = [_open_teacher(name, class_names, config) for name in config.teacher_names]
        self._share = config.teacher_share

    def targets(self, images: np.ndarray, one_hot: np.ndarray, *, drawn: np.ndarray | None = None) -> np.ndarray:
        """What is to be learnt of some images: float32 (b, c), rows sum to 1.

        Args:
            images: uint8 (b, 28, 28).
            one_hot: their labels, float32 (b, c). What no teacher knows is learnt from these alone.
            drawn: which of the images are people's drawings, bool (b,); None where the data set has none.
        """
        drawn = np.zeros(len(images), bool) if drawn is None else drawn
        says = np.array([teacher.knows_drawings | ~drawn for teacher in self._teachers], np.float64)  # (t, b)
        answers = np.array([teacher.classifier.predict_proba(images) for teacher in self._teachers])  # (t, b, c)
        taught = np.einsum("tb,tbc->bc", says, answers) / np.maximum(says.sum(0), 1)[:, None]
        share = self._share * (says.sum(0) > 0)[:, None]
        return (share * taught + (1 - share) * one_hot).astype(np.float32)


def _open_teacher(name: str, class_names: tuple[str, ...], config: TrainConfig) -> _Teacher:
    try:
        run = open_run(name)
        if not run.has_model:
            raise TeacherError(
                f"the run {name!r} has no trained network to teach with: train it to its end first."
            )
        if run.class_names != class_names:
            raise TeacherError(
                f"the run {name!r} cannot teach: it knows the classes {', '.join(run.class_names)}, "
                f"expected {', '.join(class_names)}. Choose another one."
            )
        base = loading.describe(config.dataset).base
        knows_drawings = any(learnt.dataset != base for learnt in provenance.list_training_data(run))
        return _Teacher(Classifier.load(run.tflite_path, batch=config.batch_size), knows_drawings)
    except (RunError, ClassifierError) as error:
        raise TeacherError(f"the run {name!r} cannot teach: {error}") from error


class StartError(Exception):
    """A training cannot start from a run's weights: the message says which, why, and what to do."""


def load_start_weights(run: Run) -> list[np.ndarray]:
    """The weights of the run that this one starts from, or the average of those of several.

    An average can be better than each of its parts and costs nothing when it is used, where the parts went apart
    from the same weights: Wortsman et al. 2022, Model soups, arXiv 2203.05482.

    Raises:
        StartError: a run is not there, has no network or another one, or several did not begin alike.
    """
    first = [_check_start(name, run) for name in run.config.start_names]
    if not set.intersection(*({each.name, *each.config.start_names} for each in first)):
        began = "; ".join(f"{each.name!r} with {each.config.start_from or 'fresh ones'}" for each in first)
        raise StartError(
            f"the weights of {', '.join(repr(each.name) for each in first)} cannot be averaged: they began with "
            f"different ones ({began}). Choose runs that started from the same run, or that run and one of these."
        )
    found = [export.load_keras(each).get_weights() for each in first]
    return [np.mean(of_all, axis=0) for of_all in zip(*found, strict=True)]


def _check_start(name: str, run: Run) -> Run:
    try:
        found = open_run(name)
    except RunError as error:
        raise StartError(f"the training cannot start from {name!r}: {error}") from error
    if not found.has_model:
        raise StartError(f"the run {name!r} has no trained network to start from: train it to its end first.")
    about = (found.config.network, found.class_names)
    if about != (run.config.network, run.class_names):
        raise StartError(
            f"the training cannot start from {name!r}: it is a {about[0]!r} for {len(about[1])} classes "
            f"({', '.join(about[1])}), expected a {run.config.network!r} for {', '.join(run.class_names)}."
        )
    return found
