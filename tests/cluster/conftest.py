"""One cluster for all tests of this folder; where a test has killed some of it, the next one mends that."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.clusters import Cluster


@pytest.fixture(scope="session")
def clusters(tmp_path_factory) -> Iterator[Callable[[], Cluster]]:
    """Gives the cluster, or a new one where its scheduler was killed."""
    made: list[Cluster] = []

    def give() -> Cluster:
        if not made or made[-1].scheduler.poll() is not None:
            folder: Path = tmp_path_factory.mktemp("cluster")
            made.append(Cluster(folder))
        return made[-1]

    yield give
    for cluster in made:
        cluster.end()


@pytest.fixture
def cluster(clusters, folders) -> Cluster:
    """It has two workers at least, so that one may die."""
    found = clusters()
    found.grow_to(2)
    return found


@pytest.fixture
def cluster_of_three(cluster) -> Cluster:
    cluster.grow_to(3)
    return cluster
