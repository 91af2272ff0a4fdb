"""The embeddings of what a network learnt from: computed once, gone on with after an interruption, bounded."""

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.explain import neighbours
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="mlp", validation_share=0.2, seed=3)


class Shrinking:
    """Stands in for the Classifier: an image's embedding is its rows' sums; remembers how many it was shown."""

    embedding_size = 28

    def __init__(self, sha256: str = "a"):
        self.sha256, self.shown = sha256, 0

    def embed(self, images: np.ndarray) -> np.ndarray:
        self.shown += len(images)
        return images.sum(2).astype(np.float32)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_caches", {})


@pytest.fixture
def run() -> Run:
    return store.create(CONFIG, tuple("0123456789"), "one")


def test_they_are_those_of_the_images_learnt_from_in_their_order(run):
    train = splits.select_part(loading.load("digits"), "train", share=0.2, seed=3)
    expected = neighbours.scale_to_unit(train.images.sum(2).astype(np.float32))
    np.testing.assert_allclose(neighbours.training_embeddings(run, Shrinking()), expected, rtol=1e-6)


def test_they_are_computed_once(run):
    model = Shrinking()
    assert not neighbours.is_ready(run, model)
    first = neighbours.training_embeddings(run, model)
    shown = model.shown
    assert neighbours.training_embeddings(run, model) is first
    assert model.shown == shown == len(first) and neighbours.is_ready(run, model)


def test_another_network_has_embeddings_of_its_own(run):
    first = neighbours.training_embeddings(run, Shrinking())
    assert neighbours.training_embeddings(run, Shrinking("b")) is not first


def test_after_an_interruption_it_goes_on_where_it_was(run, monkeypatch):
    monkeypatch.setattr(neighbours, "IMAGES_PER_STEP", 100)
    model = Shrinking()

    def stop(done, n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        neighbours.training_embeddings(run, model, stop)
    assert model.shown == 100 and not neighbours.is_ready(run, model)
    told = []
    found = neighbours.training_embeddings(run, model, lambda *done: told.append(done))
    assert model.shown == len(found)
    assert told[0] == (200, len(found)) and told[-1] == (len(found), len(found))


def test_memory_is_bounded_and_the_last_used_stay(run, monkeypatch):
    first, second, third = Shrinking("1"), Shrinking("2"), Shrinking("3")
    size = neighbours.training_embeddings(run, first).nbytes
    monkeypatch.setattr(neighbours, "MAX_CACHE_BYTES", 2 * size)
    neighbours.training_embeddings(run, second)
    neighbours.training_embeddings(run, first)
    neighbours.training_embeddings(run, third)
    assert [neighbours.is_ready(run, model) for model in (first, second, third)] == [True, False, True]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_original_place_holds_the_same_image(run, split):
    dataset = loading.load("digits")
    part = splits.select_part(dataset, split, share=0.2, seed=3)
    for index in (0, 17, len(part.labels) - 1):
        file, place = neighbours.locate_original(run, dataset, split, index)
        assert np.array_equal(getattr(dataset, file).images[place], part.images[index])
