"""Trained networks that teach another one: what they make of the images that it learns from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitrec.runs import RunError, open_run
from digitrec.serving import Classifier, ClassifierError


class TeacherError(Exception):
    """A run cannot teach: the message says which, why, and what to do."""


class Teachers:
    """Trained networks whose averaged answers another one learns beside the labels: knowledge distillation.

    After Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, arXiv 1503.02531, with a
    temperature of 1. They see each image distorted as the pupil sees it: Beyer et al. 2022, Knowledge
    distillation: a good teacher is patient and consistent, arXiv 2106.05237.
    """

    def __init__(self, names: Sequence[str], class_names: tuple[str, ...], *, share: float, batch: int) -> None:
        """Open the runs.

        Args:
            names: of the runs, one at least.
            class_names: of the network that learns.
            share: of a target that is the teachers', from 0 to 1.
            batch: images that they will be shown at a time.

        Raises:
            TeacherError: a run is not there, has no trained network, or one for other classes.
        """
        self._classifiers = [_opened(name, class_names, batch) for name in names]
        self._share = share

    def targets(self, images: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
        """What is to be learnt of some images: float32 (b, c), rows sum to 1.

        Args:
            images: uint8 (b, 28, 28).
            one_hot: their labels, float32 (b, c).
        """
        taught = np.mean([classifier.predict_proba(images) for classifier in self._classifiers], axis=0)  # (b, c)
        return (self._share * taught + (1 - self._share) * one_hot).astype(np.float32)


def _opened(name: str, class_names: tuple[str, ...], batch: int) -> Classifier:
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
        return Classifier.load(run.tflite_path, batch=batch)
    except (RunError, ClassifierError) as error:
        raise TeacherError(f"the run {name!r} cannot teach: {error}") from error
