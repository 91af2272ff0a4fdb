"""The 15 corruptions: what holds for all of them, and what each must do. On the embedded digits."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import (
    CORRUPTIONS,
    IMAGES_PER_SEED,
    SEVERITIES,
    RobustnessError,
    corrupt,
    corrupt_subset,
)

PAPER = (
    *("shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale", "rotate", "brightness"),
    *("translate", "stripe", "fog", "spatter", "dotted_line", "zigzag", "canny_edges"),
)
every = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return loading.load("digits").test.images[:200]


def lost(images: np.ndarray, corrupted: np.ndarray) -> float:
    """One less the mean correlation of an image with what became of it."""
    a, b = (x.reshape(len(x), -1) - x.mean((1, 2))[:, None] for x in (images, corrupted.astype(float)))
    return 1 - float(np.mean((a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1) + 1e-9)))


def test_they_are_those_of_the_paper():
    assert sorted(CORRUPTIONS) == sorted(PAPER)
    assert all(len(found.strengths) == len(SEVERITIES) for found in CORRUPTIONS.values())
    assert {found.paper for found in CORRUPTIONS.values()} <= set(SEVERITIES)
    assert len(list(corruptions.corruptions_and_severities())) == 75


@every
def test_images_come_out_as_images_and_the_originals_stay(images, name):
    before = images.copy()
    for severity in SEVERITIES:
        corrupted = corrupt(images, name, severity=severity)
        assert (corrupted.dtype, corrupted.shape) == (np.uint8, images.shape)
        assert not np.shares_memory(corrupted, images)
    assert np.array_equal(images, before)


@every
def test_the_same_seed_gives_the_same_and_another_only_where_chance_is_in_it(images, name):
    first, again, other = (corrupt(images, name, severity=3, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) != CORRUPTIONS[name].is_random


@every
def test_each_severity_takes_more_of_the_image_than_the_one_before(images, name):
    taken = [lost(images, corrupt(images, name, severity=severity)) for severity in SEVERITIES]
    assert taken[0] > 0 and all(np.diff(taken) > 0), taken


@every
def test_a_chunk_does_not_depend_on_the_others_and_some_are_made_again_as_they_were(images, name):
    many = np.tile(images, (5, 1, 1))[: IMAGES_PER_SEED + 90]
    whole = corrupt(many, name, severity=2, seed=4)
    assert np.array_equal(whole[:IMAGES_PER_SEED], corrupt(many[:IMAGES_PER_SEED], name, severity=2, seed=4))
    indices = np.array([IMAGES_PER_SEED + 80, 3, IMAGES_PER_SEED - 1])
    assert np.array_equal(corrupt_subset(many, indices, name, severity=2, seed=4), whole[indices])


@every
def test_no_images_and_blank_and_full_ones_are_no_trouble(name):
    assert corrupt(np.empty((0, 28, 28), np.uint8), name, severity=5).shape == (0, 28, 28)
    for level in (0, 255):
        corrupted = corrupt(np.full((3, 28, 28), level, np.uint8), name, severity=5)
        assert corrupted.shape == (3, 28, 28)


def test_what_cannot_be_corrupted_is_refused_with_the_reason(images):
    with pytest.raises(RobustnessError, match="'snow': expected one of shot_noise"):
        corrupt(images, "snow", severity=1)
    with pytest.raises(RobustnessError, match="severity is 6"):
        corrupt(images, "fog", severity=6)
    with pytest.raises(RobustnessError, match=r"float64 \(2, 28, 28\)"):
        corrupt(np.zeros((2, 28, 28)), "fog", severity=1)


def test_a_subset_is_the_same_at_each_call_and_all_where_there_are_fewer():
    chosen = corruptions.sample_indices(5000, 300)
    assert np.array_equal(chosen, corruptions.sample_indices(5000, 300))
    assert len(set(chosen)) == 300 and all(np.diff(chosen) > 0) and chosen.max() > 4000
    assert np.array_equal(corruptions.sample_indices(7, 300), np.arange(7))
