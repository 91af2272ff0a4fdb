"""The numbers of a split against scikit-learn, and their intervals."""

import math

import numpy as np
import pytest
from sklearn import metrics as oracle

from digitrec.metrics.classification import (
    AVERAGED_METRICS,
    SUMMARY_METRICS,
    average_per_class,
    brier_scores,
    confusion_matrix,
    estimate_per_class,
    per_class,
    summarize,
    true_class_ranks,
)
from digitrec.metrics.inputs import MetricsError
from digitrec.metrics.intervals import proportion
from support.scored import random_answers

CASES = [(seed, classes) for seed in range(3) for classes in (2, 3, 10, 26)]


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_every_number_is_scikit_learns(seed, classes):
    y_true, proba = random_answers(seed, classes)
    found, y_pred = summarize(y_true, proba), proba.argmax(1)
    options = {"labels": range(classes), "zero_division": np.nan}
    expected = [oracle.accuracy_score(y_true, y_pred)]
    expected.append(oracle.top_k_accuracy_score(y_true, proba, k=2, labels=range(classes)) if classes > 2 else 1)
    for average in ("macro", "weighted"):
        expected += oracle.precision_recall_fscore_support(y_true, y_pred, average=average, **options)[:3]
    expected.append(oracle.log_loss(y_true, proba, labels=range(classes)))
    expected.append(oracle.brier_score_loss(y_true, proba, labels=range(classes), scale_by_half=False))
    assert [found[name].value for name in SUMMARY_METRICS] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_intervals_hold_the_number_and_shrink_with_more_images(seed, classes):
    few, many = (summarize(*random_answers(seed, classes, n)) for n in (100, 10_000))
    for name in SUMMARY_METRICS:
        assert few[name].low <= few[name].value <= few[name].high
        assert many[name].high - many[name].low <= few[name].high - few[name].low


@pytest.mark.slow
@pytest.mark.untraced
def test_about_95_of_100_intervals_hold_the_truth():
    truth = summarize(*random_answers(0, 3, 100_000))
    found = [summarize(*random_answers(seed, 3, 200)) for seed in range(1, 101)]
    for name in SUMMARY_METRICS[2:]:
        held = sum(one[name].low <= truth[name].value <= one[name].high for one in found)
        assert 88 <= held <= 100, name


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_averages_of_many_matrices_are_those_of_each(seed, classes):
    confusions = np.random.default_rng(seed).integers(0, 3, (5, classes, classes))
    np.testing.assert_allclose(average_per_class(confusions), [average_per_class(one) for one in confusions])


def test_averages_without_images_are_nan():
    assert np.isnan(average_per_class(np.zeros((3, 3), np.int64))).all()


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_each_class_has_its_numbers_with_intervals_around_them(seed, classes):
    confusion = confusion_matrix(*(labels := random_answers(seed, classes))[:1], labels[1].argmax(1), classes)
    found, expected = estimate_per_class(confusion), per_class(confusion)
    for name in AVERAGED_METRICS:
        triples = np.array([getattr(one, name) for one in found])  # (c, 3)
        np.testing.assert_allclose(triples[:, 0], getattr(expected, name))
        known = triples[~np.isnan(triples[:, 0])]
        assert (known[:, 1] <= known[:, 0]).all() and (known[:, 0] <= known[:, 2]).all()
    assert [one.support for one in found] == expected.support.tolist()


def test_a_class_never_shown_nor_answered_has_no_numbers():
    *_, nothing = estimate_per_class(np.array([[5, 1, 0], [0, 4, 0], [0, 0, 0]]))
    assert nothing.support == 0
    assert all(math.isnan(number) for estimate in nothing[:3] for number in estimate)


def test_of_equal_probabilities_the_first_goes_before():
    proba = np.array([[0.25, 0.25, 0.25, 0.25]] * 4, np.float32)
    np.testing.assert_array_equal(true_class_ranks(np.arange(4), proba), [0, 1, 2, 3])
    found = summarize(np.arange(4), proba)
    assert (found["accuracy"].value, found["top_2_accuracy"].value) == (0.25, 0.5)
    assert found["log_loss"] == pytest.approx((math.log(4),) * 3)


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_ranks_count_from_the_answer(seed, classes):
    y_true, proba = random_answers(seed, classes)
    proba = proba.round(1)  # many ties
    np.testing.assert_array_equal(true_class_ranks(y_true, proba) == 0, proba.argmax(1) == y_true)
    assert sorted(true_class_ranks(np.full(classes, i), proba[:classes])[0] for i in range(classes)) == list(
        range(classes)
    )


def test_the_brier_score_goes_from_sure_and_right_to_sure_and_wrong():
    proba = np.array([[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0]], np.float32)
    np.testing.assert_allclose(brier_scores(np.array([0, 1, 0]), proba), [0, 2, 0.5])


def test_one_image_has_numbers_and_wide_intervals():
    found = summarize(np.array([1]), np.array([[0.2, 0.7, 0.1]], np.float32))
    assert found["accuracy"] == pytest.approx((1, 0.2065, 1), abs=1e-4)
    assert found["macro_precision"] == (1, 1, 1)  # a bootstrap of one image knows but that one


def test_no_images_and_nan_are_refused_in_words():
    with pytest.raises(MetricsError, match="no images"):
        summarize(np.zeros(0, np.int64), np.zeros((0, 3), np.float32))
    with pytest.raises(MetricsError, match=r"row 1 of the probabilities is .*nan"):
        summarize(np.array([0, 1]), np.array([[1, 0], [np.nan, 0]], np.float32))


def test_a_share_of_nothing_is_unknown():
    assert proportion(3, 4).value == 0.75
    assert all(map(math.isnan, proportion(0, 0)))
