"""What lies over an image: where it is, what is left of the image, and how it grows."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.robustness.transforms import Drops, brightness, dotted_line, fog, spatter, stripe, zigzag

BLANK = np.zeros((80, 28, 28), np.uint8)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return loading.load("digits").test.images[:80]


def test_brightness_adds_the_same_everywhere(images, rng):
    assert np.allclose(brightness(images, rng, 0.5) - images, 127.5)


def test_a_stripe_twice_is_none_and_the_middle_is_free(images, rng):
    once = stripe(images, rng, 7)
    assert np.array_equal(stripe(once, rng, 7), images)
    assert np.array_equal(once[:, :, 7:21], images[:, :, 7:21])
    assert (stripe(BLANK, rng, 7)[:, :, [0, 6, 21, 27]] == 255).all()


def test_fog_keeps_the_brightest_level_and_pales_the_contrast(images, rng):
    levels = fog(images, rng, 3.0, 1.4)
    assert not fog(BLANK, rng, 3.0, 1.4).any()
    assert (levels.max((1, 2)) <= images.max((1, 2)) + 1e-3).all()
    ink, paper = images > 200, images == 0
    assert levels[ink].mean() - levels[paper].mean() < 0.4 * (images[ink].mean() - images[paper].mean())


def test_fog_is_a_cloud_not_a_veil_and_not_noise(rng):
    clouds = fog(np.full_like(BLANK, 255), rng, 3.0, 1.4)
    near = np.abs(np.diff(clouds, axis=2)).mean()
    far = np.abs(clouds[:, :, 14:] - clouds[:, :, :14]).mean()
    assert clouds.std((1, 2)).min() > 1
    assert near < 0.5 * far


def test_rougher_fog_falls_more_slowly_with_each_halving(rng):
    rough, smooth = (
        np.abs(np.diff(fog(np.full_like(BLANK, 255), rng, 3.0, decay), axis=2)).mean() for decay in (1.4, 2.0)
    )
    assert rough > 2 * smooth


def test_drops_are_mud_and_hide_the_ink(rng):
    on_paper = spatter(BLANK, np.random.default_rng(3), Drops(0.67, 0.4))
    on_ink = spatter(np.full_like(BLANK, 255), np.random.default_rng(3), Drops(0.67, 0.4))
    assert 0.05 < (on_paper > 0).mean() < 0.4
    assert on_paper.max() <= 63 < on_ink.max()
    assert np.array_equal(on_paper > 0, on_ink < 255)
    assert np.allclose((255 - on_ink) / (255 - 63), on_paper / 63, atol=1e-4)


@pytest.mark.parametrize("line", [dotted_line, zigzag])
def test_a_line_only_adds_ink(images, rng, line):
    levels = line(images, np.random.default_rng(3), 2.3)
    alone = line(BLANK, np.random.default_rng(3), 2.3)
    assert (levels >= images).all()
    assert np.allclose(np.minimum(levels, 255), np.minimum(images + alone, 255), atol=0.01)


def test_the_dots_are_two_columns_on_and_two_off(rng):
    inked = dotted_line(BLANK, rng, 2.3).max((0, 1)) > 0
    assert np.flatnonzero(inked).tolist() == [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26]


def test_a_zigzag_goes_up_and_down_along_its_way(rng):
    levels = zigzag(BLANK, rng, 2.3)
    # The rows of its middle, where it does not leave the image.
    middle = (levels * np.arange(28)[:, None]).sum(1) / np.maximum(levels.sum(1), 1e-9)  # (n, w)
    whole = levels[:, [0, 27]].max((1, 2)) == 0
    assert (levels[whole][:, :, 3:24].max(1) > 100).all()
    turns = (np.diff(np.sign(np.diff(middle[whole, 3:24], axis=1)), axis=1) != 0).sum(1)
    assert whole.sum() > 20 and turns.min() >= 4


@pytest.mark.parametrize("line", [dotted_line, zigzag])
def test_a_wider_reach_gives_a_thicker_line(line):
    thin, thick = (line(BLANK, np.random.default_rng(3), reach) for reach in (1.2, 5.0))
    assert (thick >= thin - 1e-3).all() and thick.sum() > 2 * thin.sum()
