"""A ZIP of pictures, one folder for each class: what lies where, and each picture as an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from digitrec.data.catalogue import DatasetError
from digitrec.data.import_arrays import MAX_IMAGES, Archive, Member, MemberError
from digitrec.data.user_datasets import is_class_name, normalise_name
from digitrec.imaging.photos import to_ink
from digitrec.imaging.pictures import MAX_BYTES, PictureError, read_gray
from digitrec.imaging.preprocessing import SIDE, InkError, to_mnist

_PART_FOLDERS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
}  # folders above the classes
_NO_INK = "nothing stands out from its paper"

Progress = Callable[[str, float], None]


class Picture(NamedTuple):
    """A picture that was read."""

    image: np.ndarray  # uint8 (28, 28)
    name: str  # of its class
    part: str  # "train", "test", or "all"
    is_raw: bool  # it was 28 x 28 already and is as it came, whichever way round


def read_pictures(archive: Archive, progress: Progress | None = None) -> tuple[list[Picture], list[str]]:
    """The pictures of a ZIP, and those that are left out: for each its path and why.

    Pictures of 28 x 28 are taken as they are; all others go the way that an uploaded picture goes.

    Raises:
        DatasetError: there are too many, or too much once unpacked.
    """
    members = archive.members()
    if len(members) > MAX_IMAGES:
        raise DatasetError(f"the ZIP has {len(members):,} files: expected at most {MAX_IMAGES:,}. Divide it.")
    pictures, left_out = [], []
    for i, member in enumerate(members):
        if progress and i % 50 == 0:
            progress(f"Reading {len(members):,} pictures", i / len(members))
        try:
            pictures.append(_read_picture(archive, member))
        except MemberError as error:
            left_out.append(f"{member.name[-60:]!r}: {str(error).rstrip('.')}")
    return pictures, left_out


def _read_picture(archive: Archive, member: Member) -> Picture:
    """A picture of the archive.

    Raises:
        MemberError: it is left out, and why.
    """
    name, part = _parse_path(member)
    try:
        gray = read_gray(archive.read(member, MAX_BYTES))
        if gray.shape != (SIDE, SIDE):
            return Picture(to_mnist(to_ink(gray)), name, part, False)
    except PictureError as error:
        raise MemberError(str(error)) from error
    except InkError as error:
        raise MemberError(_NO_INK) from error
    if gray.min() == gray.max():
        raise MemberError(_NO_INK)
    return Picture(gray, name, part, True)


def _parse_path(member: Member) -> tuple[str, str]:
    """The class and the part that a picture is of, by its folders."""
    *above, folder, _ = ["", *member.name.split("/")] if member.name.count("/") else ["", "", ""]
    name = normalise_name(folder)
    if not name:
        raise MemberError("it lies in no folder: expected one folder for each class")
    if not is_class_name(name):
        raise MemberError(f"its folder {name[:40]!r} cannot be a class's name")
    return name, next(
        (_PART_FOLDERS[each.casefold()] for each in reversed(above) if each.casefold() in _PART_FOLDERS), "all"
    )


MAX_SIDE = 2000  # pixels of a side
MIN_FULL_SCALE = 64  # values that reach less are taken for a scale of their own, such as 0 to 16
_CHUNK_IMAGES = 1000  # images that are converted together


def convert_images(
    arrays: Sequence[np.ndarray], progress: Progress | None = None
) -> tuple[list[np.ndarray], list[str]]:
    """The parts of a data set as images uint8 (n, 28, 28) each, and what was done to them: sentences.

    Images of 28 x 28 are taken as they are, turned over where most are dark on light; others are cleaned and
    normalised as a picture on the Draw page is. What cannot be read becomes blank.

    Args:
        arrays: numbers (n, height, width), with one or three channels or none, or (n, height * width); all of the
            same kind.

    Raises:
        DatasetError: they are no images, or their values are in no range that images have.
    """
    pictures, notes = [_to_gray(array) for array in arrays], []
    if len({array.shape[1:] for array in pictures}) > 1:
        raise DatasetError("the training and test images have different sizes: expected the same.")
    factor = _find_scale(pictures, notes)
    pictures = [_scale(array, factor) for array in pictures]
    height, width = pictures[0].shape[1:]
    if (height, width) == (SIDE, SIDE):
        return _invert_if_light(pictures, notes), notes
    notes.append(f"They came as {width} x {height} pixels: each was cleaned and brought to 28 x 28, as on Draw.")
    return [_normalise(array, progress) for array in pictures], notes


def _to_gray(array: np.ndarray) -> np.ndarray:
    """Numbers (n, height, width)."""
    if array.dtype.kind not in "buif" or not array.size:
        raise DatasetError(f"the images are {array.dtype} {array.shape}: expected numbers (n, 28, 28).")
    if array.ndim == 2:
        side = round(array.shape[1] ** 0.5)
        if side**2 != array.shape[1]:
            raise DatasetError(
                f"each image has {array.shape[1]} values: expected as many as a square has, such as 784."
            )
        array = array.reshape(-1, side, side)
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim == 4 and array.shape[3] == 3:  # colours: ITU-R BT.601, as Pillow makes them gray
        array = array @ np.array([0.299, 0.587, 0.114], np.float32)
    if array.ndim != 3 or not 4 <= min(array.shape[1:]) <= max(array.shape[1:]) <= MAX_SIDE:
        raise DatasetError(
            f"the images have the shape {array.shape}: expected (n, 28, 28), or sides of 4 to {MAX_SIDE} pixels."
        )
    return array


def _find_scale(arrays: Sequence[np.ndarray], notes: list[str]) -> float:
    """What the values are multiplied with to reach from 0 to 255."""
    low, high = float(min(array.min() for array in arrays)), float(max(array.max() for array in arrays))
    if not 0 <= low <= high <= 255:  # NaN is in no range
        raise DatasetError(f"the pixels go from {low:g} to {high:g}: expected 0 to 255, or 0 to 1.")
    if high <= 1:
        return 255.0
    if high < MIN_FULL_SCALE:
        notes.append(f"The pixels reach {high:g} at most: {high:g} was taken for full ink.")
        return 255 / high
    return 1.0


def _scale(array: np.ndarray, factor: float) -> np.ndarray:
    if array.dtype == np.uint8 and factor == 1:
        return array
    scaled = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), _CHUNK_IMAGES):
        part = slice(start, start + _CHUNK_IMAGES)
        scaled[part] = np.rint(array[part] * np.float32(factor))
    return scaled


def _invert_if_light(arrays: list[np.ndarray], notes: list[str]) -> list[np.ndarray]:
    """Ink bright on paper of 0, by what most borders are."""
    light = np.concatenate([_has_light_border(array) for array in arrays])
    most = light.mean() > 0.5
    if most:
        notes.append("They are dark on light: they were turned over, so that 0 is paper.")
    if odd := int((light != most).sum()):
        notes.append(f"{odd:,} of {len(light):,} have a border the other way round: look at them.")
    return [255 - array if most else array for array in arrays]


def _has_light_border(images: np.ndarray) -> np.ndarray:
    edges = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]  # (n, k) each
    return np.median(np.concatenate(edges, axis=1), axis=1) > 127


def _normalise(pictures: np.ndarray, progress: Progress | None) -> np.ndarray:
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for i, gray in enumerate(pictures):
        if progress and i % 50 == 0:
            progress(f"Cleaning {len(pictures):,} pictures", i / len(pictures))
        try:
            images[i] = to_mnist(to_ink(np.ascontiguousarray(gray)))
        except InkError:
            continue  # it stays blank, and is left out as such
    return images
