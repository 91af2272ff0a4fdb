"""Answers found, sorted and grouped, on probabilities written by hand."""

import numpy as np
import pytest

from digitrec.evaluation import queries
from digitrec.evaluation.queries import AnswerQuery
from digitrec.metrics import classification
from support.scored import random_answers

# Right, wrong, wrong, right, wrong: surest is the third.
PROBA = np.array([[0.6, 0.4, 0], [0.3, 0.5, 0.2], [0.1, 0, 0.9], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3]], np.float32)
LABELS = np.array([0, 0, 1, 1, 2])


def found(**wanted: object) -> list[int]:
    return queries.find_answers(LABELS, PROBA, AnswerQuery(**wanted)).tolist()


def test_the_wrong_the_right_and_all():
    assert found() == [1, 2, 4]
    assert found(outcome="right") == [0, 3]
    assert found(outcome="all") == [0, 1, 2, 3, 4]


def test_classes_narrow_what_is_found():
    assert found(true=0) == [1]
    assert found(answer=1) == [1, 4]
    assert found(true=2, answer=1) == [4]
    assert found(true=2, answer=0) == []


def test_a_cell_says_itself_whether_it_is_right():
    assert found(outcome="wrong", true=1, answer=1) == [3]
    assert found(outcome="right", true=0, answer=1) == [1]


def test_confidence_and_a_part_of_the_images_narrow_what_is_found():
    assert found(outcome="all", low=0.55, high=0.75) == [0, 3]
    assert found(among=np.array([True, True, False, False, False])) == [1]


def test_every_cell_of_the_confusion_matrix_is_found():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(4), 300).astype(np.float32)
    labels = rng.integers(0, 4, 300)
    confusion = classification.confusion_matrix(labels, proba.argmax(1), 4)
    cells = [
        [len(queries.find_answers(labels, proba, AnswerQuery(true=i, answer=j))) for j in range(4)]
        for i in range(4)
    ]
    assert cells == confusion.tolist()


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("confidence", [2, 3, 0, 1, 4]),
        ("loss", [2, 4, 1, 0, 3]),
        ("margin", [4, 0, 1, 3, 2]),
        ("place", [*range(5)]),
    ],
)
def test_the_orders(by, expected):
    proba = PROBA.copy()
    proba[1], proba[4] = [0.3, 0.52, 0.18], [0.3, 0.41, 0.29]  # no two alike
    shuffled = np.array([3, 0, 4, 2, 1])
    assert queries.sort_answers(shuffled, LABELS, proba, by=by).tolist() == expected


@pytest.mark.parametrize(("seed", "classes"), [(0, 2), (1, 10), (2, 26)])
def test_mistakes_are_all_the_wrong_answers_surest_first(seed, classes):
    labels, proba = random_answers(seed, classes)
    found = queries.sort_answers(
        queries.find_answers(labels, proba, AnswerQuery()), labels, proba, by="confidence"
    )
    assert sorted(found) == np.flatnonzero(proba.argmax(1) != labels).tolist()
    assert (np.diff(proba[found].max(1)) <= 0).all()


def test_mistakes_as_sure_as_each_other_stay_in_order():
    labels = np.array([1, 0, 1, 1])
    proba = np.array([[0.6, 0.4], [0.1, 0.9], [0.6, 0.4], [0.2, 0.8]], np.float32)
    found = queries.sort_answers(
        queries.find_answers(labels, proba, AnswerQuery()), labels, proba, by="confidence"
    )
    assert found.tolist() == [1, 0, 2]


def test_margins_are_the_lead_over_the_runner_up():
    np.testing.assert_allclose(queries.margins(PROBA), [0.2, 0.2, 0.8, 0.5, 0.1], atol=1e-6)
    assert queries.margins(np.ones((2, 1), np.float32)).tolist() == [1, 1]


def test_pairs_come_largest_first_and_keep_the_order_within():
    labels, proba = np.array([0, 1, 0, 1]), PROBA[[1, 2, 1, 0]]
    groups = [
        (pair.true, pair.answer, pair.indices.tolist())
        for pair in queries.group_by_pair(np.array([2, 1, 0, 3]), labels, proba)
    ]
    assert groups == [(0, 1, [2, 0]), (1, 0, [3]), (1, 2, [1])]


def test_pairs_of_nothing_are_none():
    assert queries.group_by_pair(np.empty(0, np.int64), LABELS, PROBA) == []


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="'bad'"):
        found(outcome="bad")
    with pytest.raises(ValueError, match="'size'"):
        queries.sort_answers(np.arange(5), LABELS, PROBA, by="size")


def test_the_ends_of_a_confidence_range_are_in_it():
    certain = np.array([[1.0, 0.0], [0.5, 0.5]], np.float32)
    labels = np.array([1, 1])
    assert queries.find_answers(labels, certain, AnswerQuery()).tolist() == [0, 1]
    assert queries.find_answers(labels, certain, AnswerQuery(low=0.5, high=0.5)).tolist() == [1]
    assert queries.find_answers(labels, certain, AnswerQuery(low=1.0)).tolist() == [0]
