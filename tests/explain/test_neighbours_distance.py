"""Nearest and grouped by the angle between embeddings, against slower ways to the same."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from digitrec.explain import neighbours


def directions(n: int, d: int = 6, seed: int = 0) -> np.ndarray:
    return neighbours.scale_to_unit(np.random.default_rng(seed).normal(size=(n, d)))


def test_unit_keeps_the_direction_and_a_length_of_0():
    found = neighbours.scale_to_unit(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize("chunk", [7, 1000])
def test_the_nearest_are_those_of_scipy(monkeypatch, chunk):
    monkeypatch.setattr(neighbours, "CHUNK_IMAGES", chunk)
    known, one = directions(100), directions(1, seed=1)[0]
    distances = cdist(one[None], known, "cosine")[0]
    found = neighbours.find_nearest(one, known, 8)
    assert found.indices.tolist() == np.argsort(distances)[:8].tolist()
    np.testing.assert_allclose(found.likeness, 1 - np.sort(distances)[:8], atol=1e-6)


def test_an_image_is_nearest_to_itself_unless_it_is_left_out():
    known = directions(50)
    assert neighbours.find_nearest(known[17], known, 1).indices.tolist() == [17]
    assert 17 not in neighbours.find_nearest(known[17], known, 50, without=17).indices


def test_there_are_never_more_than_are_known():
    known = directions(3)
    assert len(neighbours.find_nearest(known[0], known, 8).indices) == 3
    assert len(neighbours.find_nearest(known[0], known, 8, without=0).indices) == 2
    assert len(neighbours.find_nearest(known[0], known[:0], 8).indices) == 0


def test_bundles_of_directions_are_found_again():
    rng = np.random.default_rng(2)
    own = np.repeat([0, 1, 2], [12, 7, 4])
    bundles = neighbours.scale_to_unit(np.eye(5)[own] + rng.normal(scale=0.05, size=(23, 5)))
    found = neighbours.group_similar(bundles, 3)
    assert [sorted(members.tolist()) for members in found] == [np.flatnonzero(own == k).tolist() for k in range(3)]


@pytest.mark.parametrize("count", [1, 4, 40])
def test_every_image_is_in_one_group_and_the_groups_come_largest_first(count):
    found = neighbours.group_similar(directions(40), count)
    assert sorted(np.concatenate(found).tolist()) == list(range(40))
    sizes = [len(members) for members in found]
    assert len(sizes) == count and sizes == sorted(sizes, reverse=True)


def test_the_first_of_a_group_is_its_medoid_and_the_others_follow_by_distance():
    embeddings = directions(30)
    (members,) = neighbours.group_similar(embeddings, 1)
    distances = cdist(embeddings, embeddings)
    assert members[0] == distances.mean(1).argmin()
    assert (np.diff(distances[members[0]][members]) >= -1e-6).all()


def test_images_that_are_the_same_to_the_network_are_one_group():
    assert [len(members) for members in neighbours.group_similar(np.repeat(directions(1), 5, axis=0), 3)] == [5]


@pytest.mark.parametrize("n", [0, 1])
def test_few_images_make_few_groups(n):
    assert [members.tolist() for members in neighbours.group_similar(directions(n), 4)] == [[0]] * n


def test_too_many_images_are_refused():
    with pytest.raises(ValueError, match="2000 images at most"):
        neighbours.group_similar(np.zeros((neighbours.MAX_GROUPED_IMAGES + 1, 2), np.float32), 2)
