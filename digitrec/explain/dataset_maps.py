"""Maps of data sets: the positions of images on a plane, made once by a worker and stored in the cache folder.

maps/KEY/map.npz    rows, positions and components; KEY is a SHA-256 of the images, the network and the settings
maps/KEY/...        what `measurements` writes: the request, the progress, and why it failed

A file is written under another name and then renamed, so it is complete or absent. Nothing in it is unpickled.
"""

from __future__ import annotations

import functools
import hashlib
import io
import threading
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data import Dataset
from digitrec.explain import neighbours, tsne
from digitrec.explain.tsne import Components, Report
from digitrec.imaging import Floats, Images
from digitrec.inference import Classifier
from digitrec.runs import MAPS_FOLDER, Run, WorkFolder, measurements

SIZES = (2_000, 5_000, 10_000)  # images that can be asked for
DEFAULT_SIZE = 5_000
MIN_IMAGES = tsne.MIN_POINTS
MAX_MAPS = 30  # that are stored: 3 MB each, at most
_VERSION = 1  # another one where a map would come out in another way
_SEED = 0
NEAREST = 10  # points on the map that are called near

_samples: WeakKeyDictionary[Dataset, dict[int, _Sample]] = WeakKeyDictionary()
_lock = threading.Lock()  # of `_samples`


class MapError(Exception):
    """A map cannot be made: the message says why and what to do."""


class _Sample(NamedTuple):
    rows: NDArray[np.int64]
    sha256: str  # of the rows and their images


class DatasetMap(NamedTuple):
    """A map of n images.

    Attributes:
        rows: int64 (n,), ascending: the images; the training images come first, then the test images.
        positions: float32 (n, 2).
        known: float32 (n, k), the images' principal components.
        components: what makes components of pixels, or of an embedding.
    """

    rows: NDArray[np.int64]
    positions: Floats
    known: Floats
    components: Components


@dataclass(frozen=True)
class MapRequest:
    """Which map of a data set is meant.

    Attributes:
        dataset: the data set.
        size: the number of images, of both splits; all, if there are fewer.
        run: whose network's embedding is compared; None for the pixels.
        model: the network of the run.
    """

    dataset: Dataset
    size: int = DEFAULT_SIZE
    run: Run | None = None
    model: Classifier | None = None

    @functools.cached_property
    def folder(self) -> WorkFolder:
        """Where the process reports, and the map is stored."""
        source = "pixels" if self.model is None else self.model.sha256
        words = (_VERSION, source, tsne.COMPONENTS, tsne.PERPLEXITY, tsne.STEPS, _SEED, self._sample.sha256)
        key = hashlib.sha256(repr(words).encode()).hexdigest()
        return WorkFolder(measurements.cached_home(MAPS_FOLDER) / key[:24])

    @property
    def path(self) -> Path:
        """The file of the map."""
        return self.folder.path / "map.npz"

    @property
    def needs_run(self) -> bool:
        """The folder lies in the cache."""
        return False

    @property
    def title(self) -> str:
        """What is made, for a message."""
        return f"the map of {self.dataset.title!r}"

    @property
    def rows(self) -> NDArray[np.int64]:
        """The images of the map, int64 (n,), ascending."""
        return self._sample.rows

    def arguments(self, images: int) -> list[str]:
        """The command line that makes the map of so many images."""
        model = [] if self.run is None else [f"--model={self.run.name}"]
        return ["map", f"--dataset={self.dataset.name}", f"--images={images}", *model]

    @property
    def _sample(self) -> _Sample:
        return _draw_sample(self.dataset, self.size)


def make_map(request: MapRequest, report: Report | None = None) -> DatasetMap:
    """Compute a map, and store it.

    Args:
        request: what is asked for.
        report: is called with the steps done and the steps in all.

    Raises:
        MapError: openTSNE is not installed, or there are too few images.
        ClassifierError: the model gives no embedding.
        OSError: the map cannot be stored.
    """
    if not tsne.has_opentsne():
        raise MapError(tsne.explain_missing_opentsne())
    if len(request.rows) < MIN_IMAGES:
        raise MapError(
            f"{request.dataset.title!r} has {len(request.rows)} images: expected {MIN_IMAGES} or more for a map. "
            "Add images, or choose another data set."
        )
    values = _values(request.dataset.take_images(request.rows), request.model)
    components = tsne.fit_components(values)
    known = components.project(values)
    made = DatasetMap(request.rows, tsne.fit_positions(known, report), known, components)
    request.folder.path.mkdir(parents=True, exist_ok=True)
    _write(request.path, made)
    return made


def find_map(request: MapRequest) -> DatasetMap | None:
    """The stored map; None if there is none, or its file is damaged: then it must be made again."""
    try:
        changed = request.path.stat().st_mtime_ns
    except OSError:
        return None
    found = _read(request.path, changed)
    if found is None or not np.array_equal(found.rows, request.rows):
        return None
    return found


def place_images(found: DatasetMap, images: Images, model: Classifier | None) -> Floats:
    """Where images uint8 (m, 28, 28) lie on a map: float32 (m, 2).

    Args:
        found: the map.
        images: of any origin, such as a drawing.
        model: the network of the map; None if it is one of pixels.

    Raises:
        ClassifierError: the model gives no embedding.
    """
    return tsne.transform(found.components.project(_values(images, model)), found.known, found.positions)


class ClassPlace(NamedTuple):
    """Where the images of a class lie on a map."""

    n: int  # images of the class on the map
    own_share: float  # of the `NEAREST` points of each of its images: how many have the class
    other: int | None  # the class that most of the others have; None if there are none
    other_share: float


def find_nearest(positions: Floats, places: Floats, count: int = NEAREST) -> NDArray[np.int64]:
    """The points of a map (n, 2) that are nearest to places (m, 2): int64 (m, count), or fewer if there are."""
    from scipy.spatial import KDTree  # 0.1 s that a page need not wait for

    count = min(count, len(positions))
    found = KDTree(positions).query(places, k=list(range(1, count + 1)))[1]
    return found.astype(np.int64)


def describe_classes(positions: Floats, labels: NDArray[np.int64], n_classes: int) -> list[ClassPlace]:
    """For each class, how much its images keep to themselves on a map.

    Args:
        positions: (n, 2).
        labels: int64 (n,), of the points.
        n_classes: number of classes.
    """
    near = labels[find_nearest(positions, positions, NEAREST + 1)[:, 1:]]  # (n, k), without the point itself
    return [_describe_class(near[labels == label], label, n_classes) for label in range(n_classes)]


def _describe_class(near: NDArray[np.int64], label: int, n_classes: int) -> ClassPlace:
    counts = np.bincount(near.ravel(), minlength=n_classes)
    n, own = max(1, near.size), int(counts[label])
    counts[label] = 0
    other = int(counts.argmax())
    return ClassPlace(len(near), own / n, other if counts[other] else None, int(counts[other]) / n)


def _draw_sample(dataset: Dataset, size: int) -> _Sample:
    with _lock:
        known = _samples.setdefault(dataset, {})
    if size not in known:
        rows = choose_rows(dataset, size)
        digest = hashlib.sha256(rows.tobytes())
        digest.update(dataset.take_images(rows).data)
        known[size] = _Sample(rows, digest.hexdigest())
    return known[size]


def choose_rows(dataset: Dataset, size: int) -> NDArray[np.int64]:
    """The rows of at most `size` images, int64 (n,), ascending: as many of each class and split as their share."""
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    if len(labels) <= size:
        return np.arange(len(labels))
    is_test = np.arange(len(labels)) >= len(dataset.train.labels)
    rng = np.random.default_rng(_SEED)
    order = rng.permutation(len(labels))
    # By class and split, and mixed in each of these groups.
    order = order[np.argsort(2 * labels[order] + is_test[order], kind="stable")]
    # Evenly spaced places in that order: each group has its share, but for one image.
    return np.sort(order[_spread(len(order), size)])


def _spread(n: int, count: int) -> NDArray[np.int64]:
    """`count` evenly spaced numbers below n, int64."""
    return (2 * np.arange(count, dtype=np.int64) + 1) * n // (2 * count)


def _values(images: Images, model: Classifier | None) -> Floats:
    """What is compared: the pixels, scaled to [0, 1], or the embedding, scaled to length 1; float32 (n, d)."""
    if model is not None:
        return neighbours.scale_to_unit(model.embed(images))
    return images.reshape(len(images), -1).astype(np.float32) / 255


def _write(path: Path, made: DatasetMap) -> None:
    buffer = io.BytesIO()
    mean, axes = made.components
    np.savez(buffer, rows=made.rows, positions=made.positions, known=made.known, mean=mean, axes=axes)
    files.replace(path, buffer.getvalue())


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> DatasetMap | None:
    """The map in a file; None if it is missing or damaged."""
    del changed  # only a part of the cache key
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            rows, positions, known, mean, axes = (
                file[name] for name in ("rows", "positions", "known", "mean", "axes")
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if not _is_sound(rows, positions, known, mean, axes):
        return None
    for column in (rows, positions, known, mean, axes):
        column.flags.writeable = False
    return DatasetMap(rows, positions, known, Components(mean, axes))


def _is_sound(rows: NDArray[np.int64], positions: Floats, known: Floats, mean: Floats, axes: Floats) -> bool:
    """Whether the arrays of a file belong together."""
    floats = (positions, known, mean, axes)
    if rows.dtype != np.int64 or rows.ndim != 1 or any(each.dtype != np.float32 for each in floats):
        return False
    if axes.ndim != 2 or positions.shape != (len(rows), 2) or known.shape != (len(rows), axes.shape[1]):
        return False
    return mean.shape == axes.shape[:1] and all(bool(np.isfinite(each).all()) for each in floats)
