"""Runs in every state without any training, a classifier with known mistakes, and a way to open a page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from streamlit.testing.v1 import AppTest

from digitrec.data import loading
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import Batch, End, Epoch, Start
from digitrec.runs.run import Run
from support.places import DASHBOARD
from support.stand_ins import stand_ins

DIGITS = tuple("0123456789")
SMALL = TrainConfig(dataset="digits", network="mlp", epochs=3, validation_share=0.2)
WRONG_EVERY = 10  # `Reader` misreads every tenth test image


def open_page(name: str) -> AppTest:
    """A page as the dashboard shows it; fails if the page raised."""
    test = AppTest.from_file(DASHBOARD, default_timeout=60)
    return rerun(test.switch_page(f"../../pages/{name}.py"))


def rerun(test: AppTest) -> AppTest:
    """The page after what was done to its widgets; fails if the page raised."""
    test.run()
    assert not test.exception, test.exception
    return test


def words(test: AppTest) -> str:
    """All that the page says in texts, boxes and bars."""
    kinds = ("markdown", "caption", "info", "success", "warning", "error", "header", "subheader")
    said = [element.value for kind in kinds for element in getattr(test.main, kind)]
    return "\n".join([*said, *(bar.proto.text for bar in test.main.get("progress"))])


def accuracy(test: AppTest) -> str | None:
    """The accuracy in the headline of Evaluate, or None where there is none."""
    found = re.search(r"\*\*(\S+%)\*\* accuracy", words(test))
    return found.group(1) if found else None


def new(name: str, config: TrainConfig = SMALL) -> Run:
    """A run that no process has worked on yet."""
    return store.create(config, DIGITS, name)


def in_epoch(run: Run, epoch: int, notes: tuple[str, ...] = ()) -> Run:
    """The rows of a training that has come to the middle of an epoch, from 1."""
    counts = {"epochs": 3, "steps_per_epoch": 10, "train_images": 1200, "validation_images": 240}
    run.append(Start(parameters=1234, validation_notes=notes, **counts))
    for step in range(1, 10 * (epoch - 1) + 6):
        now = (step - 1) // 10 + 1
        run.append(Batch(step=step, epoch=now, loss=1 / step, accuracy=0.5, images_per_second=4000))
        if step % 10 == 0:
            row = {"loss": 0.5 / now, "accuracy": 0.9, "val_loss": 0.6 / now, "val_accuracy": 0.9 + now / 100}
            run.append(Epoch(epoch=now, **row, learning_rate=0.001, seconds=1.0))
    return run


def ended(run: Run, reason: str = "finished", notes: tuple[str, ...] = ()) -> Run:
    """The rows and files of a training that has come to its end; the model is of no use but to be there."""
    in_epoch(run, 3, notes)
    run.append(End(reason=reason, best_epoch=2, val_accuracy=0.92))
    run.keras_path.write_bytes(b"keras of " + run.name.encode())
    run.tflite_path.write_bytes(b"tflite of " + run.name.encode())
    return run


@contextmanager
def at_work(*on: Run) -> Iterator[None]:
    """Idle processes as the runs' workers, in this order."""
    with stand_ins() as begin:
        for run in on:
            begin(run)
        yield


def killed(run: Run) -> Run:
    """A run whose worker was there and is gone."""
    with at_work(run):
        return run


class Reader:
    """Stands in for the Classifier: knows the embedded digits' test images and misreads every tenth.

    Its embeddings are the sums over the images' rows.
    """

    sha256, embedding_size, classes = "of the reader", 28, 10

    def embed(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        return images.sum(2).astype(np.float32)

    @classmethod
    def load(cls, path: object) -> "Reader":
        return cls()

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        test = loading.load("digits").test
        answers = {
            image.tobytes(): (label + (i % WRONG_EVERY == 0)) % 10
            for i, (image, label) in enumerate(zip(test.images, test.labels, strict=True))
        }
        proba = np.full((len(images), 10), 0.01, np.float32)
        for row, image in zip(proba, images, strict=True):
            row[answers.get(image.tobytes(), 0)] = 0.91
        return proba
