import numpy as np
import pytest

from digitrec.imaging.augmentation import Augmentation, augment


@pytest.fixture
def images() -> np.ndarray:
    """Eight images with a soft blob in the middle, far from the borders."""
    y, x = np.mgrid[:28, :28]
    blob = 255 * np.exp(-((y - 12.0) ** 2 / 18 + (x - 15.0) ** 2 / 6))
    return np.repeat(blob.astype(np.uint8)[None], 8, axis=0)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def centre(image: np.ndarray) -> np.ndarray:
    weights = image / image.sum()
    return np.array([(weights.sum(1 - axis) * np.arange(28)).sum() for axis in (0, 1)])


def test_off_is_the_identity_and_a_copy(images):
    result = augment(images, Augmentation(), rng())
    assert np.array_equal(result, images)
    assert not np.shares_memory(result, images)


def test_no_images_give_no_images(images):
    assert augment(images[:0], Augmentation(rotation=10), rng()).shape == (0, 28, 28)


@pytest.mark.parametrize(
    "setting", [{"rotation": 20}, {"shift": 0.1}, {"zoom": 0.2}, {"shear": 15}, {"flip": 0.5}, {"elastic": 1}]
)
def test_each_setting_alone_changes_images_and_keeps_the_contract(images, setting):
    result = augment(images, Augmentation(**setting), rng())
    assert result.dtype == np.uint8 and result.shape == images.shape
    assert any(not np.array_equal(one, image) for one, image in zip(result, images, strict=True))
    assert len({one.tobytes() for one in result}) > 1


def test_the_same_seed_gives_the_same_images(images):
    augmentation = Augmentation(rotation=10, shift=0.1, zoom=0.1, shear=5)
    assert np.array_equal(augment(images, augmentation, rng()), augment(images, augmentation, rng()))


def test_a_flip_mirrors_left_to_right(images):
    result = augment(images, Augmentation(flip=0.5), rng())
    mirrored = [np.array_equal(one, images[0][:, ::-1]) for one in result]
    assert 0 < sum(mirrored) < 8
    assert all(m or np.array_equal(one, images[0]) for m, one in zip(mirrored, result, strict=True))


def test_a_shift_moves_the_centre_by_no_more_than_its_range(images):
    moved = np.array([centre(one) for one in augment(images, Augmentation(shift=0.1), rng())]) - centre(images[0])
    assert (np.abs(moved) <= 0.1 * 28 + 0.05).all()
    assert np.abs(moved).max() > 0.5


def test_a_rotation_turns_about_the_centre_and_keeps_the_distance_to_it(images):
    middle = np.array([13.5, 13.5])
    before = np.linalg.norm(centre(images[0]) - middle)
    after = [np.linalg.norm(centre(one) - middle) for one in augment(images, Augmentation(rotation=45), rng())]
    assert np.allclose(after, before, atol=0.1)


def test_zoom_changes_the_amount_of_ink_by_no_more_than_its_range(images):
    ink = augment(images, Augmentation(zoom=0.2), rng()).sum((1, 2)) / images[0].sum()
    assert ink.min() >= 0.8**2 * 0.97 and ink.max() <= 1.2**2 * 1.03
    assert np.ptp(ink) > 0.05


def test_bending_moves_pixels_by_as_much_as_asked_and_neighbours_alike():
    ramp = np.repeat(np.tile(np.arange(28, dtype=np.uint8) * 9, (28, 1))[None], 400, axis=0)  # the place as grey
    moved = (augment(ramp, Augmentation(elastic=0.8), rng()).astype(float) - ramp)[:, 5:-5, 5:-5] / 9
    assert moved.std() == pytest.approx(0.8, rel=0.05) and abs(moved.mean()) < 0.02
    assert np.diff(moved, axis=1).std() < 0.3 * moved.std()


def test_ink_at_the_border_does_not_smear_into_the_frame():
    bar = np.zeros((4, 28, 28), np.uint8)
    bar[:, :, -1] = 255
    result = augment(bar, Augmentation(shift=0.3), rng())
    assert (result.astype(int).sum((1, 2)) <= bar[0].astype(int).sum() + 28).all()
