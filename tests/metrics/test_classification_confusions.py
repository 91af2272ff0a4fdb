"""What the cells of a confusion matrix say, in every mode."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from digitrec.metrics import classification
from digitrec.metrics.inputs import MetricsError

MATRIX = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 0]])
NONE = np.nan


def test_counts_are_the_counts():
    found = classification.confusion_cells(MATRIX)
    assert np.array_equal(found.numbers, MATRIX)
    assert np.array_equal(np.isnan(found.strength), MATRIX == 0)
    assert np.array_equal(found.good, np.eye(3, dtype=bool))


@pytest.mark.parametrize(
    ("mode", "normalize"), [(classification.ROW_SHARES, "true"), (classification.COLUMN_SHARES, "pred")]
)
def test_shares_are_those_of_scikit_learn(mode, normalize):
    rng = np.random.default_rng(0)
    true, answers = rng.integers(0, 6, (2, 400))
    matrix = confusion_matrix(true, answers)
    expected = confusion_matrix(true, answers, normalize=normalize)
    np.testing.assert_allclose(classification.confusion_cells(matrix, mode).numbers, expected)


def test_an_empty_row_or_column_has_shares_of_0():
    assert classification.confusion_cells(MATRIX, classification.ROW_SHARES).numbers[2].tolist() == [0, 0, 0]
    assert classification.confusion_cells(np.array([[3, 0], [2, 0]]), classification.COLUMN_SHARES).numbers[
        :, 1
    ].tolist() == [0, 0]


def test_errors_only_leaves_the_right_answers_out_and_colours_by_the_most_frequent_mistake():
    found = classification.confusion_cells(MATRIX, classification.ERRORS_ONLY)
    np.testing.assert_array_equal(found.numbers, [[NONE, 2, 0], [1, NONE, 4], [0, 0, NONE]])
    np.testing.assert_array_equal(found.strength, [[NONE, 0.5, NONE], [0.25, NONE, 1], [NONE, NONE, NONE]])
    assert not found.good.any()


def test_the_difference_is_good_where_more_are_right_or_fewer_wrong():
    found = classification.confusion_difference(MATRIX, np.array([[9, 1, 0], [4, 4, 2], [0, 0, 0]]))
    assert found.numbers.tolist() == [[-1, 1, 0], [-3, 1, 2], [0, 0, 0]]
    changed = ~np.isnan(found.strength)
    assert changed.tolist() == [[True, True, False], [True, True, True], [False] * 3]
    assert found.good[changed].tolist() == [False, False, True, True, False]
    assert found.strength[1, 0] == 1


def test_a_network_differs_from_itself_nowhere():
    found = classification.confusion_difference(MATRIX, MATRIX)
    assert not found.numbers.any() and np.isnan(found.strength).all()


@pytest.mark.parametrize("other", [np.eye(3, dtype=int), np.eye(2, dtype=int)])
def test_other_images_cannot_be_compared(other):
    with pytest.raises(MetricsError, match="same images"):
        classification.confusion_difference(MATRIX, other)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="'difference'"):
        classification.confusion_cells(MATRIX, classification.DIFFERENCE)


def test_the_leading_mistakes_come_in_their_order():
    assert classification.top_mistakes(MATRIX, 2) == [(1, 2, 4), (0, 1, 2)]
    assert classification.top_mistakes(MATRIX, 9) == [(1, 2, 4), (0, 1, 2), (1, 0, 1)]
    assert classification.top_mistakes(np.eye(3, dtype=int), 5) == []


@pytest.mark.parametrize(
    "mode",
    [classification.COUNTS, classification.ROW_SHARES, classification.COLUMN_SHARES, classification.ERRORS_ONLY],
)
def test_every_strength_is_between_0_and_1(mode):
    matrix = np.random.default_rng(1).integers(0, 9000, (26, 26)) ** 2
    strength = classification.confusion_cells(matrix, mode).strength
    assert np.nanmin(strength) >= 0 and np.nanmax(strength) <= 1
