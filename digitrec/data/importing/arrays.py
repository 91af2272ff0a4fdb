"""Reads images and labels from an .npz, or from IDX files in a ZIP, within fixed limits.

The file comes from a user and may be hostile. It is read in memory, nothing is unpickled, and no size that the
file states is trusted.
"""

from __future__ import annotations

import gzip
import io
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError

MAX_FILE_BYTES = 150_000_000  # of an imported file
MAX_MEMBERS = 120_000  # files in one archive
MAX_UNPACKED_BYTES = 1_000_000_000  # unpacked from one archive, in all
MAX_ARRAY_BYTES = 320_000_000  # of one array; 100,000 images of 28 x 28 as float32 have 314 million bytes
MAX_IMAGES = 100_000

# Names of the arrays with the images and the labels of each part; "all" is not divided yet.
_PART_ENDS = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}
_PART_ENDS = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}
_ARRAY_NAMES = {
    part: tuple(
        tuple(f"{name}_{end}" for end in ends for name in names)
        + tuple(f"{end}_{name}" for end in ends for name in names)
        for names in (("x", "images"), ("y", "labels"))
    )
    for part, ends in _PART_ENDS.items()
} | {"all": (("x", "images", "data"), ("y", "labels", "target", "targets"))}
_CLASS_NAME_ARRAYS = ("class_names", "classes", "target_names")
_ENTRY_SIGNATURE = b"PK\x01\x02"  # begins each entry in the directory of a ZIP
_DAMAGE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_JUNK_NAMES = ("__macosx", "thumbs.db", "desktop.ini")

Array = NDArray[Any]


class RawPart(NamedTuple):
    """A part of a data set as the file has it."""

    images: Array  # numbers (n, ...)
    labels: Array  # whole numbers or texts (n,)


class RawDataset(NamedTuple):
    """The content of a file."""

    parts: Mapping[str, RawPart]  # "train", "validation" and "test", or "all" if it is not divided
    class_names: tuple[str, ...] | None = None  # what the numbers stand for, if the file says so
    notes: tuple[str, ...] = ()  # sentences about what the parts of the file are taken for


class MemberError(Exception):
    """One file of an archive cannot be read. The message says why; the others may be good."""


class Member(NamedTuple):
    """A file of an archive."""

    name: str  # path within the archive, with slashes; harmless, because nothing is unpacked to disk
    info: zipfile.ZipInfo
    row: int = 0  # of a Parquet file, which is read like an archive


ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # what a ZIP begins with; the second is empty


class Archive:
    """A ZIP in memory, with a limit on what is unpacked from it.

    Raises:
        DatasetError: it is not a ZIP, is damaged, or has too many files.
    """

    def __init__(self, data: bytes) -> None:
        if data.count(_ENTRY_SIGNATURE) > MAX_MEMBERS:  # before the directory takes a multiple of its size
            raise DatasetError(f"the archive has more than {MAX_MEMBERS:,} files: divide it.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE_ERRORS as error:
            raise DatasetError(
                f"the archive is damaged or incomplete ({str(error)[:80]}): create or send it again."
            ) from error
        self._left = MAX_UNPACKED_BYTES

    def members(self) -> list[Member]:
        """The files, without folders and without the hidden files of operating systems."""
        members = (Member(info.filename.replace("\\", "/"), info) for info in self._zip.infolist())
        return [member for member in members if not member.name.endswith("/") and not is_junk(member.name)]

    def read(self, member: Member, limit: int) -> bytes:
        """The content of a file, if it has at most `limit` bytes.

        Raises:
            MemberError: it cannot be read, or is longer.
            DatasetError: too much was unpacked from this archive in all.
        """
        if member.info.flag_bits & 1:
            raise MemberError("it is protected by a password")
        if member.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MemberError("its compression method is not supported")
        try:
            with self._zip.open(member.info) as stream:
                data = stream.read(limit + 1)
        except _DAMAGE_ERRORS as error:
            raise MemberError("it is damaged or incomplete") from error
        if len(data) > limit:
            raise MemberError(f"it has more than {limit / 1e6:.0f} MB")
        self._left -= len(data)
        if self._left < 0:
            raise DatasetError(
                f"the archive has more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB once unpacked: divide it, or make "
                "the pictures smaller."
            )
        return data


def is_junk(name: str) -> bool:
    """Whether a path, with slashes, is of a hidden file, or of one that an operating system has left there."""
    parts = name.casefold().split("/")
    return any((part.startswith(".") and part not in (".", "..")) or part in _JUNK_NAMES for part in parts)


def read_npz(archive: Archive) -> RawDataset:
    """Read the arrays of an .npz file.

    Raises:
        DatasetError: it has no images with labels, or they cannot be read.
    """
    members = {member.name.casefold().removesuffix(".npy"): member for member in archive.members()}
    parts = {}
    for part, names in _ARRAY_NAMES.items():
        images, labels = (_first(members, spellings) for spellings in names)
        if images and labels:
            parts[part] = RawPart(_read_npy(archive, images), _read_npy(archive, labels))
    if not parts:
        present = ", ".join(repr(name[:40]) for name in list(members)[:8]) or "none"
        raise DatasetError(
            f"the .npz has the arrays {present}: expected x and y, images and labels, or x_train, y_train, x_test "
            "and y_test. Save it with these names."
        )
    named = _first(members, _CLASS_NAME_ARRAYS)
    class_names = tuple(map(str, _read_npy(archive, named).reshape(-1)[:1000].tolist())) if named else None
    parts = {part: raw for part, raw in parts.items() if part != "all" or len(parts) == 1}
    unused = [repr(name[:40]) for name in members if name not in _CLASS_NAME_ARRAYS and not _is_used(name, parts)]
    notes = (f"Arrays that are left out: {', '.join(unused[:8])}.",) if unused else ()
    return RawDataset(parts, class_names, notes)


def _is_used(name: str, parts: Mapping[str, RawPart]) -> bool:
    return any(name in names for part in parts for names in _ARRAY_NAMES[part])


def _first(members: Mapping[str, Member], names: tuple[str, ...]) -> Member | None:
    return next((members[name] for name in names if name in members), None)


def read_idx(archive: Archive) -> RawDataset:
    """Read the IDX files of a ZIP, gzipped or not. Their names say which images and labels belong together.

    Raises:
        DatasetError: there is no pair of images and labels, or they cannot be read.
    """
    pairs: dict[str, dict[str, Array]] = {}
    for member in filter(is_idx, archive.members()):
        name = member.name.rpartition("/")[2].casefold()
        part = "test" if "test" in name or "t10k" in name else "train" if "train" in name else "all"
        part = "validation" if "val" in name else part
        array = _read_idx_member(archive, member)
        pairs.setdefault(part, {})["labels" if array.ndim == 1 else "images"] = array
    parts = {part: RawPart(pair["images"], pair["labels"]) for part, pair in pairs.items() if len(pair) == 2}
    if not parts:
        raise DatasetError(
            "the ZIP has IDX files, but no images with their labels: expected two files such as "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte."
        )
    return RawDataset(parts)


def is_idx(member: Member) -> bool:
    """Whether a file of an archive has the name of an IDX file."""
    name = member.name.rpartition("/")[2].casefold()
    return "idx1" in name or "idx3" in name


def _read_npy(archive: Archive, member: Member) -> Array:
    data = read_member(archive, member)
    shape, is_fortran, dtype, start = _read_npy_header(data, member)
    if dtype.hasobject or dtype.kind not in "buifUS" or min(shape, default=-1) < 0:
        raise _unreadable(member, f"it is {dtype} {shape}, expected numbers or texts")
    if not dtype.itemsize or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise _unreadable(member, f"it claims to be {dtype} {shape}, but has another size")
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if is_fortran else "C")


def _read_npy_header(data: bytes, member: Member) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether the axes are in Fortran order, data type, and offset of the first value."""
    stream = io.BytesIO(data)
    versions: dict[tuple[int, int], Callable[[io.BytesIO], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        shape, is_fortran, dtype = versions[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError) as error:
        raise _unreadable(member, "it has no valid NumPy header") from error
    return shape, is_fortran, dtype, stream.tell()


def _read_idx_member(archive: Archive, member: Member) -> NDArray[np.uint8]:
    data = read_member(archive, member)
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(MAX_ARRAY_BYTES + 1)
                if len(data) > MAX_ARRAY_BYTES:
                    raise ValueError(f"it has more than {MAX_ARRAY_BYTES / 1e6:.0f} MB")
        axes = data[3] if data[:3] == b"\0\0\x08" else 0  # 8: uint8
        if axes not in (1, 3):
            raise ValueError("it does not begin as an IDX file of images or labels")
        shape = tuple(np.frombuffer(data, ">u4", axes, offset=4).tolist())
        if math.prod(shape) != len(data) - 4 * (1 + axes):
            raise ValueError(f"it claims the shape {shape}, but has another size")
        return np.frombuffer(data, np.uint8, offset=4 * (1 + axes)).reshape(shape)
    except (ValueError, IndexError, OSError, EOFError, zlib.error) as error:
        raise _unreadable(member, error) from error


def read_member(archive: Archive, member: Member, limit: int | None = None) -> bytes:
    """The content of a file of an archive, if it has at most `limit` bytes (`MAX_ARRAY_BYTES`, if not given).

    Raises:
        DatasetError: it cannot be read, or is longer.
    """
    try:
        return archive.read(member, limit or MAX_ARRAY_BYTES)
    except MemberError as error:
        raise _unreadable(member, error) from error


def _unreadable(member: Member, reason: object) -> DatasetError:
    return DatasetError(f"{member.name[-60:]!r} cannot be read: {reason}. Create or send the file again.")
