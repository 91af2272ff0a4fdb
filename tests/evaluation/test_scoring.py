"""Scoring: the right images, progress, what is kept, what is refused. The classifier is a stand-in."""

import dataclasses
import threading

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import ScoringError
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="mlp", validation_share=0.2, seed=3)


class Inker:
    """KeptAnswers with the share of ink, so that an answer tells which image was asked; counts what it reads."""

    asked = 0

    @classmethod
    def load(cls, path: object) -> "Inker":
        return cls()

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        Inker.asked += len(images)
        if progress:
            progress(len(images), len(images))
        ink = images.mean((1, 2), dtype=np.float64) / 255  # (n,)
        return np.stack([ink, *[(1 - ink) / 9] * 9], axis=1).astype(np.float32)


@pytest.fixture(autouse=True)
def inker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inker, "asked", 0)
    monkeypatch.setattr(scoring, "Classifier", Inker)
    monkeypatch.setattr(scoring, "_score_cache", {})


def trained(name: str = "run", config: TrainConfig = CONFIG, classes: str = "0123456789") -> Run:
    run = store.create(config, tuple(classes), name)
    run.keras_path.write_bytes(b"")
    run.tflite_path.write_bytes(name.encode())
    return run


@pytest.mark.parametrize("split", scoring.SPLITS)
def test_the_images_are_those_that_the_training_knew_by_that_name(split):
    score = scoring.score(trained(), "digits", split)
    part = splits.select_part(loading.load("digits"), split, share=0.2, seed=3)
    assert np.array_equal(score.split.images, part.images)
    assert np.allclose(score.proba[:, 0], part.images.mean((1, 2)) / 255)
    assert score.evaluation.n == len(part.labels)


def test_the_splits_are_together_all_images():
    run, whole = trained(), loading.load("digits")
    counts = {split: scoring.score(run, "digits", split).evaluation.n for split in scoring.SPLITS}
    assert counts["train"] + counts["validation"] == len(whole.train.labels)
    assert counts["test"] == len(whole.test.labels)


def test_the_evaluation_is_kept_with_the_run():
    run = trained()
    assert scoring.load_evaluation(run, "digits", "test") is None
    score = scoring.score(run, "digits", "test")
    assert scoring.load_evaluation(run, "digits", "test").to_dict() == score.evaluation.to_dict()
    assert scoring.load_evaluation(run, "digits", "train") is None


def test_images_are_read_once_while_the_network_is_the_same():
    run, told = trained(), []
    first = scoring.score(run, "digits", "test", lambda *done: told.append(done))
    again = scoring.score(run, "digits", "test", lambda *done: told.append(done))
    assert Inker.asked == len(first.proba)
    assert told == [(len(first.proba), len(first.proba))]
    assert again.proba is first.proba


def test_another_network_is_read_and_kept_anew():
    run = trained()
    old = scoring.score(run, "digits", "test")
    run.tflite_path.write_bytes(b"resumed")
    assert scoring.load_evaluation(run, "digits", "test") is None
    new = scoring.score(run, "digits", "test")
    assert Inker.asked == 2 * len(old.proba)
    assert scoring.load_evaluation(run, "digits", "test").model_sha256 == new.evaluation.model_sha256
    assert new.evaluation.model_sha256 != old.evaluation.model_sha256


def test_a_damaged_record_counts_as_none_and_is_replaced():
    run = trained()
    scoring.score(run, "digits", "test")
    run.save_evaluation("digits", "test", {"confusion": "?"})
    assert scoring.load_evaluation(run, "digits", "test") is None
    scoring.score(run, "digits", "test")
    assert scoring.load_evaluation(run, "digits", "test") is not None


def test_a_folder_that_cannot_be_written_costs_no_numbers(monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Run, "save_evaluation", full)
    assert scoring.score(trained(), "digits", "test").evaluation.n > 0


def test_no_more_than_a_few_answers_stay_in_memory():
    for number in range(scoring._MAX_CACHED_ANSWERS + 3):
        scoring.score(trained(f"run {number}"), "digits", "test")
    assert len(scoring._score_cache) == scoring._MAX_CACHED_ANSWERS


def test_a_run_without_a_network_is_refused():
    run = store.create(CONFIG, tuple("0123456789"), "new")
    with pytest.raises(ScoringError, match="'new' has no trained network"):
        scoring.score(run, "digits", "test")


def test_other_classes_are_refused_with_both_named():
    with pytest.raises(ScoringError, match=r"classes a, b, but .* has 0, 1, 2"):
        scoring.score(trained(classes="ab"), "digits", "test")


def test_no_validation_images_are_refused():
    with pytest.raises(ScoringError, match="validation share is 0"):
        scoring.score(trained(config=dataclasses.replace(CONFIG, validation_share=0.0)), "digits", "validation")


def forget() -> None:
    """As a new process begins: nothing in memory."""
    scoring._score_cache.clear()


def test_a_new_process_shows_the_kept_answers_without_reading_an_image():
    first = scoring.score(trained(), "digits", "test")
    forget()
    again = scoring.score(store.open_run("run"), "digits", "test")
    assert Inker.asked == len(first.proba)
    assert np.array_equal(again.proba, first.proba)
    assert again.evaluation.to_dict() == first.evaluation.to_dict()
    assert again.notes == ()


def test_numbers_of_another_network_are_said_to_be_out_of_date():
    run = trained()
    today = scoring.score(run, "digits", "test").evaluation.created[:10]
    assert scoring.find_outdated(run, "digits", "test") is None
    run.tflite_path.write_bytes(b"resumed")
    assert scoring.find_outdated(run, "digits", "test") == (scoring.OTHER_NETWORK, today)
    (note,) = scoring.score(run, "digits", "test").notes
    assert note == (scoring.OTHER_NETWORK, today)
    assert scoring.find_outdated(run, "digits", "test") is None


def test_numbers_of_other_images_are_computed_anew_and_say_so(monkeypatch):
    run, dataset = trained(), loading.load("digits")
    old = scoring.score(run, "digits", "test")
    changed = splits.Split(dataset.test.images, (dataset.test.labels + 1) % 10)
    monkeypatch.setattr(loading, "load", lambda name: dataclasses.replace(dataset, test=changed))
    new = scoring.score(run, "digits", "test")
    assert new.notes[0] == (scoring.OTHER_IMAGES, old.evaluation.created[:10])
    assert np.array_equal(new.evaluation.confusion, np.roll(old.evaluation.confusion, 1, axis=0))
    assert scoring.load_evaluation(run, "digits", "test").data_sha256 == new.evaluation.data_sha256


@pytest.mark.parametrize("damaged", [b"", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_damaged_answers_are_read_again_and_say_so(damaged):
    run = trained()
    first = scoring.score(run, "digits", "test")
    run.save_answers("digits", "test", damaged)
    forget()
    again = scoring.score(run, "digits", "test")
    assert again.notes[0] == (scoring.DAMAGED_ANSWERS, "")
    assert np.array_equal(again.proba, first.proba)
    assert scoring.unpack_answers(run.load_answers("digits", "test")) is not None


def test_a_damaged_evaluation_is_computed_anew_from_the_kept_answers_and_says_so():
    run = trained()
    first = scoring.score(run, "digits", "test")
    run.save_evaluation("digits", "test", {"confusion": "?"})
    forget()
    again = scoring.score(run, "digits", "test")
    assert Inker.asked == len(first.proba)
    assert again.notes == ((scoring.DAMAGED_EVALUATION, ""),)


def test_a_folder_that_cannot_be_written_is_said(monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "save_answers", full)
    (note,) = scoring.score(trained(), "digits", "test").notes
    assert note == (scoring.NOT_STORED, "No space left on device")


@pytest.mark.parametrize("wrong", [np.nan, -1.0, 0.5])
def test_answers_that_are_no_probabilities_are_refused(monkeypatch, wrong):
    def predict(self, images, progress=None):
        return np.full((len(images), 10), wrong, np.float32)

    monkeypatch.setattr(Inker, "predict_proba", predict)
    run = trained()
    with pytest.raises(ScoringError, match=r"'run' has unusable answers: row 0 of the probabilities is \["):
        scoring.score(run, "digits", "test")
    assert run.load_evaluation("digits", "test") is None and run.load_answers("digits", "test") is None


def test_a_network_of_other_classes_than_its_run_is_refused(monkeypatch):
    monkeypatch.setattr(Inker, "predict_proba", lambda self, images, progress: np.ones((len(images), 1), "f"))
    with pytest.raises(ScoringError, match="has 1 classes: expected 10"):
        scoring.score(trained(), "digits", "test")


def test_two_who_ask_at_once_share_one_reading():
    run, found = trained(), []
    threads = [threading.Thread(target=lambda: found.append(scoring.score(run, "digits", "test"))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Inker.asked == len(found[0].proba)
    assert found[0].proba is found[1].proba


def test_a_reading_goes_on_when_who_asked_is_cut_off(monkeypatch):
    goes_on = threading.Event()

    def predict(self, images, progress):
        progress(1, len(images))
        goes_on.wait(60)
        return np.full((len(images), 10), 0.1, np.float32)

    def cut_off(done, n):
        raise KeyboardInterrupt

    monkeypatch.setattr(Inker, "predict_proba", predict)
    run = trained()
    with pytest.raises(KeyboardInterrupt):
        scoring.score(run, "digits", "test", cut_off)
    monkeypatch.setattr(Inker, "predict_proba", None)  # a second reading would fail
    goes_on.set()
    assert scoring.score(run, "digits", "test").evaluation.accuracy.value > 0
