"""Robustness measured: counts against a slow oracle, means and intervals, what is kept, what is refused."""

import dataclasses
import json

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.metrics.calibration import calibrate
from digitrec.robustness import corruptions
from digitrec.robustness import scores as robustness_scores
from digitrec.robustness.corruptions import CORRUPTIONS
from digitrec.robustness.scores import (
    Failure,
    RobustnessScores,
    RobustnessScoresError,
    load_scores,
    measure_robustness,
)
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="mlp", validation_share=0.2)


class Inker:
    """Answers by the amount of ink: class 0 for little, class 1 for more."""

    sha256 = "of the inker"

    @classmethod
    def load(cls, path: object) -> "Inker":
        return cls()

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        ink = np.clip(images.mean((1, 2), dtype=np.float64) / 100, 0.01, 0.99)  # (n,)
        return np.stack([1 - ink, ink, *[ink * 0] * 8], axis=1).astype(np.float32)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(scoring, "Classifier", Inker)
    monkeypatch.setattr(scoring, "_score_cache", {})
    monkeypatch.setattr(robustness_scores, "Classifier", Inker)
    made = store.create(CONFIG, tuple("0123456789"), "run")
    made.keras_path.write_bytes(b"")
    made.tflite_path.write_bytes(b"model")
    return made


_made: list[RobustnessScores] = []  # measured once for all tests


@pytest.fixture
def scores(run: Run) -> RobustnessScores:
    if not _made:
        _made.append(measure_robustness(run, scoring.score(run, "digits", "test"), n=120))
    return _made[0]


def test_counts_and_failures_are_those_of_the_corrupted_subset(scores):
    test = loading.load("digits").test
    chosen = corruptions.sample_indices(len(test.labels), 120)
    images, labels = test.images[chosen], test.labels[chosen]
    for name, severity in (("fog", 5), ("scale", 2)):
        proba = Inker().predict_proba(corruptions.corrupt(images, name, severity=severity))
        right, failures = scores.cell(name, severity)
        assert right == (proba.argmax(1) == labels).sum()
        assert len(failures) == min(120 - right, robustness_scores.MAX_FAILURES)
        for place, answer, confidence in failures:
            assert answer == proba[place].argmax() != labels[place]
            assert confidence == pytest.approx(proba[place].max(), abs=1e-4)
        assert all(np.diff([failure.confidence for failure in failures]) <= 0)


def test_failures_have_the_calibrated_confidence(run):
    score = scoring.score(run, "digits", "test")
    run.save_calibration({"temperature": 4.0, "model_sha256": score.evaluation.model_sha256})
    hot = measure_robustness(run, scoring.score(run, "digits", "test"), n=30)
    chosen = corruptions.sample_indices(len(score.split.labels), 30)
    corrupted = corruptions.corrupt(score.split.images[chosen], "fog", severity=5)
    proba = calibrate(Inker().predict_proba(corrupted), 4.0)
    _, failures = hot.cell("fog", 5)
    assert failures and not np.allclose(proba.max(1), Inker().predict_proba(corrupted).max(1), atol=0.05)
    for place, answer, confidence in failures:
        assert (answer, confidence) == (proba[place].argmax(), pytest.approx(proba[place].max(), abs=1e-4))


def test_means_are_those_of_the_cells_and_lie_in_their_intervals(scores):
    paper = [found.paper - 1 for found in CORRUPTIONS.values()]
    assert scores.at_paper.value == pytest.approx(scores.right[np.arange(15), paper].mean() / scores.n)
    assert scores.overall.value == pytest.approx(scores.right.mean() / scores.n)
    for mean in (scores.at_paper, scores.overall):
        assert 0 <= mean.low < mean.value < mean.high <= 1


def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        chance = rng.beta(4, 2, 200)  # each image's own, shared by its cells
        mean = robustness_scores._mean_estimate(rng.random((15, 200)) < chance)
        held += mean.low <= 4 / 6 <= mean.high
    assert 0.91 < held / 300 < 0.99


def test_progress_is_told_after_each_cell(run):
    told = []
    score = scoring.score(run, "digits", "validation")
    measure_robustness(run, score, n=10, progress=lambda *done: told.append(done))
    assert told == [(done, 75) for done in range(1, 76)]


def test_scores_come_back_from_json_as_they_were(run, scores):
    run.save_evaluation("digits", robustness_scores.record_name("test"), scores.to_dict())
    assert load_scores(run, "digits", "test").to_dict() == json.loads(json.dumps(scores.to_dict()))
    assert load_scores(run, "digits", "validation") is None


def test_numbers_of_another_network_other_images_or_other_corruptions_do_not_fit(run, scores, monkeypatch):
    now = scoring.score(run, "digits", "test").evaluation
    assert scores.belongs_to(now)
    assert not scores.belongs_to(dataclasses.replace(now, model_sha256="of another"))
    assert not scores.belongs_to(dataclasses.replace(now, data_sha256="of others"))
    monkeypatch.setattr(corruptions, "CORRUPTIONS_VERSION", corruptions.CORRUPTIONS_VERSION + 1)
    assert not scores.belongs_to(now)


@pytest.mark.parametrize(
    "damage",
    [
        {"right": [[1, 2]]},
        {"right": [[999] * 5] * 15},
        {"n": 0},
        {"overall": [1.5, 0, 1]},
        {"at_paper": [float("nan"), 0, 1]},
        {"failures": []},
        {"failures": [[[5000, 1, 0.5]]] * 75},
        {"clean": None},
    ],
)
def test_damaged_scores_are_refused_and_count_as_none(run, scores, damage):
    with pytest.raises(RobustnessScoresError, match="measure"):
        RobustnessScores.from_dict(scores.to_dict() | damage)
    run.save_evaluation("digits", robustness_scores.record_name("test"), scores.to_dict() | damage)
    assert load_scores(run, "digits", "test") is None


def test_the_worst_are_worse_than_all_others_at_the_papers_severities(scores):
    shares = {name: scores.cell(name, found.paper)[0] / scores.n for name, found in CORRUPTIONS.items()}
    worst = scores.worst()
    assert [share for _, share in worst] == sorted(shares.values())[:3]
    assert all(shares[name] == share for name, share in worst)


def test_what_is_kept_is_bounded(run):
    whole = measure_robustness(run, scoring.score(run, "digits", "train"), n=300)
    assert max(map(len, whole.failures)) == robustness_scores.MAX_FAILURES
    assert isinstance(whole.failures[0][0], Failure)
    assert len(json.dumps(whole.to_dict())) < 150_000


def test_the_mean_of_one_image_is_anything_and_intervals_stay_within_0_and_1():
    assert robustness_scores._mean_estimate(np.ones((3, 1), bool)) == (1, 0, 1)
    nearly = np.ones((2, 50), bool)
    nearly[:, 0] = False
    for cells, edge in ((nearly, "high"), (~nearly, "low")):
        estimate = robustness_scores._mean_estimate(cells)
        assert getattr(estimate, edge) == {"high": 1, "low": 0}[edge]
