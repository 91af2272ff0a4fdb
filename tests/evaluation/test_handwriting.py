"""What a network gained by learning a person's handwriting: counted on images that it never learnt."""

import dataclasses

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.data.catalogue import DIGITS
from digitrec.evaluation import handwriting
from digitrec.evaluation.handwriting import Gain, Handwriting, Reading
from digitrec.reporting import handwriting_texts
from digitrec.runs import RunError, store
from support import made_runs


class Reader:
    """Stands in for the Classifier: knows all images, but misreads every so many."""

    sha256, embedding_size, classes = "of the reader", 28, 10

    def __init__(self, wrong_every: int) -> None:
        self.wrong_every = wrong_every

    @classmethod
    def load(cls, path) -> "Reader":
        return cls(5 if path.parent.name == "before" else 10)

    def embed(self, images, progress=None):
        return images.sum(2).astype(np.float32)

    def predict_proba(self, images, progress=None):
        digits = loading.load("digits")
        parts = (digits.train, digits.test)
        known = {image.tobytes(): label for part in parts for image, label in zip(*part, strict=True)}
        proba = np.full((len(images), 10), 0.01, np.float32)
        for i, image in enumerate(images):
            proba[i, (known[image.tobytes()] + (i % self.wrong_every == 0)) % 10] = 0.91
        return proba


@pytest.fixture
def measured(folders, monkeypatch):
    """A run that started from another one; both have seen the small digits."""
    monkeypatch.setattr(handwriting, "Classifier", Reader)
    before = made_runs.ended(store.create(made_runs.SMALL, DIGITS, "before"))
    config = dataclasses.replace(made_runs.SMALL, start_from=before.name, trained_layers=1)
    return made_runs.ended(store.create(config, DIGITS, "after"))


def test_both_networks_read_the_held_back_digits_and_what_the_first_held_out(measured):
    found = handwriting.measure(measured)
    n = len(loading.load("digits").test.labels)
    assert (found.start, found.own.before.n) == ("before", n)
    assert (found.own.before.right, found.own.after.right) == (n - -(-n // 5), n - -(-n // 10))
    assert found.own.differs and found.own.before.not_sure is not None and found.mnist.before.not_sure is None
    assert handwriting.load(measured) == found
    measured.tflite_path.write_bytes(b"another network")
    assert handwriting.load(measured) is None


def test_a_run_from_random_weights_has_nothing_to_be_compared_with(measured):
    with pytest.raises(RunError, match="started from no other"):
        handwriting.measure(store.open_run("before"))


def test_ten_digits_are_too_few_to_tell_and_that_is_said():
    own = Gain(Reading(10, 8, 6, 1), Reading(10, 10, 9, 0), 0.5)
    found = Handwriting("draw", own, Gain(Reading(3000, 2985), Reading(3000, 2983), 0.8))
    said = " ".join(handwriting_texts.describe(found))
    assert "draw read **8** (49% to 94%) right before" in said and "reads **10** (72% to 100%)" in said
    assert "no difference can be told from chance" in said and "seems to have forgotten nothing" in said
    assert [row["After"] for row in handwriting_texts.rows(found)][:5] == [
        "10 of 10",
        "72% to 100%",
        "9",
        "1",
        "0",
    ]


def test_a_clear_gain_and_a_clear_loss_are_called_so():
    own = Gain(Reading(10, 2, 2, 0), Reading(10, 10, 9, 0), 0.008)
    found = Handwriting("draw", own, Gain(Reading(3000, 2985), Reading(3000, 2900), 0.0001))
    said = " ".join(handwriting_texts.describe(found))
    assert "better, and hardly chance" in said and "forgotten a little" in said
