"""How far something lies from the examples of each class: a Gaussian for each, where they vary most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SHRINKAGE = 0.1  # of each class's covariance towards a ball (Friedman 1989): few examples tell little of it
_MAX_COMPONENTS, _MAX_COVARIANCE_VALUES = 80, 80_000  # directions kept, and numbers in all classes' covariances


class Gaussians(NamedTuple):
    """A Gaussian for each of c classes over k of d directions; float32."""

    centre: np.ndarray  # (d,) mean of all
    basis: np.ndarray  # (d, k) the directions kept: orthonormal columns
    means: np.ndarray  # (c, k)
    factors: np.ndarray  # (c, k, k) lower triangles L of the precisions L L^T
    rest: float  # mean square of what lies outside of the basis, in one direction; 1 where it holds all


def fit_gaussians(points: np.ndarray, labels: np.ndarray, classes: int) -> Gaussians:
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
    kept = (points - centre) @ basis
    members = [kept[labels == label] if (labels == label).any() else kept for label in range(classes)]
    means, factors = [found.mean(0) for found in members], [_precision_factor(found) for found in members]
    arrays = (centre, basis, np.stack(means), np.stack(factors))
    return Gaussians(*(array.astype(np.float32) for array in arrays), rest)


def squared_distances(points: np.ndarray, known: Gaussians) -> np.ndarray:
    """Squared Mahalanobis distances to each class's mean: float32 (n, c).

    What lies outside of the basis counts as much for every class (Kimura et al. 1987, Modified quadratic
    discriminant functions, eq. 9).
    """
    moved = points - known.centre
    kept = moved @ known.basis  # (n, d) -> (n, k)
    outside = np.maximum((moved**2).sum(1) - (kept**2).sum(1), 0) / known.rest if _is_truncated(known) else 0
    inside = [
        (((kept - mean) @ factor) ** 2).sum(1) for mean, factor in zip(known.means, known.factors, strict=True)
    ]
    return (np.stack(inside, 1) + np.reshape(outside, (-1, 1))).astype(np.float32)


def pack_gaussians(known: Gaussians) -> dict[str, np.ndarray]:
    """The same in float16 and without the empty halves, to be kept in a file."""
    rows, columns = np.tril_indices(known.basis.shape[1])
    arrays = known._replace(factors=known.factors[:, rows, columns])._asdict()
    return {
        name: np.asarray(array, np.float32 if name == "rest" else np.float16) for name, array in arrays.items()
    }


def unpack_gaussians(arrays: dict[str, np.ndarray]) -> Gaussians:
    """What `packed` gave, but for its rounding.

    Raises:
        KeyError: an array is missing.
        ValueError: the arrays do not fit together.
    """
    found = {name: np.asarray(arrays[name], np.float32) for name in Gaussians._fields}
    classes, k = found["means"].shape
    factors = np.zeros((classes, k, k), np.float32)
    factors[:, *np.tril_indices(k)] = found["factors"]
    if found["basis"].shape != (len(found["centre"]), k):
        raise ValueError(f"the kept basis is {found['basis'].shape}: expected {(len(found['centre']), k)}.")
    return Gaussians(**found | {"factors": factors, "rest": float(found["rest"])})


def _is_truncated(known: Gaussians) -> bool:
    return known.basis.shape[0] > known.basis.shape[1]


def _precision_factor(members: np.ndarray) -> np.ndarray:
    k = members.shape[1]
    covariance = np.cov(members.T, bias=True).reshape(k, k)
    ball = max(np.trace(covariance) / k, 1e-6)
    return np.linalg.cholesky(np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * ball * np.eye(k)))
