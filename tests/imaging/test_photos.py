"""A digit photographed in any light, either way round, gives nearly the image it was drawn from."""

import io

import numpy as np
import pytest
from PIL import Image

from digitrec.imaging.ink_to_image import InkError, to_mnist
from digitrec.imaging.photos import thicken, to_ink
from digitrec.imaging.pictures import PictureError
from support.drawn_digits import DIGITS as SHAPES
from support.drawn_digits import draw

DIGITS = 25  # of MNIST, in each light


def drawn(image, rng):
    """An image as a large smooth drawing somewhere on a sheet: shares of ink from 0 to 1."""
    side = 28 * int(rng.integers(6, 14))
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return np.pad(np.asarray(large) / 255, rng.integers(0, 120, (2, 2)))


def slope(shape, rng):
    """From 0 to 1 across the sheet in some direction."""
    y, x = np.indices(shape) / np.array(shape).reshape(2, 1, 1)
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * x + np.sin(angle) * y
    return (across - across.min()) / np.ptp(across)


def on_paper(ink, light):
    return (225 - 175 * ink) * light


def on_board(ink, light):
    return (40 + 190 * ink) * light


def even(ink, rng):
    return np.ones(ink.shape)


def falling(ink, rng):
    return 1 - 0.6 * slope(ink.shape, rng)


def shaded(ink, rng):
    """The edge of a shadow runs across the sheet."""
    return 1 - 0.6 / (1 + np.exp(-30 * (slope(ink.shape, rng) - 0.5)))


def photographed(brightness, rng):
    """With the camera's noise, and as a JPEG."""
    noisy = np.clip(brightness + rng.normal(0, 6, brightness.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=70)
    return np.asarray(Image.open(buffer))


def difference(image, original):
    """Share of the ink that differs, after moving by at most one pixel: a pixel at the rim decides the crop."""
    moved = (np.roll(image, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1))
    return min(np.abs(one.astype(int) - original).sum() for one in moved) / original.sum()


LIGHTS = [(on_paper, even), (on_board, even), (on_paper, falling), (on_board, falling), (on_paper, shaded)]


@pytest.mark.parametrize("camera", [False, True])
@pytest.mark.parametrize(("sheet", "light"), LIGHTS)
def test_a_digit_in_any_light_gives_nearly_its_image(mnist, sheet, light, camera):
    rng = np.random.default_rng(1)
    differences = []
    for image in mnist.test.images[:DIGITS]:
        ink = drawn(image, rng)
        brightness = sheet(ink, light(ink, rng))
        gray = photographed(brightness, rng) if camera else brightness.astype(np.uint8)
        differences.append(difference(to_mnist(to_ink(gray)), image))
    assert np.mean(differences) < 0.25 and np.quantile(differences, 0.95) < 0.5


def test_dark_on_light_and_light_on_dark_give_exactly_the_same(mnist):
    for image in mnist.test.images[:DIGITS]:
        gray = np.pad(np.kron(image, np.ones((5, 5), np.uint8)), 20)
        assert np.array_equal(to_ink(gray), to_ink(255 - gray))


def test_mnists_own_images_as_files_stay_nearly_what_they_are(mnist):
    for image in mnist.test.images[:DIGITS]:
        assert difference(to_mnist(to_ink(image)), image) < 0.3


def test_ink_that_touches_a_border_is_kept():
    gray = np.full((200, 150), 220, np.uint8)
    gray[40:, 70:85] = 40  # down to the lower border
    ink = to_ink(gray)
    assert (ink[45:195, 72:83] == 255).all()
    assert not ink[:, :60].any() and not ink[:, 95:].any()


def test_specks_are_removed_and_the_parts_of_a_digit_kept():
    gray = np.full((200, 200), 220, np.uint8)
    gray[50:150, 40:60] = gray[60:70, 80:120] = 40  # a 5 whose bar does not touch
    clean = to_ink(gray)
    gray[[10, 180, 30], [10, 20, 190]] = 40
    assert np.array_equal(to_ink(gray) > 0, clean > 0)
    assert clean[65, 100] == 255 and clean[100, 50] == 255


@pytest.mark.parametrize("background", [0, 128, 255])
@pytest.mark.parametrize("light", [even, falling])
@pytest.mark.parametrize("noise", [0, 8])
def test_an_empty_sheet_holds_no_ink(background, light, noise):
    rng = np.random.default_rng(2)
    sheet = background * light(np.zeros((150, 200)), rng) + rng.normal(0, noise, (150, 200))
    ink = to_ink(np.clip(sheet, 0, 255).astype(np.uint8))
    assert not ink.any()
    with pytest.raises(InkError, match="holds no ink"):
        to_mnist(ink)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (2, 2), (3, 1000), (28, 28), (1024, 7)])
def test_any_shape_gives_ink_of_that_shape(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    before = gray.copy()
    ink = to_ink(gray)
    assert ink.shape == shape and ink.dtype == np.uint8 and np.array_equal(gray, before)


def test_a_large_photo_is_shrunk_and_reads_the_same():
    gray = np.full((3000, 2000), 220, np.uint8)
    gray[600:2400, 900:1100] = 40
    ink = to_ink(gray)
    assert ink.shape == (1000, 667)  # shrunk by 3
    small = to_ink(np.ascontiguousarray(gray[::3, ::3]))
    assert np.abs(to_mnist(ink).astype(int) - to_mnist(small)).max() < 40


@pytest.mark.parametrize("gray", [np.zeros((0, 0), np.uint8), np.zeros((5, 5)), np.zeros((5, 5, 3), np.uint8)])
def test_what_is_no_gray_picture_is_refused(gray):
    with pytest.raises(PictureError, match=r"expected uint8 \(height, width\), not empty"):
        to_ink(gray)


def test_a_thin_pen_becomes_full_strokes_and_a_thick_one_stays():
    thin, thick = (draw(SHAPES["3"], brush=brush, size=200) for brush in (2, 20))
    assert to_mnist(thicken(thin)).max() > 200 > 120 > to_mnist(thin).max()
    assert thicken(thick) is thick


def test_thickening_closes_no_gap_that_tells_digits_apart():
    ink = np.zeros((300, 200), np.uint8)
    ink[20:280, 120:123] = ink[95:98, 40:121] = 255  # a 4, open at the top by a twentieth of its height
    rows = np.arange(40, 96)
    ink[rows, 147 - rows] = ink[rows, 148 - rows] = 255
    assert thicken(ink) is ink
