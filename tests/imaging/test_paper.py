"""Ink that runs into the border of its picture is kept, whichever side is paper; a soft shadow is no ink."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from digitrec.imaging import to_mnist
from digitrec.imaging.paper import otsu_threshold
from digitrec.imaging.photos import thicken, to_ink
from support.drawn_digits import DIGITS, draw

MIN_OVERLAP = 0.9  # of true and cleaned ink: with less, a digit is damaged


def overlap(ink, *, scale, dark):
    """Intersection over union of true and cleaned ink, each by its own threshold."""
    large = np.kron(ink, np.ones((scale, scale), np.uint8))
    cleaned = to_ink(255 - large if dark else large)
    true, found = (each > otsu_threshold(each) for each in (thicken(large), cleaned))
    return (true & found).sum() / max(1, (true | found).sum())


def tight(image, margin):
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], margin)


def damaged(inks, *, scale, dark):
    return np.mean([overlap(ink, scale=scale, dark=dark) < MIN_OVERLAP for ink in inks])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("margin", [0, 1, 2])
@pytest.mark.parametrize("scale", [1, 4])
def test_digits_cropped_to_their_ink_are_kept(mnist, margin, scale, dark):
    inks = [tight(image, margin) for image in mnist.test.images[:150]]
    assert damaged(inks, scale=scale, dark=dark) < 0.03


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("margin", "scale", "every"), [(0, 1, 1), (1, 1, 10), (2, 1, 10), (0, 4, 20), (0, 10, 40)]
)
def test_all_of_mnist_cropped_to_the_ink_is_kept(mnist, margin, scale, every):
    inks = [tight(image, margin) for image in mnist.test.images[::every]]
    # Of those without any paper 192 of 10,000 are damaged, most of them 1s that fill their picture.
    assert damaged(inks, scale=scale, dark=True) < (0.01 if margin else 0.025)


def test_a_small_picture_holds_no_panel(mnist):
    ink = tight(mnist.test.images[6080], 1)  # an 8 whose upper loop is nearly a rectangle
    assert to_ink(255 - ink).shape == ink.shape


@pytest.fixture(scope="module")
def devanagari():
    """The Devanagari numerals as ink: many touch the border."""
    path = Path(os.environ.get("DIGITREC_DATA", "")) / "devanagari" / "devnum.zip"
    if not path.is_file():
        pytest.skip("needs devanagari/devnum.zip in the folder DIGITREC_DATA")
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        files = [archive.read(name) for name in names]
    return [255 - np.asarray(Image.open(io.BytesIO(data)).convert("L")) for data in files]


@pytest.mark.parametrize("dark", [False, True])
def test_devanagari_numerals_at_the_border_are_kept(devanagari, dark):
    assert damaged(devanagari[::20], scale=1, dark=dark) < 0.02


@pytest.mark.slow
@pytest.mark.untraced
def test_all_devanagari_numerals_are_kept(devanagari):
    assert damaged(devanagari, scale=1, dark=True) < 0.02


def test_a_frame_at_the_border_does_not_turn_paper_into_ink():
    ink = draw(DIGITS["3"], brush=14, size=150, centre=(140, 140)).copy()
    plain = to_ink((230 - 0.7 * ink).astype(np.uint8))
    ink[[0, 1, -2, -1]] = ink[:, [0, 1, -2, -1]] = 255
    framed = to_ink((230 - 0.7 * ink).astype(np.uint8))
    assert np.abs(to_mnist(framed).astype(int) - to_mnist(plain)).max() < 40


@pytest.mark.parametrize("name", ["1", "3"])
def test_a_thin_digit_beside_a_soft_shadow_is_found_without_the_shadow(name):
    ink = draw(DIGITS[name], brush=4, size=60, centre=(90, 90)) / 255
    y, x = np.indices(ink.shape)
    shadow = 1 - 0.5 * np.exp(-(((x - 200) / 45) ** 2) - ((y - 190) / 60) ** 2)
    cleaned = to_ink((220 * shadow * (1 - 0.7 * ink)).astype(np.uint8))
    rows, columns = np.nonzero(cleaned)
    assert cleaned.any() and rows.max() < 130 and columns.max() < 130


@pytest.mark.parametrize("dark", [True, False])
def test_a_thin_digit_above_a_table_in_shadow_keeps_its_polarity(dark):
    ink = np.pad(draw(DIGITS["3"], brush=4, size=60, centre=(90, 60)), ((0, 250), (0, 0))) / 255
    y, x = np.indices(ink.shape)
    light = 60 + 140 / (1 + np.exp((y - 330) / 20)) * (1 - 0.4 * ((x - 140) / 140) ** 2)
    picture = light * (1 - 0.4 * ink)
    cleaned = to_ink((picture if dark else 255 - picture).astype(np.uint8))
    assert np.array_equal(cleaned > 0, (cleaned > 0) & (ndimage.binary_dilation(ink > 0, iterations=3)))
    assert (cleaned[ink == 1] > 0).mean() > 0.9
