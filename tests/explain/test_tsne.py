"""t-SNE: the same each time, neighbours stay neighbours, and a new point lands as openTSNE would place it."""

import numpy as np
import pytest
from openTSNE import TSNEEmbedding, affinity

from digitrec.explain import tsne

CLUSTERS = 4


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    """Four clusters of 30 points in 8 dimensions, one after the other."""
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 3, (CLUSTERS, 8))
    return np.repeat(centres, 30, 0).astype(np.float32) + rng.normal(0, 0.5, (120, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def reports() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def positions(known, reports) -> np.ndarray:
    return tsne.fit_positions(known, lambda done, of: reports.append((done, of)))


def test_components_are_those_of_a_singular_value_decomposition(known):
    found = tsne.fit_components(known)
    _, _, axes = np.linalg.svd(known - known.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(found.axes.T @ axes.T), np.eye(8), atol=1e-3)
    np.testing.assert_allclose(found.project(known).mean(0), 0, atol=1e-5)


def test_neighbours_stay_neighbours(positions):
    distances = np.linalg.norm(positions[:, None] - positions, axis=2)
    nearest = np.argsort(distances, axis=1)[:, 1:11]
    assert (nearest // 30 == np.arange(120)[:, None] // 30).mean() > 0.99


def test_the_same_points_have_the_same_places_and_the_progress_is_told(known, positions, reports):
    assert reports[0] == (tsne.STEPS_PER_REPORT, tsne.STEPS) and reports[-1] == (tsne.STEPS, tsne.STEPS)
    np.testing.assert_array_equal(tsne.fit_positions(known), positions)


def test_a_report_that_raises_ends_it(known):
    def end(done: int, of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        tsne.fit_positions(known, end)


def test_a_new_point_lands_where_opentsne_would_place_it(known, positions):
    new = known[::30] + 0.2  # one of each cluster, moved
    affinities = affinity.PerplexityBasedNN(known, perplexity=30, method="exact")
    embedding = TSNEEmbedding(
        positions.astype(float), affinities, negative_gradient_method="bh", theta=0, n_jobs=1
    )
    middle = (positions.max(0) + positions.min(0)) / 2  # openTSNE moves the map there
    expected = np.asarray(embedding.transform(new)) + middle
    np.testing.assert_allclose(tsne.transform(new, known, positions), expected, atol=0.02)


@pytest.mark.parametrize("n", [1, 2, 12])
def test_few_and_equal_points_give_numbers(n):
    known = np.zeros((n, 3), np.float32)
    assert np.isfinite(tsne.transform(known[:1], known, np.zeros((n, 2), np.float32))).all()
    if n >= tsne.MIN_POINTS:
        assert np.isfinite(tsne.fit_positions(known)).all()
