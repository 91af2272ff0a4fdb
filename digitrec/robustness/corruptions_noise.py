"""Corruptions of single pixels and of sharpness: shot and impulse noise, glass and motion blur.

As MNIST-C has them (Mu and Gilmer 2019, arXiv 1906.02337, section 3, and the code released with it). Each function
takes images uint8 (n, 28, 28), a source of chance and its strength, and gives levels float32 (n, 28, 28) that may
leave 0 to 255: `corruptions.corrupt` clips and rounds.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

FULL_INK = 255.0


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
