"""Corruptions of place and form: shear, scale, rotate, translate.

As MNIST-C has them (Mu and Gilmer 2019, arXiv 1906.02337, section 3, and the code released with it): one affine
map about the image's centre, sampled once with bilinear interpolation; beyond the border is paper. Each function
takes images uint8 (n, 28, 28), a source of chance for the direction and its strength, and gives as many again.
"""

from __future__ import annotations

import numpy as np

from digitrec.imaging.augmentation import sample_affine


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
