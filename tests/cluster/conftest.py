"""One cluster of three workers for all tests of this folder; a test that has killed one gets another."""

import os
from collections.abc import Iterator

import pytest

from support.clusters import Cluster

pytest.importorskip("distributed") if os.environ.get("DIGITREC_REQUIRE") != "1" else None


@pytest.fixture(scope="session")
def whole_cluster(tmp_path_factory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()


@pytest.fixture
def cluster(whole_cluster, folders) -> Cluster:
    whole_cluster.grow_to(3)
    return whole_cluster
