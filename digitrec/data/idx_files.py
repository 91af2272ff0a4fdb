"""Reads and verifies the files of a data set: IDX, gzipped or not, or one npz.

Whatever a file claims, no more is read than the data set's known size, nothing is unpickled, and nothing counts
before its SHA-256 does.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from digitrec.data.catalogue import DatasetError, Description, IdxFile

_CHUNK_BYTES = 1 << 20  # bytes read at a time
_DAMAGE_ERRORS = (EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile)


def locate(folder: Path, known: Description) -> tuple[Path, ...] | None:
    """The files in the folder that hold the whole data set: one for each IDX file, or the npz alone."""
    found = tuple(path for file in known.files if (path := _find_spelling(folder, file.name)))
    if len(found) == len(known.files):
        return found
    npz = folder / f"{known.name}.npz"
    return (npz,) if _is_file(npz) else None


def list_missing(folder: Path, known: Description) -> list[str]:
    """Names of the IDX files that the folder lacks."""
    return [file.name for file in known.files if not _find_spelling(folder, file.name)]


def read(paths: tuple[Path, ...], known: Description) -> list[np.ndarray]:
    """The arrays in the files that `locate` found, in the order of the data set's files.

    Raises:
        DatasetError: a file is damaged, altered, of another kind, or cannot be read.
    """
    one_each = paths if len(paths) > 1 else paths * len(known.files)
    return [_read_one(path, file, known) for path, file in zip(one_each, known.files, strict=True)]


def _find_spelling(folder: Path, name: str) -> Path | None:
    """The file, unpacked or packed, under the name its makers gave it or with a dot, as some unpackers write."""
    dotted = name.replace("-idx", ".idx")
    spellings = (name, dotted, f"{name}.gz", f"{dotted}.gz")
    return next((path for spelling in spellings if _is_file(path := folder / spelling)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered, or a name that cannot be
        return False


def _read_one(path: Path, file: IdxFile, known: Description) -> np.ndarray:
    open_values = _open_member if path.suffix == ".npz" else _open_idx
    try:
        with open_values(path, file) as stream:
            array, sha256 = _read_values(stream, file)
    except _DAMAGE_ERRORS as error:
        raise DatasetError(f"{_name_damage(path, file)}: {_explain(error)}. {_advise(path, known)}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    if sha256 != file.sha256:
        problem = f"it was altered or is another file (its SHA-256 is {sha256}, expected {file.sha256})"
        raise DatasetError(f"{_name_damage(path, file)}: {problem}. {_advise(path, known)}")
    return array


@contextmanager
def _open_idx(path: Path, file: IdxFile) -> Iterator[BinaryIO]:
    """The values of an IDX file, its header checked and behind us."""
    with path.open("rb") as plain:
        # By content, not by name: browsers like to unpack a .gz and leave its name.
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        with gzip.GzipFile(fileobj=plain) if packed else plain as stream:
            header = stream.read(len(file.header))
            if header != file.header:
                raise ValueError(f"it begins with the bytes [{header.hex()}], not with [{file.header.hex()}]")
            yield stream


@contextmanager
def _open_member(path: Path, file: IdxFile) -> Iterator[BinaryIO]:
    """The values of one array in an npz, its header checked and behind us."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{file.array}.npy")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"its array {file.array} is packed in an unknown way")
        with archive.open(member) as stream:
            # The header is compared, never evaluated, so a hostile one (pickles, huge sizes) does nothing.
            wide = stream.read(8)[6:7] > b"\x01"  # version 2 has a longer length field
            length = int.from_bytes(stream.read(4 if wide else 2), "little")
            header = stream.read(min(length, 4096)).decode("latin-1").strip()
            expected = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {file.shape}, }}"
            if re.sub(r"(?<=\d)L\b", "", header) != expected:  # Python 2 wrote 28L
                raise ValueError(f"its array {file.array} is {header[:80]!r}, expected {expected!r}")
            yield stream


def _read_values(stream: BinaryIO, file: IdxFile) -> tuple[np.ndarray, str]:
    """Read the array straight into its place, and the SHA-256 that it has as an IDX file."""
    array = np.empty(file.shape, np.uint8)
    view = memoryview(array.reshape(-1))
    digest = hashlib.sha256(file.header)
    filled = 0
    while filled < len(view):
        count = stream.readinto(view[filled : filled + _CHUNK_BYTES])
        if not count:
            raise EOFError(f"it ends after {filled:,} of {len(view):,} values")
        digest.update(view[filled : filled + count])
        filled += count
    if stream.read(1):
        raise ValueError(f"it goes on after the {len(view):,} values it should hold")
    return array, digest.hexdigest()


def _name_damage(path: Path, file: IdxFile) -> str:
    return f"{path} does not hold the whole {file.name}"


def _explain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "it lacks an array: " + str(error.args[0])
    if isinstance(error, zlib.error | gzip.BadGzipFile | zipfile.BadZipFile):
        return f"its packing is damaged ({error})"
    return str(error)


def _advise(path: Path, known: Description) -> str:
    return f"Replace it by the file from {known.mirrors[0].url}, or delete it." if known.mirrors else "Replace it."
