"""Which images a network finds alike: by the angle between their embeddings, what it knows before it decides.

That near neighbours in a network's own embedding tell what its answer rests on is Papernot and McDaniel's (2018,
"Deep k-Nearest Neighbors", arXiv 1803.04765), who also measure by the angle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CHUNK_IMAGES = 8192  # images compared at a time
MAX_GROUPED_IMAGES = 2000  # images in `groups`: the distances of all pairs are held at once


class Neighbours(NamedTuple):
    """The images nearest to one, the nearest first."""

    indices: np.ndarray  # int64 (k,)
    likeness: np.ndarray  # float32 (k,): cosine of the angle, 1 for the same direction


def scale_to_unit(embeddings: np.ndarray) -> np.ndarray:
    """The embeddings (n, d), each scaled to length 1, float32; one of length 0 stays so."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return (embeddings / np.maximum(lengths, 1e-12)).astype(np.float32)


def find_nearest(one: np.ndarray, known: np.ndarray, count: int, *, without: int | None = None) -> Neighbours:
    """The `count` nearest to one among the known, or all where there are fewer.

    Args:
        one: an embedding of length 1, (d,).
        known: embeddings of length 1, (n, d).
        count: how many.
        without: the place of one that is not to be found, such as the image itself.
    """
    chunks = [known[start : start + CHUNK_IMAGES] @ one for start in range(0, len(known), CHUNK_IMAGES)]
    likeness = np.concatenate([np.empty(0, np.float32), *chunks])
    if without is not None:
        likeness[without] = -np.inf
    count = min(count, len(known) - (without is not None))
    best = np.argsort(-likeness, kind="stable")[:count]
    return Neighbours(best, likeness[best].astype(np.float32))


def group_similar(embeddings: np.ndarray, count: int) -> list[np.ndarray]:
    """Parts images into groups of like ones (Ward 1963, J. Am. Stat. Assoc. 58), the largest group first.

    Args:
        embeddings: of length 1, (m, d), at most `MOST_GROUPED`.
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


def _ward_codes(embeddings: np.ndarray, count: int) -> np.ndarray:
    """The group of each, int (m,)."""
    if len(embeddings) < 2:
        return np.zeros(len(embeddings), np.int64)
    from scipy.cluster import hierarchy  # 0.1 s that a page need not wait for

    tree = hierarchy.linkage(embeddings.astype(np.float64), "ward")
    return hierarchy.fcluster(tree, count, "maxclust")


def _order_from_medoid(embeddings: np.ndarray) -> np.ndarray:
    """The order of one group's members: the medoid, then by the distance to it."""
    likeness = embeddings @ embeddings.T  # (k, k)
    distances = np.sqrt(np.maximum(2 - 2 * likeness, 0))
    medoid = int(distances.mean(1).argmin())
    distances[medoid, medoid] = -1  # before any that are the same
    return np.argsort(distances[medoid], kind="stable")
