"""What is done to grey levels: each change alone does what it says, to the share of the images that it says."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.data import sklearn_digits
from digitrec.imaging.degradation import Degradation, count_chances, degrade

STRONG = {
    "thickness": 1.0,
    "lines": 1.0,
    "erasing": 1.0,
    "blur": 1.5,
    "contrast": 0.9,
    "shadow": 0.9,
    "noise": 0.4,
}
N = 600


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return sklearn_digits.read()[0][:N].astype(np.float32)


@pytest.fixture(scope="module")
def chance() -> np.ndarray:
    return np.random.default_rng(5).random((count_chances(), N), np.float32)


def apply(digits: np.ndarray, chance: np.ndarray, **ranges: float) -> np.ndarray:
    noise = np.random.default_rng(6).standard_normal(digits.shape, np.float32)
    return degrade(digits, Degradation(**ranges), chance, noise)


def test_nothing_is_changed_where_all_is_off(digits, chance):
    assert np.allclose(apply(digits, chance), digits, atol=1e-3)


@pytest.mark.parametrize("name", STRONG)
def test_half_of_the_images_stay_and_levels_stay_levels(digits, chance, name):
    changed = apply(digits, chance, **{name: STRONG[name]})
    assert changed.shape == digits.shape and changed.dtype == np.float32
    assert changed.min() >= 0 and changed.max() <= 255
    moved = (abs(changed - digits) > 0.5).any((1, 2)).mean()
    assert (
        (0.35 if name in ("lines", "erasing") else 0.18) < moved < (0.55 if name in ("lines", "erasing") else 0.32)
    )


def test_all_at_once_leaves_half_of_the_images_alone(digits, chance):
    moved = (abs(apply(digits, chance, **STRONG) - digits) > 0.5).any((1, 2)).mean()
    assert 0.44 < moved < 0.56


def test_strokes_grow_to_their_neighbours_at_most_and_shrink_as_little(digits, chance):
    changed = apply(digits, chance, thickness=1.0)
    cross = ndimage.generate_binary_structure(2, 1)[None]
    assert (changed <= ndimage.grey_dilation(digits, footprint=cross) + 0.01).all()
    assert (changed >= ndimage.grey_erosion(digits, footprint=cross, mode="constant") - 0.01).all()
    ink = changed.sum((1, 2)) - digits.sum((1, 2))
    assert (ink > 1).any() and (ink < -1).any()


def test_a_line_is_straight_and_of_ink_or_paper(chance):
    grey = np.full((N, 28, 28), 100, np.float32)
    one = chance.copy()
    one[10] = 1  # no second line
    changed = apply(grey, one, lines=1.0)
    kinds = set()
    for image in changed:
        at = np.argwhere(abs(image - 100) > 20)
        if len(at) > 20:
            kinds.add(bool(image[tuple(at.T)].mean() > 100))
            minor, major = np.linalg.eigvalsh(np.cov(at.T.astype(float)))
            assert minor < 2.5 < major  # pixels squared: at most 2.3 wide to each side
    assert kinds == {True, False}


def test_what_is_erased_is_a_rectangle_of_one_level(digits, chance):
    for before, after in zip(digits, apply(digits, chance, erasing=1.0), strict=True):
        at = np.argwhere(abs(after - before) > 0.5)
        if len(at):
            (top, left), (bottom, right) = at.min(0), at.max(0) + 1
            inside = after[top:bottom, left:right]
            assert inside.max() - inside.min() < 0.01 and max(inside.shape) <= 11


def test_blur_keeps_the_ink_and_spreads_it(digits, chance):
    changed = apply(digits, chance, blur=1.5)
    assert changed.sum() == pytest.approx(digits.sum(), rel=0.02)
    assert (changed.max((1, 2)) <= digits.max((1, 2)) + 0.01).all()
    kept = (changed.astype(float) ** 2).sum((1, 2)) / (digits.astype(float) ** 2).sum((1, 2))
    assert kept.min() < 0.7 and kept.max() <= 1.001


def test_contrast_is_lost_evenly(digits, chance):
    for before, after in zip(digits, apply(digits, chance, contrast=0.9), strict=True):
        low, high = after.min(), after.max()
        assert np.allclose(after, low + (high - low) * before / before.max(), atol=0.6) or before.max() < 255
    assert np.ptp(apply(digits, chance, contrast=0.9), axis=(1, 2)).min() < 80


def test_a_shadow_only_adds_and_most_on_one_side(digits, chance):
    paper = np.zeros_like(digits)
    changed = apply(paper, chance, shadow=0.9)
    assert (changed >= 0).all() and 150 < changed.max() <= 0.9 * 255
    sides = np.stack([changed[:, 0].mean(-1), changed[:, -1].mean(-1)])
    assert (sides[0] > sides[1] + 20).any() and (sides[1] > sides[0] + 20).any()


def test_noise_has_the_deviation_that_is_asked_for(chance):
    grey = np.full((N, 28, 28), 127.5, np.float32)
    deviations = apply(grey, chance, noise=0.2).std((1, 2)) / 255
    assert 0.17 < deviations.max() < 0.22
    assert (deviations[deviations > 1e-4] < 0.22).all()
