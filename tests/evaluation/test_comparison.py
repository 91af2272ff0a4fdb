"""Two runs answer by answer. The classifier is a stand-in that misreads every so manieth image."""

import dataclasses

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.evaluation import comparison, scoring
from digitrec.evaluation.scoring import ScoringError
from digitrec.runs.run import Run
from support import made_runs


class Every:
    """Reads a test image right unless its number is a multiple of the number in the model's file."""

    def __init__(self, step: int) -> None:
        self._step = step

    @classmethod
    def load(cls, path) -> "Every":
        return cls(int(path.read_text()))

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        labels = loading.load("digits").test.labels
        answers = np.zeros(len(images), int)
        answers[: len(labels)] = labels[: len(images)]
        answers = (answers + (np.arange(len(images)) % self._step == 0)) % 10
        return np.eye(10, dtype=np.float32)[answers]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "Classifier", Every)
    monkeypatch.setattr(scoring, "_score_cache", {})


def misreads_every(step: int, config=made_runs.SMALL) -> Run:
    run = made_runs.new(f"every {step}", config)
    run.keras_path.write_bytes(b"")
    run.tflite_path.write_text(str(step))
    return run


def test_the_images_that_one_alone_reads_right_are_found():
    found = comparison.compare(misreads_every(4), misreads_every(6), "test")
    n = len(loading.load("digits").test.labels)
    numbers = np.arange(n)
    assert found.first_only.tolist() == numbers[(numbers % 6 == 0) & (numbers % 4 != 0)].tolist()
    assert found.second_only.tolist() == numbers[(numbers % 4 == 0) & (numbers % 6 != 0)].tolist()
    assert found.counts.neither == np.sum(numbers % 12 == 0) and found.counts.n == n


def test_other_validation_images_are_refused_with_the_way_out():
    first, other = misreads_every(4), misreads_every(6, dataclasses.replace(made_runs.SMALL, seed=1))
    with pytest.raises(ScoringError, match=r"different validation images.*Compare them on the test images"):
        comparison.compare(first, other, "validation")
    assert comparison.compare(first, other, "test").counts.n
