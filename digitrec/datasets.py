"""Named data sets as read-only arrays."""

from __future__ import annotations

import functools
import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs

from digitrec.preprocessing import to_mnist

Progress = Callable[[str, float], None]


class DatasetError(Exception):
    """A data set cannot be had: the message says why and what to do."""


class Split(NamedTuple):
    """Part of a data set, read-only."""

    images: np.ndarray  # uint8 (n, 28, 28)
    labels: np.ndarray  # int64 (n,)


@dataclass(frozen=True)
class Dataset:
    """A named data set."""

    name: str
    title: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    source: str
    licence: str


class Description(NamedTuple):
    """What is known of a data set before it is on this machine."""

    name: str
    title: str
    class_names: tuple[str, ...]
    source: str
    licence: str
    size: int  # bytes to download


_DIGITS = tuple("0123456789")
DATASETS = {
    "mnist": Description(
        "mnist",
        "MNIST",
        _DIGITS,
        "LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        "CC BY-SA 3.0",
        11_594_722,
    ),
    "digits": Description(
        "digits",
        "scikit-learn's digits",
        _DIGITS,
        "Alpaydin and Kaynak, UCI Optical Recognition of Handwritten Digits",
        "CC BY 4.0",
        0,
    ),
}


def cache_folder() -> Path:
    """Where downloads are kept."""
    return Path(os.environ.get("DIGITREC_CACHE") or platformdirs.user_cache_dir("digitrec"))


def find(name: str) -> Path | None:
    """Where the data set is on this machine."""
    if name == "digits":
        return Path(__file__)
    data = os.environ.get("DIGITREC_DATA")
    folders = [Path(data)] * bool(data) + [cache_folder()]
    return next((f / name for f in folders if (f / name / "train-images-idx3-ubyte.gz").is_file()), None)


def default_name() -> str:
    """MNIST where it is on this machine, else the embedded digits."""
    return "mnist" if find("mnist") else "digits"


def download(name: str, progress: Progress | None = None) -> None:
    """Fetch the data set into the cache."""
    raise DatasetError(f"{name} cannot be downloaded.")


def load(name: str, progress: Progress | None = None) -> Dataset:
    """The data set with this name."""
    path = find(name)
    if path is None:
        download(name, progress)
    return _load(name, find(name))


@functools.cache
def _load(name: str, path: Path) -> Dataset:
    known = DATASETS[name]
    train, test = _digits() if name == "digits" else (_idx(path, "train"), _idx(path, "t10k"))
    return Dataset(known.name, known.title, known.class_names, train, test, known.source, known.licence)


def _idx(path: Path, part: str) -> Split:
    images = gzip.decompress((path / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((path / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return _split(
        np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)
    )


def _digits() -> tuple[Split, Split]:
    from scipy import ndimage
    from sklearn.datasets import load_digits

    found = load_digits()
    inks = [
        np.clip(ndimage.zoom(image, 5, order=3, mode="constant") * 16, 0, 255).astype(np.uint8)
        for image in found.images
    ]
    images = np.stack([to_mnist(np.where(ink > 40, ink, 0).astype(np.uint8)) for ink in inks])
    train, test = validation_split(found.target, 0.2, seed=0)
    return _split(images[train], found.target[train]), _split(images[test], found.target[test])


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    split = Split(images, labels.astype(np.int64))
    for array in split:
        array.flags.writeable = False
    return split


def validation_split(labels: np.ndarray, share: float, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a seeded, stratified training and validation part, sorted: (train, validation)."""
    rng = np.random.default_rng(seed)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels) if share else ():
        members = rng.permutation(np.flatnonzero(labels == label))
        held[members[: min(max(round(len(members) * share), 1), len(members) - 1)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def part(dataset: Dataset, name: str, *, share: float, seed: int) -> Split:
    """The "train", "validation" or "test" images of a data set."""
    if name == "test":
        return dataset.test
    indices = dict(
        zip(("train", "validation"), validation_split(dataset.train.labels, share, seed=seed), strict=True)
    )
    return _split(dataset.train.images[indices[name]], dataset.train.labels[indices[name]])
