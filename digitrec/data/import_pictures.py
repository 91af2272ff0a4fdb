"""Brings imported pictures and arrays of any size, range and polarity to images of 28 x 28, 0 = paper.

Pictures come from a ZIP with one folder per class; arrays come from `import_arrays`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError, Progress
from digitrec.data.import_arrays import MAX_IMAGES, Archive, Member, MemberError
from digitrec.data.user_datasets import is_class_name, normalise_name
from digitrec.imaging import MAX_BYTES, SIDE, Image, Images, InkError, PictureError, read_gray, to_ink, to_mnist

MIN_SIDE, MAX_SIDE = 4, 2000  # pixels
MIN_FULL_SCALE = 64  # if no value reaches this, the largest value is full ink, as in a scale from 0 to 16
_CHUNK_IMAGES = 1000  # converted together
_PROGRESS_EVERY = 50  # images
_PART_FOLDERS = {"train": "train", "training": "train", "test": "test", "testing": "test"}  # above the classes
_NO_INK = "it has no ink that differs from its paper"


class Picture(NamedTuple):
    """A picture as an image."""

    image: Image  # (28, 28)
    name: str  # of its class
    part: str  # "train", "test", or "all"
    is_raw: bool  # it was 28 x 28 and is unchanged, dark on light or light on dark


def read_pictures(archive: Archive, progress: Progress | None = None) -> tuple[list[Picture], list[str]]:
    """Read the pictures of a ZIP, and list the path and the reason of those that are left out.

    Pictures of 28 x 28 stay as they are. All others are cleaned and normalised like a photo.

    Raises:
        DatasetError: there are too many files, or too many bytes once unpacked.
    """
    members = archive.members()
    if len(members) > MAX_IMAGES:
        raise DatasetError(f"the ZIP has {len(members):,} files: expected at most {MAX_IMAGES:,}. Divide it.")
    pictures, left_out = [], []
    for i, member in enumerate(members):
        if progress and i % _PROGRESS_EVERY == 0:
            progress(f"Reading {len(members):,} pictures", i / len(members))
        try:
            pictures.append(_read_picture(archive, member))
        except MemberError as error:
            left_out.append(f"{member.name[-60:]!r}: {str(error).rstrip('.')}")
    return pictures, left_out


def _read_picture(archive: Archive, member: Member) -> Picture:
    """Read one picture of the archive.

    Raises:
        MemberError: it is left out; the message says why.
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
    """The class and the part of a picture, from the names of its folders."""
    *above, folder, _ = ["", "", *member.name.split("/")]
    name = normalise_name(folder)
    if not name:
        raise MemberError("it is in no folder: expected one folder for each class")
    if not is_class_name(name):
        raise MemberError(f"its folder {name[:40]!r} is not a valid class name")
    parts = (_PART_FOLDERS.get(each.casefold()) for each in reversed(above))
    return name, next(filter(None, parts), "all")


def convert_images(
    arrays: Sequence[NDArray[Any]], progress: Progress | None = None
) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Convert the parts of a data set to images uint8 (n, 28, 28), and say in sentences what was done.

    Images of 28 x 28 stay as they are, inverted if most are dark on light. Others are cleaned and normalised like
    a photo. Images without ink become blank.

    Args:
        arrays: numbers (n, height, width), with one or three channels or none, or (n, height * width).
        progress: receives the step and its fraction, 0 to 1.

    Raises:
        DatasetError: they are not images, differ in size, or have values in an unknown range.
    """
    grays = [_to_gray(array) for array in arrays]
    if len({array.shape[1:] for array in grays}) > 1:
        raise DatasetError("the training and test images have different sizes: expected the same size.")
    scale, notes = _find_scale(grays)
    pictures = [_scale(array, scale) for array in grays]
    height, width = pictures[0].shape[1:]
    if (height, width) == (SIDE, SIDE):
        images, more = _invert_if_light(pictures)
        return images, notes + more
    notes.append(f"The images had {width} x {height} pixels: each was cleaned and scaled to {SIDE} x {SIDE}.")
    return [_normalise(array, progress) for array in pictures], notes


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


def _find_scale(arrays: Sequence[NDArray[Any]]) -> tuple[float, list[str]]:
    """The factor that brings the values to 0 to 255, and notes about it."""
    low, high = float(min(array.min() for array in arrays)), float(max(array.max() for array in arrays))
    if not 0 <= low <= high <= 255:  # false for NaN, too
        raise DatasetError(f"the pixels go from {low:g} to {high:g}: expected 0 to 255, or 0 to 1.")
    if high <= 1:
        return 255.0, []
    if high < MIN_FULL_SCALE:
        return 255 / high, [f"The largest pixel value is {high:g}: it counts as full ink."]
    return 1.0, []


def _scale(array: NDArray[Any], factor: float) -> NDArray[np.uint8]:
    if array.dtype == np.uint8 and factor == 1:
        return array
    scaled = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), _CHUNK_IMAGES):
        chunk = slice(start, start + _CHUNK_IMAGES)
        scaled[chunk] = np.rint(array[chunk] * np.float32(factor))
    return scaled


def _invert_if_light(arrays: list[NDArray[np.uint8]]) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Ink bright on paper of 0: all images are inverted if most have a light border. And notes about it."""
    light = np.concatenate([_has_light_border(array) for array in arrays])
    inverted = bool(light.mean() > 0.5)
    notes = ["Most images were dark on light: all were inverted, so that 0 is paper."] if inverted else []
    if odd := int((light != inverted).sum()):
        notes.append(f"Check {odd:,} of {len(light):,} images: their border suggests the opposite.")
    return [255 - array if inverted else array for array in arrays], notes


def _has_light_border(images: Images) -> NDArray[np.bool_]:
    edges = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]  # (n, k) each
    light: NDArray[np.bool_] = np.median(np.concatenate(edges, axis=1), axis=1) > 127
    return light


def _normalise(pictures: NDArray[np.uint8], progress: Progress | None) -> Images:
    """Clean each picture (n, height, width), and normalise it to an image (n, 28, 28)."""
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for i, gray in enumerate(pictures):
        if progress and i % _PROGRESS_EVERY == 0:
            progress(f"Cleaning {len(pictures):,} pictures", i / len(pictures))
        try:
            images[i] = to_mnist(to_ink(np.ascontiguousarray(gray)))
        except InkError:
            continue  # it stays blank, and blank images are left out
    return images
