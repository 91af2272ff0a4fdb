"""Images and labels as arrays in a file: an .npz, IDX files in a ZIP, or a CSV. Nothing is unpickled."""

from __future__ import annotations

import gzip
import io
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from digitrec.data.catalogue import DatasetError

MAX_ARRAY_BYTES = 320_000_000  # bytes of one array; 100,000 images of 28 x 28 as float32 have 314 million
MAX_IMAGES = 100_000

Progress = Callable[[str, float], None]

# What npz files call the images and labels of each part; "all" is not parted yet.
_ARRAY_NAMES = {
    "train": (("x_train", "train_images", "train_x", "images_train"), ("y_train", "train_labels", "train_y")),
    "test": (("x_test", "test_images", "test_x", "images_test"), ("y_test", "test_labels", "test_y")),
    "all": (("x", "images", "data"), ("y", "labels", "target", "targets")),
}
_CLASS_NAME_ARRAYS = ("class_names", "classes", "target_names")
_CHUNK_LINES = 1000  # of a CSV, read at once
_MAX_LINES = 2 * MAX_IMAGES  # some may be empty
_MAX_LINE_CHARACTERS = 200_000  # characters; 100 x 100 pixels have 40,000


class RawPart(NamedTuple):
    """A part of a data set as it came."""

    images: np.ndarray  # numbers (n, ...)
    labels: np.ndarray  # whole numbers or texts (n,)


class RawDataset(NamedTuple):
    """What a file holds."""

    parts: Mapping[str, RawPart]  # "train", "test", or "all" where it is not parted
    class_names: tuple[str, ...] | None = None  # what the numbers stand for, where it says so


def read_npz(archive: Archive) -> RawDataset:
    """The arrays of an .npz file.

    Raises:
        DatasetError: it has no images with labels, or they cannot be read.
    """
    members = {member.name.casefold().removesuffix(".npy"): member for member in archive.members()}
    parts = {}
    for part, (images, labels) in _ARRAY_NAMES.items():
        pair = [next((members[name] for name in names if name in members), None) for names in (images, labels)]
        if all(pair):
            parts[part] = RawPart(*(_read_npy(archive, member) for member in pair))
    if not parts:
        found = ", ".join(repr(name[:40]) for name in list(members)[:8]) or "none"
        raise DatasetError(
            f"the .npz has the arrays {found}: expected x and y, images and labels, or x_train, y_train, x_test "
            "and y_test. Save it with these names."
        )
    named = next((members[name] for name in _CLASS_NAME_ARRAYS if name in members), None)
    names = None if named is None else tuple(map(str, _read_npy(archive, named).reshape(-1)[:1000].tolist()))
    return RawDataset({part: raw for part, raw in parts.items() if part != "all" or len(parts) == 1}, names)


def read_idx(archive: Archive) -> RawDataset:
    """The IDX files of a ZIP, gzipped or not: images and labels that belong together by their names.

    Raises:
        DatasetError: there is no pair of them, or they cannot be read.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for member in filter(is_idx, archive.members()):
        name = member.name.rpartition("/")[2].casefold()
        part = "test" if "test" in name or "t10k" in name else "train" if "train" in name else "all"
        array = _read_idx_member(archive, member)
        found.setdefault(part, {})["labels" if array.ndim == 1 else "images"] = array
    parts = {part: RawPart(pair["images"], pair["labels"]) for part, pair in found.items() if len(pair) == 2}
    if not parts:
        raise DatasetError(
            "the ZIP has IDX files, but no images with their labels: expected two files such as "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte."
        )
    return RawDataset(parts)


def is_idx(member: Member) -> bool:
    """Whether a file of an archive calls itself one in the IDX form."""
    name = member.name.rpartition("/")[2].casefold()
    return "idx1" in name or "idx3" in name


def read_csv(data: bytes, progress: Progress | None = None) -> RawDataset:
    """The lines of a CSV, each a label and the pixels of one square image; a first line of titles may be there.

    Raises:
        DatasetError: a line is something else.
    """
    ends = max(data.count(b"\n"), data.count(b"\r"))
    if ends > _MAX_LINES:  # before each line takes a multiple of its size in memory
        raise DatasetError(f"the CSV has {ends:,} lines: expected at most {MAX_IMAGES:,} images, one a line.")
    lines = [line for line in data.replace(b'"', b"").splitlines() if line.strip()]
    if lines and len(lines[0]) > _MAX_LINE_CHARACTERS:
        raise DatasetError(
            f"the CSV's first line has {len(lines[0]):,} characters: expected a label and its pixels."
        )
    separator = max(b",", b";", b"\t", key=lines[0].count) if lines else b","
    if lines and _is_header(lines[0].split(separator)):
        lines = lines[1:]
    if not 1 <= len(lines) <= MAX_IMAGES:
        raise DatasetError(f"the CSV has {len(lines):,} lines of numbers: expected 1 to {MAX_IMAGES:,}.")
    pixels = lines[0].count(separator)
    if math.isqrt(pixels) ** 2 != pixels or pixels < 16:
        raise DatasetError(
            f"the CSV's first line has {pixels + 1} values: expected a label and the pixels of a square image, "
            "such as 785 values for 28 x 28."
        )
    images = np.empty((len(lines), pixels), np.uint8)
    for start in range(0, len(lines), _CHUNK_LINES):
        images[start : start + _CHUNK_LINES] = _parse_pixels(
            lines[start : start + _CHUNK_LINES], separator, pixels, start
        )
        if progress:
            progress("Reading the lines", start / len(lines))
    labels = [_parse_label(line.split(separator, 1)[0]) for line in lines]
    return RawDataset({"all": RawPart(images, np.array(labels))})


def _is_header(fields: list[bytes]) -> bool:
    """Whether a CSV's first line has titles, which may be numbers counted up."""
    if _is_number(fields[0]):
        return False
    counted = [[b"%d" % (first + i) for i in range(len(fields) - 1)] for first in (0, 1)]
    return fields[1:] in counted or not any(map(_is_number, fields[1:]))


def _parse_pixels(lines: list[bytes], separator: bytes, pixels: int, start: int) -> np.ndarray:
    """The pixels of these lines, uint8 (n, pixels)."""
    for i, line in enumerate(lines):
        if line.count(separator) != pixels:
            raise DatasetError(
                f"image {start + i + 1:,} of the CSV has {line.count(separator)} pixels: expected {pixels}, as "
                "the first one has."
            )
    columns = {"usecols": range(1, pixels + 1), "ndmin": 2, "comments": None}
    try:
        text = [line.decode("latin-1") for line in lines]
        values = np.loadtxt(text, np.float32, delimiter=separator.decode(), **columns)
    except ValueError as error:
        raise DatasetError(
            f"from image {start + 1:,} of the CSV on a pixel is no number: {str(error)[:80]}."
        ) from error
    if not ((values >= 0) & (values <= 255) & (values == np.rint(values))).all():  # NaN is none of these
        raise DatasetError(
            f"from image {start + 1:,} of the CSV on a pixel is none of 0 to 255: expected whole numbers."
        )
    return values.astype(np.uint8)


def _parse_label(text: bytes) -> str:
    found = text.decode("utf-8-sig", errors="replace").strip(" '\t")
    return str(int(float(found))) if _is_number(text) and float(found) % 1 == 0 else found


def _is_number(text: bytes) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _read_npy(archive: Archive, member: Member) -> np.ndarray:
    data = read_member(archive, member)
    shape, is_fortran, dtype, start = _read_npy_header(data, member)
    if dtype.hasobject or dtype.kind not in "buifUS" or min(shape, default=-1) < 0:
        raise _unreadable(member, f"it is of {dtype} {shape}, expected numbers or texts")
    if not dtype.itemsize or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise _unreadable(member, f"it claims to be {dtype} {shape}, and is of another size")
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if is_fortran else "C")


def _read_npy_header(data: bytes, member: Member) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """The shape, the order of the axes, the kind of value, and where the values begin."""
    stream = io.BytesIO(data)
    versions = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        return *versions[np.lib.format.read_magic(stream)](stream), stream.tell()
    except (ValueError, KeyError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError) as error:
        raise _unreadable(member, "it has no header as NumPy writes it") from error


def _read_idx_member(archive: Archive, member: Member) -> np.ndarray:
    data = read_member(archive, member)
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(MAX_ARRAY_BYTES + 1)
                if len(data) > MAX_ARRAY_BYTES:
                    raise ValueError(f"it has more than {MAX_ARRAY_BYTES / 1e6:.0f} MB")
        axes = data[3] if data[:3] == b"\0\0\x08" else 0  # 8: uint8
        if axes not in (1, 3):
            raise ValueError("it begins with other bytes than an IDX file of images or labels")
        shape = tuple(np.frombuffer(data, ">u4", axes, offset=4).tolist())
        if math.prod(shape) != len(data) - 4 * (1 + axes):
            raise ValueError(f"it claims to be of {shape}, and is of another size")
        return np.frombuffer(data, np.uint8, offset=4 * (1 + axes)).reshape(shape)
    except (ValueError, IndexError, OSError, EOFError, zlib.error) as error:
        raise _unreadable(member, error) from error


def read_member(archive: Archive, member: Member, most: int | None = None) -> bytes:
    """What is in a file of an archive, if that is at most so many bytes; `MOST_ARRAY`, if not given.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        return archive.read(member, most or MAX_ARRAY_BYTES)
    except MemberError as error:
        raise _unreadable(member, error) from error


def _unreadable(member: Member, why: object) -> DatasetError:
    return DatasetError(f"{member.name[-60:]!r} cannot be read: {why}. Make or send the file again.")


MAX_FILE_BYTES = 150_000_000  # of a file that is imported
MAX_MEMBERS = 120_000
MAX_UNPACKED_BYTES = 1_000_000_000  # of all that is read out of one archive

_ENTRY_SIGNATURE = b"PK\x01\x02"  # how each entry of a ZIP's directory begins
_DAMAGE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_JUNK_NAMES = ("__macosx", "thumbs.db", "desktop.ini")


class MemberError(Exception):
    """One file of an archive cannot be read: the message says why; the others may be good."""


class Member(NamedTuple):
    """A file of an archive."""

    name: str  # its path there, with slashes; it leads nowhere, because nothing is ever unpacked to disk
    info: zipfile.ZipInfo


class Archive:
    """A ZIP in memory, and how much may still be unpacked of it.

    Raises:
        DatasetError: it is no ZIP, damaged, or has too many files.
    """

    def __init__(self, data: bytes) -> None:
        if (
            data.count(_ENTRY_SIGNATURE) > MAX_MEMBERS
        ):  # before its directory takes a multiple of its size in memory
            raise DatasetError(f"the archive holds more than {MAX_MEMBERS:,} files: divide it.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE_ERRORS as error:
            raise DatasetError(
                f"the archive is damaged or cut off ({str(error)[:80]}): make or send it again."
            ) from error
        self._left = MAX_UNPACKED_BYTES

    def members(self) -> list[Member]:
        """Its files, without folders and what operating systems leave behind."""
        found = (Member(info.filename.replace("\\", "/"), info) for info in self._zip.infolist())
        return [member for member in found if not member.name.endswith("/") and not _is_junk(member.name)]

    def read(self, member: Member, most: int) -> bytes:
        """What is in a file, if that is at most so many bytes, whatever it claims.

        Raises:
            MemberError: it cannot be read.
            DatasetError: all that was read out of the archive together is too much.
        """
        if member.info.flag_bits & 1:
            raise MemberError("it is locked with a password")
        if member.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MemberError("it is packed in an unusual way")
        try:
            with self._zip.open(member.info) as stream:
                data = stream.read(most + 1)
        except _DAMAGE_ERRORS as error:
            raise MemberError("it is damaged, or cut off") from error
        if len(data) > most:
            raise MemberError(f"it has more than {most / 1e6:.0f} MB")
        self._left -= len(data)
        if self._left < 0:
            raise DatasetError(
                f"the archive holds more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB once unpacked: divide "
                f"it, or shrink "
                "the pictures."
            )
        return data


def _is_junk(name: str) -> bool:
    parts = name.casefold().split("/")
    return any((part.startswith(".") and part not in (".", "..")) or part in _JUNK_NAMES for part in parts)
