"""Decisions about images: a log that only grows, what holds after it, and what a training makes of it."""

import json
import threading

import numpy as np
import pytest

from digitrec.data import DatasetError, corrections, loading
from digitrec.data.corrections import KEEP, LEAVE_OUT, RELABEL, UNDO, Counts, Decision, ImageKey
from digitrec.data.splits import Dataset, Split

IMAGES = np.random.default_rng(3).integers(0, 256, (8, 28, 28), np.uint8)
IMAGES[5] = IMAGES[2]  # equal images with one label
LABELS = np.array([0, 1, 2, 3, 4, 2, 6, 7])


@pytest.fixture(autouse=True)
def empty(folders):
    """Nothing is decided."""


def make(order: np.ndarray | None = None) -> Dataset:
    rows = np.arange(8) if order is None else order
    return Dataset(loading.describe("digits"), Split(IMAGES[rows], LABELS[rows]), Split(IMAGES[:3], LABELS[:3]))


def decide(dataset: Dataset, place: int, action: str, to: int | None = None, split: str = "train") -> None:
    key = corrections.find_key(dataset, split, place)
    corrections.decide("digits", Decision(key, action, to, "why", place))


def corrected(dataset: Dataset, version: str = corrections.LATEST) -> tuple[list[int], list[int]]:
    found = corrections.correct(dataset, corrections.load_version("digits", version))
    return found.labels.tolist(), np.flatnonzero(~found.keep).tolist()


def test_labels_change_and_images_go_while_the_data_stays():
    dataset = make()
    decide(dataset, 0, RELABEL, 6)
    decide(dataset, 3, LEAVE_OUT)
    decide(dataset, 4, KEEP)
    decide(dataset, 1, LEAVE_OUT, split="test")
    assert corrected(dataset) == ([6, 1, 2, 3, 4, 2, 6, 7], [3])
    assert dataset.train.labels.tolist() == LABELS.tolist()
    overlay = corrections.find_overlay(corrections.read("digits"))
    assert corrections.count(overlay) == Counts(1, 1, 1) and corrections.count(overlay, "test") == Counts(0, 0, 1)
    assert {place: each.action for place, each in corrections.locate(dataset, overlay).items()} == {
        ("train", 0): RELABEL,
        ("train", 3): LEAVE_OUT,
        ("train", 4): KEEP,
        ("test", 1): LEAVE_OUT,
    }


def test_decisions_survive_another_order_and_images_that_went():
    decide(make(), 0, RELABEL, 6)
    decide(make(), 7, LEAVE_OUT)
    assert corrected(make(np.array([3, 0, 1]))) == ([3, 6, 1], [])
    assert corrections.find_index(make(np.array([3, 0, 1])), corrections.find_key(make(), "train", 7)) is None


def test_of_equal_images_one_is_left_out():
    dataset = make()
    assert [corrections.find_key(dataset, "train", place).copy for place in (2, 5)] == [0, 1]
    decide(dataset, 5, LEAVE_OUT)
    assert corrected(dataset)[1] == [5]


def test_undo_brings_the_decision_before_back():
    dataset = make()
    decide(dataset, 0, RELABEL, 6)
    decide(dataset, 0, LEAVE_OUT)
    decide(dataset, 0, UNDO)
    assert corrected(dataset)[0][0] == 6
    decide(dataset, 0, UNDO)
    decide(dataset, 0, UNDO)  # once more than there is
    assert corrected(dataset) == (LABELS.tolist(), []) and corrections.find_version("digits") == ""
    assert len(corrections.read("digits")) == 5


def test_a_version_stays_what_it_was():
    dataset = make()
    assert corrections.resolve("digits", corrections.LATEST) == ""
    decide(dataset, 0, RELABEL, 6)
    first = corrections.resolve("digits", corrections.LATEST)
    decide(dataset, 3, LEAVE_OUT)
    assert corrected(dataset, first) == ([6, 1, 2, 3, 4, 2, 6, 7], [])
    assert corrections.resolve("digits", first) == first != corrections.find_version("digits")
    with pytest.raises(DatasetError, match="corrections 0123456789ab of the data set 'digits' are not on this"):
        corrections.load_version("digits", "0123456789ab")


def test_a_change_log_makes_the_same_version_elsewhere(folders, monkeypatch, tmp_path):
    decide(make(), 0, RELABEL, 6)
    decide(make(), 3, LEAVE_OUT)
    version, rows = corrections.find_version("digits"), corrections.to_rows(corrections.read("digits"))
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "elsewhere"))
    assert corrections.import_rows("digits", json.loads(json.dumps(rows)), 10) == 2
    assert corrections.import_rows("digits", rows, 10) == 0
    assert corrections.find_version("digits") == version


GOOD = corrections.to_rows([Decision(ImageKey("train", "ab" * 16, 1, 0), RELABEL, 2)])[0]


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "nothing"},
        {"label": 10},
        {"label": -1},
        {"to": 99},
        {"to": None},
        {"to": True},
        {"action": "burn"},
        {"action": KEEP},
        {"split": "validation"},
        {"time": float("nan")},
        {"time": "now"},
        {"copy": 2**40},
        {"reason": 3},
    ],
    ids=repr,
)
def test_what_is_no_decision_is_refused_whole_and_skipped_in_a_log(change):
    with pytest.raises(DatasetError, match="row 2 of the change log is no decision"):
        corrections.import_rows("digits", [GOOD, GOOD | change], 10)
    assert corrections.read("digits") == ()


def test_a_damaged_log_gives_what_is_whole(folders):
    decide(make(), 0, RELABEL, 6)
    path = corrections.log_path("digits")
    with path.open("a") as file:
        file.write('no json\n{"split": "train"}\n{"cut')
    assert len(corrections.read("digits")) == 1
    decide(make(), 3, LEAVE_OUT)
    assert corrected(make()) == ([6, 1, 2, 3, 4, 2, 6, 7], [3])


def test_two_browsers_lose_nothing():
    dataset = make()
    threads = [threading.Thread(target=decide, args=(dataset, place, LEAVE_OUT)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert corrected(dataset)[1] == list(range(8))


def test_a_full_log_says_so(monkeypatch):
    monkeypatch.setattr(corrections, "MAX_ROWS", 1)
    decide(make(), 0, KEEP)
    with pytest.raises(DatasetError, match="there are 1 decisions about 'digits' already"):
        decide(make(), 1, KEEP)
