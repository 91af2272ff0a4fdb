"""Canny's edge detector (Canny 1986, IEEE PAMI 8) over many images at once.

With scikit-image's choices, which MNIST-C uses: a Gaussian of deviation 1 that does not darken at the border,
Sobel derivatives, suppression of what is no maximum along the gradient by linear interpolation, thresholds of 0.1
and 0.2 of the full range, eight neighbours. On MNIST's first 500 test images each pixel is as scikit-image 0.26's.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

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
