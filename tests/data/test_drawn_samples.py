"""Samples drawn class by class: stored with each stroke, and copied for a training."""

import numpy as np
import pytest

from digitrec.data import drawn_samples, loading
from digitrec.data.catalogue import DatasetError
from digitrec.data.splits import make_split
from digitrec.data.user_datasets import TrainTest

IMAGES = np.random.default_rng(3).integers(0, 256, (6, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def classes(folders):
    """Three classes without samples."""
    drawn_samples.set_classes("mine", ("cat", "dog", "क"))


def put(*labels: int) -> list[int]:
    return [drawn_samples.put("mine", IMAGES[i], label) for i, label in enumerate(labels)]


def test_samples_are_there_again_in_the_order_drawn_and_each_stroke_replaces_its_sample():
    numbers = put(0, 1, 0)
    assert drawn_samples.put("mine", IMAGES[5], 2, numbers[1]) == numbers[1]
    found = drawn_samples.load("mine")
    assert np.array_equal(found.images, IMAGES[[0, 5, 2]]) and found.labels.tolist() == [0, 2, 0]
    assert found.counts == [2, 0, 1] and found.of_class(0).numbers.tolist() == [numbers[0], numbers[2]]
    assert drawn_samples.load("another").class_names == ()


def test_a_deleted_sample_is_gone_and_a_late_stroke_of_it_is_a_new_one():
    numbers = put(0, 1)
    drawn_samples.delete("mine", numbers[0])
    drawn_samples.delete("mine", 77)
    assert drawn_samples.load("mine").numbers.tolist() == [numbers[1]]
    assert drawn_samples.put("mine", IMAGES[2], 0, numbers[0]) == 2


def test_classes_are_renamed_added_and_removed_with_their_samples():
    put(0, 1, 2)
    drawn_samples.set_classes("mine", ("cat", "hound", "क", "fish"))
    drawn_samples.remove_class("mine", 1)
    drawn_samples.remove_class("mine", 9)
    found = drawn_samples.load("mine")
    assert (found.class_names, found.labels.tolist()) == (("cat", "क", "fish"), [0, 1])


def test_classes_keep_their_samples_in_another_order():
    put(0, 1, 2, 2)
    drawn_samples.set_classes("mine", ("क", "hound", "cat"))  # the dog has a new name in its line
    found = drawn_samples.load("mine")
    assert [found.class_names[label] for label in found.labels] == ["cat", "hound", "क", "क"]


def test_a_sample_goes_to_the_class_that_a_person_saw_whatever_its_place_is_now():
    drawn_samples.remove_class("mine", 0)  # in another page
    drawn_samples.put("mine", IMAGES[0], 1, class_name="dog")
    with pytest.raises(DatasetError, match="'cat' is gone"):
        drawn_samples.put("mine", IMAGES[0], 0, class_name="cat")
    assert drawn_samples.load("mine").labels.tolist() == [0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "a", "b"), "same name"),
        (("cat", "dog"), "'क' is missing"),
        (("dog", "क", "new"), "'cat' is missing: expected it, or a new name in its line"),
        (("a", "b", "=c"), "not a valid"),
        (tuple(f"c{i}" for i in range(63)), "63 classes"),
    ],
)
def test_classes_that_cannot_be_are_refused_and_the_old_ones_stay(names, words):
    with pytest.raises(DatasetError, match=words):
        drawn_samples.set_classes("mine", names)
    assert drawn_samples.load("mine").class_names == ("cat", "dog", "क")


def test_no_class_no_room_and_no_whole_file_are_said(monkeypatch):
    with pytest.raises(DatasetError, match="no class 3"):
        put(3)
    monkeypatch.setattr(drawn_samples, "MAX_SAMPLES", 1)
    with pytest.raises(DatasetError, match="fewer than 1"):
        put(0, 1)
    path = loading.cache_folder() / "taught" / "mine.npz"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DatasetError, match="damaged"):
        drawn_samples.load("mine")
    drawn_samples.clear("mine")
    assert drawn_samples.load("mine").class_names == ()


def test_a_file_whose_arrays_do_not_fit_each_other_is_damaged():
    path = loading.cache_folder() / "taught" / "mine.npz"
    about = np.array('{"class_names": ["a"]}')
    np.savez(path, about=about, images=IMAGES, labels=np.full(6, 1), numbers=np.arange(6))
    with pytest.raises(DatasetError, match="do not fit"):
        drawn_samples.load("mine")


def test_a_copy_is_a_data_set_of_its_own_and_the_same_samples_make_one_copy():
    nothing = make_split(IMAGES[:0], np.empty(0, np.int64))
    first, second = (TrainTest(make_split(IMAGES[:n], np.arange(n) % 2), nothing) for n in (4, 6))
    names = [drawn_samples.copy_for_training("taught", ("a", "b"), each).name for each in (first, second, first)]
    assert names == ["taught 1", "taught 2", "taught 1"]
    assert np.array_equal(loading.load("taught 2").train.images, IMAGES)
