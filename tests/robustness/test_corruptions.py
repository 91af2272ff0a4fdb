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
# Mean change of a level at each severity, over 100 digits: as measured when `CORRUPTIONS_VERSION` became 1.
CHANGES = {
    "shot_noise": (3.3, 4.9, 6.7, 10.0, 12.6),
    "impulse_noise": (3.9, 7.7, 11.6, 21.7, 34.5),
    "glass_blur": (15.9, 19.0, 26.6, 28.8, 33.5),
    "motion_blur": (22.5, 31.4, 38.1, 40.4, 40.3),
    "shear": (12.8, 25.0, 36.8, 48.1, 55.4),
    "scale": (9.0, 16.9, 23.1, 27.5, 30.2),
    "rotate": (12.7, 23.0, 30.6, 35.8, 39.2),
    "translate": (17.8, 32.9, 42.7, 48.0, 51.6),
    "brightness": (24.4, 47.2, 70.6, 92.8, 115.6),
    "stripe": (54.6, 91.1, 127.2, 161.6, 192.4),
    "fog": (73.0, 81.1, 86.4, 85.1, 88.2),
    "spatter": (1.3, 3.0, 5.3, 8.8, 13.6),
    "dotted_line": (3.1, 4.3, 5.9, 8.7, 12.8),
    "zigzag": (6.3, 8.7, 11.8, 16.9, 24.5),
    "canny_edges": (7.2, 14.3, 21.5, 28.7, 35.8),
}
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
def test_a_change_of_what_is_made_needs_a_new_version(images, name):
    assert corruptions.CORRUPTIONS_VERSION == 1
    changes = [
        np.abs(corrupt(images[:100], name, severity=s).astype(float) - images[:100]).mean() for s in SEVERITIES
    ]
    assert changes == pytest.approx(CHANGES[name], rel=0.02, abs=0.06)


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
