"""Corruptions that lie over an image: brightness, stripe, fog, spatter, dotted line, zigzag.

As MNIST-C has them (Mu and Gilmer 2019, arXiv 1906.02337, section 3, and the code released with it). Each function
takes images uint8 (n, 28, 28), a source of chance and its strength, and gives levels float32 (n, 28, 28) that may
leave 0 to 255: `corruptions.corrupt` clips and rounds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.imaging.augmentation import sample_affine

FULL_INK = 255.0
_MUD_LEVEL = 63.0  # level of the drops
_WET_THRESHOLD = 0.65  # smoothed noise above it is mud
_FOG_HALVINGS = 8  # halvings from 256 pixels to one
_COARSE_HALVINGS = 5  # of these, done for the whole map: down to 8 pixels


def brightness(images: np.ndarray, rng: np.random.Generator, more: float) -> np.ndarray:
    """Raise every pixel by this share of full ink."""
    return images.astype(np.float32) + np.float32(FULL_INK * more)


def stripe(images: np.ndarray, rng: np.random.Generator, width: int) -> np.ndarray:
    """Turn ink into paper and paper into ink in a stripe of so many pixels on the left and one on the right.

    The paper has one width alone, 7 pixels; the other four are ours.
    """
    striped = images.astype(np.float32)
    for side in (np.s_[:, :, :width], np.s_[:, :, images.shape[2] - width :]):
        striped[side] = np.float32(FULL_INK) - striped[side]
    return striped


def fog(images: np.ndarray, rng: np.random.Generator, strength: float, decay: float) -> np.ndarray:
    """Lay a cloud over each image and dim the whole to its old maximum: a blank image stays blank.

    The cloud is the upper left corner of a plasma fractal of 256 x 256 points (diamond-square, Fournier et al.
    1982, Comm. ACM 25). The released code makes all its points; we make those that the corner depends on, and take
    the range that it is scaled by from every eighth point.

    Args:
        images: uint8 (n, 28, 28).
        rng: the source of chance.
        strength: the cloud's largest level, in shares of full ink.
        decay: by which the cloud's roughness falls with each halving, twice.
    """
    levels = images.astype(np.float32)
    most = levels.max(axis=(1, 2), keepdims=True)  # (n, 1, 1)
    cloud = np.float32(FULL_INK * strength) * _plasma_corners(len(images), images.shape[1], decay, rng)
    return (levels + cloud) * (most / (most + np.float32(FULL_INK * strength)))


def _plasma_corners(n: int, side: int, decay: float, rng: np.random.Generator) -> np.ndarray:
    """The corners (n, side, side) of n plasma fractals, from 0 to 1."""
    heights = np.zeros((n, 1, 1), np.float32)
    for level in range(_COARSE_HALVINGS):
        heights = _refine_heights(heights, decay ** (-2 * level), rng)
    low, high = heights.min(axis=(1, 2), keepdims=True), heights.max(axis=(1, 2), keepdims=True)
    # Two points more to the left and above: what wraps around at the cut's border does not come as far as the
    # corner.
    margin, points = 2, 8
    heights = np.roll(heights, margin, axis=(1, 2))[:, :points, :points]
    for level in range(_COARSE_HALVINGS, _FOG_HALVINGS):
        heights = _refine_heights(heights, decay ** (-2 * level), rng)
    start = margin * 2 ** (_FOG_HALVINGS - _COARSE_HALVINGS)
    return np.clip((heights[:, start : start + side, start : start + side] - low) / (high - low), 0, 1)


def _refine_heights(heights: np.ndarray, roughness: float, rng: np.random.Generator) -> np.ndarray:
    """Heights (n, g, g) on a torus -> (n, 2 g, 2 g): new points are the mean of four near ones and some chance."""
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
    """How `spatter` makes its drops."""

    mean: float  # of the noise that they are made of, in shares of full ink
    deviation: float  # of the same


def spatter(images: np.ndarray, rng: np.random.Generator, drops: Drops) -> np.ndarray:
    """Throw drops of faint mud on each image; they hide the ink below."""
    # Smoothed by one pixel, the noise is wet above a level; the wet places' borders are softened by 1.5 pixels.
    noise = drops.mean + np.float32(drops.deviation) * rng.standard_normal(images.shape, np.float32)
    wet = _smooth(noise, 1.0) > _WET_THRESHOLD
    mud = _smooth(wet.astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    return images * (1 - mud) + np.float32(_MUD_LEVEL) * mud


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(values, sigma, mode="nearest", axes=(1, 2))


def dotted_line(images: np.ndarray, rng: np.random.Generator, reach: float) -> np.ndarray:
    """Draw a straight dotted line from the left to the right border, two pixels on, two pixels off.

    The paper has one thickness alone, a reach of 2.3 pixels; the other four are ours.
    """
    n, _, width = images.shape
    start, end = rng.integers(0, width - 1, (2, n))
    line = _draw_segments(images.shape, (0, start), (width - 1, end), reach)
    return images + line * (np.arange(width) // 2 % 2 == 1)


def zigzag(images: np.ndarray, rng: np.random.Generator, reach: float) -> np.ndarray:
    """Draw a zigzag, two pixels up and two down, from near the left to near the right border.

    The paper has one thickness alone, a reach of 2.3 pixels; the other four are ours.
    """
    n, _, width = images.shape
    left, right, step = 2, width - 3, 2.0
    start = rng.integers(0, width - 1, n)
    angle = np.arctan(rng.integers(-5, 5, n) / (right - left))  # (n,)
    length = (right - left) / np.cos(angle)
    # Corners along the zigzag's own axis and across it; the last piece leads back towards the axis.
    turns = int((right - left - step) // (2 * step)) + 1
    along = [np.zeros(n), *[np.full(n, (2 * turn + 1) * step) for turn in range(turns)], length]
    across = [0.0, *[step * (-1) ** turn for turn in range(turns)]]
    across = np.array([np.full(n, value) for value in across])  # (turns + 1, n)
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
    shape: tuple[int, ...], begin: tuple[object, object], end: tuple[object, object], reach: float
) -> np.ndarray:
    """Lines (n, h, w) in levels, each from (x, y) to (x, y): full ink on it, fading with the vertical distance."""
    n, height, width = shape
    (x0, y0), (x1, y1) = (
        [np.broadcast_to(np.asarray(value, np.float32), n)[:, None] for value in point] for point in (begin, end)
    )
    columns = np.arange(width, dtype=np.float32)
    centre = y0 + (y1 - y0) / (x1 - x0) * (columns - x0)  # (n, w)
    distance = np.abs(np.arange(height, dtype=np.float32)[:, None] - centre[:, None, :])  # (n, h, w)
    fading = 1 + np.log1p(-np.minimum(distance, np.float32(0.999 * reach)) / np.float32(reach))
    within = (columns >= np.floor(x0)) & (columns < np.ceil(x1))  # (n, w)
    return np.float32(FULL_INK) * np.clip(fading, 0, 1) * within[:, None, :]


def shot_noise(images: np.ndarray, rng: np.random.Generator, photons: float) -> np.ndarray:
    """Count so many photons on average where the ink is full, fewer where it is faint (a Poisson count)."""
    return rng.poisson(images * (photons / FULL_INK)).astype(np.float32) * np.float32(FULL_INK / photons)


def impulse_noise(images: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Turn a share of the pixels, by chance, half of them into full ink and half into paper."""
    chance = rng.random(images.shape, np.float32)
    # Both ends of one draw, so that a higher share hits all the pixels of a lower one, and more.
    inked = np.where(chance > 1 - share / 2, np.float32(FULL_INK), images.astype(np.float32))
    return np.where(chance < share / 2, np.float32(0), inked)


def glass_blur(images: np.ndarray, rng: np.random.Generator, sigma: float, reach: int, rounds: int) -> np.ndarray:
    """Blur, swap pixels with near ones by chance, and blur again.

    The released code's order of swaps, one pixel of all images at a time; unlike it, nothing is rounded between.

    Args:
        images: uint8 (n, 28, 28).
        rng: the source of chance.
        sigma: of the Gaussian blur, in pixels.
        reach: farthest swap along each axis, in pixels.
        rounds: how often every pixel gets its chance.
    """
    n, height, width = images.shape
    blurred = _blur(images, sigma).reshape(n, -1)
    pixels, of_image = np.ascontiguousarray(blurred.T), np.arange(n)  # (h * w, n)
    near = np.arange(-reach, reach)  # as the released code: the farthest to one side alone
    steps = (near[:, None] * width + near).ravel()
    steps = np.concatenate([steps, np.zeros_like(steps)])  # half of the pixels stay where they are
    rows, columns = range(height - reach, reach, -1), range(width - reach, reach, -1)
    for _ in range(rounds):
        for row in rows:
            chosen = steps[rng.integers(len(steps), size=(len(columns), n))]
            for column, step in zip(columns, chosen, strict=True):
                here = row * width + column
                kept = pixels[here].copy()
                pixels[here] = pixels[here + step, of_image]
                pixels[here + step, of_image] = kept
    return _blur(pixels.T.reshape(images.shape), sigma)


def motion_blur(images: np.ndarray, rng: np.random.Generator, radius: int, sigma: float) -> np.ndarray:
    """Draw each image out along a line within 45 degrees of the horizontal, to one side.

    ImageMagick's motion blur, which the released code calls: one half of a Gaussian of `sigma` pixels, 2 radius
    + 1 samples long, at the nearest pixels; beyond the border its pixels go on.
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


def _blur(images: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(images.astype(np.float32), sigma, mode="nearest", axes=(1, 2))


def shear(images: np.ndarray, rng: np.random.Generator, angle: float) -> np.ndarray:
    """Slant each image to the left or to the right.

    As scikit-image of 2019 defined a shear by an angle (radians): the slant is its sine, and the height grows by
    one over its cosine.
    """
    signed = angle * _random_signs(rng, len(images))
    zero, one = np.zeros_like(signed), np.ones_like(signed)
    return _apply_affine(images, [[np.cos(signed), zero], [-np.sin(signed), one]])


def scale(images: np.ndarray, rng: np.random.Generator, factor: float) -> np.ndarray:
    """Shrink each image about its centre to this factor of its size."""
    zero, one = np.zeros(len(images)), np.ones(len(images))
    return _apply_affine(images, [[one / factor, zero], [zero, one / factor]])


def rotate(images: np.ndarray, rng: np.random.Generator, angle: float) -> np.ndarray:
    """Turn each image by an angle (radians), one way or the other."""
    signed = angle * _random_signs(rng, len(images))
    return _apply_affine(images, [[np.cos(signed), np.sin(signed)], [-np.sin(signed), np.cos(signed)]])


def translate(images: np.ndarray, rng: np.random.Generator, pixels: int) -> np.ndarray:
    """Shift each image by so many pixels, up or down, and left or right."""
    n = len(images)
    offsets = pixels * np.stack([_random_signs(rng, n), _random_signs(rng, n)], axis=1)  # (n, 2)
    return sample_affine(images, np.tile(np.eye(2, dtype=np.float32), (n, 1, 1)), offsets.astype(np.float32))


def _random_signs(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.5, -1.0, 1.0)


def _apply_affine(images: np.ndarray, matrix: list[list[np.ndarray]]) -> np.ndarray:
    """Images through a matrix whose entries are (n,): from (y, x) of the result to its source."""
    matrices = np.moveaxis(np.array(matrix), -1, 0).astype(np.float32)  # (2, 2, n) -> (n, 2, 2)
    return sample_affine(images, matrices, np.zeros((len(images), 2), np.float32))


CANNY_SIGMA = 1.0  # pixels
CANNY_LOW, CANNY_HIGH = 25.5, 51.0  # levels, 0.1 and 0.2 of 255
_EIGHT_NEIGHBOURS = np.zeros((3, 3, 3), bool)
_EIGHT_NEIGHBOURS[1] = True  # within an image, not from one to the next


def detect_edges(images: np.ndarray) -> np.ndarray:
    """Where the edges of images uint8 (n, 28, 28) are: bool (n, 28, 28)."""
    down, right, strength = _image_gradient(images)
    thin = (strength >= CANNY_LOW) & _is_gradient_maximum(down, right, strength)
    thin[:, [0, -1], :] = thin[:, :, [0, -1]] = False
    return _connect_edges(thin & (strength >= CANNY_HIGH), thin)


def canny_edges(images: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Fade each image into its edges: levels float32 (n, 28, 28).

    The paper has the edges alone, a share of 1; the others are ours.
    """
    levels = images.astype(np.float32)
    return levels + np.float32(share) * (np.float32(255) * detect_edges(images) - levels)


def _image_gradient(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smoothed images' derivatives downwards and to the right, and their length."""

    def smoothed(values: np.ndarray, axes: tuple[int, int]) -> np.ndarray:
        return ndimage.gaussian_filter(values.astype(np.float32), CANNY_SIGMA, mode="constant", axes=axes)

    inside = smoothed(np.ones(images.shape[1:]), (0, 1))  # below 1 where the Gaussian reaches over the border
    smooth = smoothed(images, (1, 2)) / inside
    # Sobel: a difference along one axis, smoothed along the other; never along the first, from image to image.
    wide = [ndimage.correlate1d(smooth, [1, 2, 1], axis=axis) for axis in (1, 2)]
    down, right = (ndimage.correlate1d(wide[2 - axis], [-1, 0, 1], axis=axis) for axis in (1, 2))
    return down, right, np.hypot(down, right)


def _is_gradient_maximum(down: np.ndarray, right: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Where the gradient is no shorter than one pixel on along it, either way."""
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
    found = np.ones(strength.shape, bool)
    for way in (1, -1):
        near = padded[here + way * straight]
        found &= strength >= near + oblique * (padded[here + way * (vertical + horizontal)] - near)
    return found


def _connect_edges(sure: np.ndarray, thin: np.ndarray) -> np.ndarray:
    """The connected pieces of `thin` that hold a pixel of `sure`: Canny's hysteresis."""
    pieces, count = ndimage.label(thin, _EIGHT_NEIGHBOURS)
    keep = np.zeros(count + 1, bool)
    keep[pieces[sure]] = True
    keep[0] = False
    return keep[pieces]
