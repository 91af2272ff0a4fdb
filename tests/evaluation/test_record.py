"""The stored evaluation: what it holds, its JSON, and damaged files."""

import json
import math

import numpy as np
import pytest

from digitrec.evaluation.record import Evaluation, EvaluationError, evaluate
from digitrec.metrics.classification import confusion_matrix, log_loss
from digitrec.metrics.inputs import MetricsError
from digitrec.metrics.intervals import wilson_interval
from support.scored import random_answers


def test_json_has_the_keys_of_older_versions():
    found = evaluate(*random_answers(1, 7), dataset="letters", split="test").to_dict()
    keys = ["dataset", "split", "n", "accuracy", "interval", "log_loss", "confusion"]
    assert list(found) == [*keys, "model_sha256", "data_sha256", "created"]
    right = int(np.trace(found["confusion"]))
    assert [found["accuracy"], *found["interval"]] == list(wilson_interval(right, 400))


def test_wrong_probabilities_cannot_be_evaluated():
    with pytest.raises(MetricsError, match="sum to 1"):
        evaluate(np.array([0]), np.array([[0.5, 0.4]], np.float32), dataset="letters", split="test")


def test_no_images_cannot_be_evaluated():
    with pytest.raises(MetricsError, match="no images in letters, test"):
        evaluate(np.zeros(0, np.int64), np.zeros((0, 4), np.float32), dataset="letters", split="test")


def test_an_evaluation_holds_what_the_functions_say():
    y_true, proba = random_answers(0, 26)
    found = evaluate(y_true, proba, dataset="letters", split="validation", model_sha256="ab12")
    right = int((proba.argmax(1) == y_true).sum())
    assert (found.dataset, found.split, found.model_sha256) == ("letters", "validation", "ab12")
    assert (found.n, found.right, found.accuracy.value) == (400, right, right / 400)
    assert found.accuracy == wilson_interval(right, 400)
    assert found.log_loss == log_loss(y_true, proba)
    np.testing.assert_array_equal(found.confusion, confusion_matrix(y_true, proba.argmax(1), 26))


@pytest.mark.parametrize("sha256", [None, "ab12"])
def test_an_evaluation_comes_back_from_json_whole(sha256):
    found = evaluate(*random_answers(1, 7), dataset="letters", split="test", model_sha256=sha256)
    text = json.dumps(found.to_dict(), allow_nan=False)
    back = Evaluation.from_dict(json.loads(text) | {"note": "a key of a later version"})
    assert back.to_dict() == found.to_dict()
    np.testing.assert_array_equal(back.confusion, found.confusion)


@pytest.mark.parametrize("key", ["dataset", "split", "confusion", "log_loss", "model_sha256", "created"])
def test_a_stored_evaluation_with_a_value_missing_is_refused(key):
    stored = evaluate(*random_answers(1, 7), dataset="letters", split="test").to_dict()
    del stored[key]
    with pytest.raises(EvaluationError, match=f"has no '{key}'"):
        Evaluation.from_dict(stored)


@pytest.mark.parametrize(
    "damage",
    [
        {"confusion": [[1, 2], [3]]},
        {"confusion": [[1, 2, 3], [4, 5, 6]]},
        {"confusion": [1, 2]},
        {"confusion": [[1, -2], [3, 4]]},
        {"confusion": [[0, 0], [0, 0]]},
        {"confusion": [["a", 2], [3, 4]]},
        {"confusion": [[1.5, 2], [3, 4]]},
        {"confusion": [[1e30, 2], [3, 4]]},
        {"confusion": None},
        {"confusion": "much"},
        {"log_loss": "much"},
        {"log_loss": None},
        {"log_loss": math.nan},
        {"log_loss": -1},
        {"dataset": 3},
        {"split": None},
        {"created": "yesterday"},
        {"model_sha256": 12},
    ],
    ids=str,
)
def test_a_damaged_stored_evaluation_is_refused(damage):
    stored = evaluate(*random_answers(1, 7), dataset="letters", split="test").to_dict()
    with pytest.raises(EvaluationError, match=r"stored .*[Ee]valuate the run again"):
        Evaluation.from_dict(stored | damage)


@pytest.mark.parametrize("stored", [[], None, "text", 3])
def test_what_is_no_evaluation_at_all_is_refused(stored):
    with pytest.raises(EvaluationError, match="evaluate the run again"):
        Evaluation.from_dict(stored)


def test_a_log_loss_of_0_is_read_back():
    stored = evaluate(*random_answers(1, 7), dataset="letters", split="test").to_dict()
    assert Evaluation.from_dict(stored | {"log_loss": 0}).log_loss == 0
