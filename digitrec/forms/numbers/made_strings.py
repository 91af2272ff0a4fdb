"""Made-up strings of digits, with the symbol that each pixel belongs to: the number reader is fitted on them.

A string is composed of MNIST's images of one writer. They may touch or overlap, lean, and leave the base line.
Points, commas, minus signs, struck-out digits, other marks, lines of boxes and specks stand between them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digitrec.imaging import Floats, Gray, Images, Ink, Labels, label_components

HEIGHTS = (30, 60)  # pixels of a digit
MARK = "~"  # in `MadeString.symbols`: ink that is no part of the text
_MARGIN = 14  # pixels of paper round a string
_LETTERS = "acdefhkmnprtuvwxyACDEFGHJKLMNPQRTUVWXY"  # those that are hardly a digit, too
_WORD_SHARE = 0.04  # of the strings are letters only
_TOUCHING_SHARE = 0.4  # of the strings have gaps near 0


class MadeString(NamedTuple):
    """A string of symbols as ink.

    Attributes:
        ink: uint8 (height, width).
        owner: int16 (height, width), 0 for paper and k for the symbol k - 1.
        symbols: digits, ".", ",", "-" and `MARK`, from left to right.
    """

    ink: Ink
    owner: NDArray[np.int16]
    symbols: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a person reads: the symbols without marks."""
        return "".join(symbol for symbol in self.symbols if symbol != MARK)


class Hands(NamedTuple):
    """Digits by writer: `groups` holds the numbers of each writer's images."""

    images: Images
    labels: Labels
    groups: tuple[NDArray[np.int64], ...]


def group_by_writer(images: Images, labels: Labels, writers: NDArray[np.int64], *, least: int = 10) -> Hands:
    """Digits of writers (n,) as hands; a writer of fewer than so many digits is left out."""
    order = np.argsort(writers, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(writers[order])) + 1)
    return Hands(images, labels, tuple(group for group in groups if len(group) >= least))


def make_string(hands: Hands, rng: np.random.Generator, *, plain: bool = False) -> MadeString:
    """A string of one to eight digits in one hand.

    Args:
        hands: the digits to choose from.
        rng: the source of chance.
        plain: whether to leave out everything but digits.
    """
    group = hands.groups[int(rng.integers(len(hands.groups)))]
    height = rng.uniform(*HEIGHTS)
    style = _Style.sample(rng, height)
    digits = [int(i) for i in rng.choice(group, int(rng.integers(1, 9)))]
    glyphs: list[tuple[str, Ink, float]] = []  # symbol, its ink, and how far its bottom is above the base line
    if not plain and rng.random() < _WORD_SHARE:
        glyphs, digits = [(MARK, _letter(style, rng), 0.0) for _ in digits], []
    for i in digits:
        glyphs.append((str(hands.labels[i]), style.digit(hands.images[i], rng), 0.0))
        if not plain and rng.random() < 0.06:
            glyphs.append(_struck_out(style.digit(hands.images[int(rng.choice(group))], rng), style, rng))
    if not plain:
        _add_signs(glyphs, style, rng)
    return _compose(glyphs, style, rng, plain=plain)


def to_photo(made: MadeString, rng: np.random.Generator) -> Gray:
    """The string as a camera sees it, uint8 of the same shape: paper, shadow, printed lines, blur and noise."""
    height, width = made.ink.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ink = made.ink.astype(np.float32) / 255
    if rng.random() < 0.5:
        ink = ndimage.gaussian_filter(ink, rng.uniform(0.3, 0.9))
    paper = np.full(ink.shape, rng.uniform(0.6, 0.98), np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    ramp = (np.cos(angle) * x / width + np.sin(angle) * y / height) / 2 + 0.5
    paper *= 1 - strength * (ramp if rng.random() < 0.7 else (ramp > rng.uniform(0.3, 0.7)))
    if rng.random() < 0.25:  # a guilloche: bundles of faint waves, as on a cheque
        period, phase = rng.uniform(8, 30), rng.uniform(0, 6, 3)
        for k in range(3):
            wave = y + rng.uniform(3, 9) * np.sin(2 * np.pi * x / (period * (k + 2)) + phase[k])
            paper *= 1 - rng.uniform(0.02, 0.1) * (np.abs(wave % period - period / 2) < 0.8)
    if rng.random() < 0.25:  # ruled paper
        pitch, row = rng.uniform(0.8, 1.6) * height / 2, rng.uniform(0, height)
        lines = np.abs((y - row - rng.uniform(-0.02, 0.02) * x + pitch / 2) % pitch - pitch / 2) < rng.uniform(
            0.5, 1
        )
        paper *= 1 - rng.uniform(0.08, 0.3) * lines
    seen = paper * (1 - rng.uniform(0.35, 0.95) * ink)
    seen += rng.normal(0, rng.uniform(0, 0.03), seen.shape)
    return np.rint(255 * np.clip(seen, 0, 1)).astype(np.uint8)


class _Style(NamedTuple):
    """What is the same for all digits of a string."""

    height: float
    stretch: float
    slant: float
    threshold: float
    gap: float
    drift: float

    @staticmethod
    def sample(rng: np.random.Generator, height: float) -> _Style:
        gap = rng.uniform(-0.07, 0.03) if rng.random() < _TOUCHING_SHARE else rng.uniform(0.02, 0.4)
        return _Style(
            height, rng.uniform(0.8, 1.2), rng.normal(0, 0.12), rng.uniform(0.25, 0.65), gap, rng.normal(0, 0.04)
        )

    def digit(self, image: Ink, rng: np.random.Generator) -> Ink:
        """An image, enlarged, with strokes of the string's thickness."""
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        crop = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = self.height / 20 * rng.uniform(0.88, 1.1)
        size = max(2, round(crop.shape[1] * scale * self.stretch)), max(2, round(crop.shape[0] * scale))
        large = Image.fromarray(np.pad(crop, 1)).resize((size[0] + 4, size[1] + 4), Image.Resampling.BICUBIC)
        lean = self.slant + rng.normal(0, 0.04)
        room = int(abs(lean) * large.height) + 2
        wide = Image.new("L", (large.width + 2 * room, large.height))
        wide.paste(large, (room, 0))
        matrix = (1, lean, -lean * large.height / 2, 0, 1, 0)
        sheared = wide.transform(wide.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
        level = np.asarray(sheared, np.float32) / 255
        soft = np.clip((level - self.threshold) * 2.5 + 0.5, 0, 1)
        return _crop(np.rint(255 * soft).astype(np.uint8))

    @property
    def pen(self) -> int:
        """Pixels of a stroke, roughly."""
        return max(2, round(self.height * (0.16 - 0.1 * self.threshold)))


def _add_signs(glyphs: list[tuple[str, Ink, float]], style: _Style, rng: np.random.Generator) -> None:
    if len(glyphs) > 1 and rng.random() < 0.45:
        kind = "." if rng.random() < 0.5 else ","
        glyphs.insert(
            int(rng.integers(1, len(glyphs))), (kind, _point(kind, style, rng), _point_rise(kind, style, rng))
        )
    if rng.random() < 0.1:
        glyphs.insert(0 if rng.random() < 0.6 else int(rng.integers(len(glyphs))), _minus(style, rng))
    for at in (0, int(rng.integers(len(glyphs) + 1)), len(glyphs)):
        if rng.random() < 0.04:
            glyphs.insert(at, (MARK, _random_mark(style, rng), rng.uniform(-0.1, 0.2) * style.height))


def _point_rise(kind: str, style: _Style, rng: np.random.Generator) -> float:
    return rng.uniform(-0.06, 0.1) * style.height if kind == "." else rng.uniform(-0.25, 0.0) * style.height


def _point(kind: str, style: _Style, rng: np.random.Generator) -> Ink:
    if kind == ".":
        width = max(2, round(style.pen * rng.uniform(0.7, 1.9)))
        return _strokes([[(0, 0), (rng.uniform(-1, 2), rng.uniform(0, 2))]], width)
    length = rng.uniform(0.15, 0.32) * style.height
    return _strokes([[(0, 0), (-rng.uniform(0.1, 0.6) * length, length)]], style.pen)


def _minus(style: _Style, rng: np.random.Generator) -> tuple[str, Ink, float]:
    length = rng.uniform(0.25, 0.6) * style.height
    ink = _strokes([[(0, 0), (length, rng.normal(0, 0.08) * length)]], style.pen)
    return "-", ink, rng.uniform(0.35, 0.6) * style.height


def _struck_out(ink: Ink, style: _Style, rng: np.random.Generator) -> tuple[str, Ink, float]:
    """A digit with lines through it."""
    height, width = ink.shape
    picture = Image.fromarray(np.pad(ink, 6))
    pen = ImageDraw.Draw(picture)
    for _line in range(int(rng.integers(2, 6))):
        ends = [(rng.uniform(0, 8), rng.uniform(0.1, 0.9) * height), (width + rng.uniform(2, 12), 0)]
        ends[1] = (ends[1][0], ends[0][1] + rng.normal(0, 0.35) * height)
        pen.line([value for end in ends for value in end], fill=255, width=style.pen)
    return MARK, _crop(np.asarray(picture)), -6.0


def _random_mark(style: _Style, rng: np.random.Generator) -> Ink:
    """A number sign, a bracket, a plus, a letter or a scribble; never a line alone, which would be a 1."""
    size, kind = style.height, int(rng.integers(5))
    if kind == 3:
        return _letter(style, rng)
    lines: Sequence[Sequence[tuple[float, float]]]
    if kind == 0:  # a number sign
        lines = [[(0.3, 0), (0.2, 1)], [(0.7, 0), (0.6, 1)], [(0, 0.35), (1, 0.3)], [(0, 0.7), (1, 0.65)]]
    elif kind == 4:
        lines, size = [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]], size * rng.uniform(0.4, 0.8)
    elif kind == 1:
        lines = [[(0.3 - 0.3 * math.cos(at), 0.5 + 0.55 * math.sin(at)) for at in np.linspace(-1.2, 1.2, 9)]]
    else:
        lines = [_random_points(rng, int(rng.integers(3, 6))) for _ in range(int(rng.integers(2, 4)))]
    scaled = [
        [(x * size * 0.8 + rng.normal(0, 1), y * size + rng.normal(0, 1)) for x, y in line] for line in lines
    ]
    return _strokes(scaled, style.pen)


def _random_points(rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    return [(rng.uniform(0, 1), rng.uniform(0, 1)) for _ in range(count)]


def _letter(style: _Style, rng: np.random.Generator) -> Ink:
    """A printed letter, leaning as the digits do."""
    size = max(8, round(style.height * rng.uniform(0.9, 1.4)))
    font = ImageFont.load_default(size)
    picture = Image.new("L", (3 * size, 2 * size))
    letter = _LETTERS[int(rng.integers(len(_LETTERS)))]
    bold = int(rng.integers(0, max(1, style.pen // 2) + 1))
    ImageDraw.Draw(picture).text((size, size // 3), letter, fill=255, font=font, stroke_width=bold)
    lean = style.slant + rng.normal(0, 0.05)
    matrix = (1, lean, -lean * size, 0, 1, 0)
    return _crop(np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, matrix)))


def _strokes(lines: Sequence[Sequence[tuple[float, float]]], width: int) -> Ink:
    points = np.array([point for line in lines for point in line])
    low, room = points.min(0), width + 3
    size = np.ceil(np.ptp(points, axis=0)).astype(int) + 2 * room
    picture = Image.new("L", (int(size[0]), int(size[1])))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        moved = [(x - low[0] + room, y - low[1] + room) for x, y in line]
        pen.line(moved, fill=255, width=width, joint="curve")
        for x, y in (moved[0], moved[-1]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return _crop(np.asarray(picture))


def _compose(
    glyphs: Sequence[tuple[str, Ink, float]], style: _Style, rng: np.random.Generator, *, plain: bool
) -> MadeString:
    """Put symbols side by side, as near as the string's gap says, measured between their outlines."""
    height = int(2.2 * style.height) + 2 * _MARGIN
    width = sum(ink.shape[1] for _, ink, _ in glyphs) + int(0.8 * style.height * len(glyphs)) + 2 * _MARGIN
    ink = np.zeros((height, width), np.uint8)
    owner = np.zeros((height, width), np.int16)
    base, right = 0.72 * height, np.full(height, float(_MARGIN))  # (height,): where the ink of each row ends
    for number, (symbol, glyph, rise) in enumerate(glyphs, 1):
        gap = style.gap * style.height * rng.uniform(0.4, 1.6) + rng.normal(0, 0.02) * style.height
        if symbol in (".", ",", "-") or glyphs[number - 2][0] in (".", ",", "-"):
            gap = max(gap, rng.uniform(0.03, 0.3) * style.height)
        middle = base + style.drift * float(right.max()) + rng.normal(0, 0.05) * style.height
        top = int(np.clip(middle - rise - glyph.shape[0], 1, height - glyph.shape[0] - 1))
        left = _find_place(glyph, right, top, gap if number > 1 else 2.0)
        left = int(np.clip(left, 1, width - glyph.shape[1] - 1))
        _paint(ink, owner, glyph, (top, left), number)
        _push(right, glyph, top, left)
    symbols = [symbol for symbol, _, _ in glyphs]
    if not plain:
        _add_dirt(ink, owner, style, rng, symbols)
    columns = np.flatnonzero(ink.any(0))
    rows = np.flatnonzero(ink.any(1))
    inside = np.s_[
        max(0, rows[0] - _MARGIN) : rows[-1] + _MARGIN, max(0, columns[0] - _MARGIN) : columns[-1] + _MARGIN
    ]
    return MadeString(ink[inside], owner[inside], tuple(symbols))


def _find_place(glyph: Ink, right: Floats, top: int, gap: float) -> float:
    """The column at which the outline of a glyph is so far from what stands left of it."""
    rows = np.flatnonzero((glyph > 100).any(1))
    first = (glyph > 100).argmax(1)[rows]
    reach = 3  # rows above and below count as well
    before = ndimage.maximum_filter1d(right, 2 * reach + 1)[np.clip(top + rows, 0, len(right) - 1)]
    closest = float((before - first).max())
    # Not farther inside of what stands left than half of the glyph.
    return max(closest + gap, float(right.max()) - 0.5 * glyph.shape[1])


def _push(right: Floats, glyph: Ink, top: int, left: int) -> None:
    rows = np.flatnonzero((glyph > 100).any(1))
    last = glyph.shape[1] - 1 - (glyph[:, ::-1] > 100).argmax(1)[rows]
    at = np.clip(top + rows, 0, len(right) - 1)
    right[at] = np.maximum(right[at], left + last + 1.0)


def _paint(ink: Ink, owner: NDArray[np.int16], glyph: Ink, at: tuple[int, int], number: int) -> None:
    place = np.s_[at[0] : at[0] + glyph.shape[0], at[1] : at[1] + glyph.shape[1]]
    mine = glyph > np.maximum(ink[place], 40)
    owner[place][mine] = number
    ink[place] = np.maximum(ink[place], glyph)


def _add_dirt(
    ink: Ink, owner: NDArray[np.int16], style: _Style, rng: np.random.Generator, symbols: list[str]
) -> None:
    """Specks, an underline, or lines of a box. Each is a mark."""
    height, width = ink.shape
    picture = Image.new("L", (width, height))
    pen = ImageDraw.Draw(picture)
    thin = max(1, style.pen // 2)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if rng.random() < 0.12:
        row = rows[-1] + rng.uniform(-0.05, 0.25) * style.height
        pen.line((columns[0] - 6, row, columns[-1] + 6, row + rng.normal(0, 2)), fill=255, width=thin)
    for column in (columns[0] - 6, columns[-1] + 6):
        if rng.random() < 0.08:
            up, down = rng.uniform(0.15, 0.5, 2) * style.height  # less would be a 1
            pen.line((column, rows[0] - up, column + rng.normal(0, 1), rows[-1] + down), fill=255, width=thin)
    for _speck in range(int(rng.integers(0, 4)) if rng.random() < 0.2 else 0):
        # Smaller than a point, or far above the base line, where a person would take it for none.
        x, side = rng.uniform(0, width), rng.uniform(0.5, style.pen / 2)
        low = rows[-1] + 6 if side < style.pen / 4 else rows[0] + 0.5 * (rows[-1] - rows[0])
        y = rng.uniform(rows[0] - 6, low)
        pen.ellipse((x - side, y - side, x + side, y + side), fill=int(rng.uniform(120, 255)))
    dirt = np.asarray(picture)
    labels, count = label_components(dirt)
    for number in range(1, count + 1):
        symbols.append(MARK)
        _paint(ink, owner, np.where(labels == number, dirt, 0).astype(np.uint8), (0, 0), len(symbols))


def _crop(ink: Ink) -> Ink:
    rows, columns = np.flatnonzero((ink > 40).any(1)), np.flatnonzero((ink > 40).any(0))
    if not rows.size:
        return np.full((2, 2), 255, np.uint8)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
