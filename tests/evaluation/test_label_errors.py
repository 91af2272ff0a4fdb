"""The labels of MNIST's test set that people found wrong."""

import numpy as np
import pytest

from digitrec.data import catalogue
from digitrec.evaluation import label_errors
from digitrec.evaluation.label_errors import AGREED, UNCLEAR, corrected, note


def labels_like_mnist() -> np.ndarray:
    """10,000 labels with MNIST's where people found them wrong, and 7 elsewhere."""
    labels = np.full(10_000, 7)
    labels[list(AGREED)] = [correction.given for correction in AGREED.values()]
    return labels


def test_what_was_judged_are_mnists_own_labels(mnist):
    assert {index: correction.given for index, correction in AGREED.items()} == {
        index: mnist.test.labels[index] for index in AGREED
    }
    assert corrected("mnist", "test", mnist.test.labels) is not None


def test_ten_labels_are_corrected_and_five_images_left_out():
    given = labels_like_mnist()
    kept = given.copy()
    better, clear = corrected("mnist", "test", given)
    assert set(np.flatnonzero(better != given)) == set(AGREED)
    assert all(better[index] == correction.agreed for index, correction in AGREED.items())
    assert set(np.flatnonzero(~clear)) == UNCLEAR and not UNCLEAR & set(AGREED)
    np.testing.assert_array_equal(given, kept)


def test_read_only_labels_can_be_corrected():
    given = labels_like_mnist()
    given.flags.writeable = False
    assert corrected("mnist", "test", given).labels.flags.writeable


@pytest.mark.parametrize("name", label_errors.DATASETS)
def test_every_data_set_named_has_mnists_test_images(name, mnist):
    described = catalogue.described(name)
    assert described.name == "mnist" or (described.base == "mnist" and described.fold is None)
    assert note(name, "test", 947) and corrected(name, "test", mnist.test.labels)


@pytest.mark.parametrize(("dataset", "split"), [("digits", "test"), ("mnist", "train"), ("mnist", "validation")])
def test_other_images_have_no_note_and_no_correction(dataset, split):
    assert corrected(dataset, split, labels_like_mnist()) is None
    assert not any(note(dataset, split, index) for index in (*AGREED, *UNCLEAR))


def test_another_edition_of_the_test_set_is_left_as_it_is():
    assert corrected("mnist", "test", labels_like_mnist()[:9000]) is None
    assert corrected("mnist", "test", np.zeros(10_000, np.int64)) is None


def test_a_note_says_what_people_saw():
    assert note("mnist", "test", 947) == f"labelled 8, but people agreed on 9 ({label_errors.SOURCE})"
    assert "agreed on no label" in note("mnist", "test", 8527)
    assert sum(note("mnist", "test", index) is not None for index in range(10_000)) == 15
