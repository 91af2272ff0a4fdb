"""Images that are there more than once, against copies that were put in."""

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.data.duplicates import find_duplicates, group_equal


def test_planted_copies_are_found_with_their_splits_and_labels(folders):
    whole = loading.load("digits")
    images, labels = whole.test.images[:20].copy(), whole.test.labels[:20].copy()
    assert len({image.tobytes() for image in images}) == 20
    train = splits.make_split(images[[0, 1, 2, 3, 1]], labels[[0, 1, 2, 3, 1]])
    test = splits.make_split(images[[2, 9, 9]], np.array([labels[2] + 1, 4, 4]))
    found = find_duplicates(splits.Dataset(whole.description, train, test))
    assert found.groups.tolist() == [-1, 0, 1, -1, 0, 1, 2, 2]
    assert np.flatnonzero(found.leaks).tolist() == [2, 5]
    assert np.flatnonzero(found.conflicts).tolist() == [2, 5]


def test_without_images_there_is_nothing_to_group():
    empty = np.empty(0, np.int64)
    assert [len(column) for column in group_equal(empty, empty, empty.astype(bool))] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_what_counting_all_pairs_gives(seed):
    rng = np.random.default_rng(seed)
    values, labels, is_test = rng.integers(0, 20, 30), rng.integers(0, 2, 30), rng.random(30) < 0.5
    found = group_equal(values, labels, is_test)
    same = values[:, None] == values
    assert np.array_equal(found.groups >= 0, same.sum(1) > 1)
    assert np.array_equal(
        (found.groups[:, None] == found.groups) | np.eye(30, dtype=bool),
        same | ((found.groups < 0)[:, None] & (found.groups < 0)),
    )
    assert np.array_equal(found.leaks, (same & (is_test[:, None] != is_test)).any(1))
    assert np.array_equal(found.conflicts, (same & (labels[:, None] != labels)).any(1))
