"""Place and form: what is undone by its opposite, how the ink's mass goes, and that both ways happen."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.robustness.transforms import rotate, scale, shear, translate


class One:
    """Chance that always says the same: below a half, and so minus, or above, and so plus."""

    def __init__(self, sign: int) -> None:
        self.value = 0.25 if sign < 0 else 0.75

    def random(self, n: int) -> np.ndarray:
        return np.full(n, self.value)


PLUS, MINUS = One(1), One(-1)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return loading.load("digits").test.images[:60]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_rotating_there_and_back_gives_the_image_again(images):
    there = rotate(images, PLUS, 0.4)
    assert correlation(images, there) < 0.8
    assert correlation(images, rotate(there, MINUS, 0.4)) > 0.97


def test_a_quarter_turn_is_numpys(images):
    turned = rotate(images, PLUS, np.pi / 2)
    ways = [np.abs(turned.astype(int) - np.rot90(images, k, axes=(1, 2))).max() for k in (1, 3)]
    assert min(ways) <= 1 < max(ways)


def test_scaling_keeps_the_share_of_ink_that_the_area_says(images):
    for factor in (0.9, 0.5):
        shares = scale(images, PLUS, factor).sum((1, 2)) / images.sum((1, 2))
        assert shares.mean() == pytest.approx(factor**2, rel=0.03)


def test_shifting_is_a_whole_shift_and_undone_by_its_opposite(images):
    shifted = translate(images, PLUS, 3)
    assert np.array_equal(shifted[:, 3:, 3:], images[:, :-3, :-3])
    assert not shifted[:, :3].any() and not shifted[:, :, :3].any()
    inner = np.s_[:, :-3, :-3]
    assert np.array_equal(translate(shifted, MINUS, 3)[inner], images[inner])


def test_shearing_one_way_is_the_mirror_image_of_the_other(images):
    mirrored = shear(images[:, :, ::-1], MINUS, 0.4)[:, :, ::-1]
    assert np.abs(shear(images, PLUS, 0.4).astype(int) - mirrored).max() <= 1


@pytest.mark.parametrize("corruption", [shear, rotate, translate])
def test_both_ways_happen(images, corruption):
    same = np.tile(images[:1], (60, 1, 1))
    strength = 3 if corruption is translate else 0.4
    made = np.unique(corruption(same, np.random.default_rng(0), strength), axis=0)
    assert len(made) == (4 if corruption is translate else 2)
