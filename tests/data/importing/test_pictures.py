"""Arrays and pictures of any size, range and polarity become images, 0 = paper."""

import numpy as np
import pytest
from PIL import Image

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import opening, pictures
from digitrec.data.importing.arrays import Archive
from digitrec.data.importing.opening import open_file
from digitrec.data.importing.pictures import convert_images, list_files, read_files
from digitrec.imaging import to_mnist
from support.image_files import DIGITS, png, zipped

RANDOM = np.random.default_rng(2).integers(0, 256, (5, 28, 28), np.uint8)
RANDOM[:, [0, -1]] = RANDOM[:, :, [0, -1]] = 0  # a border of paper


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_values_up_to_255_stay_as_they_are(dtype):
    (images,), notes = convert_images([RANDOM.astype(dtype)])
    assert images.dtype == np.uint8 and np.array_equal(images, RANDOM) and not notes


@pytest.mark.parametrize(("high", "factor"), [(1, 255), (63, 255 / 63), (64, 1), (255, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_a_smaller_scale_is_brought_to_255(dtype, high, factor, monkeypatch):
    monkeypatch.setattr(pictures, "_CHUNK_IMAGES", 2)
    values = (RANDOM.astype(int) % (high + 1)).astype(dtype)
    values[0, 5, 5] = high
    (images,), notes = convert_images([values])
    assert images.dtype == np.uint8 and np.array_equal(images, np.rint(values * factor))
    assert len(notes) == (high == 63)


def test_the_parts_share_one_scale():
    (train, test), _ = convert_images([RANDOM / 255, np.minimum(RANDOM, 100) / 255])
    assert np.array_equal(train, RANDOM) and np.array_equal(test, np.minimum(RANDOM, 100))


@pytest.mark.parametrize("shape", [(1, 3, 28), (1, 28, 3), (1, 4, 2001), (1, 2, 28, 28), (28,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(DatasetError, match="expected"):
        convert_images([np.ones(shape, np.uint8)])


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 4, 2000)])
def test_the_smallest_and_the_longest_sides_are_read(shape):
    array = np.zeros(shape, np.uint8)
    array[:, 1:3, 1:3] = 255
    (images,), _ = convert_images([array])
    assert images.shape == (1, 28, 28)


def test_colours_become_gray_by_bt_601():
    pure = np.zeros((3, 28, 28, 3), np.uint8)
    for i in range(3):
        pure[i, 8:20, 8:20, i] = 255
    (images,), _ = convert_images([pure])
    assert [int(image.max()) for image in images] == [76, 150, 29]


@pytest.mark.parametrize("axis", [1, 3])
def test_one_channel_may_be_first_or_last(axis):
    (images,), _ = convert_images([np.expand_dims(RANDOM, axis)])
    assert np.array_equal(images, RANDOM)


EDGES = [("rows", True), ("columns", False), ("second rows", False), ("top right", True), ("bottom left", True)]


@pytest.mark.parametrize(("edges", "inverted"), EDGES)
def test_the_median_of_the_border_decides_on_the_polarity(edges, inverted):
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:18, 10:18] = 255
    if edges == "rows":
        image[0, [0, -1]] = 255  # 56 of 108 border pixels
    elif edges == "columns":
        image[0, 1:-1, [0, -1]] = 255  # 52 of 108
    elif edges == "top right":
        image[0, 0] = image[0, 1:-1, -1] = 255  # 54 of 108
    elif edges == "bottom left":
        image[0, -1] = image[0, 1:-1, 0] = 255
    else:
        image[0, [1, -2], 1:-1] = 255
    (images,), notes = convert_images([image])
    assert np.array_equal(images, 255 - image if inverted else image) and bool(notes) == inverted


def test_the_majority_of_the_images_decides_and_a_tie_inverts_nothing():
    for light, inverted in ((1, False), (2, False), (3, True)):
        images = np.concatenate([255 - RANDOM[:light], RANDOM[light:4]])
        (found,), notes = convert_images([images])
        assert np.array_equal(found, 255 - images if inverted else images)
        odd = 4 - light if inverted else light
        assert notes[-1] == f"Check {odd} of 4 images: their border suggests the opposite."


def test_the_folders_say_class_and_part():
    paths = {"3/a.png": ("3", "all"), "Training/4/a.png": ("4", "train"), "x/test/y/5/a.png": ("5", "test")}
    paths |= {"train/testing/6/a.png": ("6", "test"), "test/a.png": ("test", "all")}
    paths |= {"val/7/a.png": ("7", "validation"), "Valid/8/a.png": ("8", "validation")}
    archive = Archive(zipped({path: png(DIGITS.images[0]) for path in paths}))
    files, left_out = list_files(archive.members())
    assert {(each.name, each.part) for each in files} == set(paths.values()) and not left_out
    pictures, left_out = read_files(archive, files)
    assert all(each.is_raw and np.array_equal(each.image, DIGITS.images[0]) for each in pictures) and not left_out


def test_the_progress_is_the_share_of_the_pictures_read():
    reports = []
    files = {f"3/{i:03d}.png": png(DIGITS.images[i % 60]) for i in range(101)}
    archive = Archive(zipped(files))
    read_files(archive, list_files(archive.members())[0], lambda what, share: reports.append((what, share)))
    assert reports == [("Reading 101 pictures", i / 101) for i in (0, 50, 100)]


def test_the_progress_is_the_share_of_the_arrays_cleaned():
    reports, small = [], np.zeros((101, 8, 8), np.uint8)
    small[:, 2:6, 3:5] = 255
    convert_images([small], lambda what, share: reports.append((what, share)))
    assert reports == [("Cleaning 101 pictures", i / 101) for i in (0, 50, 100)]


def test_more_pictures_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(opening, "MAX_IMAGES", 2)
    files = {f"3/{i}.png": png(DIGITS.images[i]) for i in range(3)}
    assert open_file(zipped(dict(list(files.items())[:2]))).labels == {"all": ["3", "3"]}
    with pytest.raises(DatasetError, match="3 files: expected at most 2"):
        open_file(zipped(files))


@pytest.mark.parametrize("side", [14, 20, 32, 50])
@pytest.mark.parametrize("light", [False, True])
def test_arrays_on_plain_paper_are_scaled_and_keep_all_their_ink_up_to_the_border(side, light):
    """Cleaning may take ink at the border for paper: it ruined half of UCI's 8 x 8 digits, which touch it."""
    expected = DIGITS.images[:40]
    arrays = np.stack([_fill(image, side) for image in expected])
    (images,), notes = convert_images([255 - arrays if light else arrays])
    common = [_overlap(image, to_mnist(other)) for image, other in zip(images, expected, strict=True)]
    assert np.mean(common) > 0.75 and min(common) > 0.5
    assert notes[-1] == f"The images had {side} x {side} pixels: each was scaled to 28 x 28."


def _fill(image: np.ndarray, side: int) -> np.ndarray:
    """A square of this side that the digit fills from top to bottom, or from left to right."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = max(ink.shape)
    square = np.zeros((room, room), np.uint8)
    top, left = (room - ink.shape[0]) // 2, (room - ink.shape[1]) // 2
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BOX))


def _overlap(image: np.ndarray, other: np.ndarray) -> float:
    """The ink that both have, of all ink that one of both has."""
    return np.minimum(image, other).sum() / np.maximum(image, other).sum()


def test_what_a_person_says_of_the_polarity_counts_more_than_the_borders():
    (plain,), notes = convert_images([RANDOM], inverted=True)
    assert np.array_equal(plain, 255 - RANDOM) and notes[-1].startswith("Check 5 of 5 images")
    cross = np.full((1, 60, 60), 200, np.uint8)
    cross[0, :, 24:36] = cross[0, 24:36] = 60
    cross += np.random.default_rng(0).integers(0, 9, cross.shape, np.uint8)  # no plain paper
    (dark,), _ = convert_images([cross], inverted=True)
    (bright,), _ = convert_images([cross], inverted=False)
    assert dark[0, 14, 14] > 200 and dark[0, 6, 6] == 0
    assert bright[0, 14, 14] == 0 and bright[0, 6, 6] > 200
