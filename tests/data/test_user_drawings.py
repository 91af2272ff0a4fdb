"""Kept drawings: a data set for testing alone, in the order kept, that loses and doubles nothing."""

import threading

import numpy as np
import pytest

from digitrec.data import loading, user_drawings
from digitrec.data.catalogue import DIGITS, DatasetError
from digitrec.data.user_drawings import SaveResult

IMAGES = np.random.default_rng(8).integers(0, 256, (6, 28, 28), np.uint8)
LETTERS = tuple("abc")


@pytest.fixture(autouse=True)
def empty(folders):
    """No drawing is kept yet."""


def keep(count: int) -> None:
    for i in range(count):
        user_drawings.save(IMAGES[i], i % 3, DIGITS)


def test_kept_drawings_are_a_data_set_of_test_images_in_the_order_kept():
    assert not loading.is_available("own") and user_drawings.count(DIGITS) == 0
    assert [user_drawings.save(IMAGES[i], 9 - i, DIGITS) for i in range(3)] == [
        SaveResult(1),
        SaveResult(2),
        SaveResult(3),
    ]
    loaded = loading.load("own")
    assert np.array_equal(loaded.test.images, IMAGES[:3]) and loaded.test.labels.tolist() == [9, 8, 7]
    assert (len(loaded.train.labels), loaded.class_names, loaded.title) == (0, DIGITS, "Your drawings")
    assert loading.describe("own").user_made[1:] == (0, 3, True)


def test_the_same_drawing_is_kept_once_and_its_label_can_be_put_right():
    keep(2)
    assert user_drawings.save(IMAGES[0], 0, DIGITS) == SaveResult(2, "0")
    assert user_drawings.save(IMAGES[0], 5, DIGITS) == SaveResult(2, "0")
    assert loading.load("own").test.labels.tolist() == [5, 1]


def test_drawings_of_other_classes_are_a_data_set_of_their_own():
    keep(1)
    user_drawings.save(IMAGES[1], 2, LETTERS)
    name = user_drawings.dataset_name(LETTERS)
    assert name != "own" and name != user_drawings.dataset_name(("a", "b"))
    assert loading.load(name).class_names == LETTERS and len(loading.load("own").test.labels) == 1
    assert loading.title(name) == "Your drawings of a, b, c"
    for classes, end in (("abcdef", "e, f"), ("abcdefg", "e, f ...")):
        user_drawings.save(IMAGES[1], 2, tuple(classes))
        assert loading.title(user_drawings.dataset_name(tuple(classes))).endswith(end)


def test_the_last_one_goes_and_with_the_only_one_the_data_set():
    keep(2)
    user_drawings.remove_last(DIGITS)
    assert np.array_equal(user_drawings.load(DIGITS).images, IMAGES[:1])
    user_drawings.remove_last(DIGITS)
    user_drawings.remove_last(DIGITS)  # another browser was quicker
    assert not loading.is_available("own")


def test_any_one_can_go_and_one_that_is_not_there_changes_nothing():
    keep(3)
    user_drawings.remove(IMAGES[1], DIGITS)
    user_drawings.remove(IMAGES[5], DIGITS)
    found = user_drawings.load(DIGITS)
    assert np.array_equal(found.images, IMAGES[[0, 2]]) and found.labels.tolist() == [0, 2]


def test_there_is_a_most_and_it_is_told(monkeypatch):
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 2)
    keep(2)
    with pytest.raises(DatasetError, match=r"there are 2 saved drawings: expected fewer than 2. Download them"):
        user_drawings.save(IMAGES[2], 0, DIGITS)
    assert user_drawings.save(IMAGES[1], 7, DIGITS) == SaveResult(2, "1")  # a label can still be put right


def test_two_sessions_at_once_lose_nothing():
    threads = [threading.Thread(target=user_drawings.save, args=(image, 1, DIGITS)) for image in IMAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {image.tobytes() for image in user_drawings.load(DIGITS).images} == {i.tobytes() for i in IMAGES}


def test_they_are_not_trained_on_and_why_is_told():
    keep(1)
    with pytest.raises(DatasetError, match=r"'Your drawings' has only test images.*copy"):
        loading.check_trainable("own")
