"""A small picture without noise has the ink that the steps of a photo give it, and they are seldom needed."""

import numpy as np
import pytest

from digitrec.imaging import Enlarged, fit_to_square, load_drawing, noiseless, normalise, read_ink
from digitrec.imaging.paper import otsu_threshold
from digitrec.imaging.photos import MIN_CONTRAST, clean, to_ink
from support.image_files import png

RNG = np.random.default_rng(0)
COUNT = 120
FRAME = np.pad(np.ones((COUNT, 26, 26), bool), ((0, 0), (1, 1), (1, 1)))


def boxes():
    """Several bars and blots of any grey, some thick, some at the border."""
    found = np.zeros((COUNT, 28, 28), np.uint8)
    for image in found:
        for _ in range(RNG.integers(1, 5)):
            (top, left), (height, width) = RNG.integers(0, 26, 2), RNG.integers(1, 20, 2)
            image[top : top + height, left : left + width] = RNG.integers(1, 256)
    return found


def made(mnist):
    """Pictures with light ink on paper of 0, by what is special in them."""
    images = mnist.test.images[:COUNT]
    share = RNG.uniform(0.02, 1, (COUNT, 1, 1))
    specks = np.where(RNG.random(images.shape) < 0.03, RNG.integers(0, 256, images.shape), images)
    slope = np.linspace(0, 1, 28)[:, None] * RNG.uniform(0, 90, (COUNT, 1, 1))
    return {
        "as they are": images,
        "faint": images * share,
        "black and white": (images > 127) * 255,
        "specks": specks * FRAME,
        "grey paper": np.maximum(images, (RNG.random(images.shape) < 0.2) * 60) * FRAME,
        "uneven light": np.clip(images * 0.6 + slope, 0, 255) * FRAME,
        "thick": np.maximum.reduce([np.roll(images, step, 2) for step in range(-3, 4)]) * FRAME,
        "another shape": images[:, :, 2:-2],
        "boxes": boxes(),
    }


def test_every_picture_has_the_ink_of_the_steps_of_a_photo(mnist):
    quick = {}
    for name, pictures in made(mnist).items():
        for each in np.concatenate([pictures[: COUNT // 2], 255 - pictures[COUNT // 2 :]]).astype(np.uint8):
            assert np.array_equal(to_ink(each), clean(each).ink)
            quick[name] = quick.get(name, 0) + (noiseless.find_strokes(each, MIN_CONTRAST) is not None)
    assert quick["as they are"] > 0.95 * COUNT and quick["uneven light"] < 0.1 * COUNT
    assert all(quick[name] for name in ("faint", "black and white", "specks", "another shape", "boxes"))


@pytest.mark.parametrize("side", [15, 31])
def test_another_size_is_left_to_the_steps_of_a_photo(side):
    picture = np.zeros((side, side), np.uint8)
    picture[4:-4, 6:9] = 255
    assert noiseless.find_strokes(picture, MIN_CONTRAST) is None


def test_thresholds_and_quantiles_are_those_of_the_whole_array():
    for most in (1, 2, 7, 100, 254, 255):
        values = np.minimum(RNG.integers(0, 256, 500), most)
        values[0] = most
        counts = np.bincount(values, minlength=most + 1)
        assert noiseless._threshold(counts, most) == otsu_threshold(values.astype(np.float32))
        light = noiseless._missing_light()[values]
        assert noiseless._threshold(counts, most, scaled=True) == otsu_threshold(light)
        for count in range(1, 60):
            some = np.sort(light[:count])
            found = noiseless._quantile(some, 0.9)
            assert found == np.quantile(some, 0.9) and found.dtype == np.float32


def test_a_small_drawing_stands_for_the_one_on_a_canvas(mnist):
    for image in [*mnist.test.images[:100], *(each for each in boxes()[:100] if to_ink(each).any())]:
        drawing = load_drawing(png(image))
        canvas = fit_to_square(read_ink(png(image))[1].ink, 280)
        if isinstance(drawing, Enlarged):
            assert np.array_equal(drawing.draw(), canvas)
            assert np.array_equal(normalise(drawing.ink).square, normalise(canvas).square)
        else:
            assert np.array_equal(drawing, canvas)


def test_an_image_of_mnist_is_a_small_drawing_and_a_large_picture_is_not(mnist):
    image = mnist.test.images[0]
    assert isinstance(load_drawing(png(image)), Enlarged) and not isinstance(load_drawing(png(image, 8)), Enlarged)
