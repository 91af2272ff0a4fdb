"""Features for out-of-distribution detection: a row of numbers for each image.

Of three kinds: the network's answer; the distance from the training images, in the network's embedding and in the
directions of the strokes; and the layout of the ink. The shipped references were fitted on exactly these numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from digitrec.imaging import Floats, Images, Labels, Proba, shape

FEATURE_NAMES = (
    *("doubt", "margin", "third margin", "embedding norm"),  # of the network's answer
    *("embedding distance", "nearest embedding distance"),
    *("direction distance", "nearest direction distance", "other nearest class", "direction margin"),
    *("ink", "thickness", "aspect", "components", "length", "ends", "loops", "second component", "slant"),
)
_MIN_PROBA = 1e-30  # a probability of 0 counts as this


def compute_features(
    images: Images, proba: Proba, embeddings: Floats, near: tuple[Gaussians, Gaussians]
) -> NDArray[np.float32]:
    """The features of images, float32 (n, 19 + k), in the order of `FEATURE_NAMES`; then the k coordinates.

    The coordinates say where an image lies among the training images: its embedding and its directions, by the
    bases of `near`.

    Args:
        images: uint8 (n, 28, 28).
        proba: float32 (n, c), the network's own, not calibrated.
        embeddings: float32 (n, d).
        near: Gaussians of the training images' embeddings and of their directions.
    """
    rows, answers = np.arange(len(images)), proba.argmax(1)
    inner = np.log(squared_distances(embeddings, near[0]) + 1e-3)  # (n, c)
    directions = compute_directions(images)
    bent = np.log(squared_distances(directions, near[1]) + 1e-3)
    bent_least = np.sort(bent, 1)
    columns = [
        *_answer_features(proba),
        np.linalg.norm(embeddings, axis=1),
        inner[rows, answers],
        inner.min(1),
        bent[rows, answers],
        bent_least[:, 0],
        bent.argmin(1) != answers,
        bent_least[:, min(1, bent.shape[1] - 1)] - bent_least[:, 0],
        *_ink_features(images),
    ]
    coordinates = (project(points, known) for points, known in zip((embeddings, directions), near, strict=True))
    return np.concatenate([np.stack(columns, 1), *coordinates], 1).astype(np.float32)


def _answer_features(proba: Proba) -> list[Floats]:
    """Doubt, and the margins of the answer over the second and the third class, in nats."""
    logs = np.sort(np.log(np.maximum(proba.astype(np.float64), _MIN_PROBA)), 1)[:, ::-1]
    behind = [logs[:, 0] - logs[:, min(place, proba.shape[1] - 1)] for place in (1, 2)]
    doubt = np.log(np.maximum(1 - np.exp(logs[:, 0]), 1e-7))
    return [doubt, *behind]


def _ink_features(images: Images) -> list[ArrayLike]:
    found = shape.measure(images)
    masks = shape.unbroken_mask(images)
    lines = shape.thin(masks)
    areas = shape.component_areas_each(masks)
    return [
        np.log(found.ink + 1e-3),
        np.log(found.thickness + 0.5),
        np.log(found.aspect + 0.05),
        np.minimum([len(each) for each in areas], 6),
        np.log(shape.line_lengths(lines) + 3),
        np.minimum(shape.line_ends(lines).sum((1, 2)), 10),
        np.minimum(shape.count_loops_each(masks), 6),
        [_second_component_share(each) for each in areas],
        np.abs(found.slant) / 45,
    ]


def _second_component_share(areas: NDArray[np.int64]) -> float:
    """The share of the inked pixels in the second largest component, of areas (k,), the largest first."""
    return float(areas[1] / areas.sum()) if len(areas) > 1 else 0.0


DIRECTIONS, GRID_SIDE = 8, 7  # the length is 8 * 7 * 7
DIRECTION_FEATURES = DIRECTIONS * GRID_SIDE * GRID_SIDE
_CHUNK_IMAGES = 2000  # images at a time: each takes 25 KB
_IMAGE_SIGMA, _COUNT_SIGMA = 1.0, 1.5  # pixels: of the image before, of the counts after


def compute_directions(images: Images) -> Floats:
    """The directions of images uint8 (n, 28, 28): float32 (n, 392), each of length 1, or 0 for a blank image."""
    parts = [
        _compute_chunk(images[start : start + _CHUNK_IMAGES]) for start in range(0, len(images), _CHUNK_IMAGES)
    ]
    return np.concatenate(parts) if parts else np.empty((0, DIRECTION_FEATURES), np.float32)


def _compute_chunk(images: Images) -> Floats:
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
    # Along one axis, then along the other, where the grid's points are: as `gaussian_filter` does it everywhere.
    rows = ndimage.gaussian_filter1d(counts, _COUNT_SIGMA, 2)[:, :, step // 2 :: step]
    coarse = ndimage.gaussian_filter1d(rows, _COUNT_SIGMA, 3)[:, :, :, step // 2 :: step]
    flat = np.sqrt(np.maximum(coarse, 0)).reshape(n, -1)  # the root evens out strong and faint strokes
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(length > 0, length, 1)


def _slope(images: Images, *, along: int, across: int) -> Floats:
    """Sobel's gradient along one axis; SciPy's own would also smooth over the images' axis."""
    return ndimage.correlate1d(ndimage.correlate1d(images, [-1, 0, 1], along), [1, 2, 1], across)


SHRINKAGE = 0.1  # of each class's covariance towards a ball (Friedman 1989): few examples tell little of it
_MAX_COMPONENTS, _MAX_COVARIANCE_VALUES = 80, 80_000  # directions kept, and numbers in all classes' covariances


class Gaussians(NamedTuple):
    """A Gaussian for each of c classes over k of d directions; float32."""

    centre: Floats  # (d,) mean of all
    basis: Floats  # (d, k) the directions kept: orthonormal columns
    means: Floats  # (c, k)
    factors: Floats  # (c, k, k) lower triangles L of the precisions L L^T
    rest: float  # mean square of what lies outside of the basis, in one direction; 1 where it holds all


def fit_gaussians(points: Floats, labels: Labels, classes: int) -> Gaussians:
    """Gaussians of the examples points (n, d) with labels (n,); a class without any gets everybody's.

    Raises:
        ValueError: there are no points.
    """
    if not len(points):
        raise ValueError("there are no examples to learn a distance from: expected at least one.")
    points = points.astype(np.float64)
    centre = points.mean(0)
    values, vectors = np.linalg.eigh(np.cov(points.T, bias=True).reshape(points.shape[1], -1))
    k = min(points.shape[1], _MAX_COMPONENTS, max(2, int((_MAX_COVARIANCE_VALUES / classes) ** 0.5)))
    basis = vectors[:, ::-1][:, :k]
    outside = np.maximum(values[::-1][k:], 0)
    rest = float(max(outside.mean(), 1e-9)) if len(outside) else 1.0
    projected = (points - centre) @ basis  # (n, d) -> (n, k)
    members = [projected[labels == label] if (labels == label).any() else projected for label in range(classes)]
    means, factors = np.stack([each.mean(0) for each in members]), np.stack([*map(_precision_factor, members)])
    centre, basis, means, factors = (array.astype(np.float32) for array in (centre, basis, means, factors))
    return Gaussians(centre, basis, means, factors, rest)


def squared_distances(points: Floats, known: Gaussians) -> Floats:
    """Squared Mahalanobis distances to each class's mean: float32 (n, c).

    What lies outside of the basis counts as much for every class (Kimura et al. 1987, Modified quadratic
    discriminant functions, eq. 9).
    """
    chunks = [_chunk_distances(points[i : i + _CHUNK_IMAGES], known) for i in range(0, len(points), _CHUNK_IMAGES)]
    return np.concatenate(chunks) if chunks else np.empty((0, len(known.means)), np.float32)


def project(points: Floats, known: Gaussians) -> Floats:
    """The coordinates of points (n, d) by the basis: float32 (n, k)."""
    chunks = [
        ((points[i : i + _CHUNK_IMAGES].astype(np.float64) - known.centre) @ known.basis).astype(np.float32)
        for i in range(0, len(points), _CHUNK_IMAGES)
    ]
    return np.concatenate(chunks) if chunks else np.empty((0, known.basis.shape[1]), np.float32)


def _chunk_distances(points: Floats, known: Gaussians) -> Floats:
    # In float32, differences of large sums would depend on how many points are measured together.
    moved = points.astype(np.float64) - known.centre
    projected = moved @ known.basis  # (n, d) -> (n, k)
    outside = np.zeros(len(points))
    if known.basis.shape[0] > known.basis.shape[1]:
        outside = np.maximum((moved**2).sum(1) - (projected**2).sum(1), 0) / known.rest
    inside = [
        (((projected - mean) @ factor) ** 2).sum(1)
        for mean, factor in zip(known.means, known.factors, strict=True)
    ]
    return (np.stack(inside, 1) + np.reshape(outside, (-1, 1))).astype(np.float32)


def pack_gaussians(known: Gaussians) -> dict[str, Floats]:
    """The arrays of Gaussians for a file: float16, and triangles without their empty halves."""
    rows, columns = np.tril_indices(known.basis.shape[1])
    arrays = known._replace(factors=known.factors[:, rows, columns])._asdict()
    return {
        name: np.asarray(array, np.float32 if name == "rest" else np.float16) for name, array in arrays.items()
    }


def unpack_gaussians(arrays: dict[str, Floats]) -> Gaussians:
    """Gaussians from the arrays of `pack_gaussians`, with the rounding of the file.

    Raises:
        KeyError: an array is missing.
        ValueError: the arrays do not fit together.
    """
    found = {name: np.asarray(arrays[name], np.float32) for name in Gaussians._fields}
    classes, k = found["means"].shape
    factors = np.zeros((classes, k, k), np.float32)
    factors[:, *np.tril_indices(k)] = found["factors"]
    if found["basis"].shape != (len(found["centre"]), k):
        raise ValueError(f"the stored basis is {found['basis'].shape}: expected {(len(found['centre']), k)}.")
    return Gaussians(found["centre"], found["basis"], found["means"], factors, float(found["rest"]))


def _precision_factor(members: Floats) -> Floats:
    k = members.shape[1]
    covariance = np.cov(members.T, bias=True).reshape(k, k)
    ball = max(np.trace(covariance) / k, 1e-6)
    return np.linalg.cholesky(np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * ball * np.eye(k)))
