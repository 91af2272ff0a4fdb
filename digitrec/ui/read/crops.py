"""The pictures of fields, cut out of their page."""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from digitrec.imaging import Gray
from digitrec.stacks import Stack

MAX_SIDE = 360  # pixels of a crop
_QUALITY = 85
_PAGES, _CROPS = 6, 4000  # in memory


class Crop(NamedTuple):
    """A field with some of the page around it.

    Attributes:
        src: as a data URI.
        inset: how far the field's box lies inside: left, top, right and bottom, in percent.
    """

    src: str
    inset: tuple[float, float, float, float]


def cut(stack: Stack, page: int, box: tuple[int, int, int, int], around: float) -> Crop:
    """A field of a page, with so many of its shorter sides around it; a white one where the page is gone."""
    return _cut(stack.image_path(page), box, around)


@functools.lru_cache(maxsize=_CROPS)
def _cut(path: Path, box: tuple[int, int, int, int], around: float) -> Crop:
    page = _open(path)
    height, width = page.shape
    left, top, right, bottom = box
    margin = round(around * min(right - left, bottom - top))
    x0, y0, x1, y1 = max(0, left - margin), max(0, top - margin), min(width, right + margin), bottom + margin
    y1 = min(height, y1)
    if x0 >= x1 or y0 >= y1:
        return Crop(_to_uri(np.full((8, 8), 255, np.uint8)), (0.0, 0.0, 0.0, 0.0))
    sides = (left - x0) / (x1 - x0), (top - y0) / (y1 - y0), (x1 - right) / (x1 - x0), (y1 - bottom) / (y1 - y0)
    inset = tuple(round(100 * max(0.0, side), 1) for side in sides)
    return Crop(_to_uri(page[y0:y1, x0:x1]), (inset[0], inset[1], inset[2], inset[3]))


@functools.lru_cache(maxsize=_PAGES)
def _open(path: Path) -> Gray:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))
    except OSError:
        return np.full((8, 8), 255, np.uint8)


def _to_uri(gray: Gray) -> str:
    picture = Image.fromarray(gray)
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
