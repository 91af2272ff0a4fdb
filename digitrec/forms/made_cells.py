"""Made-up boxes: digits, struck-out digits, stains and notes, for the network that tells them apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from digitrec.forms.content_kinds import CONTENT_KINDS
from digitrec.imaging import Images, Ink

SIDE, ROOM = 60, 10  # pixels of a box, and around it
_SHARES = (0.5, 0.25, 0.13, 0.12)  # of `CONTENT_KINDS`


class MadeCell(NamedTuple):
    """The ink of a box, uint8 (SIDE + 2 ROOM, SIDE + 2 ROOM), and an index into `CONTENT_KINDS`."""

    ink: Ink
    kind: int


def make_cell(images: Images, rng: np.random.Generator) -> MadeCell:
    """A box by chance.

    Args:
        images: uint8 (n, 28, 28), digits to choose from.
        rng: the source of chance.
    """
    kind = int(rng.choice(len(CONTENT_KINDS), p=_SHARES))
    ink = np.zeros((SIDE + 2 * ROOM, SIDE + 2 * ROOM), np.uint8)
    pen = rng.uniform(0.03, 0.1) * SIDE
    if kind == 0:
        _put_digit(ink, images, rng, rng.uniform(0.42, 0.95))
        if rng.random() < 0.1:  # a speck beside it
            _put(ink, _blot(rng, 0.02, 0.05), rng.uniform(0, SIDE, 2))
    elif kind == 1:
        if rng.random() < 0.85:
            _put_digit(ink, images, rng, rng.uniform(0.42, 0.95))
        _strike(ink, pen, rng)
    elif kind == 2:
        for _ in range(int(rng.integers(1, 4))):
            _put(ink, _blot(rng, 0.08, 0.38), rng.uniform(0.15, 0.7, 2) * SIDE)
    else:
        count = int(rng.integers(2, 5))
        for at in range(count):
            high = rng.uniform(0.22, 0.5)
            x = (at + rng.uniform(0.1, 0.5)) / count * SIDE
            _put_digit(ink, images, rng, high, (x, rng.uniform(0.02, 0.95 - high) * SIDE))
    if rng.random() < 0.3:
        ink = np.asarray(Image.fromarray(ink).filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1))))
    return MadeCell(ink, kind)


def _put_digit(
    ink: Ink, images: Images, rng: np.random.Generator, high: float, at: tuple[float, float] | None = None
) -> None:
    image = images[int(rng.integers(len(images)))]
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    crop = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = high * SIDE / crop.height
    size = max(3, round(crop.width * scale * rng.uniform(0.85, 1.2))), max(3, round(high * SIDE))
    large = np.asarray(crop.resize(size, Image.Resampling.BICUBIC), np.float32) / 255
    level = rng.uniform(0.25, 0.65)
    large = np.clip((large - level) * 3 + 0.5, 0, 1)
    strength = rng.uniform(0.75, 1.0)
    free = SIDE - size[0], SIDE - size[1]
    place = at or (
        free[0] / 2 + rng.uniform(-0.12, 0.12) * SIDE,
        free[1] / 2 + rng.uniform(-0.12, 0.12) * SIDE,
    )
    _put(ink, np.rint(255 * strength * large).astype(np.uint8), place)


def _put(ink: Ink, picture: Ink, at: tuple[float, float] | np.ndarray) -> None:
    """Paint a picture over ink, at x and y in the box; what lies outside is cut off."""
    x, y = round(float(at[0])) + ROOM, round(float(at[1])) + ROOM
    left, top = max(0, -x), max(0, -y)
    place = ink[max(0, y) : y + picture.shape[0], max(0, x) : x + picture.shape[1]]
    np.maximum(place, picture[top : top + place.shape[0], left : left + place.shape[1]], out=place)


def _strike(ink: Ink, pen: float, rng: np.random.Generator) -> None:
    """Lines through a box, as one takes back what stands there."""
    picture = Image.new("L", ink.shape[::-1])
    draw, width = ImageDraw.Draw(picture), max(2, round(pen))
    way = int(rng.integers(5))

    def point(x: tuple[float, float], y: tuple[float, float]) -> tuple[float, float]:
        return ROOM + rng.uniform(*x) * SIDE, ROOM + rng.uniform(*y) * SIDE

    left, right, low, high = (0.0, 0.25), (0.75, 1.0), (0.7, 1.0), (0.0, 0.3)
    if way == 0:  # lines from side to side
        for _ in range(int(rng.integers(2, 5))):
            middle = rng.uniform(0.25, 0.75)
            near = max(0.05, middle - 0.2), min(0.95, middle + 0.2)
            draw.line([*point(left, near), *point(right, near)], fill=255, width=width)
    elif way == 1:  # a cross
        draw.line([*point(left, high), *point(right, low)], fill=255, width=width)
        draw.line([*point(left, low), *point(right, high)], fill=255, width=width)
    elif way == 2:  # a zigzag
        points: list[tuple[float, float]] = []
        for at in np.linspace(0.1, 0.9, int(rng.integers(5, 11))):
            up = len(points) % 2 == 0
            points.append(point((at - 0.05, at + 0.05), high if up else low))
        draw.line(points, fill=255, width=width, joint="curve")
    elif way == 3:  # a scribble
        points = [point((0.1, 0.9), (0.1, 0.9)) for _ in range(int(rng.integers(9, 24)))]
        draw.line(points, fill=255, width=width, joint="curve")
    else:  # hatching
        lean = rng.uniform(-0.4, 0.4)
        for at in np.linspace(0.15, 0.85, int(rng.integers(4, 8))):
            near = (at - 0.04, at + 0.04)
            first = point(near, high)
            draw.line([*first, first[0] + lean * SIDE, ROOM + rng.uniform(*low) * SIDE], fill=255, width=width)
    np.maximum(ink, np.asarray(picture), out=ink)


def _blot(rng: np.random.Generator, least: float, most: float) -> Ink:
    """A drop or a spot, dark or pale, with a hard or a soft edge."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = rng.uniform(least, most) * SIDE
    waves = [rng.uniform(-0.12, 0.12) * np.cos(k * angles + rng.uniform(0, 6)) for k in (1, 2, 3)]
    wobble = 1 + np.sum(waves, axis=0)
    stretch = rng.uniform(0.6, 1.0)
    soft = rng.uniform(0.3, 3)
    side = int(2.6 * radius + 4 * soft) + 4
    points = [
        (side / 2 + radius * w * np.cos(a), side / 2 + stretch * radius * w * np.sin(a))
        for a, w in zip(angles, wobble, strict=True)
    ]
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).polygon(points, fill=int(rng.uniform(90, 255)))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(soft)))
