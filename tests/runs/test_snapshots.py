"""What is stored of a network after an epoch: it comes back, it stays below its limit, and damage is not fatal."""

import numpy as np
import pytest

from digitrec.runs import snapshots
from digitrec.runs.snapshots import Snapshot
from support import made_runs

FIELDS = [name for name in Snapshot._fields if name != "epoch"]


def a_snapshot(epoch: int, n: int = 200) -> Snapshot:
    """Like what a worker writes of a network that reads nine of ten images right."""
    rng = np.random.default_rng(epoch)
    labels = rng.integers(0, 10, n)
    answers = np.where(rng.random(n) < 0.9, labels, rng.integers(0, 10, n))
    wrong, _ = snapshots.find_errors(labels, answers, None)
    return Snapshot(
        epoch,
        rng.normal(size=(8, 5, 5)).astype(np.float16),
        answers=answers,
        confusion=np.bincount(10 * labels + answers, minlength=100).reshape(10, 10),
        errors=wrong[:5],
        error_images=rng.integers(0, 256, (min(5, len(wrong)), 28, 28), dtype=np.uint8),
        error_labels=labels[wrong[:5]],
        newly_wrong=len(wrong),
        newly_right=3,
    )


def test_a_snapshot_comes_back_as_it_was_saved():
    run, saved = made_runs.new("first"), a_snapshot(3)
    snapshots.save(run, saved)
    found = snapshots.load(run, 3)
    assert snapshots.epochs(run) == [3] and found.epoch == 3
    for name in FIELDS:
        assert np.array_equal(getattr(found, name), getattr(saved, name)), name
    assert np.array_equal(found.error_answers, saved.answers[saved.errors])


def test_without_validation_images_there_are_the_filters_alone():
    run, filters = made_runs.new("first"), np.ones((2, 3, 3), np.float16)
    snapshots.save(run, Snapshot(1, filters))
    found = snapshots.load(run, 1)
    assert np.array_equal(found.filters, filters) and not found.confusion.size and not len(found.error_answers)


def test_newly_wrong_is_what_was_right_before_and_newly_right_the_other_way_round():
    labels, before, now = np.array([0, 1, 2, 3]), np.array([0, 1, 9, 9]), np.array([0, 5, 2, 8])
    wrong, right = snapshots.find_errors(labels, now, before)
    assert wrong.tolist() == [1] and right.tolist() == [2]
    wrong, right = snapshots.find_errors(labels, now, None)
    assert wrong.tolist() == [1, 3] and right.tolist() == []


def test_all_epochs_together_stay_below_the_limit_and_are_spread_over_the_training(monkeypatch):
    monkeypatch.setattr(snapshots, "MAX_BYTES", 40_000)
    run = made_runs.new("first")
    for epoch in range(1, 61):
        snapshots.save(run, a_snapshot(epoch))
        assert sum(path.stat().st_size for path in (run.path / "epochs").iterdir()) <= 40_000
    present = snapshots.epochs(run)
    gaps = np.diff(present)
    assert present[0] == 1 and present[-1] == 60 and len(present) > 4
    assert gaps.max() <= 2 * np.median(gaps) + 1


def test_two_epochs_stay_however_large_they_are(monkeypatch):
    monkeypatch.setattr(snapshots, "MAX_BYTES", 10)
    run = made_runs.new("first")
    for epoch in (1, 2, 3):
        snapshots.save(run, a_snapshot(epoch))
    assert snapshots.epochs(run) == [1, 3]


def test_a_long_training_on_many_images_takes_less_than_20_megabytes():
    """30,000 validation images and 200 epochs, by the size of one file."""
    run = made_runs.new("first")
    snapshots.save(run, a_snapshot(1, n=30_000))
    assert 200 * (run.path / "epochs" / "0001.npz").stat().st_size < 2 * snapshots.MAX_BYTES


def test_what_came_after_an_epoch_is_forgotten_when_a_training_goes_on_from_there():
    run = made_runs.new("first")
    for epoch in (1, 2, 3):
        snapshots.save(run, a_snapshot(epoch))
    snapshots.forget_after(run, 1)
    assert snapshots.epochs(run) == [1]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_half_written_file_is_no_snapshot(share):
    run = made_runs.new("first")
    snapshots.save(run, a_snapshot(1))
    path = run.path / "epochs" / "0001.npz"
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert snapshots.load(run, 1) is None and snapshots.load(run, 2) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"filters": np.ones(3, np.float16)},
        {"confusion": np.ones((2, 3), int)},
        {"answers": np.full(200, 11)},
        {"errors": np.array([500] * 5)},
        {"error_images": np.zeros((5, 3, 3), np.uint8)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_arrays_that_do_not_belong_together_are_no_snapshot(wrong):
    run = made_runs.new("first")
    snapshots.save(run, a_snapshot(1)._replace(**wrong))
    assert snapshots.load(run, 1) is None
