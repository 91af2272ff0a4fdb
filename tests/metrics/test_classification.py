"""The numbers against scikit-learn and SciPy on random answers, and what must be refused."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as oracle

from digitrec.metrics.classification import accuracy, confusion_matrix, log_loss, per_class, summarize
from digitrec.metrics.inputs import MetricsError
from digitrec.metrics.intervals import wilson_interval
from support.scored import random_answers

CASES = [(seed, classes) for seed in range(3) for classes in (2, 7, 10, 26)]


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_the_confusion_matrix_and_accuracy_are_scikit_learns(seed, classes):
    y_true, proba = random_answers(seed, classes)
    confusion = confusion_matrix(y_true, proba.argmax(1), classes)
    expected = oracle.confusion_matrix(y_true, proba.argmax(1), labels=range(classes))
    np.testing.assert_array_equal(confusion, expected)
    assert confusion.dtype == np.int64
    assert accuracy(confusion) == pytest.approx(oracle.accuracy_score(y_true, proba.argmax(1)))


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_precision_recall_f1_and_support_are_scikit_learns(seed, classes):
    y_true, proba = random_answers(seed, classes, n=40)  # so few that some of 26 classes are never answered
    y_pred = proba.argmax(1)
    options = {"labels": range(classes), "zero_division": np.nan}
    expected = oracle.precision_recall_fscore_support(y_true, y_pred, **options)
    found = per_class(confusion_matrix(y_true, y_pred, classes))
    for values, oracles in zip(found, expected, strict=True):
        np.testing.assert_allclose(values, oracles)


def test_nothing_of_nothing_is_nan():
    # Class 1 is never answered, class 2 never shown, class 3 neither.
    found = per_class(np.array([[2, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    np.testing.assert_allclose(found.precision, [2 / 3, np.nan, 0, np.nan])
    np.testing.assert_allclose(found.recall, [2 / 3, 0, np.nan, np.nan])
    np.testing.assert_allclose(found.f1, [2 / 3, 0, 0, np.nan])
    np.testing.assert_array_equal(found.support, [3, 1, 0, 0])


def test_the_accuracy_of_nothing_is_nan():
    assert math.isnan(accuracy(np.zeros((3, 3), np.int64)))


@pytest.mark.parametrize(("seed", "classes"), CASES)
def test_the_log_loss_is_scikit_learns(seed, classes):
    y_true, proba = random_answers(seed, classes)
    expected = oracle.log_loss(y_true, proba, labels=range(classes))
    assert log_loss(y_true, proba) == pytest.approx(expected, rel=1e-5)


def test_a_sure_mistake_has_a_finite_log_loss_as_in_scikit_learn():
    y_true, proba = np.array([0, 1]), np.array([[0, 1], [0, 1]], np.float32)
    assert log_loss(y_true, proba) == pytest.approx(oracle.log_loss(y_true, proba), rel=1e-5)


@pytest.mark.parametrize("n", [1, 2, 37, 1000, 10_000])
def test_the_wilson_interval_is_scipys(n):
    for successes in {0, 1, n // 3, n // 2, n - 1, n}:
        expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
        share, low, high = wilson_interval(successes, n)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)
        assert 0 <= low <= share == successes / n <= high <= 1


def test_the_wilson_interval_of_nothing_is_everything_and_z_widens_it():
    assert math.isnan(wilson_interval(0, 0).value) and wilson_interval(0, 0)[1:] == (0, 1)
    (_, low, high), (_, lower, higher) = wilson_interval(9, 10), wilson_interval(9, 10, z=3.0)
    assert lower < low < high < higher


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_an_impossible_proportion_is_refused(successes, n):
    with pytest.raises(MetricsError, match=f"{successes} successes of {n}"):
        wilson_interval(successes, n)


def test_the_log_loss_of_no_images_is_nan():
    assert math.isnan(log_loss(np.zeros(0, np.int64), np.zeros((0, 4), np.float32)))


GOOD = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], np.float32)


@pytest.mark.parametrize(
    ("y_true", "proba", "words"),
    [
        ([0, 1], GOOD + np.array([[np.nan], [0]], np.float32), "row 0 of the probabilities is .*nan"),
        ([0, 1], GOOD + np.array([[0], [np.inf]], np.float32), "row 1 of the probabilities is .*inf"),
        ([0, 1], GOOD * 2, "row 0 of the probabilities is .*sum to 1"),
        ([0, 1], GOOD + np.array([[0, 0, 0], [-0.4, 0.4, 0]], np.float32), "row 1 .* from 0 to 1"),
        ([0, 1, 2], GOOD, "3 labels but 2 rows"),
        ([0, 3], GOOD, "a label is 3: expected 0 to 2"),
        ([-1, 0], GOOD, "a label is -1: expected 0 to 2"),
        ([0.0, 1.0], GOOD, r"labels are float64 \(2,\)"),
        ([[0], [1]], GOOD, r"labels are int64 \(2, 1\)"),
        ([0, 1], GOOD[0], r"probabilities are float32 \(3,\)"),
        ([0, 1], GOOD.astype(np.int64), r"probabilities are int64 \(2, 3\)"),
    ],
)
def test_senseless_answers_are_refused_in_words(y_true, proba, words):
    for ask in (log_loss, summarize):
        with pytest.raises(MetricsError, match=words):
            ask(np.array(y_true), proba)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        ([0, 1], [0], "2 labels but 1 answers"),
        ([0, 1], [0, 3], "a label is 3"),
        ([-1, 1], [0, 1], "a label is -1"),
    ],
)
def test_senseless_labels_have_no_confusion_matrix(y_true, y_pred, words):
    with pytest.raises(MetricsError, match=words):
        confusion_matrix(np.array(y_true), np.array(y_pred), 3)


@pytest.mark.parametrize("off", [0.0009, -0.0009])
def test_rows_that_sum_to_1_but_for_rounding_are_accepted(off):
    assert log_loss(np.array([0]), np.array([[0.5, 0.5 + off]])) == pytest.approx(math.log(2))
    with pytest.raises(MetricsError, match="sum to 1"):
        log_loss(np.array([0]), np.array([[0.5, 0.5 + 1.3 * off]]))


def test_the_loss_of_a_probability_of_0_is_15_9():
    assert log_loss(np.array([1]), np.array([[1.0, 0.0]], np.float32)) == pytest.approx(15.942, abs=1e-3)
