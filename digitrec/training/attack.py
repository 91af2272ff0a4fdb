"""The fast gradient attack on a run's network, in a worker process; `fast_gradient` has what the page needs."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from digitrec.data.splits import Split
from digitrec.inference.classifier import Classifier
from digitrec.robustness import corruptions
from digitrec.robustness.fast_gradient import EPSILONS, Attack, Example, choose_examples, perturb
from digitrec.runs.run import Run
from digitrec.training import export

BATCH_SIZE = 100


def attack(
    run: Run, whole: Split, *, n: int, data_sha256: str, progress: Callable[[int, int], None] | None = None
) -> Attack:
    """Attack n images of a split with steps of every size, and the same with directions by chance.

    The gradients are those of the Keras network; the answers those of its LiteRT file, which the app reads with.

    Args:
        run: a run with a model.
        whole: the split.
        n: how many images, by chance but the same for every network; of fewer, all.
        data_sha256: of the split, to be kept.
        progress: is told now and then how much is done, of how much.

    Raises:
        ClassifierError: the model is damaged.
    """
    chosen = corruptions.sample_indices(len(whole.labels), n)
    part = Split(whole.images[chosen], whole.labels[chosen])
    batches = -(-len(chosen) // BATCH_SIZE)
    steps = batches + 2 * len(EPSILONS)
    report = progress or (lambda done, of: None)
    signs = gradient_signs(export.load_keras(run), part, lambda done: report(done, steps))
    by_chance = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), part.images.shape)
    classifier = Classifier.load(run.tflite_path)
    right, right_by_chance = (
        _mark_correct(classifier, part, directions, lambda done, first=first: report(first + done, steps))
        for first, directions in ((batches, signs), (batches + len(EPSILONS), by_chance))
    )  # each bool (e, n)
    return Attack(
        n=len(chosen),
        right=tuple(right.sum(1).tolist()),
        right_by_chance=tuple(right_by_chance.sum(1).tolist()),
        examples=tuple(
            Example(int(chosen[place]), signs[place]) for place in choose_examples(part.labels, right[0])
        ),
        model_sha256=classifier.sha256,
        data_sha256=data_sha256,
    )


def gradient_signs(model: keras.Model, part: Split, report: Callable[[int], None]) -> np.ndarray:
    """In which direction each pixel's level raises the loss: int8 (n, 28, 28), -1, 0 or 1.

    The gradient begins behind the network's own scaling of its uint8 input, and is that of the cross-entropy of
    the logits in float64: behind the softmax, where the network is sure, float32 has rounded it to nothing.
    """
    last = model.get_layer("proba")
    inner = keras.Model(model.get_layer("scale").output, last.input)
    signs = np.empty(part.images.shape, np.int8)
    for batch, start in enumerate(range(0, len(part.labels), BATCH_SIZE), start=1):
        here = slice(start, start + BATCH_SIZE)
        scaled = tf.constant(part.images[here], tf.float32) / 255
        with tf.GradientTape() as tape:
            tape.watch(scaled)
            logits = tf.cast(inner(scaled, training=False) @ last.kernel + last.bias, tf.float64)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(part.labels[here], logits)
        signs[here] = np.sign(tape.gradient(loss, scaled).numpy()).astype(np.int8)
        report(batch)
    return signs


def _mark_correct(
    classifier: Classifier, part: Split, directions: np.ndarray, report: Callable[[int], None]
) -> np.ndarray:
    """Which images are read right after a step of each size: bool (e, n)."""
    right = []
    for done, epsilon in enumerate(EPSILONS, start=1):
        proba = classifier.predict_proba(perturb(part.images, directions, epsilon))
        right.append(proba.argmax(1) == part.labels)
        report(done)
    return np.array(right)
