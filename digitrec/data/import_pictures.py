"""A ZIP of pictures, one folder for each class: what lies where, and each picture as an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from digitrec.data.archives import Archive, Member, MemberError
from digitrec.data.catalogue import DatasetError
from digitrec.data.import_arrays import MAX_IMAGES
from digitrec.data.user_datasets import is_class_name, normalise_name
from digitrec.imaging.pictures import MAX_BYTES
from digitrec.imaging.preprocessing import SIDE, InkError, PictureError, read_gray, to_ink, to_mnist

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
