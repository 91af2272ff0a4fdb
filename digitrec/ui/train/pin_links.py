"""Pinned digits in the address of the Train page, so that a teacher's link has them.

A validation image is its number: the link has the data set, the share and the seed by which it is found. A drawing
is all of its pixels, compressed: 100 to 300 characters.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from digitrec.data import Split
from digitrec.runs import Pin, pins

PINS = "pins"  # in the address
_SIDE = 28
_DRAWING = "d"  # begins each drawing, as no number does


def write(chosen: Sequence[Pin]) -> str:
    """Pinned digits as text for an address."""
    return ",".join(map(_write_one, chosen[: pins.MAX_PINS]))


def read(text: str, load_validation: Callable[[], Split | None]) -> list[Pin]:
    """The pinned digits in an address; what cannot be read is passed over.

    Args:
        text: as of `write`, from whoever made the link.
        load_validation: gives the validation images that the numbers count; None where there are none here.
    """
    parts = text.split(",")[: pins.MAX_PINS]
    validation = load_validation() if any(map(_parse_number, parts)) else None
    found = (_read_one(part, validation) for part in parts)
    return list({pin.key: pin for pin in found if pin is not None}.values())


def from_validation(validation: Split, number: int) -> Pin:
    """A validation image to pin."""
    return Pin(validation.images[number], f"validation image {number}", int(validation.labels[number]))


def _write_one(pin: Pin) -> str:
    number = re.fullmatch(r"validation image (\d+)", pin.source)
    if number:
        return number[1]
    packed = base64.urlsafe_b64encode(zlib.compress(pin.image.tobytes(), 9)).decode().rstrip("=")
    return f"{_DRAWING}{'' if pin.label is None else pin.label}.{packed}"


def _parse_number(part: str) -> str | None:
    return part if re.fullmatch(r"\d{1,8}", part, re.ASCII) else None


def _read_one(part: str, validation: Split | None) -> Pin | None:
    if number := _parse_number(part):
        is_there = validation is not None and int(number) < len(validation.labels)
        return from_validation(validation, int(number)) if validation is not None and is_there else None
    drawing = re.fullmatch(rf"{_DRAWING}(\d{{0,3}})\.([\w-]+)", part, re.ASCII)
    if drawing is None:
        return None
    label, packed = drawing.groups()
    try:
        data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        pixels = zlib.decompressobj().decompress(data, _SIDE**2 + 1)  # no more, however much the text holds
    except (binascii.Error, ValueError, zlib.error):
        return None
    if len(pixels) != _SIDE**2:
        return None
    image = np.frombuffer(pixels, np.uint8).reshape(_SIDE, _SIDE)
    return Pin(image, "own drawing", int(label) if label else None)
