"""Ink, thickness, slant and size of each image of a data set: measured once, then stored in the cache folder.

measures/VERSION-SHA256.npz    of a split's images, by their SHA-256: data sets with the same images share it

A file is written under another name and then renamed, so it is complete or absent. Nothing in it is unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data import mapped
from digitrec.data.loading import cache_folder
from digitrec.data.splits import Dataset, Split
from digitrec.imaging import Images, shape

FOLDER = "measures"  # below the cache folder
MIN_STORED_IMAGES = (
    5000  # fewer are measured in about a second; saved drawings would leave a file after each stroke
)
_VERSION = 1  # another one where a measure means something else
_CHUNK_IMAGES = 2000  # between two reports of the progress: about 0.4 s


class ImageMeasures(NamedTuple):
    """The measures of n images, each float32 (n,), read-only; all 0 for a blank image.

    Attributes:
        ink: per cent of the ink that a black image would have.
        thickness: of the strokes, in pixels.
        slant: in degrees from upright, positive if the top leans to the right.
        width: of the bounding box of the strokes, in pixels.
        height: of the same box.
    """

    ink: NDArray[np.float32]
    thickness: NDArray[np.float32]
    slant: NDArray[np.float32]
    width: NDArray[np.float32]
    height: NDArray[np.float32]


MEASURES = ImageMeasures._fields
Report = Callable[[int, int], object]  # called with the images done and the images in all

# By the data set in memory, with which they go.
_cache: WeakKeyDictionary[Dataset, dict[str, ImageMeasures]] = WeakKeyDictionary()
_names: WeakKeyDictionary[Dataset, dict[str, str]] = WeakKeyDictionary()  # of files; hashing MNIST takes 0.2 s
_lock = threading.Lock()  # of both


def find_measures(dataset: Dataset, split: str) -> ImageMeasures | None:
    """The measures of the "train" or "test" images, if they are known; None if they must be measured first."""
    found = _cached(dataset).get(split)
    if found is None and (n := len(_select(dataset, split).images)) >= MIN_STORED_IMAGES:
        found = _read(_path(dataset, split), n)
        if found is not None:
            _cached(dataset)[split] = found
    return found


def measure_split(dataset: Dataset, split: str, report: Report | None = None) -> ImageMeasures:
    """The measures of the "train" or "test" images, measured if they are not known.

    They are stored unless there are few images or the folder cannot be written: then they are known until the
    data set leaves the memory.

    Args:
        dataset: the data set.
        split: "train" or "test".
        report: is called with the images done and the images in all.
    """
    found = find_measures(dataset, split)
    if found is None:
        images = _select(dataset, split).images
        found = measure_images(images, report)
        if len(images) >= MIN_STORED_IMAGES:
            _store(_path(dataset, split), found)
        _cached(dataset)[split] = found
    return found


def measure_images(images: Images, report: Report | None = None) -> ImageMeasures:
    """Measure images uint8 (n, 28, 28); the memory that this takes does not grow with n, but for the result."""
    columns = np.empty((len(MEASURES), len(images)), np.float32)
    for start, chunk in zip(
        range(0, len(images), _CHUNK_IMAGES), mapped.iterate_chunks(images, _CHUNK_IMAGES), strict=True
    ):
        measured, (width, height) = shape.measure(chunk), shape.box_sizes(chunk)
        columns[:, start : start + len(chunk)] = (
            100 * measured.ink,
            measured.thickness,
            measured.slant,
            width,
            height,
        )
        if report is not None:
            report(start + len(chunk), len(images))
    columns.flags.writeable = False
    return ImageMeasures(*columns)


def _cached(dataset: Dataset) -> dict[str, ImageMeasures]:
    with _lock:
        return _cache.setdefault(dataset, {})


def _select(dataset: Dataset, split: str) -> Split:
    by_name: Mapping[str, Split] = {"train": dataset.train, "test": dataset.test}
    return by_name[split]


def _path(dataset: Dataset, split: str) -> Path:
    with _lock:
        known = _names.setdefault(dataset, {})
    if split not in known:
        images = _select(dataset, split).images
        digest = hashlib.sha256(repr(images.shape).encode())
        for chunk in mapped.iterate_chunks(images):
            digest.update(np.ascontiguousarray(chunk).data)
        known[split] = f"{_VERSION}-{digest.hexdigest()}.npz"
    return cache_folder() / FOLDER / known[split]  # the folder may be another one by now


def _read(path: Path, n: int) -> ImageMeasures | None:
    """The measures in a file; None if it is missing, damaged, or of another number of images."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            columns = np.array([file[name] for name in MEASURES])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if columns.shape != (len(MEASURES), n) or columns.dtype != np.float32:
        return None
    columns.flags.writeable = False
    return ImageMeasures(*columns)


def _store(path: Path, measures: ImageMeasures) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **measures._asdict())
    with contextlib.suppress(OSError):  # it is measured again the next time
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, buffer.getvalue())
