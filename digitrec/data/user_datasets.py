"""Data sets that a person made, each one file in the cache folder: how they are written, found, read and removed.

sets/NAME.npz    train and test images and labels; `about`, JSON: title, class names, source, and a checksum

A file is written under another name and renamed, so a set is there whole or not there. Nothing in it is unpickled.
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

from digitrec.data.catalogue import DATASETS, DatasetError, Description, UserMade
from digitrec.data.splits import Split, make_split
from digitrec.files import replace

FOLDER = "sets"  # below the cache folder
DRAWINGS_NAME = re.compile(
    r"own(-[0-9a-f]{8})?"
)  # names of the sets of kept drawings; nobody else's may be called so
MAX_CLASSES = 100
MAX_CLASS_NAME_CHARACTERS = 24  # characters of a class's name

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
_WRITE_LOCK = threading.RLock()  # two sessions that change the same set: the second sees what the first did


class TrainTest(NamedTuple):
    """The images of a set that a person made."""

    train: Split
    test: Split


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """No other session of this process changes any of these sets meanwhile."""
    with _WRITE_LOCK:
        yield


def list_names(cache: Path) -> list[str]:
    """Names of all that there are, damaged ones included: the kept drawings first, then by the alphabet."""
    found = [path.stem for path in (cache / FOLDER).glob("*.npz") if _is_name(path.stem)]
    return sorted(found, key=lambda name: (not DRAWINGS_NAME.fullmatch(name), name.casefold()))


def describe(cache: Path, name: str) -> Description | None:
    """What is known of the set with this name, or None where there is none.

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
    """The images and labels of the set with this name.

    Raises:
        DatasetError: it is not there any more, or its file is damaged.
    """
    path = file_path(cache, name)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = _read_about(file)
            found = [file[f"{part}_{kind}"] for part in TrainTest._fields for kind in Split._fields]
    except FileNotFoundError as error:
        raise DatasetError(f"the data set {name!r} was removed. Choose another one.") from error
    except _DAMAGE_ERRORS as error:
        raise _damage_error(path, error) from error
    parts = TrainTest(make_split(*found[:2]), make_split(*found[2:]))
    if _checksum(parts, tuple(about["class_names"])) != about["sha256"]:
        raise _damage_error(path, ValueError("its checksum does not fit"))
    return parts


def write(cache: Path, about: Description, parts: TrainTest, *, is_own: bool = False) -> Description:
    """Keep a set, whole or not at all.

    Args:
        about: its name, title, class names, source and licence.
        parts: its images.
        is_own: whether these are kept drawings, which take the place of those before them.

    Raises:
        DatasetError: the name is taken, or the folder cannot be written.
    """
    path = file_path(cache, about.name)
    kept = UserMade(_checksum(parts, about.class_names), len(parts.train.labels), len(parts.test.labels), is_own)
    texts = {key: getattr(about, key) for key in ("title", "class_names", "source", "licence")}
    data = _pack(parts, json.dumps({**texts, **kept._asdict()}))
    with lock():
        if not is_own:
            check_name(cache, about.name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, data)
        except OSError as error:
            raise DatasetError(
                f"the data set {about.name!r} cannot be kept in {path.parent}: {error.strerror or error}. Make "
                "room, or name another folder in DIGITREC_CACHE."
            ) from error
    return about._replace(user_made=kept)


def remove(cache: Path, name: str) -> None:
    """Remove the set with this name, damaged or not; nothing to do where there is none.

    Raises:
        DatasetError: it cannot be removed.
    """
    if not _is_name(name):
        raise DatasetError(f"the data set {name!r} is none that you made: it cannot be removed.")
    try:
        with lock():
            file_path(cache, name).unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(f"the data set {name!r} cannot be removed: {error.strerror or error}.") from error


def check_name(cache: Path, name: str) -> None:
    """Whether a new set may have this name.

    Raises:
        DatasetError: it may not, and why.
    """
    if not _NAME_PATTERN.fullmatch(name):
        raise DatasetError(
            f"{name[:60]!r} cannot be a data set's name: expected 1 to 40 letters, digits, spaces, dots, dashes "
            "or underscores, with a letter or digit first and last."
        )
    taken = {known.casefold() for known in (*DATASETS, *list_names(cache))}
    if name.casefold() in taken or DRAWINGS_NAME.fullmatch(name.casefold()):
        raise DatasetError(f"there is a data set named {name!r} already: choose another name.")


def check_class_names(found: tuple[str, ...]) -> None:
    """Whether a set may have these classes.

    Raises:
        DatasetError: there are too many, two are the same, or one cannot be shown.
    """
    if not 1 <= len(found) <= MAX_CLASSES:
        raise DatasetError(f"there are {len(found)} classes: expected 1 to {MAX_CLASSES}.")
    for name in found:
        if not is_class_name(name):
            raise DatasetError(
                f"{name[:60]!r} cannot be a class's name: expected 1 to {MAX_CLASS_NAME_CHARACTERS} "
                f"letters, digits, spaces, "
                "dots, dashes or underscores. Rename it."
            )
    if len(set(found)) < len(found):
        raise DatasetError("two classes have the same name: expected a name for each.")


def is_class_name(name: str) -> bool:
    """Whether a class may be called so; what passes means nothing in HTML, Markdown or a spreadsheet."""
    plain = name.replace(" ", "").replace("-", "").replace("_", "").replace(".", "")
    return (
        len(name) <= MAX_CLASS_NAME_CHARACTERS and plain.isalnum() and name[0].isalnum() and name == name.strip()
    )


def normalise_name(name: str) -> str:
    """A class's name with its letters composed and without space around: the same on each system."""
    return unicodedata.normalize("NFC", name).strip()


def file_path(cache: Path, name: str) -> Path:
    """Where the set with this name is kept, or would be."""
    return cache / FOLDER / f"{name}.npz"


def _is_name(name: str) -> bool:
    return bool(_NAME_PATTERN.fullmatch(name)) and name not in DATASETS


@functools.lru_cache(maxsize=256)
def _read_description(path: Path, changed: tuple[int, ...]) -> Description:
    del changed  # part of the key alone
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = _read_about(file)
        kept = UserMade(*(about.pop(name) for name in UserMade._fields))
        return Description(path.stem, **about | {"class_names": tuple(about["class_names"])}, user_made=kept)
    except _DAMAGE_ERRORS as error:
        raise _damage_error(path, error) from error


def _read_about(file: Any) -> dict[str, Any]:
    found = json.loads(str(file["about"]))
    if not isinstance(found, dict):
        raise ValueError("it does not say what it is")
    return found


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
    np.savez(buffer, about=np.array(about), **arrays)  # not compressed: drawings are kept one by one, at once
    return buffer.getvalue()


def _checksum(parts: TrainTest, class_names: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((class_names, [len(part.labels) for part in parts])).encode())
    for part in parts:
        digest.update(np.ascontiguousarray(part.images, np.uint8))
        digest.update(np.ascontiguousarray(part.labels, np.int64))
    return digest.hexdigest()
