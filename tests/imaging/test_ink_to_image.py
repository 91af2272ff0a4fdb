"""`to_mnist` is MNIST's own normalisation: properties over all kinds of ink, and an independent oracle."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from digitrec.imaging.ink_to_image import InkError, fit_to_square, normalise, read_ink, to_mnist
from digitrec.imaging.photos import to_ink
from digitrec.imaging.pictures import PictureError, read_gray

UNCHANGED = 9_997  # of MNIST's test images; the other three have a longest side of 19


def some_ink(seed):
    """Ink of any size and density, with paper around it on some sides."""
    rng = np.random.default_rng(seed)
    ink = rng.integers(0, 256, rng.integers(1, 200, 2), np.uint8)
    ink[rng.random(ink.shape) > rng.uniform(0.2, 1)] = 0
    ink[rng.integers(len(ink)), rng.integers(ink.shape[1])] = 255
    return np.pad(ink, rng.integers(0, 50, (2, 2)) * rng.integers(0, 2, (2, 2)))


def extent(image):
    """Height and width of what is not 0."""
    return tuple(np.ptp(np.nonzero(image), axis=1) + 1)


def normalised_by_definition(ink):
    """The same as `to_mnist`, slowly: each pixel cut into whole pieces, the pieces dealt out and averaged."""
    rows, columns = np.nonzero(ink.any(1))[0], np.nonzero(ink.any(0))[0]
    small = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(float)
    sides = [max(1, round(side * 20 / max(small.shape))) for side in small.shape]
    for new in sides:
        small = np.repeat(small, new, axis=0).reshape(new, -1, small.shape[1]).mean(1).T
    grid = np.indices(small.shape)
    corner = [round(14 - (small * axis).sum() / small.sum()) for axis in grid]
    top, left = (min(max(at, 0), 28 - side) for at, side in zip(corner, small.shape, strict=True))
    image = np.zeros((28, 28))
    image[top : top + sides[0], left : left + sides[1]] = small
    return image


def test_it_is_the_identity_on_mnist(mnist):
    unchanged = [np.array_equal(to_mnist(image), image) for image in mnist.test.images]
    assert sum(unchanged) == UNCHANGED
    others = mnist.test.images[~np.array(unchanged)]
    assert [max(extent(image)) for image in others] == [19, 19, 19]


@pytest.mark.parametrize("seed", range(30))
def test_each_step_is_what_the_next_is_made_of(seed):
    ink = some_ink(seed)
    found = normalise(ink)
    (height, width), (h, w) = found.cropped.shape, found.scaled.shape
    assert found.cropped[[0, -1]].any(1).all() and found.cropped[:, [0, -1]].any(0).all()
    assert found.cropped.sum(dtype=int) == ink.sum(dtype=int)
    assert max(h, w) == 20 and abs(h / w - height / width) * w < 1 + height / width
    placed = np.zeros((28, 28), np.uint8)
    placed[found.top : found.top + h, found.left : found.left + w] = found.scaled
    assert np.array_equal(placed, found.square)
    assert np.array_equal(found.square, to_mnist(ink))


def test_a_digit_enlarged_tenfold_and_shifted_comes_back_the_same(mnist):
    rng = np.random.default_rng(0)
    images = [image for image in mnist.test.images[:300] if max(extent(image)) == 20]
    assert len(images) == 300
    for image in images:
        drawing = np.pad(np.kron(image, np.ones((10, 10), np.uint8)), rng.integers(0, 99, (2, 2)))
        assert np.array_equal(to_mnist(drawing), image)


def test_what_has_been_normalised_stays_about_where_it_is(mnist):
    for image in mnist.test.images[:200]:
        large = np.kron(image, np.ones((7, 7), np.uint8))
        assert np.array_equal(to_mnist(to_mnist(large)), to_mnist(large))


@pytest.mark.parametrize("seed", range(40))
def test_it_agrees_with_its_definition(seed):
    ink = some_ink(seed)
    assert np.abs(to_mnist(ink) - normalised_by_definition(ink)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_ink_the_image_keeps_the_contract(seed):
    image = to_mnist(some_ink(seed))
    assert image.dtype == np.uint8 and image.shape == (28, 28) and image.any()
    assert max(extent(image)) <= 20


@pytest.mark.parametrize("seed", range(10))
def test_paper_around_the_ink_changes_nothing_and_the_ink_is_left_alone(seed):
    ink = some_ink(seed)
    before = ink.copy()
    assert np.array_equal(to_mnist(np.pad(ink, ((3, 90), (41, 7)))), to_mnist(ink))
    assert np.array_equal(ink, before)


@pytest.mark.parametrize("seed", range(10))
def test_turning_the_ink_over_turns_the_image_over(seed):
    """Rows and columns are treated alike."""
    ink = some_ink(seed)
    assert np.array_equal(to_mnist(ink.T), to_mnist(ink).T)


@pytest.mark.parametrize("seed", range(20))
def test_the_centre_of_mass_is_in_the_middle_unless_the_frame_is_in_the_way(seed):
    image = to_mnist(some_ink(seed)).astype(float)
    for axis in (0, 1):
        profile = image.sum(1 - axis)
        used = np.flatnonzero(profile)
        centre = (profile * np.arange(28)).sum() / profile.sum()
        assert abs(centre - 14) <= 0.55 or used[0] == 0 or used[-1] == 27


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((1, 300), (1, 20)), ((300, 1), (20, 1)), ((1, 1), (20, 20)), ((2, 5), (8, 20)), ((5000, 7), (20, 1))],
)
def test_lines_and_dots_are_scaled_to_the_box(shape, expected):
    image = to_mnist(np.full(shape, 200, np.uint8))
    assert extent(image) == expected
    assert set(np.unique(image)) == {0, 200}


def test_ink_at_every_border_fits():
    frame = np.full((40, 40), 255, np.uint8)
    frame[2:-2, 2:-2] = 0
    image = to_mnist(frame)
    assert extent(image) == (20, 20)
    assert np.array_equal(image[4:24, 4:24], np.pad(np.zeros((18, 18), np.uint8), 1, constant_values=255))


@pytest.mark.parametrize("turns", range(4))
def test_a_digit_heavy_on_one_side_never_leaves_the_frame(turns):
    ink = np.zeros((100, 100), np.uint8)
    ink[:, :5] = 255
    ink[50, :] = 1  # a hair, all across
    ink[45:56, 95:] = 60
    image = to_mnist(np.rot90(ink, turns))
    assert extent(image) == (20, 20)
    edges = (image[0].any(), image[:, -1].any(), image[-1].any(), image[:, 0].any())
    assert sum(edges) == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (28, 28), (280, 280)])
def test_no_ink_is_refused_with_what_to_do(shape):
    with pytest.raises(InkError, match=r"holds no ink: expected .* above 0\. Draw a digit first\."):
        to_mnist(np.zeros(shape, np.uint8))


def test_ink_that_vanishes_at_this_size_is_refused():
    specks = np.zeros((3000, 3000), np.uint8)
    specks[0, 0] = specks[-1, -1] = 255
    with pytest.raises(InkError, match="too thin for its size"):
        to_mnist(specks)


@pytest.mark.parametrize(
    "ink",
    [np.ones((28, 28)), np.ones((28, 28), bool), np.ones((1, 28, 28), np.uint8), np.ones(28, np.uint8)],
    ids=["float", "bool", "three axes", "one axis"],
)
def test_what_is_no_ink_is_refused_with_what_was_expected(ink):
    with pytest.raises(InkError) as raised:
        to_mnist(ink)
    assert str(raised.value) == f"the drawing is {ink.dtype} {ink.shape}: expected uint8 (height, width)."


@pytest.mark.parametrize("side", [28, 140, 280])
def test_what_is_fitted_to_a_canvas_gives_the_image_that_the_ink_gives(mnist, side):
    for image in mnist.test.images[:100]:
        assert np.array_equal(to_mnist(fit_to_square(image, side)), to_mnist(image))


def cropped(image):
    rows, columns = np.nonzero(image)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(int)


@pytest.mark.parametrize("seed", range(60))
def test_so_does_any_ink_but_for_a_shorter_side_between_two_whole_numbers(seed):
    ink = some_ink(seed)
    image, again = cropped(to_mnist(ink)), cropped(to_mnist(fit_to_square(ink, 280)))
    if np.array_equal(image.shape, again.shape):
        assert np.abs(image - again).sum() <= 0.03 * image.sum()
    else:
        side = min(extent(ink)) / max(extent(ink)) * 20
        assert abs(side % 1 - 0.5) < 0.06 and np.abs(np.subtract(image.shape, again.shape)).sum() == 1


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (30, 400), (900, 700), (1, 1000)])
def test_fitting_keeps_the_aspect_and_a_margin(shape):
    square = fit_to_square(np.pad(np.full(shape, 255, np.uint8), ((5, 80), (33, 0))), 280)
    assert square.shape == (280, 280) and square.dtype == np.uint8
    assert extent(square) == tuple(max(1, round(200 * side / max(shape))) for side in shape)
    edges = [side for axis in np.nonzero(square) for side in (axis.min(), 279 - axis.max())]
    assert min(edges) >= 39


@pytest.mark.parametrize("side", [28, 280])
def test_no_ink_fits_nowhere(side):
    with pytest.raises(InkError, match="holds no ink"):
        fit_to_square(np.zeros((50, 60), np.uint8), side)


def file_of(gray):
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_file_gives_its_gray_and_its_ink():
    gray = np.full((200, 150), 220, np.uint8)
    gray[40:160, 70:85] = 40
    came, cleaned = read_ink(file_of(gray))
    assert np.array_equal(came, read_gray(file_of(gray))) and np.array_equal(came, gray)
    assert np.array_equal(cleaned.ink, to_ink(gray)) and cleaned.ink[100, 77] == 255


def test_a_file_with_nothing_on_the_paper_and_one_that_is_no_picture_are_refused():
    with pytest.raises(InkError, match="nothing that stands out from the paper"):
        read_ink(file_of(np.full((90, 90), 200, np.uint8)))
    with pytest.raises(PictureError, match="not a picture"):
        read_ink(b"a letter")


def test_a_symmetric_drawing_is_placed_by_its_middle_whatever_the_last_digits_of_the_sums_are():
    rng = np.random.default_rng(0)
    for height, half in itertools.product(range(60, 200, 7), range(23, 60, 5)):
        left = rng.integers(1, 255, (height, half), dtype=np.uint8)
        ink = np.concatenate([left, left[:, ::-1]], 1)
        columns = np.flatnonzero(to_mnist(ink).any(0))
        assert columns[0] == round(14 - (len(columns) - 1) / 2), (height, half)
