"""`to_mnist` is MNIST's own normalisation: properties over all kinds of ink, and an independent oracle."""

import numpy as np
import pytest

from digitrec.preprocessing import InkError, to_mnist

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
