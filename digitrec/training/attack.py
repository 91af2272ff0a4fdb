"""The fast gradient attack on a run's network, in a worker process; see `fast_gradient` for the method."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitrec.data import Split
from digitrec.imaging import Mask
from digitrec.inference import Classifier
from digitrec.robustness import EPSILONS, Attack, Example, choose_examples, corruptions, perturb
from digitrec.runs import Run
from digitrec.training import export

BATCH_SIZE = 100

Signs = NDArray[np.int8]  # (n, 28, 28): -1, 0 or 1
Report = Callable[[int, int], None]  # gets how many steps are done, of how many


def attack(run: Run, whole: Split, *, n: int, data_sha256: str, progress: Report | None = None) -> Attack:
    """Attack n images of a split with steps of every size, along the gradient and in random directions.

    The gradients are those of the Keras network; the answers those of its LiteRT file, which the app uses.

    Args:
        run: a run with a model.
        whole: the split.
        n: how many images, at random but the same for every network; all if the split has fewer.
        data_sha256: of the split, to be stored with the numbers.
        progress: gets how many steps are done, of how many.

    Raises:
        ClassifierError: the model is damaged.
    """
    chosen = corruptions.sample_indices(len(whole.labels), n)
    part = Split(whole.images[chosen], whole.labels[chosen])
    report = _Counter(-(-len(chosen) // BATCH_SIZE) + 2 * len(EPSILONS), progress)
    signs = gradient_signs(export.load_keras(run), part, report)
    random = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), part.images.shape)
    classifier = Classifier.load(run.tflite_path)
    right, right_by_chance = (_mark_correct(classifier, part, each, report) for each in (signs, random))
    return Attack(
        n=len(chosen),
        right=tuple(right.sum(1).tolist()),
        right_by_chance=tuple(right_by_chance.sum(1).tolist()),
        examples=tuple(Example(int(chosen[i]), signs[i]) for i in choose_examples(part.labels, right[0])),
        model_sha256=classifier.sha256,
        data_sha256=data_sha256,
    )


class _Counter:
    """Counts steps, and reports each."""

    def __init__(self, steps: int, report: Report | None) -> None:
        self._steps, self._report, self._done = steps, report, 0

    def __call__(self) -> None:
        self._done += 1
        if self._report is not None:
            self._report(self._done, self._steps)


def gradient_signs(model: keras.Model, part: Split, report: Callable[[], None]) -> Signs:
    """The direction in which each pixel's level raises the loss: int8 (n, 28, 28), -1, 0 or 1.

    The gradient is taken after the network's own scaling of its uint8 input. The loss is the cross-entropy of the
    logits in float64: after the softmax, float32 rounds the gradient to 0 where the network is sure.
    """
    last = model.get_layer("proba")
    inner = keras.Model(model.get_layer("scale").output, last.input)
    signs = np.empty(part.images.shape, np.int8)
    for start in range(0, len(part.labels), BATCH_SIZE):
        here = slice(start, start + BATCH_SIZE)
        scaled = tf.constant(part.images[here], tf.float32) / 255
        with tf.GradientTape() as tape:
            tape.watch(scaled)
            logits = inner(scaled, training=False)
            if hasattr(last, "kernel"):  # else, trained elsewhere, its last layer is the softmax alone
                logits = logits @ last.kernel + last.bias
            logits = tf.cast(logits, tf.float64)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(part.labels[here], logits)
        signs[here] = np.sign(tape.gradient(loss, scaled).numpy()).astype(np.int8)
        report()
    return signs


def _mark_correct(classifier: Classifier, part: Split, directions: Signs, report: Callable[[], None]) -> Mask:
    """Which answers are right after a step of each size: bool (e, n)."""
    right = []
    for epsilon in EPSILONS:
        proba = classifier.predict_proba(perturb(part.images, directions, epsilon))
        right.append(proba.argmax(1) == part.labels)
        report()
    return np.array(right)
