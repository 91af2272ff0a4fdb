"""What a run's network makes of the images it learnt from: their embeddings, computed once and kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import Dataset, evaluation_dataset, loading, splits
from digitrec.imaging import Floats
from digitrec.inference import Classifier
from digitrec.runs import Run

IMAGES_PER_STEP = 250  # images between two reports; what is done then is kept
MAX_CACHE_BYTES = 150_000_000  # of embeddings kept, the ones last used


@dataclass
class EmbeddingCache:
    """The embeddings of one network's training images, as far as they are computed."""

    embeddings: Floats  # float32 (n, d), of length 1
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


_caches: dict[tuple[object, ...], EmbeddingCache] = {}
_caches_lock = threading.Lock()


def training_places(run: Run, dataset: Dataset) -> NDArray[np.int64]:
    """Positions of the network's training images in the training set of its data set, int64 (n,)."""
    return splits.part_indices(dataset, "train", share=run.config.validation_share, seed=run.config.seed)


def training_embeddings(run: Run, model: Classifier, progress: Callable[[int, int], None] | None = None) -> Floats:
    """The embeddings of the run's training images, float32 (n, d), of length 1; cached in memory.

    If an exception from `progress` interrupts this, the next call continues.

    Args:
        run: the run.
        model: its classifier.
        progress: called now and then with the number of images done and the total.

    Raises:
        ClassifierError: the model gives no embedding.
        DatasetError: the data set cannot be loaded.
    """
    dataset = loading.load(evaluation_dataset(run.config.dataset))
    images, places = dataset.train.images, training_places(run, dataset)
    known = _open_cache(_cache_key(run, model), (len(places), model.embedding_size))
    while known.done < len(places):
        with known.lock:  # anew for each step, so that two who ask share the work
            batch = slice(known.done, known.done + IMAGES_PER_STEP)
            known.embeddings[batch] = scale_to_unit(model.embed(images[places[batch]]))
            known.done = min(batch.stop, len(places))
        if progress is not None:
            progress(known.done, len(places))
    return known.embeddings


def is_ready(run: Run, model: Classifier) -> bool:
    """Whether `training_embeddings` is complete in memory."""
    known = _caches.get(_cache_key(run, model))
    return known is not None and known.done == len(known.embeddings)


def locate_original(run: Run, dataset: Dataset, split: str, index: int) -> tuple[str, int]:
    """The position of an image of a split in the data set's own files: ("train" or "test", index from 0)."""
    if split == "test":
        return "test", index
    places = splits.part_indices(dataset, split, share=run.config.validation_share, seed=run.config.seed)
    return "train", int(places[index])


def _cache_key(run: Run, model: Classifier) -> tuple[object, ...]:
    dataset = loading.describe(
        evaluation_dataset(run.config.dataset)
    )  # one that a person made may be another by now
    return model.sha256, dataset.name, dataset.user_made, run.config.validation_share, run.config.seed


def _open_cache(key: tuple[object, ...], shape: tuple[int, int]) -> EmbeddingCache:
    """The cache of this key, new if there is none; the least recently used ones are dropped above the limit."""
    with _caches_lock:
        found = _caches.pop(key, None) or EmbeddingCache(np.empty(shape, np.float32))
        while _caches and sum(kept.embeddings.nbytes for kept in (found, *_caches.values())) > MAX_CACHE_BYTES:
            _caches.pop(next(iter(_caches)))
        _caches[key] = found  # last, because last used
        return found


CHUNK_IMAGES = 8192  # images compared at a time
MAX_GROUPED_IMAGES = 2000  # images in `groups`: the distances of all pairs are held at once


class Neighbours(NamedTuple):
    """The images nearest to one, the nearest first."""

    indices: NDArray[np.int64]  # int64 (k,)
    likeness: Floats  # float32 (k,): cosine of the angle, 1 for the same direction


def scale_to_unit(embeddings: Floats) -> Floats:
    """The embeddings (n, d), each scaled to length 1, float32; one of length 0 stays 0."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return (embeddings / np.maximum(lengths, 1e-12)).astype(np.float32)


def find_nearest(one: Floats, known: Floats, count: int, *, without: int | None = None) -> Neighbours:
    """The `count` nearest neighbours of an embedding, or all if there are fewer.

    Args:
        one: an embedding of length 1, (d,).
        known: embeddings of length 1, (n, d).
        count: how many.
        without: the index of one to leave out, such as the image itself.
    """
    chunks = [known[start : start + CHUNK_IMAGES] @ one for start in range(0, len(known), CHUNK_IMAGES)]
    likeness = np.concatenate([np.empty(0, np.float32), *chunks])
    if without is not None:
        likeness[without] = -np.inf
    count = min(count, len(known) - (without is not None))
    best = np.argsort(-likeness, kind="stable")[:count]
    return Neighbours(best, likeness[best].astype(np.float32))


def group_similar(embeddings: Floats, count: int) -> list[NDArray[np.int64]]:
    """Groups of similar images (Ward 1963, J. Am. Stat. Assoc. 58), the largest group first.

    Args:
        embeddings: of length 1, (m, d), at most `MAX_GROUPED_IMAGES`.
        count: how many groups; fewer where images are the same to the network.

    Returns:
        For each group its members, int64 (k,): first the typical one, the medoid, whose mean distance to the
        others is least, then the others, the nearest to it first.

    Raises:
        ValueError: there are too many images, or no group is asked for.
    """
    if len(embeddings) > MAX_GROUPED_IMAGES or count < 1:
        raise ValueError(
            f"{len(embeddings)} images in {count} groups: expected {MAX_GROUPED_IMAGES} images at most, "
            f"and 1 group."
        )
    codes = _ward_codes(embeddings, count)
    members = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    members.sort(key=len, reverse=True)
    return [own[_order_from_medoid(embeddings[own])] for own in members]


def _ward_codes(embeddings: Floats, count: int) -> NDArray[np.int64]:
    """The group of each, int (m,)."""
    if len(embeddings) < 2:
        return np.zeros(len(embeddings), np.int64)
    from scipy.cluster import hierarchy  # 0.1 s that a page need not wait for

    tree = hierarchy.linkage(embeddings.astype(np.float64), "ward")
    return hierarchy.fcluster(tree, count, "maxclust")


def _order_from_medoid(embeddings: Floats) -> NDArray[np.int64]:
    """The order of one group's members: the medoid first, then by the distance to it."""
    likeness = embeddings @ embeddings.T  # (k, k)
    distances = np.sqrt(np.maximum(2 - 2 * likeness, 0))
    medoid = int(distances.mean(1).argmin())
    distances[medoid, medoid] = -1  # before any that are the same
    return np.argsort(distances[medoid], kind="stable")
