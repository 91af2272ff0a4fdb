"""A batch of images, each distorted a little differently: for training and for its preview alike."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from digitrec.imaging.arrays import Floats, Images
from digitrec.imaging.degradation import Degradation, count_chances, degrade

_SMOOTHING_PIXELS = 4.0  # pixels over which an image bends one way: what Simard et al. found best for handwriting


class Augmentation(NamedTuple):
    """Ranges of the random distortions; 0 switches one off."""

    rotation: float = 0.0  # degrees, either way
    shift: float = 0.0  # share of the side, either way
    zoom: float = 0.0  # share of the size, either way
    shear: float = 0.0  # degrees, either way
    elastic: float = 0.0  # standard deviation of the displacement, pixels
    flip: float = 0.0  # share of the images that are mirrored left to right
    thickness: float = 0.0  # from here on as in `Degradation`
    lines: float = 0.0
    erasing: float = 0.0
    blur: float = 0.0
    contrast: float = 0.0
    shadow: float = 0.0
    noise: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether pixels move."""
        return any(self[:-_LEVEL_FIELDS])

    @property
    def degradation(self) -> Degradation:
        """The ranges of what changes grey levels."""
        return Degradation(*self[-_LEVEL_FIELDS:])


_LEVEL_FIELDS = len(Degradation._fields)


def augment(images: Images, augmentation: Augmentation, rng: np.random.Generator) -> Images:
    """Rotate, shear, zoom, shift, mirror and bend each image by chance, then degrade it, within the given ranges.

    All that moves pixels is one map an image about the image's centre, sampled once with bilinear interpolation,
    so that nothing is blurred twice. What comes in from outside the image is paper.

    Args:
        images: uint8 (n, 28, 28).
        augmentation: the ranges.
        rng: the source of chance; the same state gives the same images.

    Returns:
        uint8 (n, 28, 28), a new array.
    """
    if not any(augmentation) or not len(images):
        return images.copy()
    if augmentation.moves:
        images = _move(images, augmentation, rng)
    if any(augmentation.degradation):
        chance = rng.random((count_chances(), len(images)), np.float32)
        noise = rng.standard_normal(images.shape, np.float32)
        levels = degrade(images.astype(np.float32), augmentation.degradation, chance, noise)
        images = (levels + 0.5).astype(np.uint8)
    return images


def _move(images: Images, augmentation: Augmentation, rng: np.random.Generator) -> Images:
    n, height, width = images.shape
    matrices = _random_inverse_maps(n, augmentation, rng)  # (n, 2, 2)
    offsets = rng.uniform(-augmentation.shift, augmentation.shift, (n, 2)) * (height, width)  # (n, 2) as (dy, dx)
    bends = _random_bends(images.shape, augmentation.elastic, rng) if augmentation.elastic else None
    return sample_affine(images, matrices.astype(np.float32), offsets.astype(np.float32), bends=bends)


def _random_bends(shape: tuple[int, int, int], strength: float, rng: np.random.Generator) -> Floats:
    """By how much each pixel's source is moved, float32 (n, 2, height, width): smooth, of this standard deviation.

    The elastic distortions of Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks
    applied to visual document analysis, but normal instead of uniform noise, and as strong at the border.
    """
    n, height, width = shape
    noise = rng.standard_normal((n, 2, height, width), np.float32)
    return strength * (smoothing_matrix(height) @ noise @ smoothing_matrix(width).T)


@functools.cache
def smoothing_matrix(side: int) -> Floats:
    """What makes noise smooth along an axis and leaves its variance: float32 (side, side)."""
    at = np.arange(side)
    weights = np.exp(-((at[:, None] - at) ** 2) / (2 * _SMOOTHING_PIXELS**2))
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)


def _random_inverse_maps(n: int, augmentation: Augmentation, rng: np.random.Generator) -> Floats:
    """The linear parts (n, 2, 2) that lead from a pixel (y, x) of the result to its source, about the centre."""
    angle = np.deg2rad(rng.uniform(-augmentation.rotation, augmentation.rotation, n))
    slant = np.tan(np.deg2rad(rng.uniform(-augmentation.shear, augmentation.shear, n)))
    scale = 1 / rng.uniform(1 - augmentation.zoom, 1 + augmentation.zoom, (2, n))
    mirror = np.where(rng.random(n) < augmentation.flip, -1.0, 1.0)
    cos, sin, none, one = np.cos(angle), np.sin(angle), np.zeros(n), np.ones(n)
    rotation = np.array([[cos, -sin], [sin, cos]])  # (2, 2, n)
    shear = np.array([[one, none], [slant, one]])
    zoom = np.array([[scale[0], none], [none, scale[1] * mirror]])
    return np.einsum("ijn,jkn,kln->nil", zoom, shear, rotation)


def sample_affine(images: Images, matrices: Floats, offsets: Floats, *, bends: Floats | None = None) -> Images:
    """Bilinear samples of each image at its own affine grid; outside the image is paper.

    Args:
        images: uint8 (n, 28, 28).
        matrices: float32 (n, 2, 2), from a pixel (y, x) of the result to its source, both about the centre.
        offsets: float32 (n, 2) as (dy, dx), pixels by which the result is shifted.
        bends: float32 (n, 2, 28, 28) as (dy, dx), by how much each pixel's source is moved besides, if it is.

    Returns:
        uint8 (n, 28, 28), a new array.
    """
    n, height, width = images.shape
    centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1).astype(np.float32)
    flat = grid.reshape(-1, 2) - centre  # (h * w, 2)
    source = np.einsum("pj,nij->nip", flat, matrices) + (centre - offsets)[:, :, None]  # (n, 2, h * w)
    if bends is not None:
        source += bends.reshape(source.shape)
    # One ring of paper around each image: whatever lies outside is clipped onto it.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(-1)
    limit = np.array([height, width], np.float32)[None, :, None]
    source = np.clip(source, -1, limit) + 1
    corner = np.minimum(source.astype(np.int32), (limit).astype(np.int32))  # (n, 2, h * w), top left
    dy, dx = (source - corner).transpose(1, 0, 2)  # each (n, h * w)
    stride = width + 2
    index = (
        corner[:, 0] * stride + corner[:, 1] + (np.arange(n, dtype=np.int32) * ((height + 2) * stride))[:, None]
    )
    top = padded[index] * (1 - dx) + padded[index + 1] * dx
    bottom = padded[index + stride] * (1 - dx) + padded[index + stride + 1] * dx
    mixed = top * (1 - dy) + bottom * dy
    return (mixed + 0.5).astype(np.uint8).reshape(images.shape)
