"""A network's answers to whole splits, joined from the parts of its own training."""

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.evaluation import scoring
from digitrec.evaluation.predictions import find_predictions, list_parts, predict
from digitrec.runs import Run
from support import made_runs
from support.made_runs import WRONG_EVERY, Reader


@pytest.fixture
def run(monkeypatch, folders) -> Run:
    monkeypatch.setattr(scoring, "Classifier", Reader)
    monkeypatch.setattr(scoring, "_score_cache", {})
    return made_runs.ended(made_runs.new("reader"))


def test_answers_are_found_only_when_the_network_has_read_all_images_of_the_split(run, monkeypatch):
    dataset, told = loading.load("digits"), []
    assert find_predictions(run, dataset, "test") is None
    found = predict(run, dataset, "test")
    wrong = np.flatnonzero(found.answers != dataset.test.labels)
    assert np.array_equal(wrong, np.arange(0, len(dataset.test.labels), WRONG_EVERY))
    monkeypatch.setattr(scoring, "_score_cache", {})  # as after a restart: what is stored is enough
    again = find_predictions(run, dataset, "test")
    assert all(np.array_equal(new, old) for new, old in zip(again, found, strict=True))
    scoring.score(run, "digits", "train")
    assert find_predictions(run, dataset, "train") is None  # the validation images are missing
    predict(run, dataset, "train", lambda done, n: told.append((done, n)))
    assert find_predictions(run, dataset, "train") is not None
    assert all(n == len(dataset.train.labels) for _, n in told)


def test_each_answer_stands_where_its_image_stands_in_the_file(run):
    dataset = loading.load("digits")
    found = predict(run, dataset, "train")
    held_out = splits.part_indices(dataset, "validation", share=0.2, seed=run.config.seed)
    score = scoring.score(run, "digits", "validation")
    assert np.array_equal(found.answers[held_out], score.calibrated.argmax(1))
    assert np.allclose(found.label_proba[held_out], score.calibrated[np.arange(len(held_out)), score.split.labels])
    assert (found.answers >= 0).all() and (found.confidence >= found.label_proba).all()


def test_a_split_without_images_has_no_parts_and_no_answers(run):
    whole = loading.load("digits")
    empty = splits.make_split(whole.train.images[:0], whole.train.labels[:0])
    drawings = splits.Dataset(whole.description, empty, whole.test)
    assert list_parts(run, drawings, "train") == ()
    assert len(find_predictions(run, drawings, "train").answers) == 0


def test_a_run_without_a_network_is_refused(folders):
    with pytest.raises(scoring.ScoringError, match="no trained network"):
        find_predictions(made_runs.new("empty"), loading.load("digits"), "test")
