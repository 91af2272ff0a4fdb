"""The labels of MNIST's test set that people found wrong."""

import numpy as np
import pytest

from digitrec.data import catalogue
from digitrec.evaluation import label_errors
from digitrec.evaluation.label_errors import CORRECTIONS, DISPUTED, correct_labels, find_label_error


def labels_like_mnist() -> np.ndarray:
    """10,000 labels with MNIST's where people found them wrong, and 7 elsewhere."""
    labels = np.full(10_000, 7)
    labels[list(CORRECTIONS)] = [correction.given for correction in CORRECTIONS.values()]
    return labels


def test_what_was_judged_are_mnists_own_labels(mnist):
    assert {index: correction.given for index, correction in CORRECTIONS.items()} == {
        index: mnist.test.labels[index] for index in CORRECTIONS
    }
    assert correct_labels("mnist", "test", mnist.test.labels) is not None


def test_the_corrections_are_those_of_the_paper():
    given = {947: 8, 1621: 0, 1901: 9, 2462: 2, 2597: 5, 3558: 5, 5937: 5, 6651: 0, 6783: 1, 9729: 5}
    agreed = {947: 9, 1621: 6, 1901: 4, 2462: 0, 2597: 3, 3558: 0, 5937: 3, 6651: 6, 6783: 6, 9729: 6}
    assert {index: (given[index], agreed[index]) for index in given} == dict(CORRECTIONS)
    assert set(DISPUTED) == {2130, 8527, 2654, 3520, 9679}


def test_ten_labels_are_corrected_and_five_images_left_out():
    given = labels_like_mnist()
    kept = given.copy()
    better, clear = correct_labels("mnist", "test", given)
    assert set(np.flatnonzero(better != given)) == set(CORRECTIONS)
    assert all(better[index] == correction.agreed for index, correction in CORRECTIONS.items())
    assert set(np.flatnonzero(~clear)) == DISPUTED and not DISPUTED & set(CORRECTIONS)
    np.testing.assert_array_equal(given, kept)


def test_read_only_labels_can_be_corrected():
    given = labels_like_mnist()
    given.flags.writeable = False
    assert correct_labels("mnist", "test", given).labels.flags.writeable


@pytest.mark.parametrize("name", label_errors.DATASETS)
def test_every_data_set_named_has_mnists_test_images(name, mnist):
    described = catalogue.describe(name)
    assert described.name == "mnist" or (described.base == "mnist" and described.fold is None)
    assert find_label_error(name, "test", 947) and correct_labels(name, "test", mnist.test.labels)


@pytest.mark.parametrize(("dataset", "split"), [("digits", "test"), ("mnist", "train"), ("mnist", "validation")])
def test_other_images_have_no_note_and_no_correction(dataset, split):
    assert correct_labels(dataset, split, labels_like_mnist()) is None
    assert not any(find_label_error(dataset, split, index) for index in (*CORRECTIONS, *DISPUTED))


def test_another_edition_of_the_test_set_is_left_as_it_is():
    assert correct_labels("mnist", "test", labels_like_mnist()[:9000]) is None
    assert correct_labels("mnist", "test", np.zeros(10_000, np.int64)) is None


def test_an_error_holds_what_people_saw():
    assert find_label_error("mnist", "test", 947).correction == (8, 9)
    assert find_label_error("mnist", "test", 8527).correction is None
    assert sum(find_label_error("mnist", "test", index) is not None for index in range(10_000)) == 15
