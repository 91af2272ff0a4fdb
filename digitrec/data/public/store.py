"""Fetches public data sets, converts them once, and opens what was converted without reading it into memory.

Below the cache folder:

downloads/SHELF/      published files: kept if data sets share them (EMNIST), else only until they are converted
downloads/sha256.json the SHA-256 of files of which nobody published a checksum: the first download decides
NAME/                 `train-images.npy` and so on, upright, 0 = paper; `about.json` with their SHA-256

A folder is written under another name and then renamed, so it is whole or absent. Nothing in it is unpickled.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data import mapped
from digitrec.data.descriptions import DatasetError, Description, Progress, PublicFile
from digitrec.data.public import formats, transfers
from digitrec.imaging import Images, Labels

ALMOST_FULL = 200_000_000  # bytes that a download leaves free on the disk
_DOWNLOADS = "downloads"
_ABOUT, _VERSION = "about.json", 1
_DAMAGE_ERRORS = (
    EOFError,
    gzip.BadGzipFile,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class StoredPart(NamedTuple):
    """A part of a converted data set: arrays in files."""

    images: Images  # (n, 28, 28)
    labels: Labels  # (n,)
    writers: NDArray[np.int64] | None  # (n,), -1: unknown


def is_stored(description: Description, cache: Path) -> bool:
    """Whether a data set was converted."""
    return (cache / description.name / _ABOUT).is_file()


def locate_published(description: Description, folders: Sequence[Path]) -> dict[str, Path] | None:
    """The published files of a data set in the first of these data folders that has them all, by name."""
    for folder in folders:
        paths = {file.name: folder / _shelf(description) / file.name for file in description.published}
        if all(path.is_file() for path in paths.values()):
            return paths
    return None


def locate_fetched(description: Description, cache: Path) -> dict[str, Path] | None:
    """The published files of a data set that were downloaded, and are kept, by name; None if one is missing."""
    return locate_published(description, [cache / _DOWNLOADS])


def fetch(description: Description, cache: Path, progress: Progress | None = None) -> dict[str, Path]:
    """Download the published files of a data set, continuing an earlier download.

    Returns:
        Their paths by name, as `convert` takes them.

    Raises:
        Cancelled: `progress` raised it.
        DatasetError: they cannot be downloaded or stored, or there is no room for them.
    """
    shelf = cache / _DOWNLOADS / _shelf(description)
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        paths = {}
        for number, file in enumerate(description.published):
            path = shelf / file.name
            if not path.is_file():
                _fetch_one(description, file, number, shelf, progress)
            paths[file.name] = path
        return paths
    except transfers.TransferError as error:
        raise DatasetError(
            f"{description.title} could not be downloaded.\n{error}\n\nTry again: what was downloaded is kept. "
            f"Or get {', '.join(file.name for file in description.published)} from {description.home} and put it "
            f"into a folder {_shelf(description)} in the folder that DIGITREC_DATA names."
        ) from error
    except OSError as error:
        raise _cannot_store(description, shelf, error) from error


def convert(
    description: Description, paths: Mapping[str, Path], cache: Path, progress: Progress | None = None
) -> None:
    """Convert the published files of a data set, and store the result in the cache folder.

    Raises:
        Cancelled: `progress` raised it.
        DatasetError: a file is damaged or another one, or the result cannot be stored.
    """
    for file in description.published:
        _check_pin(description, file, paths[file.name], cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _check_room(description.stored_size, cache, description)
        place = tempfile.TemporaryDirectory(
            transfers.PART_SUFFIX, f"{description.name}.", cache, ignore_cleanup_errors=True
        )
        with place as temporary:
            _write_parts(description, paths, Path(temporary), progress)
            _publish(Path(temporary), cache / description.name)
    except _DAMAGE_ERRORS as error:
        named = ", ".join(str(path) for path in paths.values())
        raise DatasetError(
            f"{description.title} cannot be read from {named}: {error}. Delete it and download it again."
        ) from error
    except OSError as error:
        raise _cannot_store(description, cache, error) from error
    if not description.shelf:
        shutil.rmtree(cache / _DOWNLOADS / description.name, ignore_errors=True)


def open_stored(description: Description, cache: Path) -> tuple[StoredPart, StoredPart]:
    """The training and the test part of a converted data set: arrays that are read from disk where they are used.

    Raises:
        DatasetError: a file is missing, damaged or altered.
    """
    folder = cache / description.name
    try:
        about = files.read_json(folder / _ABOUT) or {}
        if about.get("version") != _VERSION:
            raise ValueError(f"{_ABOUT} is of another version")
        for name, sha256 in about["sha256"].items():
            if transfers.hash_file(folder / name, "sha256") != sha256:
                raise ValueError(f"{name} was altered")
        train, test = (_open_part(folder, part) for part in ("train", "test"))
    except (OSError, *_DAMAGE_ERRORS) as error:
        raise DatasetError(
            f"{description.title} is damaged in {folder}: {error}. Delete this folder, and download it again."
        ) from error
    return train, test


def _open_part(folder: Path, part: str) -> StoredPart:
    images, labels = (
        np.load(folder / f"{part}-{kind}.npy", mmap_mode="r", allow_pickle=False) for kind in ("images", "labels")
    )
    if images.shape != (len(labels), 28, 28) or images.dtype != np.uint8 or labels.dtype != np.int64:
        raise ValueError(f"the {part} part is {images.dtype} {images.shape}")
    path = folder / f"{part}-writers.npy"
    return StoredPart(images, labels, np.load(path, allow_pickle=False) if path.is_file() else None)


def _fetch_one(
    description: Description, file: PublicFile, number: int, shelf: Path, progress: Progress | None
) -> None:
    count = len(description.published)
    which = f" (file {number + 1} of {count})" if count > 1 else ""
    host = urlsplit((*file.urls, description.home)[0]).hostname
    shown = -1

    def report(done: int, total: int) -> None:
        nonlocal shown
        total = total or file.size
        percent = min(100, done * 100 // total) if total else 0
        if progress and (percent != shown or not total):
            shown = percent
            size = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
            progress(f"{description.title} from {host}, {size}{which}", percent / 100)

    transfers.fetch_file(file, shelf, report, lambda more: _check_room(more, shelf, description))


def _check_room(needed: int, folder: Path, description: Description) -> None:
    """Check before the first byte is written that there is room for so many.

    Raises:
        DatasetError: there is not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + ALMOST_FULL:
        raise DatasetError(
            f"{description.title} does not fit on the disk: it needs {needed / 1e6:,.0f} MB in {folder}, and "
            f"{ALMOST_FULL / 1e6:,.0f} MB more should stay free, but only {free / 1e6:,.0f} MB are free. Make "
            "room, or set DIGITREC_CACHE to another folder."
        )


def _check_pin(description: Description, file: PublicFile, path: Path, cache: Path) -> None:
    """Compare a file with its published checksum, or else with the first file of its name that came here.

    Raises:
        DatasetError: it is another one.
    """
    try:
        if file.checksum is None:
            _compare_with_first(description, file, path, cache)
            return
        kind, _, expected = file.checksum.partition(":")
        found = transfers.hash_file(path, kind)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    if found != expected:
        raise DatasetError(
            f"{path} is not the published one ({kind.upper()} {found}, expected {expected}). Delete it, and "
            "download it again."
        )


def _compare_with_first(description: Description, file: PublicFile, path: Path, cache: Path) -> None:
    notes = cache / _DOWNLOADS / "sha256.json"
    known = files.read_json(notes) or {}
    key, found = f"{_shelf(description)}/{file.name}", transfers.hash_file(path, "sha256")
    if known.setdefault(key, found) != found:
        raise DatasetError(
            f"{path} is another file than the first one that was downloaded here (SHA-256 {found}, expected "
            f"{known[key]}). Nobody has published its checksum, so which one is right cannot be told. If you "
            f"trust the new one, delete {notes}."
        )
    notes.parent.mkdir(parents=True, exist_ok=True)
    files.replace(notes, json.dumps(known, indent=1).encode())


def _write_parts(
    description: Description, paths: Mapping[str, Path], folder: Path, progress: Progress | None
) -> None:
    """Write the arrays of both parts, and what they should be."""
    parts = formats.read(description, paths)
    total, done = sum(len(part.labels) for part in parts), 0
    for name, part in zip(("train", "test"), parts, strict=True):
        classes = len(description.class_names)
        if not len(part.labels) or not 0 <= part.labels.min() <= part.labels.max() < classes:
            raise ValueError(f"its labels are not 0 to {classes - 1}")
        np.save(folder / f"{name}-labels.npy", part.labels)
        if part.writers is not None:
            np.save(folder / f"{name}-writers.npy", part.writers)
        shape = (len(part.labels), 28, 28)
        images = np.lib.format.open_memmap(folder / f"{name}-images.npy", "w+", np.uint8, shape)
        start = 0
        for chunk in part.chunks():
            images[start : start + len(chunk)] = chunk
            start, done = start + len(chunk), done + len(chunk)
            if start % mapped.CHUNK_IMAGES < len(chunk):
                images.flush()  # else what is written would lie in memory as well
                mapped.release(images)
            if progress:
                progress(f"Unpacking {description.title}", done / total)
        images.flush()
    sha256 = {path.name: transfers.hash_file(path, "sha256") for path in sorted(folder.iterdir())}
    (folder / _ABOUT).write_text(json.dumps({"version": _VERSION, "sha256": sha256}), encoding="utf-8")


def _publish(temporary: Path, folder: Path) -> None:
    """Give the converted files their final names; older ones, which may be damaged, are replaced."""
    folder.mkdir(exist_ok=True)
    (folder / _ABOUT).unlink(missing_ok=True)  # until all are there, the data set is not
    names = sorted((path.name for path in temporary.iterdir()), key=lambda name: name == _ABOUT)
    for name in names:
        (temporary / name).replace(folder / name)


def _shelf(description: Description) -> str:
    return description.shelf or description.name


def _cannot_store(description: Description, folder: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{description.title} cannot be stored in {folder}: {error.strerror or error}. It needs "
        f"{(description.size + description.stored_size) / 1e6:,.0f} MB there: make room, or set DIGITREC_CACHE to "
        "another folder."
    )
