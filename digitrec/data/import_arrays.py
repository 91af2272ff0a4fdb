"""Reads images and labels from an .npz, from IDX files in a ZIP, or from a CSV, within fixed limits.

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

from digitrec.data.catalogue import DatasetError, Progress

MAX_FILE_BYTES = 150_000_000  # of an imported file
MAX_MEMBERS = 120_000  # files in one archive
MAX_UNPACKED_BYTES = 1_000_000_000  # unpacked from one archive, in all
MAX_ARRAY_BYTES = 320_000_000  # of one array; 100,000 images of 28 x 28 as float32 have 314 million bytes
MAX_IMAGES = 100_000

# Names of the arrays with the images and the labels of each part; "all" is not divided yet.
_ARRAY_NAMES = {
    "train": (("x_train", "train_images", "train_x", "images_train"), ("y_train", "train_labels", "train_y")),
    "test": (("x_test", "test_images", "test_x", "images_test"), ("y_test", "test_labels", "test_y")),
    "all": (("x", "images", "data"), ("y", "labels", "target", "targets")),
}
_CLASS_NAME_ARRAYS = ("class_names", "classes", "target_names")
_CHUNK_LINES = 1000  # of a CSV, parsed together
_MAX_LINES = 2 * MAX_IMAGES  # half of them may be empty
_MAX_LINE_CHARACTERS = 200_000  # 100 x 100 pixels need 40,000
_MIN_PIXELS = 16
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

    parts: Mapping[str, RawPart]  # "train" and "test", or "all" if it is not divided
    class_names: tuple[str, ...] | None = None  # what the numbers stand for, if the file says so


class MemberError(Exception):
    """One file of an archive cannot be read. The message says why; the others may be good."""


class Member(NamedTuple):
    """A file of an archive."""

    name: str  # path within the archive, with slashes; harmless, because nothing is unpacked to disk
    info: zipfile.ZipInfo


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
        return [member for member in members if not member.name.endswith("/") and not _is_junk(member.name)]

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


def _is_junk(name: str) -> bool:
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
    return RawDataset({part: raw for part, raw in parts.items() if part != "all" or len(parts) == 1}, class_names)


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


def read_csv(data: bytes, progress: Progress | None = None) -> RawDataset:
    """Read a CSV: each line is a label and the pixels of one square image. A header line is allowed.

    Raises:
        DatasetError: a line is something else.
    """
    lines, separator = _csv_lines(data)
    pixels = lines[0].count(separator)
    if math.isqrt(pixels) ** 2 != pixels or pixels < _MIN_PIXELS:
        raise DatasetError(
            f"the first line of the CSV has {pixels + 1} values: expected a label and the pixels of a square "
            "image, such as 785 values for 28 x 28."
        )
    images = np.empty((len(lines), pixels), np.uint8)
    for start in range(0, len(lines), _CHUNK_LINES):
        chunk = slice(start, start + _CHUNK_LINES)
        images[chunk] = _parse_pixels(lines[chunk], separator, pixels, start)
        if progress:
            progress("Reading the lines", start / len(lines))
    labels = [_parse_label(line.split(separator, 1)[0]) for line in lines]
    return RawDataset({"all": RawPart(images, np.array(labels))})


def _csv_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """The lines with numbers, at least one, and the separator."""
    count = max(data.count(b"\n"), data.count(b"\r"))
    if count > _MAX_LINES:  # before the lines take a multiple of their size in memory
        raise DatasetError(f"the CSV has {count:,} lines: expected at most {MAX_IMAGES:,} images, one per line.")
    lines = [line for line in data.replace(b'"', b"").splitlines() if line.strip()]
    if lines and len(lines[0]) > _MAX_LINE_CHARACTERS:
        raise DatasetError(
            f"the first line of the CSV has {len(lines[0]):,} characters: expected a label and its pixels."
        )
    separator = max(b",", b";", b"\t", key=lines[0].count) if lines else b","
    if lines and _is_header(lines[0].split(separator)):
        lines = lines[1:]
    if not 1 <= len(lines) <= MAX_IMAGES:
        raise DatasetError(f"the CSV has {len(lines):,} lines of numbers: expected 1 to {MAX_IMAGES:,}.")
    return lines, separator


def _is_header(fields: list[bytes]) -> bool:
    """Whether the first line of a CSV has titles. Titles may be consecutive numbers."""
    if _is_number(fields[0]):
        return False
    counted = [[b"%d" % (first + i) for i in range(len(fields) - 1)] for first in (0, 1)]
    return fields[1:] in counted or not any(map(_is_number, fields[1:]))


def _parse_pixels(lines: list[bytes], separator: bytes, pixels: int, start: int) -> NDArray[np.uint8]:
    """The pixels of these lines, uint8 (n, pixels)."""
    for i, line in enumerate(lines):
        if line.count(separator) != pixels:
            raise DatasetError(
                f"image {start + i + 1:,} of the CSV has {line.count(separator)} pixels: expected {pixels}, as in "
                "the first one."
            )
    text = [line.decode("latin-1") for line in lines]
    try:
        values = np.loadtxt(
            text, np.float32, delimiter=separator.decode(), usecols=range(1, pixels + 1), ndmin=2, comments=None
        )
    except ValueError as error:
        raise DatasetError(
            f"after image {start:,} of the CSV, a pixel is not a number: {str(error)[:80]}."
        ) from error
    if not ((values >= 0) & (values <= 255) & (values == np.rint(values))).all():  # false for NaN, too
        raise DatasetError(
            f"after image {start:,} of the CSV, a pixel is out of range: expected whole numbers from 0 to 255."
        )
    return values.astype(np.uint8)


def _parse_label(text: bytes) -> str:
    label = text.decode("utf-8-sig", errors="replace").strip(" '\t")
    return str(int(float(label))) if _is_number(text) and float(label) % 1 == 0 else label


def _is_number(text: bytes) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


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
