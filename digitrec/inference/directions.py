"""Which way the strokes run, and where: a picture's gradient, sorted by direction and counted in coarse places.

The "gradient feature" of handwriting recognition (Liu, Nakashima, Sako and Fujisawa 2003, Handwritten digit
recognition: benchmarking of state-of-the-art techniques, section 3), which knows nothing of any network.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

DIRECTIONS, GRID_SIDE = 8, 7  # the length is 8 * 7 * 7
DIRECTION_FEATURES = DIRECTIONS * GRID_SIDE * GRID_SIDE
_CHUNK_IMAGES = 2000  # images at a time: each takes 25 KB
_IMAGE_SIGMA, _COUNT_SIGMA = 1.0, 1.5  # pixels: of the image before, of the counts after


def compute_directions(images: np.ndarray) -> np.ndarray:
    """The directions of images uint8 (n, 28, 28): float32 (n, 392), each of length 1, or 0 for a blank image."""
    parts = [
        _compute_chunk(images[start : start + _CHUNK_IMAGES]) for start in range(0, len(images), _CHUNK_IMAGES)
    ]
    return np.concatenate(parts) if parts else np.empty((0, DIRECTION_FEATURES), np.float32)


def _compute_chunk(images: np.ndarray) -> np.ndarray:
    smooth = ndimage.gaussian_filter(images.astype(np.float32) / 255, (0, _IMAGE_SIGMA, _IMAGE_SIGMA))
    down, right = _slope(smooth, along=1, across=2), _slope(smooth, along=2, across=1)
    strength, eighth = np.hypot(down, right), np.arctan2(down, right) / (2 * np.pi / DIRECTIONS)
    lower = np.floor(eighth)
    upper_share = eighth - lower
    first = lower.astype(np.int64) % DIRECTIONS  # a gradient counts for the two directions beside it
    n, height, width = images.shape
    counts = np.zeros((n, DIRECTIONS, height, width), np.float32)
    np.put_along_axis(counts, first[:, None], (strength * (1 - upper_share))[:, None], 1)
    np.put_along_axis(counts, ((first + 1) % DIRECTIONS)[:, None], (strength * upper_share)[:, None], 1)
    step = height // GRID_SIDE
    coarse = ndimage.gaussian_filter(counts, (0, 0, _COUNT_SIGMA, _COUNT_SIGMA))[
        :, :, step // 2 :: step, step // 2 :: step
    ]
    flat = np.sqrt(np.maximum(coarse, 0)).reshape(n, -1)  # the root evens out strong and faint strokes
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(length > 0, length, 1)


def _slope(images: np.ndarray, *, along: int, across: int) -> np.ndarray:
    """Sobel's gradient along one axis; SciPy's own would also smooth over the images' axis."""
    return ndimage.correlate1d(ndimage.correlate1d(images, [-1, 0, 1], along), [1, 2, 1], across)
