"""Images that are nearly equal, and images far from all others of their class, by the distance of their pixels.

Each image is scaled to length 1, so that more or less contrast makes no difference, and projected on the first
principal components, in which distances are never larger than between the pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import Dataset, hash_images
from digitrec.imaging import Images

COMPONENTS = 24
NEAR = 0.15  # distance of two images of length 1: their cosine similarity is 0.989
K = 5  # an outlier is far from the fifth nearest image of its class
MIN_RATIO = 1.5  # of an outlier's distance: below it, an image is as far from the others as many are
_FITTED_IMAGES = 20_000  # from which the components are computed
_CHUNK = 4_000  # images
_MAX_DISTANCES = 20_000_000  # in memory at a time: 80 MB
_PARTNERS = 4  # nearest images that are compared pixel by pixel, with the image itself

Report = Callable[[float], None]  # gets the share that is done, 0 to 1


class NearDuplicates(NamedTuple):
    """Images with the nearest other one, which is equal or nearly so; the nearest first.

    Attributes:
        rows: int64 (m,), places among all images, the training images first.
        others: int64 (m,), the image that it nearly equals.
        distances: float32 (m,), 0 for the same pixels.
    """

    rows: NDArray[np.int64]
    others: NDArray[np.int64]
    distances: NDArray[np.float32]


class Outliers(NamedTuple):
    """Images far from the others of their class, the farthest first.

    Attributes:
        rows: int64 (m,), places among all images.
        ratios: float32 (m,), the distance to the `K`th nearest image of its class, by the median of that distance
            in the class.
        nearest: int64 (m,), the nearest image of the class.
    """

    rows: NDArray[np.int64]
    ratios: NDArray[np.float32]
    nearest: NDArray[np.int64]


def project(dataset: Dataset) -> NDArray[np.float32]:
    """All images, the training images first, on their principal components: float32 (n, `COMPONENTS`)."""
    n = len(dataset.train.labels) + len(dataset.test.labels)
    chosen = np.sort(np.random.default_rng(0).permutation(n)[:_FITTED_IMAGES])
    sample = _to_unit(dataset.take_images(chosen))
    # About the origin, not the mean: so the length of an image is part of its projection.
    components = np.linalg.eigh(sample.T @ sample)[1][:, ::-1][:, :COMPONENTS]
    parts = [
        _to_unit(split.images[at : at + _CHUNK]) @ components
        for split in (dataset.train, dataset.test)
        for at in range(0, len(split.images), _CHUNK)
    ]
    return np.concatenate([np.empty((0, components.shape[1]), np.float32), *parts])


def find_near_duplicates(
    dataset: Dataset, points: NDArray[np.float32], report: Report, *, most: int
) -> NearDuplicates:
    """Pairs of images whose distance is below `NEAR`, each pair once.

    Of a pair, the row is the one that a person may leave out: a training image that nearly equals a test image,
    else the later one.

    Args:
        dataset: the data set.
        points: its images, projected.
        report: gets the share that is done.
        most: how many are returned at most: those across the splits first.
    """
    n_train, n = len(dataset.train.labels), len(points)
    equal = _find_equal(dataset)
    best, partner = np.full(n, np.inf, np.float32), np.full(n, -1)
    copies = np.flatnonzero(equal != np.arange(n))
    best[copies], partner[copies] = 0, equal[copies]
    _find_near(dataset, points, np.flatnonzero(equal == np.arange(n)), (best, partner), report)
    rows = np.flatnonzero(partner >= 0)
    others, distances = partner[rows], best[rows]
    # A test image stays as it is, and of two images in one split the first does.
    swap = np.where((rows >= n_train) == (others >= n_train), rows < others, rows >= n_train)
    rows, others = np.where(swap, others, rows), np.where(swap, rows, others)
    order = np.lexsort((others, distances))
    order = order[np.unique(rows[order], return_index=True)[1]]  # each image once, with the nearest of its others
    is_leak = (rows[order] < n_train) != (others[order] < n_train)
    order = order[np.lexsort((rows[order], distances[order], ~is_leak))][:most]
    return NearDuplicates(rows[order], others[order], distances[order])


def _find_equal(dataset: Dataset) -> NDArray[np.int64]:
    """The image that stays of those equal to each one: the first test image, else the first; int64 (n,)."""
    hashes = np.array([*hash_images(dataset.test.images), *hash_images(dataset.train.images)], np.int64)
    _, first, codes = np.unique(hashes, return_index=True, return_inverse=True)  # the test images come first here
    rows = np.roll(np.arange(len(hashes)), -len(dataset.train.labels))  # from a place here to one in the table
    stays = np.empty(len(hashes), np.int64)
    stays[rows] = rows[first][codes]
    return stays


def _find_near(
    dataset: Dataset,
    points: NDArray[np.float32],
    singles: NDArray[np.int64],
    found: tuple[NDArray[np.float32], NDArray[np.int64]],
    report: Report,
) -> None:
    """Write the distance to the nearest other image below `NEAR`, and its place, into `found`."""
    from scipy.spatial import cKDTree  # takes half a second

    best, partner = found
    tree = cKDTree(points[singles])
    for at in range(0, len(singles), _CHUNK):
        rows = singles[at : at + _CHUNK]
        _, places = tree.query(points[rows], k=_PARTNERS, distance_upper_bound=NEAR)
        images = _to_unit(dataset.take_images(rows))
        for column in places.T:
            others = singles[np.minimum(column, len(singles) - 1)]
            pairs = np.flatnonzero((column < len(singles)) & (others != rows))
            distances = np.linalg.norm(images[pairs] - _to_unit(dataset.take_images(others[pairs])), axis=1)
            better = (distances < NEAR) & (distances < best[rows[pairs]])
            best[rows[pairs[better]]], partner[rows[pairs[better]]] = distances[better], others[pairs[better]]
        report((at + len(rows)) / len(singles))


def find_outliers(
    points: NDArray[np.float32], labels: NDArray[np.int64], report: Report, *, most: int
) -> Outliers:
    """Rank images by the distance to the `K`th nearest image of their class.

    Ramaswamy, Rastogi and Shim 2000, Efficient algorithms for mining outliers from large data sets, SIGMOD; by the
    class's own median, because some classes vary more than others.

    Args:
        points: all images, projected, float32 (n, d).
        labels: int64 (n,).
        report: gets the share that is done.
        most: how many are returned at most.
    """
    ratios, nearest, done = np.zeros(len(labels), np.float32), np.full(len(labels), -1), 0
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) > K:
            kth = np.empty(len(members), np.float32)
            mine = points[members]
            step = max(1, _MAX_DISTANCES // len(members))
            for at in range(0, len(members), step):
                distances = _squared_distances(mine[at : at + step], mine)
                distances[np.arange(len(distances)), at + np.arange(len(distances))] = np.inf
                nearest[members[at : at + step]] = members[distances.argmin(1)]
                kth[at : at + step] = np.sqrt(np.partition(distances, K - 1, 1)[:, K - 1])
            ratios[members] = kth / max(float(np.median(kth)), 1e-6)
        done += len(members)
        report(done / len(labels))
    rows = np.argsort(-ratios, kind="stable")[:most]
    rows = rows[ratios[rows] > MIN_RATIO]
    return Outliers(rows, ratios[rows], nearest[rows])


def _squared_distances(some: NDArray[np.float32], all_: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (m, n)."""
    products = some @ all_.T
    squares = (some**2).sum(1)[:, None] + (all_**2).sum(1) - 2 * products
    return np.maximum(squares, 0, out=squares)


def _to_unit(images: Images) -> NDArray[np.float32]:
    """Each image as a vector of length 1, float32 (n, pixels); a blank one stays 0."""
    vectors = images.reshape(len(images), -1).astype(np.float32) if len(images) else np.empty((0, 784), np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1.0)
