"""The tables of an evaluation: the numbers of the functions that compute them, whatever the answers are."""

import numpy as np
import pytest

from digitrec.metrics import calibration, classification
from digitrec.metrics.intervals import Estimate
from digitrec.reporting import evaluation_tables, tables
from digitrec.robustness import fast_gradient, scores
from digitrec.robustness.fast_gradient import EPSILONS, Attack
from digitrec.robustness.scores import RobustnessScores
from support.scored import random_score, score_of, trained

NAMES = ("a", "b", "c")


def made(score):
    return {found.name: found.make() for found in evaluation_tables.list_tables(score)}


def records(score, name):
    return tables.to_records(made(score)[name])


def robustness(**changed):
    values = {"n": 20, "clean": 19, "right": np.full((15, 5), 10), "at_paper": Estimate(0.5, 0.4, 0.6)}
    values |= {"overall": Estimate(0.5, 0.4, 0.6), "failures": ((),) * 75}
    return RobustnessScores(
        **values | {"model_sha256": "sha of the model", "data_sha256": "sha of the data"} | changed
    )


def test_the_numbers_are_those_of_the_metrics():
    score = random_score(run=trained())
    rows = records(score, "numbers")
    summary = classification.summarize(score.split.labels, score.proba)
    assert [(row["Value"], row["95% interval from"], row["95% interval to"]) for row in rows] == [
        *summary.values()
    ]


def test_the_confusion_matrix_and_the_mistakes_agree():
    score = random_score(run=trained())
    rows = records(score, "confusion")
    wrong = sum(row[answer] for row in rows for answer in NAMES if answer != row["True class \\ answer"])
    mistakes = records(score, "mistakes")
    assert len(mistakes) == wrong > 0
    sure = [row["Probability of the answer"] for row in mistakes]
    assert sure == sorted(sure, reverse=True)
    assert all(row["True class"] == NAMES[score.split.labels[row["Image"]]] for row in mistakes)


def test_all_answers_are_the_probabilities_bit_for_bit():
    score = random_score(run=trained())
    rows = records(score, "answers")
    found = [[row[f"Probability of {name}"] for name in NAMES] for row in rows]
    assert np.array_equal(np.array(found, np.float32), score.proba)


def test_calibration_is_told_before_and_after_the_temperature():
    run, score = trained(), random_score()
    assert len(records(score, "calibration")) == 1
    run.save_calibration({"temperature": 2.0})
    before, after = records(random_score(run=run), "calibration")
    softer = calibration.calibrate(score.proba, 2.0)
    assert before["Calibration error"] == calibration.expected_calibration_error(score.proba, score.split.labels)
    assert after["Calibration error"] == calibration.expected_calibration_error(softer, score.split.labels)


def test_a_temperature_of_another_network_is_passed_over():
    run = trained()
    run.save_calibration({"temperature": 2.0, "model_sha256": "another"})
    assert list(evaluation_tables.diagrams(random_score(run=run))) == ["as trained"]


def test_the_slices_of_a_quality_are_together_all_images():
    rows = records(random_score(run=trained()), "slices")
    for quality in {row["Property"] for row in rows}:
        assert sum(row["Images"] for row in rows if row["Property"] == quality) == 60
    assert len({row["Property"] for row in rows}) == 5


def test_the_training_is_told_epoch_by_epoch():
    first, second = records(random_score(run=trained()), "epochs")
    assert (first["Epoch"], first["Training loss"], first["Validation loss"]) == (1, 0.5, None)
    assert (second["Learning rate"], second["Seconds"]) == (0.001, 1.5)


def test_robustness_and_attack_are_told_if_they_are_of_this_network_and_these_images():
    run, score = trained(), random_score()
    assert {"robustness", "attack"}.isdisjoint(made(score))
    n = len(EPSILONS)
    attack = Attack(n=4, right=(2,) * n, right_by_chance=(4,) * n, examples=(), model_sha256="", data_sha256="")
    ours = {"model_sha256": "sha of the model", "data_sha256": "sha of the data"}
    run.save_evaluation("digits", scores.record_name("test"), robustness().to_dict())
    run.save_evaluation("digits", fast_gradient.record_name("test"), attack.to_dict() | ours)
    assert records(score, "robustness")[0]["Severity 1"] == 0.5
    assert records(score, "attack")[1] == {
        "Step (levels of 255)": EPSILONS[1],
        "Along the gradient": 0.5,
        "Along the gradient, 95% interval from": pytest.approx(0.15, abs=0.01),
        "Along the gradient, 95% interval to": pytest.approx(0.85, abs=0.01),
        "Random direction": 1.0,
        "Random direction, 95% interval from": pytest.approx(0.51, abs=0.01),
        "Random direction, 95% interval to": 1.0,
    }
    run.save_evaluation("digits", scores.record_name("test"), robustness(model_sha256="old").to_dict())
    run.save_evaluation("digits", fast_gradient.record_name("test"), {"n": "damaged"})
    assert {"robustness", "attack"}.isdisjoint(made(score))


@pytest.mark.parametrize(
    ("labels", "proba"),
    [
        ([0], [[0.2, 0.3, 0.5]]),  # a single image
        ([0, 0, 0, 0], [[0.2, 0.3, 0.5]] * 4),  # two classes without an image
        ([0, 1, 2] * 9, [[1 / 3] * 3] * 27),  # constant probabilities
        ([0, 1, 2] * 9, np.tile(np.eye(3), (9, 1))),  # all right, and certain
        ([1, 2, 0] * 9, np.tile(np.eye(3), (9, 1))),  # all wrong, and certain
    ],
)
def test_every_table_can_be_made_and_written_of_odd_answers(labels, proba):
    score = score_of(np.array(labels), np.array(proba, np.float32), run=trained())
    for found in made(score).values():
        assert len(tables.to_csv(found).splitlines()) == 1 + len(found.rows)
        assert "nan" not in tables.to_text(found)
