"""Stores, reads and removes the data sets that users make: one file each in the cache folder.

sets/NAME.npz    train and test images and labels; `about`, JSON: title, class names, source, licence, checksum

A file is written under another name and then renamed, so it is complete or absent. Nothing in it is unpickled.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import re
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from digitrec import files
from digitrec.data.catalogue import DATASETS, DatasetError, Description, UserMade
from digitrec.data.splits import Split, make_split
from digitrec.files import replace

FOLDER = "sets"  # below the cache folder
DRAWINGS_NAME = re.compile(r"own(-[0-9a-f]{8})?")  # reserved for the data sets of saved drawings
MAX_CLASSES = 100
MAX_CLASS_NAME_CHARACTERS = 24

_MARKS = ("Mn", "Mc")  # signs that belong to a letter, such as the vowels of Devanagari
_NAME_PATTERN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,38}[A-Za-z0-9])?")
_DAMAGE_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
)
_WRITE_LOCK = (
    threading.RLock()
)  # of two sessions that change one data set, the second sees the change of the first


class TrainTest(NamedTuple):
    """Training and test images."""

    train: Split
    test: Split


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """Keep other sessions of this process from changing these data sets meanwhile."""
    with _WRITE_LOCK:
        yield


def list_names(cache: Path) -> list[str]:
    """Names of all data sets, damaged ones included: saved drawings first, then in alphabetical order."""
    names = [path.stem for path in (cache / FOLDER).glob("*.npz") if _is_name(path.stem)]
    return sorted(names, key=lambda name: (not DRAWINGS_NAME.fullmatch(name), name.casefold()))


def describe(cache: Path, name: str) -> Description | None:
    """The description of the data set with this name, or None if there is none.

    Raises:
        DatasetError: its file is damaged.
    """
    path = file_path(cache, name)
    if not _is_name(name):
        return None
    try:
        stat = path.stat()
    except OSError:
        return None
    return _read_description(path, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


def read(cache: Path, name: str) -> TrainTest:
    """Read the images and labels of the data set with this name.

    Raises:
        DatasetError: it was removed, or its file is damaged.
    """
    path = file_path(cache, name)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = _read_about(file)
            arrays = [file[f"{part}_{kind}"] for part in TrainTest._fields for kind in Split._fields]
    except FileNotFoundError as error:
        raise DatasetError(f"the data set {name!r} was removed. Choose another one.") from error
    except _DAMAGE_ERRORS as error:
        raise _damage_error(path, error) from error
    parts = TrainTest(make_split(*arrays[:2]), make_split(*arrays[2:]))
    if _checksum(parts, tuple(about["class_names"])) != about["sha256"]:
        raise _damage_error(path, ValueError("its checksum is wrong"))
    return parts


def write(cache: Path, description: Description, parts: TrainTest, *, is_own: bool = False) -> Description:
    """Store a data set, and return its description with `user_made`.

    Args:
        cache: the cache folder.
        description: name, title, class names, source and licence.
        parts: the images.
        is_own: whether these are saved drawings, which replace the earlier version.

    Raises:
        DatasetError: the name is taken or invalid, or the folder cannot be written.
    """
    with lock():
        if not is_own:
            check_name(cache, description.name)
        return _store(cache, description, parts, is_own=is_own)


def find_same(cache: Path, parts: TrainTest, class_names: tuple[str, ...]) -> Description | None:
    """The data set with exactly these images, labels and classes; None if there is none, or it is damaged."""
    checksum = _checksum(parts, class_names)
    for name in list_names(cache):
        with contextlib.suppress(DatasetError):
            found = describe(cache, name)
            if found is not None and found.user_made is not None and found.user_made.sha256 == checksum:
                return found
    return None


def rename_classes(cache: Path, name: str, class_names: tuple[str, ...]) -> Description:
    """Give the classes of an imported data set other names, in the same order; return its new description.

    Its checksum is another one then: networks that were trained on it before keep the old names.

    Raises:
        DatasetError: there is no such data set, its classes are another number, or a name is invalid.
    """
    with lock():
        description = describe(cache, name)
        if description is None or description.user_made is None or description.user_made.is_own:
            raise DatasetError(f"the classes of {name!r} cannot be renamed: expected an imported data set.")
        if len(class_names) != len(description.class_names):
            raise DatasetError(
                f"there are {len(class_names)} names for {len(description.class_names)} classes: expected one for "
                "each."
            )
        names = tuple(map(normalise_name, class_names))
        check_class_names(names)
        return _store(cache, description._replace(class_names=names), read(cache, name))


def _store(cache: Path, description: Description, parts: TrainTest, *, is_own: bool = False) -> Description:
    files.refuse_if_read_only(f"the data set {description.name!r} cannot be stored")
    path = file_path(cache, description.name)
    checksum = _checksum(parts, description.class_names)
    made = UserMade(checksum, len(parts.train.labels), len(parts.test.labels), is_own)
    texts = {key: getattr(description, key) for key in ("title", "class_names", "source", "licence")}
    data = _pack(parts, json.dumps({**texts, **made._asdict()}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, data)
    except OSError as error:
        raise DatasetError(
            f"the data set {description.name!r} cannot be stored in {path.parent}: {error.strerror or error}. "
            "Make room, or set DIGITREC_CACHE to another folder."
        ) from error
    return description._replace(user_made=made)


def remove(cache: Path, name: str) -> None:
    """Delete the data set with this name, damaged or not; do nothing if there is none.

    Raises:
        DatasetError: it was not made by a user, or its file cannot be deleted.
    """
    files.refuse_if_read_only(f"the data set {name!r} cannot be removed")
    if not _is_name(name):
        raise DatasetError(f"the data set {name!r} cannot be removed: it was not imported or drawn here.")
    try:
        with lock():
            file_path(cache, name).unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(f"the data set {name!r} cannot be removed: {error.strerror or error}.") from error


def check_name(cache: Path, name: str) -> None:
    """Check that a new data set may have this name.

    Raises:
        DatasetError: the name is invalid or taken.
    """
    if not _NAME_PATTERN.fullmatch(name):
        raise DatasetError(
            f"{name[:60]!r} is not a valid name for a data set: expected 1 to 40 letters, digits, spaces, dots, "
            "dashes or underscores, with a letter or digit first and last."
        )
    taken = {other.casefold() for other in (*DATASETS, *list_names(cache))}
    if name.casefold() in taken or DRAWINGS_NAME.fullmatch(name.casefold()):
        raise DatasetError(f"there is already a data set named {name!r}: choose another name.")


def check_class_names(names: tuple[str, ...]) -> None:
    """Check that a data set may have these classes.

    Raises:
        DatasetError: there are none or too many, two are equal, or one is invalid.
    """
    if not 1 <= len(names) <= MAX_CLASSES:
        raise DatasetError(f"there are {len(names)} classes: expected 1 to {MAX_CLASSES}.")
    for name in names:
        if not is_class_name(name):
            raise DatasetError(
                f"{name[:60]!r} is not a valid class name: expected 1 to {MAX_CLASS_NAME_CHARACTERS} letters, "
                "digits, spaces, dots, dashes or underscores. Rename the class."
            )
    if len(set(names)) < len(names):
        raise DatasetError("two classes have the same name: expected different names.")


def is_class_name(name: str) -> bool:
    """Whether a class may have this name. Valid names mean nothing in HTML, Markdown or a spreadsheet."""
    plain = name.replace(" ", "").replace("-", "").replace("_", "").replace(".", "")
    is_short = len(name) <= MAX_CLASS_NAME_CHARACTERS
    has_letters = all(each.isalnum() or unicodedata.category(each) in _MARKS for each in plain)
    return is_short and bool(plain) and has_letters and name[0].isalnum() and name == name.strip()


def normalise_name(name: str) -> str:
    """A class name with composed letters and without surrounding space: equal on all systems."""
    return unicodedata.normalize("NFC", name).strip()


def file_path(cache: Path, name: str) -> Path:
    """Path of the file of the data set with this name, whether it exists or not."""
    return cache / FOLDER / f"{name}.npz"


def _is_name(name: str) -> bool:
    return bool(_NAME_PATTERN.fullmatch(name)) and name not in DATASETS


@functools.lru_cache(maxsize=256)
def _read_description(path: Path, changed: tuple[int, ...]) -> Description:
    del changed  # only a part of the cache key
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = _read_about(file)
        made = UserMade(*(about.pop(name) for name in UserMade._fields))
        return Description(path.stem, **about | {"class_names": tuple(about["class_names"])}, user_made=made)
    except _DAMAGE_ERRORS as error:
        raise _damage_error(path, error) from error


def _read_about(file: Any) -> dict[str, Any]:
    about = json.loads(str(file["about"]))
    if not isinstance(about, dict):
        raise ValueError("it has no description")
    return about


def _damage_error(path: Path, error: Exception) -> DatasetError:
    return DatasetError(
        f"the data set {path.stem!r} is damaged ({error}): remove it, and import or draw it again. Its "
        f"file is {path}."
    )


def _pack(parts: TrainTest, about: str) -> bytes:
    arrays = {
        f"{part}_{kind}": array
        for part, split in parts._asdict().items()
        for kind, array in split._asdict().items()
    }
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(about), **arrays)  # not compressed: each saved drawing writes the whole file
    return buffer.getvalue()


def _checksum(parts: TrainTest, class_names: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((class_names, [len(part.labels) for part in parts])).encode())
    for part in parts:
        digest.update(np.ascontiguousarray(part.images, np.uint8).data)
        digest.update(np.ascontiguousarray(part.labels, np.int64).data)
    return digest.hexdigest()
