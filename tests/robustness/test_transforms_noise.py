"""Noise and blur: how many pixels, how much ink, and where it goes."""

import numpy as np
import pytest

from digitrec.robustness.corruptions import corrupt
from digitrec.robustness.transforms import glass_blur, impulse_noise, motion_blur, shot_noise

GREY = np.full((40, 28, 28), 100, np.uint8)


def dot(value: int = 255) -> np.ndarray:
    """An image with one pixel of ink in its middle, forty times."""
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 14, 14] = value
    return images


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("photons", [60, 3])
def test_shot_noise_keeps_the_mean_and_spreads_as_a_poisson_count(rng, photons):
    levels = shot_noise(GREY, rng, photons)
    assert levels.mean() == pytest.approx(100, rel=0.02)
    assert levels.std() == pytest.approx(np.sqrt(100 * 255 / photons), rel=0.02)
    assert not shot_noise(np.zeros_like(GREY), rng, photons).any()


@pytest.mark.parametrize("share", [0.03, 0.27])
def test_impulse_noise_hits_its_share_half_with_ink_and_half_with_paper(rng, share):
    levels = impulse_noise(GREY, rng, share)
    assert (levels == 255).mean() == pytest.approx(share / 2, rel=0.1)
    assert (levels == 0).mean() == pytest.approx(share / 2, rel=0.1)
    assert set(np.unique(levels)) == {0, 100, 255}


def test_more_impulse_noise_hits_all_that_less_hits():
    less, more = (corrupt(GREY, "impulse_noise", severity=severity) for severity in (1, 5))
    hit = less != GREY
    assert np.array_equal(less[hit], more[hit])


def test_glass_blur_keeps_the_ink_and_moves_it_no_farther_than_blur_and_swaps(rng):
    levels = glass_blur(dot(), rng, 0.7, 1, 2)
    assert levels.sum((1, 2)) == pytest.approx(255, rel=1e-4)
    assert max(levels[:, :5].max(), levels[:, :, 24:].max()) < 1e-3
    assert len(np.unique(levels, axis=0)) == len(levels)


def test_motion_blur_draws_a_dot_out_to_one_side_within_45_degrees(rng):
    levels = motion_blur(dot(), rng, 10, 3)
    assert levels.sum((1, 2)) == pytest.approx(255, rel=1e-3)
    down, right = np.argwhere(levels > 0.01)[:, 1:].T - 14
    assert (right <= 0).all() and right.min() < -6
    assert (np.abs(down) <= np.abs(right) + 1).all()
    strongest = np.array(np.unravel_index(levels.reshape(40, -1).argmax(1), (28, 28)))
    assert np.abs(strongest - 14).max() <= 4


def test_motion_blur_without_a_direction_is_a_half_gaussian(monkeypatch):
    class Level:
        def uniform(self, low: float, high: float, n: int) -> np.ndarray:
            return np.zeros(n)

    row = motion_blur(dot()[:1], Level(), 10, 3)[0, 14, 14::-1]
    expected = np.exp(-0.5 * (np.arange(15) / 3) ** 2)
    assert row / row[0] == pytest.approx(expected, rel=1e-4)
