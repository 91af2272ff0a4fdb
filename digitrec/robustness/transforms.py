"""The image transforms of MNIST-C: covers, noise, blur, shapes and edges.

After Mu and Gilmer 2019 (arXiv 1906.02337, section 3) and the released code. Each function takes images uint8 (n,
28, 28), a random generator and its strength. It returns levels float32 (n, 28, 28), which may leave 0 to 255:
`corruptions.corrupt` clips and rounds them. Shear, scale, rotate and translate return uint8: one affine map about
the image's centre, sampled once with bilinear interpolation; outside the image is paper.

Canny's edge detector (Canny 1986, IEEE PAMI 8) follows scikit-image, which MNIST-C uses: a Gaussian of deviation 1
that does not darken the border, Sobel derivatives, non-maximum suppression by linear interpolation, thresholds of
0.1 and 0.2 of the full range, eight neighbours. On MNIST's first 500 test images each pixel equals scikit-image
0.26's.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from digitrec.imaging import Images, sample_affine

Levels: TypeAlias = NDArray[np.float32]  # (n, 28, 28), 0 = paper, 255 = ink, before clipping
Floats: TypeAlias = NDArray[np.floating[Any]]
Mask: TypeAlias = NDArray[np.bool_]

FULL_INK = 255.0
CANNY_SIGMA = 1.0  # pixels
CANNY_LOW, CANNY_HIGH = 25.5, 51.0  # levels, 0.1 and 0.2 of 255
_MUD_LEVEL = 63.0
_WET_THRESHOLD = 0.65  # smoothed noise above it is mud
_FOG_HALVINGS = 8  # from 256 pixels to one
_COARSE_HALVINGS = 5  # of these, for the whole map: down to 8 pixels
_EIGHT_NEIGHBOURS = np.zeros((3, 3, 3), bool)
_EIGHT_NEIGHBOURS[1] = True  # within an image, not from one to the next


def brightness(images: Images, rng: Generator, more: float) -> Levels:
    """Raise every pixel by this share of full ink."""
    return images.astype(np.float32) + np.float32(FULL_INK * more)


def stripe(images: Images, rng: Generator, width: int) -> Levels:
    """Invert a stripe of `width` pixels at the left and at the right border.

    The paper has one width, 7 pixels; the other four are ours.
    """
    striped = images.astype(np.float32)
    for side in (np.s_[:, :, :width], np.s_[:, :, images.shape[2] - width :]):
        striped[side] = np.float32(FULL_INK) - striped[side]
    return striped


def fog(images: Images, rng: Generator, strength: float, decay: float) -> Levels:
    """Cover each image with a cloud, then dim it to its old maximum; a blank image stays blank.

    The cloud is the upper left corner of a plasma fractal of 256 x 256 points (diamond-square, Fournier et al.
    1982, Comm. ACM 25). The released code computes all points. We compute those that the corner depends on, and
    scale by the range of every eighth point.

    Args:
        images: uint8 (n, 28, 28).
        rng: the random generator.
        strength: the cloud's highest level, in shares of full ink.
        decay: the roughness falls by its square with each halving.
    """
    levels = images.astype(np.float32)
    most = levels.max(axis=(1, 2), keepdims=True)  # (n, 1, 1)
    cloud = np.float32(FULL_INK * strength) * _plasma_corners(len(images), images.shape[1], decay, rng)
    foggy: Levels = (levels + cloud) * (most / (most + np.float32(FULL_INK * strength)))
    return foggy


def _plasma_corners(n: int, side: int, decay: float, rng: Generator) -> Levels:
    """The corners (n, side, side) of n plasma fractals, from 0 to 1."""
    heights: Levels = np.zeros((n, 1, 1), np.float32)
    for level in range(_COARSE_HALVINGS):
        heights = _refine_heights(heights, decay ** (-2 * level), rng)
    low, high = heights.min(axis=(1, 2), keepdims=True), heights.max(axis=(1, 2), keepdims=True)
    # Two more points to the left and above: the values that wrap around at the border do not reach the corner.
    margin, points = 2, 8
    heights = np.roll(heights, margin, axis=(1, 2))[:, :points, :points]
    for level in range(_COARSE_HALVINGS, _FOG_HALVINGS):
        heights = _refine_heights(heights, decay ** (-2 * level), rng)
    start = margin * 2 ** (_FOG_HALVINGS - _COARSE_HALVINGS)
    corners: Levels = heights[:, start : start + side, start : start + side]
    clouds: Levels = np.clip((corners - low) / (high - low), 0, 1)
    return clouds


def _refine_heights(heights: Levels, roughness: float, rng: Generator) -> Levels:
    """Heights (n, g, g) on a torus -> (n, 2 g, 2 g): each new point is the mean of four neighbours plus noise."""
    n, g, _ = heights.shape
    right, below = np.roll(heights, -1, axis=2), np.roll(heights, -1, axis=1)
    fine = np.empty((n, 2 * g, 2 * g), np.float32)
    chance = rng.uniform(-roughness, roughness, (3, n, g, g)).astype(np.float32)
    centres = (heights + right + below + np.roll(right, -1, axis=1)) / 4 + chance[0]
    fine[:, ::2, ::2], fine[:, 1::2, 1::2] = heights, centres
    fine[:, ::2, 1::2] = (heights + right + centres + np.roll(centres, 1, axis=1)) / 4 + chance[1]
    fine[:, 1::2, ::2] = (heights + below + centres + np.roll(centres, 1, axis=2)) / 4 + chance[2]
    return fine


class Drops(NamedTuple):
    """The noise from which `spatter` makes its drops, in shares of full ink."""

    mean: float
    deviation: float


def spatter(images: Images, rng: Generator, drops: Drops) -> Levels:
    """Cover each image with drops of faint mud, which hide the ink."""
    # Where noise, smoothed by one pixel, is above a level, it is wet; borders are softened by 1.5 pixels.
    noise = drops.mean + np.float32(drops.deviation) * rng.standard_normal(images.shape, np.float32)
    wet = _smooth(noise, 1.0) > _WET_THRESHOLD
    mud = _smooth(wet.astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    muddy: Levels = images * (1 - mud) + np.float32(_MUD_LEVEL) * mud
    return muddy


def _smooth(values: Floats, sigma: float) -> Levels:
    smooth: Levels = ndimage.gaussian_filter(values, sigma, mode="nearest", axes=(1, 2))
    return smooth


def dotted_line(images: Images, rng: Generator, reach: float) -> Levels:
    """Draw a straight dotted line from the left to the right border, two pixels on, two pixels off.

    The paper has one thickness, a reach of 2.3 pixels; the other four are ours.
    """
    n, _, width = images.shape
    start, end = rng.integers(0, width - 1, (2, n))
    line = _draw_segments(images.shape, (0, start), (width - 1, end), reach)
    dotted: Levels = images + line * (np.arange(width) // 2 % 2 == 1)
    return dotted


def zigzag(images: Images, rng: Generator, reach: float) -> Levels:
    """Draw a zigzag, two pixels up and two down, from near the left to near the right border.

    The paper has one thickness, a reach of 2.3 pixels; the other four are ours.
    """
    n, _, width = images.shape
    left, right, step = 2, width - 3, 2.0
    start = rng.integers(0, width - 1, n)
    angle = np.arctan(rng.integers(-5, 5, n) / (right - left))  # (n,)
    length = (right - left) / np.cos(angle)
    # Corners along the zigzag's own axis and across it; the last segment leads back towards the axis.
    turns = int((right - left - step) // (2 * step)) + 1
    along = [np.zeros(n), *[np.full(n, (2 * turn + 1) * step) for turn in range(turns)], length]
    heights = [0.0, *[step * (-1) ** turn for turn in range(turns)]]
    across = np.array([np.full(n, value) for value in heights])  # (turns + 1, n)
    rest = length - 2 * step * (length // (2 * step))
    across = np.vstack([across, across[-1] / (2 * rest)])
    x = left + along * np.cos(angle) - across * np.sin(angle)
    y = start + along * np.sin(angle) + across * np.cos(angle)
    levels = images.astype(np.float32)
    for i in range(len(x) - 1):
        levels = np.minimum(
            levels + _draw_segments(images.shape, (x[i], y[i]), (x[i + 1], y[i + 1]), reach), FULL_INK
        )
    return levels


def _draw_segments(
    shape: tuple[int, ...], begin: tuple[ArrayLike, ArrayLike], end: tuple[ArrayLike, ArrayLike], reach: float
) -> Levels:
    """Levels (n, h, w) of lines, each from (x, y) to (x, y): full ink, fading with the vertical distance."""
    n, height, width = shape
    (x0, y0), (x1, y1) = (
        [np.broadcast_to(np.asarray(value, np.float32), n)[:, None] for value in point] for point in (begin, end)
    )
    columns = np.arange(width, dtype=np.float32)
    centre = y0 + (y1 - y0) / (x1 - x0) * (columns - x0)  # (n, w)
    distance = np.abs(np.arange(height, dtype=np.float32)[:, None] - centre[:, None, :])  # (n, h, w)
    fading = 1 + np.log1p(-np.minimum(distance, np.float32(0.999 * reach)) / np.float32(reach))
    within = (columns >= np.floor(x0)) & (columns < np.ceil(x1))  # (n, w)
    lines: Levels = np.float32(FULL_INK) * np.clip(fading, 0, 1) * within[:, None, :]
    return lines


def shot_noise(images: Images, rng: Generator, photons: float) -> Levels:
    """Replace each level by a Poisson count, of `photons` on average at full ink."""
    counts: Levels = rng.poisson(images * (photons / FULL_INK)).astype(np.float32)
    return counts * np.float32(FULL_INK / photons)


def impulse_noise(images: Images, rng: Generator, share: float) -> Levels:
    """Turn a random share of the pixels into full ink or paper, half of them each."""
    chance = rng.random(images.shape, np.float32)
    # Both ends of one draw, so that a higher share hits all pixels of a lower one.
    inked = np.where(chance > 1 - share / 2, np.float32(FULL_INK), images.astype(np.float32))
    return np.where(chance < share / 2, np.float32(0), inked)


def glass_blur(images: Images, rng: Generator, sigma: float, reach: int, rounds: int) -> Levels:
    """Blur, swap pixels with random near ones, and blur again.

    The order of swaps is the released code's, one pixel of all images at a time. Unlike there, nothing is rounded
    in between.

    Args:
        images: uint8 (n, 28, 28).
        rng: the random generator.
        sigma: of the Gaussian blur, in pixels.
        reach: farthest swap along each axis, in pixels.
        rounds: how often every pixel may be swapped.
    """
    n, height, width = images.shape
    blurred = _blur(images, sigma).reshape(n, -1)
    pixels, of_image = np.ascontiguousarray(blurred.T), np.arange(n)  # (h * w, n)
    near = np.arange(-reach, reach)  # as in the released code: the farthest to one side only
    steps = (near[:, None] * width + near).ravel()
    steps = np.concatenate([steps, np.zeros_like(steps)])  # half of the pixels stay where they are
    rows, columns = range(height - reach, reach, -1), range(width - reach, reach, -1)
    for _ in range(rounds):
        for row in rows:
            chosen = steps[rng.integers(len(steps), size=(len(columns), n))]
            for column, step in zip(columns, chosen, strict=True):
                here = row * width + column
                old = pixels[here].copy()
                pixels[here] = pixels[here + step, of_image]
                pixels[here + step, of_image] = old
    return _blur(pixels.T.reshape(images.shape), sigma)


def motion_blur(images: Images, rng: Generator, radius: int, sigma: float) -> Levels:
    """Blur each image to one side along a random line within 45 degrees of the horizontal.

    ImageMagick's motion blur, which the released code calls: one half of a Gaussian of `sigma` pixels, 2 radius
    + 1 samples long, at the nearest pixels. Outside the image the border's pixels continue.
    """
    n, height, width = images.shape
    angle = np.deg2rad(rng.uniform(-45, 45, n))
    weights = np.exp(-0.5 * (np.arange(2 * radius + 1) / sigma) ** 2)
    of_image = np.arange(n)[:, None, None]
    blurred = np.zeros(images.shape, np.float32)
    for distance, weight in enumerate((weights / weights.sum()).astype(np.float32)):
        down = np.ceil(distance * np.sin(angle) - 0.5).astype(np.int64)  # (n,)
        right = np.ceil(distance * np.cos(angle) - 0.5).astype(np.int64)
        rows = np.clip(np.arange(height) + down[:, None], 0, height - 1)  # (n, h)
        columns = np.clip(np.arange(width) + right[:, None], 0, width - 1)  # (n, w)
        blurred += weight * images[of_image, rows[:, :, None], columns[:, None, :]]
    return blurred


def _blur(images: Images | Levels, sigma: float) -> Levels:
    return _smooth(images.astype(np.float32), sigma)


def shear(images: Images, rng: Generator, angle: float) -> Images:
    """Slant each image to the left or to the right, at random.

    As in scikit-image of 2019, a shear by an angle (radians) slants by its sine and stretches the height by one
    over its cosine.
    """
    signed = angle * _random_signs(rng, len(images))
    zero, one = np.zeros_like(signed), np.ones_like(signed)
    return _apply_affine(images, [[np.cos(signed), zero], [-np.sin(signed), one]])


def scale(images: Images, rng: Generator, factor: float) -> Images:
    """Shrink each image about its centre by a factor."""
    zero, one = np.zeros(len(images)), np.ones(len(images))
    return _apply_affine(images, [[one / factor, zero], [zero, one / factor]])


def rotate(images: Images, rng: Generator, angle: float) -> Images:
    """Turn each image by an angle (radians) to a random side."""
    signed = angle * _random_signs(rng, len(images))
    return _apply_affine(images, [[np.cos(signed), np.sin(signed)], [-np.sin(signed), np.cos(signed)]])


def translate(images: Images, rng: Generator, pixels: int) -> Images:
    """Shift each image by `pixels` up or down and left or right, at random."""
    n = len(images)
    offsets = pixels * np.stack([_random_signs(rng, n), _random_signs(rng, n)], axis=1)  # (n, 2)
    return sample_affine(images, np.tile(np.eye(2, dtype=np.float32), (n, 1, 1)), offsets.astype(np.float32))


def _random_signs(rng: Generator, n: int) -> Floats:
    return np.where(rng.random(n) < 0.5, -1.0, 1.0)


def _apply_affine(images: Images, matrix: list[list[Floats]]) -> Images:
    """Images mapped by a matrix with entries (n,), from (y, x) in the result to the source."""
    matrices = np.moveaxis(np.array(matrix), -1, 0).astype(np.float32)  # (2, 2, n) -> (n, 2, 2)
    return sample_affine(images, matrices, np.zeros((len(images), 2), np.float32))


def detect_edges(images: Images) -> Mask:
    """The edges of images uint8 (n, 28, 28) after Canny: bool (n, 28, 28)."""
    down, right, strength = _image_gradient(images)
    thin = (strength >= CANNY_LOW) & _is_gradient_maximum(down, right, strength)
    thin[:, [0, -1], :] = thin[:, :, [0, -1]] = False
    return _connect_edges(strong=thin & (strength >= CANNY_HIGH), thin=thin)


def canny_edges(images: Images, rng: Generator, share: float) -> Levels:
    """Fade each image into its edges.

    The paper has the edges only, a share of 1; the other four are ours.
    """
    levels = images.astype(np.float32)
    faded: Levels = levels + np.float32(share) * (np.float32(FULL_INK) * detect_edges(images) - levels)
    return faded


def _image_gradient(images: Images) -> tuple[Levels, Levels, Levels]:
    """The smoothed images' derivatives downwards and to the right, and the gradient's length."""

    def smooth_within(values: NDArray[Any], axes: tuple[int, int]) -> Levels:
        smooth: Levels = ndimage.gaussian_filter(
            values.astype(np.float32), CANNY_SIGMA, mode="constant", axes=axes
        )
        return smooth

    inside = smooth_within(np.ones(images.shape[1:]), (0, 1))  # below 1 where the Gaussian crosses the border
    smooth = smooth_within(images, (1, 2)) / inside
    # Sobel: a difference along one axis, smoothed along the other; never from one image to the next.
    wide = [ndimage.correlate1d(smooth, [1, 2, 1], axis=axis) for axis in (1, 2)]
    down, right = (ndimage.correlate1d(wide[2 - axis], [-1, 0, 1], axis=axis) for axis in (1, 2))
    return down, right, np.hypot(down, right)


def _is_gradient_maximum(down: Levels, right: Levels, strength: Levels) -> Mask:
    """Where the gradient is at least as long as one pixel away along it, in both directions."""
    n, height, width = strength.shape
    padded = np.pad(strength, ((0, 0), (1, 1), (1, 1))).ravel()
    stride = width + 2
    rows, columns = np.arange(1, height + 1)[:, None], np.arange(1, width + 1)
    here = (np.arange(n) * ((height + 2) * stride))[:, None, None] + rows * stride + columns
    steep = np.abs(down) >= np.abs(right)
    vertical, horizontal = np.where(down < 0, -stride, stride), np.where(right < 0, -1, 1)
    straight = np.where(steep, vertical, horizontal)
    longer = np.maximum(np.abs(down), np.abs(right))
    oblique = np.minimum(np.abs(down), np.abs(right)) / np.maximum(longer, np.float32(1e-9))
    is_maximum = np.ones(strength.shape, bool)
    for way in (1, -1):
        near = padded[here + way * straight]
        is_maximum &= strength >= near + oblique * (padded[here + way * (vertical + horizontal)] - near)
    return is_maximum


def _connect_edges(*, strong: Mask, thin: Mask) -> Mask:
    """The connected components of `thin` with a pixel of `strong`: Canny's hysteresis."""
    components, count = ndimage.label(thin, _EIGHT_NEIGHBOURS)
    keep = np.zeros(count + 1, bool)
    keep[components[strong]] = True
    keep[0] = False
    connected: Mask = keep[components]
    return connected
