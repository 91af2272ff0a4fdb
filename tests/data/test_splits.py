"""The parts of a data set: nothing lost, nothing twice, the same for the same seed."""

import dataclasses

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.data.splits import Split, hash_images, hash_split, select_part, validation_split

LABELS = np.random.default_rng(3).choice([0, 1, 2, 7], 500, p=[0.7, 0.2, 0.09, 0.01])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.37, 0.5, 0.99])
def test_the_two_parts_are_all_of_it_and_share_nothing(share):
    train, validation = validation_split(LABELS, share, seed=1)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    for indices in (train, validation):
        assert indices.dtype == np.int64 and (np.diff(indices) > 0).all()


@pytest.mark.parametrize("share", [0.01, 0.1, 0.37, 0.5, 0.99])
def test_every_class_keeps_its_share_and_is_in_both_parts(share):
    train, validation = validation_split(LABELS, share, seed=1)
    for label in np.unique(LABELS):
        kept, left = (LABELS[validation] == label).sum(), (LABELS[train] == label).sum()
        assert kept >= 1 and left >= 1
        assert abs(kept - share * (kept + left)) <= 1


def test_a_single_image_is_trained_on_and_a_pair_is_divided():
    train, validation = validation_split(np.array([0, 1, 1, 2]), 0.4, seed=0)
    assert {0, 3} < set(train) and len(validation) == 1 and validation[0] in (1, 2)


def test_a_share_of_zero_keeps_nothing_and_no_labels_give_nothing():
    train, validation = validation_split(LABELS, 0, seed=1)
    assert train.size == 500 and validation.size == 0 and validation.dtype == np.int64
    assert [part.size for part in validation_split(LABELS[:0], 0.5, seed=1)] == [0, 0]


def test_the_seed_decides():
    first, again, other = (validation_split(LABELS, 0.2, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=f"share is {share}: expected a number from 0 to below 1"):
        validation_split(LABELS, share, seed=1)


def test_versions_of_one_drawing_stay_in_one_part():
    groups = np.arange(500) // 5 + 7
    labels = np.repeat(LABELS[::5], 5)
    train, validation = validation_split(labels, 0.2, seed=1, groups=groups)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    assert set(groups[train]).isdisjoint(groups[validation])
    assert len(validation) == 5 * len(validation_split(LABELS[::5], 0.2, seed=1)[1])


def test_parts_of_a_data_set_are_what_the_indices_say():
    digits = loading.load("digits")
    indices = validation_split(digits.train.labels, 0.1, seed=4)
    for name, chosen in zip(("train", "validation"), indices, strict=True):
        split = select_part(digits, name, share=0.1, seed=4)
        assert np.array_equal(split.images, digits.train.images[chosen])
        assert np.array_equal(split.labels, digits.train.labels[chosen])
        assert not split.images.flags.writeable and not split.labels.flags.writeable


def test_the_test_part_does_not_depend_on_share_and_all_of_train_is_no_copy():
    digits = loading.load("digits")
    assert select_part(digits, "test", share=0.3, seed=1) is digits.test
    assert select_part(digits, "train", share=0, seed=1) is digits.train
    assert select_part(digits, "validation", share=0, seed=1).images.shape == (0, 28, 28)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="no part 'dev' of a data set: expected train, validation or test"):
        select_part(loading.load("digits"), "dev", share=0.1, seed=1)


def test_other_data_in_any_way_has_another_hash():
    rng = np.random.default_rng(7)
    split = Split(rng.integers(0, 256, (4, 28, 28), np.uint8), np.array([0, 1, 2, 0]))
    names = ("a", "b", "c")
    images, labels = split.images.copy(), split.labels.copy()
    images[3, 27, 27] ^= 1
    labels[0] = 2
    others = [
        hash_split(split, names),
        hash_split(Split(images, split.labels), names),
        hash_split(Split(split.images, labels), names),
        hash_split(Split(split.images[:3], split.labels[:3]), names),
        hash_split(split, ("a", "b", "d")),
    ]
    assert len(set(others)) == 5
    assert hash_split(Split(split.images.copy(), split.labels.astype(np.uint8)), names) == others[0]


def test_equal_images_have_equal_hashes_and_others_do_not():
    images = np.random.default_rng(3).integers(0, 256, (4, 28, 28), np.uint8)
    images[2] = images[0]
    first, second, third, fourth = hash_images(images)
    assert first == third and len({first, second, fourth}) == 3


def test_a_data_set_cannot_be_changed_and_equals_only_itself():
    digits = loading.load("digits")
    with pytest.raises(dataclasses.FrozenInstanceError):
        digits.base_count = 1
    same = dataclasses.replace(digits)
    assert same != digits and len({same, digits, digits}) == 2


def test_no_images_have_no_hashes():
    assert hash_images(np.empty((0, 28, 28), np.uint8)) == []
