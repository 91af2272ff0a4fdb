"""A run and what its network answered, made by hand: for tests of tables, reports and what shows them."""

import dataclasses

import numpy as np

from digitrec.data import loading
from digitrec.data.splits import Split
from digitrec.evaluation.record import evaluate
from digitrec.evaluation.scoring import Score
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import End, Epoch, Start
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=2)
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "=1+1")


def trained(name: str = "mine", class_names: tuple[str, ...] = ("a", "b", "c")) -> Run:
    """A run that has ended; its model is of no use but to be there."""
    run = store.create(CONFIG, class_names, name)
    run.append(Start(epochs=2, steps_per_epoch=1, parameters=1234, train_images=9, validation_images=3))
    for epoch in (1, 2):
        row = {"loss": 0.5 / epoch, "accuracy": 0.9, "val_loss": None, "val_accuracy": None}
        run.append(Epoch(epoch=epoch, **row, learning_rate=0.001, seconds=1.5))
    run.append(End(reason="finished", best_epoch=2, val_accuracy=None))
    run.keras_path.write_bytes(b"keras")
    run.tflite_path.write_bytes(b"tflite")
    return run


def score_of(labels: np.ndarray, proba: np.ndarray, split: str = "test", run: Run | None = None) -> Score:
    """A score of answers proba (n, c) to random images with these labels (n,), of a run or of "mine"."""
    run = run or Run(store.models_folder() / "mine")
    images = np.random.default_rng(3).integers(0, 256, (len(labels), 28, 28), np.uint8)
    found = evaluate(labels, proba, dataset="digits", split=split, model_sha256="sha of the model")
    found = dataclasses.replace(found, data_sha256="sha of the data")
    return Score(run, loading.describe("digits"), Split(images, labels), proba, found)


def random_score(n: int = 60, classes: int = 3, split: str = "test", run: Run | None = None) -> Score:
    """A score of a network that is right more often than not."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 2 * np.eye(classes)[labels]
    proba = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return score_of(labels, proba.astype(np.float32), split, run)


def random_answers(seed: int, classes: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Random labels (n,) and proba (n, c), about half right; of more than two classes the last never occurs."""
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, max(classes - 1, 2), n)
    scores = rng.normal(size=(n, classes)) + 2 * np.eye(classes)[y_true]
    proba = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return y_true, proba.astype(np.float32)
