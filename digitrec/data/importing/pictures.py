"""Brings imported pictures and arrays of any size, range and polarity to images of 28 x 28, 0 = paper.

Pictures come from a ZIP with one folder per class; arrays come from `arrays`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Progress
from digitrec.data.importing.arrays import Member, MemberError
from digitrec.data.user_datasets import is_class_name, normalise_name
from digitrec.imaging import (
    MAX_BYTES,
    PICTURE_KINDS,
    SIDE,
    Gray,
    Image,
    Images,
    InkError,
    PictureError,
    read_gray,
    to_ink,
    to_mnist,
)

MIN_SIDE, MAX_SIDE = 4, 2000  # pixels
MIN_PLAIN_SHARE = 0.9  # of the images: the middle of a photo's border is hardly ever exactly black or white
MIN_SMOOTH_SIDE = 40  # pixels: twice the 20 of a normalised digit
MIN_FULL_SCALE = 64  # if no value reaches this, the largest value is full ink, as in a scale from 0 to 16
MAX_ODD_SHARE = 0.05  # of pictures of one polarity: with more that look the opposite, each is told by its border
_CHUNK_IMAGES = 1000  # converted together
_PROGRESS_EVERY = 50  # images
_PART_NAMES = (
    dict.fromkeys(("train", "training"), "train")
    | dict.fromkeys(("val", "valid", "validation", "dev"), "validation")
    | dict.fromkeys(("test", "testing"), "test")
)
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
_OTHER_ENDINGS = (".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".py", ".ipynb")
_NO_INK = "it has no ink that differs from its paper"


class PictureArchive(Protocol):
    """What pictures are read from: a ZIP, or something that is read like one."""

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes of a picture, if they are at most `limit`."""


class PictureFile(NamedTuple):
    """A file of an archive that should be a picture."""

    member: Member
    name: str  # of its class, as the archive has it
    part: str  # "train", "validation", "test", or "all"


class Picture(NamedTuple):
    """A picture as an image."""

    image: Image  # (28, 28)
    is_raw: bool  # it was 28 x 28 and is unchanged, dark on light or light on dark
    gray: Gray | None  # as in the file, if asked for


def is_picture_name(member: Member) -> bool:
    """Whether a file of an archive has the name of a picture."""
    return member.name.casefold().endswith(_PICTURE_ENDINGS)


def is_other_name(name: str) -> bool:
    """Whether a file has the name of a text or a table, which is no picture."""
    return name.casefold().endswith(_OTHER_ENDINGS)


def part_of(words: Iterable[str]) -> str:
    """The part of a data set that the first of these names stands for: "all", if none does."""
    parts = (_PART_NAMES.get(word.strip().casefold()) for word in words)
    return next(filter(None, parts), "all")


def list_files(members: Iterable[Member]) -> tuple[list[PictureFile], list[str]]:
    """The files in class folders that may be pictures, and the others, each with the reason why it is left out."""
    files, left_out = [], []
    for member in members:
        try:
            if is_other_name(member.name):
                raise MemberError(f"the file is not a picture: expected {PICTURE_KINDS}")
            files.append(_parse_path(member))
        except MemberError as error:
            left_out.append(describe_left_out(member, error))
    return files, left_out


def read_files(
    archive: PictureArchive,
    files: Sequence[PictureFile],
    progress: Progress | None = None,
    *,
    inverted: bool | None = None,
    originals: bool = False,
) -> tuple[list[Picture | None], list[str]]:
    """Read pictures, None for those that are left out, and list the path and the reason of these.

    Pictures of 28 x 28 stay as they are. All others are cleaned and normalised like a photo.

    Args:
        archive: their archive.
        files: which ones.
        progress: receives the step and its fraction, 0 to 1.
        inverted: whether the ink is dark on light; None: the border of each tells.
        originals: whether to keep each picture as it is in its file.

    Raises:
        DatasetError: there are too many bytes once unpacked.
    """
    pictures: list[Picture | None] = []
    left_out = []
    for i, file in enumerate(files):
        if progress and i % _PROGRESS_EVERY == 0:
            progress(f"Reading {len(files):,} pictures", i / len(files))
        try:
            pictures.append(_read_picture(archive, file.member, inverted, originals))
        except MemberError as error:
            pictures.append(None)
            left_out.append(describe_left_out(file.member, error))
    return pictures, left_out


def describe_left_out(member: Member, reason: object) -> str:
    """The path of a file and why it is left out."""
    return f"{member.name[-60:]!r}: {str(reason).rstrip('.')}"


def _read_picture(archive: PictureArchive, member: Member, inverted: bool | None, originals: bool) -> Picture:
    """Read one picture of the archive.

    Raises:
        MemberError: it is left out; the message says why.
    """
    try:
        gray = read_gray(archive.read(member, MAX_BYTES))
        if gray.shape != (SIDE, SIDE):
            return Picture(clean_picture(gray, inverted), False, gray if originals else None)
    except PictureError as error:
        raise MemberError(str(error)) from error
    except InkError as error:
        raise MemberError(_NO_INK) from error
    if gray.min() == gray.max():
        raise MemberError(_NO_INK)
    return Picture(gray, True, gray if originals else None)


def _parse_path(member: Member) -> PictureFile:
    """The class and the part of a picture, from the names of its folders."""
    *above, folder, _ = ["", "", *member.name.split("/")]
    name = normalise_name(folder)
    if not name:
        raise MemberError("it is in no folder: expected one folder for each class")
    if not is_class_name(name):
        raise MemberError(f"its folder {name[:40]!r} is not a valid class name")
    return PictureFile(member, name, part_of(reversed(above)))


class Conversion(NamedTuple):
    """How arrays of one data set become images."""

    high: float  # the largest value: full ink, if the scale is not 0 to 255
    factor: float  # brings the values to 0 to 255
    inverted: bool | None  # whether the ink is dark on light paper; None: told for each image, like a photo
    is_plain: bool  # the paper has one value in nearly all images: there is nothing to clean
    odd: int = 0  # images whose border suggests the opposite


def convert_images(
    arrays: Sequence[NDArray[Any]], progress: Progress | None = None, *, inverted: bool | None = None
) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Convert the parts of a data set to images uint8 (n, 28, 28), and say in sentences what was done.

    Images of 28 x 28 stay as they are, inverted if most are dark on light. Others are normalised; if their paper
    is not plain, they are cleaned like a photo before. Images without ink become blank.

    Args:
        arrays: numbers (n, height, width), with one or three channels or none, or (n, height * width).
        progress: receives the step and its fraction, 0 to 1.
        inverted: whether the ink is dark on light; None: the borders tell.

    Raises:
        DatasetError: they are not images, differ in size, or have values in an unknown range.
    """
    grays = gray_arrays(arrays)
    conversion, notes = guess_conversion(grays, inverted)
    return [apply_conversion(conversion, array, progress) for array in grays], notes


def gray_arrays(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The parts of a data set as numbers (n, height, width).

    Raises:
        DatasetError: they are not images, or differ in size.
    """
    grays = [_to_gray(array) for array in arrays]
    if len({array.shape[1:] for array in grays}) > 1:
        raise DatasetError("the training and test images have different sizes: expected the same size.")
    return grays


def guess_conversion(grays: Sequence[NDArray[Any]], inverted: bool | None = None) -> tuple[Conversion, list[str]]:
    """How these arrays (n, height, width) become images, and sentences about it.

    Args:
        grays: the parts of the data set.
        inverted: whether the ink is dark on light; None: the borders tell.

    Raises:
        DatasetError: the values are in an unknown range.
    """
    high, factor, notes = _find_scale(grays)
    borders = np.concatenate([_median_borders(array) for array in grays]) * factor  # (n,) 0 to 255
    is_plain = bool(np.isin(np.rint(borders), (0, 255)).mean() > MIN_PLAIN_SHARE)
    height, width = grays[0].shape[1:]
    is_image = (height, width) == (SIDE, SIDE)
    odd = 0
    if is_image or is_plain:
        light = np.rint(borders) > 127
        inverted = bool(light.mean() > 0.5) if inverted is None else inverted
        odd = int((light != inverted).sum())
        notes += _describe_inversion(inverted, odd, len(light))
    if not is_image:
        how = "scaled" if is_plain else "cleaned and scaled"
        notes.append(f"The images had {width} x {height} pixels: each was {how} to {SIDE} x {SIDE}.")
    return Conversion(high, factor, inverted, is_plain, odd), notes


def invert_each(images: Images) -> tuple[Images, int]:
    """Images with those inverted that have a light border, and their number."""
    light = _median_borders(images) > 127
    return np.where(light[:, None, None], 255 - images, images).astype(np.uint8), int(light.sum())


def describe_conversion(conversion: Conversion, shape: tuple[int, ...]) -> dict[str, str]:
    """Facts about how images (height, width) are converted, by what they are about."""
    height, width = shape
    how = "scaled" if conversion.is_plain else "cleaned and scaled"
    target = "" if (height, width) == (SIDE, SIDE) else f", {how} to {SIDE} × {SIDE}"
    return {
        "Size": f"{width} × {height} pixels{target}",
        "Values": f"0 to {conversion.high:g}",
        "Ink": describe_polarity(conversion),
    }


def describe_polarity(conversion: Conversion | None) -> str:
    """Which side is ink, in a few words; None: each picture is a photo."""
    if conversion is None or conversion.inverted is None:
        return "told for each picture by its border"
    odd = f" ({conversion.odd:,} look the opposite)" if conversion.odd else ""
    return ("dark on light paper, inverted" if conversion.inverted else "bright on dark paper") + odd


def apply_conversion(conversion: Conversion, array: NDArray[Any], progress: Progress | None = None) -> Images:
    """Images uint8 (n, 28, 28) of numbers (n, height, width); blank where there is no ink."""
    pictures = to_gray_levels(conversion, array)
    if pictures.shape[1:] == (SIDE, SIDE):
        return 255 - pictures if conversion.inverted else pictures
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for i, gray in enumerate(pictures):
        if progress and i % _PROGRESS_EVERY == 0:
            progress(f"Cleaning {len(pictures):,} pictures", i / len(pictures))
        try:
            images[i] = _normalise(np.ascontiguousarray(gray), conversion)
        except InkError:
            continue  # it stays blank, and blank images are left out
    return images


def to_gray_levels(conversion: Conversion, array: NDArray[Any]) -> NDArray[np.uint8]:
    """The same numbers from 0 to 255: uint8 (n, height, width)."""
    if array.dtype == np.uint8 and conversion.factor == 1:
        return array
    scaled = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), _CHUNK_IMAGES):
        chunk = slice(start, start + _CHUNK_IMAGES)
        scaled[chunk] = np.rint(array[chunk] * np.float32(conversion.factor))
    return scaled


def clean_picture(gray: Gray, inverted: bool | None = None) -> Image:
    """Clean and normalise one picture (height, width), like a photo.

    Args:
        gray: the picture.
        inverted: whether the ink is dark on light; None: the picture's border tells.

    Raises:
        InkError: it has no ink.
    """
    if inverted is not None:  # a rim of its paper says which side is ink
        paper = np.quantile(gray, 0.9 if inverted else 0.1)
        gray = np.pad(gray, max(2, max(gray.shape) // 8), constant_values=np.uint8(paper))
    return to_mnist(to_ink(gray))


def _normalise(gray: Gray, conversion: Conversion) -> Image:
    if not conversion.is_plain:
        return clean_picture(gray, conversion.inverted)
    ink = 255 - gray if conversion.inverted else gray
    # Area averages of few pixels are squares: a small image is enlarged by a cubic curve first.
    if (enlargement := -(-MIN_SMOOTH_SIDE // max(ink.shape))) > 1:
        height, width = ink.shape
        size = (enlargement * (width + 2), enlargement * (height + 2))
        ink = np.asarray(PIL.Image.fromarray(np.pad(ink, 1)).resize(size, PIL.Image.Resampling.BICUBIC))
    return to_mnist(ink)


def _to_gray(array: NDArray[Any]) -> NDArray[Any]:
    """Numbers (n, height, width)."""
    if array.dtype.kind not in "buif" or not array.size:
        raise DatasetError(f"the images are {array.dtype} {array.shape}: expected numbers (n, 28, 28).")
    if array.ndim == 2:
        side = round(array.shape[1] ** 0.5)
        if side**2 != array.shape[1]:
            raise DatasetError(f"each image has {array.shape[1]} values: expected a square number, such as 784.")
        array = array.reshape(-1, side, side)  # (n, side * side) -> (n, side, side)
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim == 4 and array.shape[3] == 3:  # RGB by ITU-R BT.601, as in Pillow
        array = array @ np.array([0.299, 0.587, 0.114], np.float32)
    if array.ndim != 3 or not MIN_SIDE <= min(array.shape[1:]) <= max(array.shape[1:]) <= MAX_SIDE:
        raise DatasetError(
            f"the images have the shape {array.shape}: expected (n, 28, 28), or sides of {MIN_SIDE} to {MAX_SIDE} "
            "pixels."
        )
    return array


def _find_scale(arrays: Sequence[NDArray[Any]]) -> tuple[float, float, list[str]]:
    """The largest value, the factor that brings the values to 0 to 255, and notes about it."""
    low, high = float(min(array.min() for array in arrays)), float(max(array.max() for array in arrays))
    if not 0 <= low <= high <= 255:  # false for NaN, too
        raise DatasetError(f"the pixels go from {low:g} to {high:g}: expected 0 to 255, or 0 to 1.")
    if high <= 1:
        return high, 255.0, []
    if high < MIN_FULL_SCALE:
        return high, 255 / high, [f"The largest pixel value is {high:g}: it counts as full ink."]
    return high, 1.0, []


def _describe_inversion(inverted: bool, odd: int, count: int) -> list[str]:
    """Sentences about the polarity of so many images, of which some look the opposite."""
    notes = ["Most images were dark on light: all were inverted, so that 0 is paper."] if inverted else []
    return notes + ([f"Check {odd:,} of {count:,} images: their border suggests the opposite."] if odd else [])


def _median_borders(images: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """The median of each image's border: (n, height, width) -> (n,)."""
    edges = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]  # (n, k) each
    return np.asarray(np.median(np.concatenate(edges, axis=1), axis=1))
