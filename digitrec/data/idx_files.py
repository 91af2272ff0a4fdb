"""Reads and verifies the files of a public data set: IDX files, gzipped or not, or one .npz.

It never reads more than the size in the description, and unpickles nothing. It returns arrays only if their
SHA-256 is right.
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
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Description, IdxFile

_CHUNK_BYTES = 1 << 20
_DAMAGE_ERRORS = (
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    gzip.BadGzipFile,
)


class _Stream(Protocol):
    """What gzip, zipfile and open have in common."""

    def read(self, size: int = ..., /) -> bytes: ...

    def readinto(self, buffer: memoryview, /) -> int: ...


def locate(folder: Path, description: Description) -> tuple[Path, ...] | None:
    """Paths of the files in a folder that hold the whole data set: one per IDX file, or the .npz alone."""
    paths = tuple(path for file in description.files if (path := _find_spelling(folder, file.name)))
    if len(paths) == len(description.files):
        return paths
    npz = folder / f"{description.name}.npz"
    return (npz,) if _is_file(npz) else None


def list_missing(folder: Path, description: Description) -> list[str]:
    """Names of the IDX files that the folder does not have."""
    return [file.name for file in description.files if not _find_spelling(folder, file.name)]


def read(paths: tuple[Path, ...], description: Description) -> list[NDArray[np.uint8]]:
    """Read the files of `locate`: one array for each file of the description, in its order.

    Raises:
        DatasetError: a file is damaged, altered, of another kind, or cannot be read.
    """
    one_each = paths if len(paths) > 1 else paths * len(description.files)
    return [_read_one(path, file, description) for path, file in zip(one_each, description.files, strict=True)]


def _find_spelling(folder: Path, name: str) -> Path | None:
    """The file, packed or unpacked, with its original name or with a dot, as some programs write it."""
    dotted = name.replace("-idx", ".idx")
    spellings = (name, dotted, f"{name}.gz", f"{dotted}.gz")
    return next((path for spelling in spellings if _is_file(path := folder / spelling)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no permission for the folder, or an impossible name
        return False


def _read_one(path: Path, file: IdxFile, description: Description) -> NDArray[np.uint8]:
    open_values = _open_member if path.suffix == ".npz" else _open_idx
    try:
        with open_values(path, file) as stream:
            array, sha256 = _read_values(stream, file)
    except _DAMAGE_ERRORS as error:
        raise DatasetError(
            f"{_name_damage(path, file)}: {_explain(error)}. {_advise(path, description)}"
        ) from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    if sha256 != file.sha256:
        problem = f"it was altered or is another file (its SHA-256 is {sha256}, expected {file.sha256})"
        raise DatasetError(f"{_name_damage(path, file)}: {problem}. {_advise(path, description)}")
    return array


@contextmanager
def _open_idx(path: Path, file: IdxFile) -> Iterator[_Stream]:
    """Open an IDX file, check its header, and position it at the first value."""
    with path.open("rb") as plain:
        # By content, not by name: some browsers unpack a .gz and do not change its name.
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        with gzip.GzipFile(fileobj=plain) if packed else plain as stream:
            header = stream.read(len(file.header))
            if header != file.header:
                raise ValueError(f"it begins with the bytes [{header.hex()}], expected [{file.header.hex()}]")
            yield stream


@contextmanager
def _open_member(path: Path, file: IdxFile) -> Iterator[_Stream]:
    """Open one array of an .npz, check its header, and position it at the first value."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{file.array}.npy")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"its array {file.array} is packed by an unknown method")
        with archive.open(member) as stream:
            # The header is compared and never evaluated, so a hostile one (pickles, huge sizes) does nothing.
            wide = stream.read(8)[6:7] > b"\x01"  # version 2 has a longer length field
            length = int.from_bytes(stream.read(4 if wide else 2), "little")
            header = stream.read(min(length, 4096)).decode("latin-1").strip()
            expected = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {file.shape}, }}"
            if re.sub(r"(?<=\d)L\b", "", header) != expected:  # Python 2 wrote 28L
                raise ValueError(f"its array {file.array} is {header[:80]!r}, expected {expected!r}")
            yield stream  # type: ignore[misc]  # a ZipExtFile, which has readinto


def _read_values(stream: _Stream, file: IdxFile) -> tuple[NDArray[np.uint8], str]:
    """Read the array without a second copy, and compute its SHA-256 as an IDX file."""
    array: NDArray[np.uint8] = np.empty(file.shape, np.uint8)
    view = memoryview(array.reshape(-1))  # type: ignore[arg-type]  # an array is a buffer; typeshed says so for 3.12
    digest = hashlib.sha256(file.header)
    filled = 0
    while filled < len(view):
        count = stream.readinto(view[filled : filled + _CHUNK_BYTES])
        if not count:
            raise EOFError(f"it ends after {filled:,} of {len(view):,} values")
        digest.update(view[filled : filled + count])
        filled += count
    if stream.read(1):
        raise ValueError(f"it has more than {len(view):,} values")
    return array, digest.hexdigest()


def _name_damage(path: Path, file: IdxFile) -> str:
    return f"{path} is not a complete {file.name}"


def _explain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"an array is missing: {error.args[0]}"
    if isinstance(error, zlib.error | gzip.BadGzipFile | zipfile.BadZipFile):
        return f"its compressed data is damaged ({error})"
    return str(error)


def _advise(path: Path, description: Description) -> str:
    if not description.mirrors:
        return "Replace it."
    return f"Replace it with the file from {description.mirrors[0].url}, or delete it."
