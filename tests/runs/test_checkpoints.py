"""Checkpoints: the last and the best are kept, a damaged one is passed over, a full disk leaves the old ones."""

import errno

import numpy as np
import pytest

from digitrec import files
from digitrec.runs import checkpoints, store
from digitrec.runs.checkpoints import Checkpoint
from digitrec.runs.config import TrainConfig


@pytest.fixture
def run():
    return store.create(TrainConfig(), ("0", "1"), "mine")


def checkpoint(epoch: int) -> Checkpoint:
    arrays = [np.full((2, 3), epoch, np.float32), np.array(epoch), np.zeros((0,), np.int64)]
    return Checkpoint(epoch, arrays, {"steps": 10 * epoch})


def test_a_checkpoint_comes_back_as_it_was(run):
    checkpoints.save(run, checkpoint(3), keep=())
    found = checkpoints.load(run, 3)
    assert found.facts == {"steps": 30}
    for before, after in zip(checkpoint(3).arrays, found.arrays, strict=True):
        assert np.array_equal(before, after) and before.dtype == after.dtype


def test_more_than_ten_arrays_keep_their_order(run):
    arrays = [np.array(i) for i in range(25)]
    checkpoints.save(run, Checkpoint(1, arrays, {}), keep=())
    assert [int(array) for array in checkpoints.load(run, 1).arrays] == list(range(25))


def test_the_last_and_the_best_are_kept(run):
    for epoch, best in ((1, 1), (2, 1), (3, 3), (4, 3), (5, 3)):
        checkpoints.save(run, checkpoint(epoch), keep={best})
        assert checkpoints.epochs(run) == sorted({epoch, best})
    assert checkpoints.load_last(run).epoch == 5


def test_a_damaged_one_is_passed_over(run):
    for epoch in (1, 2):
        checkpoints.save(run, checkpoint(epoch), keep={1})
    path = run.path / "checkpoints" / "epoch-0002.npz"
    whole = path.read_bytes()
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert checkpoints.load(run, 2) is None and checkpoints.load_last(run).epoch == 1
    path.write_bytes(whole)
    assert checkpoints.load_last(run).epoch == 2


def test_a_full_disk_leaves_the_last_good_one(run, monkeypatch):
    checkpoints.save(run, checkpoint(1), keep=())

    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "replace", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(run, checkpoint(2), keep=())
    assert checkpoints.epochs(run) == [1] and checkpoints.load_last(run).epoch == 1


def test_a_run_without_checkpoints_has_none(run):
    assert (
        checkpoints.epochs(run) == [] and checkpoints.load_last(run) is None and checkpoints.load(run, 1) is None
    )
