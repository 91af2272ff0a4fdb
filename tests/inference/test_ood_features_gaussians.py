"""Distances to classes, against the formula, and after they were kept in a file."""

import numpy as np
import pytest

from digitrec.inference import ood_features

CHANCE = np.random.default_rng(0)
LABELS = np.repeat([0, 1, 2], 400)


def points(dimensions: int) -> np.ndarray:
    """Three classes, each a ball stretched its own way."""
    means = 6 * CHANCE.normal(size=(3, dimensions))
    stretch = CHANCE.uniform(0.5, 2, (3, dimensions))
    return (means[LABELS] + CHANCE.normal(size=(1200, dimensions)) * stretch[LABELS]).astype(np.float32)


def test_distances_are_mahalanobis_distances_of_shrunk_covariances():
    known = points(5)
    found = ood_features.squared_distances(known[:7], ood_features.fit_gaussians(known, LABELS, 3))
    for label in range(3):
        members = known[label == LABELS].astype(float)
        covariance = np.cov(members.T, bias=True)
        ball = np.trace(covariance) / 5 * np.eye(5)
        inverse = np.linalg.inv((1 - ood_features.SHRINKAGE) * covariance + ood_features.SHRINKAGE * ball)
        moved = known[:7] - members.mean(0)
        assert found[:, label] == pytest.approx(np.einsum("ni,ij,nj->n", moved, inverse, moved), rel=1e-3)


def test_examples_are_nearest_to_their_own_class_and_strangers_are_far_from_all():
    known = points(6)
    found = ood_features.fit_gaussians(known, LABELS, 3)
    assert (ood_features.squared_distances(known, found).argmin(1) == LABELS).mean() > 0.99
    usual = ood_features.squared_distances(known, found).min(1).max()
    assert (ood_features.squared_distances(known + 100, found).min(1) > usual).all()


def test_what_lies_outside_of_the_directions_kept_counts_too():
    flat = np.hstack([points(10), CHANCE.normal(0, 0.01, (1200, 100)).astype(np.float32)])
    found = ood_features.fit_gaussians(flat, LABELS, 3)
    assert found.basis.shape[1] < 110
    strange = flat[:1].copy()
    strange[0, -40:] += 5
    assert (
        ood_features.squared_distances(strange, found).min()
        > 100 * ood_features.squared_distances(flat[:1], found).min()
    )


@pytest.mark.parametrize("dimensions", [5, 110])
def test_what_was_packed_measures_the_same(dimensions):
    known = points(dimensions)
    found = ood_features.fit_gaussians(known, LABELS, 3)
    again = ood_features.unpack_gaussians(ood_features.pack_gaussians(found))
    expected = ood_features.squared_distances(known, found)
    assert ood_features.squared_distances(known, again) == pytest.approx(expected, rel=0.05, abs=0.5)


def test_a_class_without_examples_is_as_far_as_everybody():
    found = ood_features.fit_gaussians(points(4), LABELS, 5)
    assert found.means.shape == (5, 4) and np.isfinite(ood_features.squared_distances(points(4), found)).all()


def test_many_classes_take_no_more_room():
    packed = ood_features.pack_gaussians(ood_features.fit_gaussians(points(300), LABELS, 47))
    assert sum(array.nbytes for array in packed.values()) < 150_000


def test_without_examples_there_is_no_distance():
    with pytest.raises(ValueError, match="at least one"):
        ood_features.fit_gaussians(np.empty((0, 3)), np.empty(0, int), 2)
