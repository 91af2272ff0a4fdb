"""Drawings that are no digit, made in code: what a person might put on the canvas to see whether it is fooled.

Left out, because people cannot tell them from a digit once they stand alone: the letters O o D Q (0), I l i j J
(1), Z z (2), S s (5), b G (6), B (8), g q a (9), y Y (an open 4) and T (a 7 in some hands); upright lines (1),
circles (0); and the halves of digits that are digits themselves, as the upper half of an 8 or the lower of a 7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digitrec.imaging import pen_drawing
from digitrec.imaging.pen_drawing import PenDigit, Strokes

SIDE = pen_drawing.SIDE
WIDTHS = (8, 30)  # of the brush, in pixels, chosen evenly between

# Strokes on a grid of 9 x 9: column and row of each point, rows downwards. "~" before a stroke makes it a curve.
CAPITALS = {
    "A": ["08 40 88", "25 65"],
    "A round": ["~08 04 11 40 71 84 88", "05 85"],
    "C": ["~72 40 11 04 17 48 77"],
    "E": ["70 10 18 78", "14 64"],
    "E round": [
        "~71 30 12 44 15 18 48 77",
    ],
    "F": ["70 10 18", "14 64"],
    "H": ["10 18", "70 78", "14 74"],
    "K": ["10 18", "70 14 78"],
    "L": ["20 28 78"],
    "M": ["08 10 45 70 88"],
    "N": ["18 10 78 70"],
    "P": ["18 10", "~10 60 81 63 14"],
    "R": ["18 10", "~10 60 81 63 14", "44 78"],
    "U": ["~10 14 27 48 67 74 70"],
    "V": ["00 48 80"],
    "W": ["00 28 42 68 80"],
    "X": ["00 88", "80 08"],
}
SMALL = {
    "a printed": ["~22 40 62 65 68", "~64 34 16 28 58 66"],
    "d": ["~63 32 14 16 38 66", "70 78"],
    "e": ["~14 74 71 40 12 15 28 48 76"],
    "f": ["~70 50 41 43 48", "24 64"],
    "h": ["20 28", "~25 43 64 68"],
    "k": ["20 28", "62 25 68"],
    "m": ["02 08", "~04 13 32 43 48", "~44 53 72 83 88"],
    "n": ["22 28", "~25 43 64 68"],
    "p": ["22 2:", "~24 42 64 66 48 27"],
    "r": ["32 38", "~35 43 62 73"],
    "t": ["~40 43 46 58 77", "23 73"],
    "u": ["~22 26 48 66", "62 68"],
    "v": ["12 48 72"],
    "w": ["02 28 44 68 82"],
    "x": ["12 78", "72 18"],
}
THINGS = {
    "house": ["18 14 40 74 78 18", "38 35 55 58"],
    "tree": ["48 45", "~45 15 02 21 40 61 82 75 45"],
    "fir": ["40 15 75 40", "45 48", "23 08 88 63"],
    "sun": ["~42 22 24 26 46 66 64 62 42", "40 41", "48 47", "04 13", "84 75", "11 22", "71 62", "17 26", "77 66"],
    "star": ["40 68 03 83 28 40"],
    "heart": ["~43 31 11 03 15 48", "~43 51 71 83 75 48"],
    "fish": ["~04 22 52 74 82", "~04 26 56 74 86", "82 86", "13 14"],
    "man": ["~40 31 42 51 40", "42 45", "24 43 64", "28 45 68"],
    "flower": ["~43 31 40 51 43", "~43 52 63 54 43", "~43 54 45 34 43", "~43 34 23 32 43", "45 48", "~47 66 67"],
    "car": ["06 04 24 32 62 74 84 86 06", "~26 17 28 37 26", "~66 57 68 77 66"],
    "cup": ["11 18 68 61 11", "~62 82 85 66"],
    "umbrella": ["~04 11 40 71 84 04", "~44 47 58 67"],
    "cat": ["~20 04 17 48 77 84 60", "20 32 52 60", "34 34", "54 54", "35 46 55"],
    "arrow": ["08 80", "40 80 84"],
    "boat": ["05 85 68 28 05", "45 40 74 45"],
    "key": ["~14 02 20 42 24 14", "34 88", "66 75", "77 86"],
    "glasses": ["~04 22 34 26 04", "~54 72 84 76 54", "34 54"],
    "ladder": ["20 28", "60 68", "22 62", "24 64", "26 66"],
    "bolt": ["50 15 45 38 73 43 50"],
    "moon": ["~60 21 14 27 68", "~60 42 44 46 68"],
}
FACES = {
    "smiley": ["~40 11 04 17 48 77 84 71 40", "33 33", "53 53", "~25 37 57 65"],
    "sad": ["~40 11 04 17 48 77 84 71 40", "33 33", "53 53", "~27 35 55 67"],
    "eyes and mouth": ["22 23", "62 63", "~15 37 57 75"],
    "with a nose": ["~40 11 04 17 48 77 84 71 40", "33 33", "53 53", "43 45", "36 56"],
}
SYMBOLS = {
    "plus": ["40 48", "04 84"],
    "equals": ["03 83", "05 85"],
    "per cent": ["80 08", "~10 01 12 21 10", "~76 67 78 87 76"],
    "hash": ["30 18", "70 58", "03 83", "05 85"],
    "question": ["~12 10 50 72 54 46", "48 48"],
    "asterisk": ["40 48", "02 86", "82 06"],
    "less": ["70 14 78"],
    "greater": ["10 74 18"],
    "tick": ["05 38 80"],
    "triangle": ["40 88 08 40"],
    "square": ["10 80 88 18 10"],
    "ampersand": ["~88 32 30 50 52 15 17 38 66 84"],
    "at": ["~64 43 34 45 64 66 84 61 21 04 27 68"],
    "division": ["04 84", "41 41", "47 47"],
    "yen": ["00 44 80", "44 48", "24 64", "26 66"],
    "pi": ["01 81", "21 18", "61 68"],
}
PRINTED = "ACEFHKLMNPRUVWX" + "defhkmnprtuvwx" + "&%#?$@"
# Of each digit, the halves that are no digit themselves.
HALVES = {0: "top bottom", 2: "bottom", 4: "top left", 5: "top", 8: "left", 3: "left", 6: "right"}


class NonDigit(NamedTuple):
    """A drawing that is no digit."""

    kind: str  # a key of `COUNTS`
    what: str  # what it shows, for a person who asks why it was taken for a digit
    ink: np.ndarray  # uint8 (280, 280)


def nondigits(seed: int, digits: Sequence[PenDigit], *, share: float = 1.0) -> list[NonDigit]:
    """500 drawings that are no digits, or a share of them; another seed gives others.

    Args:
        seed: of all chance.
        digits: what halves and pairs are made of.
        share: of the 500; every kind keeps its part.
    """
    rng = np.random.default_rng((seed, 500))
    made = []
    for kind, (count, draw) in COUNTS.items():
        for index in range(max(1, round(count * share))):
            what, ink = draw(rng, index, digits)
            made.append(NonDigit(kind, what, ink))
    return made


def _glyphs(table: dict[str, list[str]]) -> Callable[..., tuple[str, np.ndarray]]:
    names = list(table)

    def draw(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
        name = names[index % len(names)]
        return name, _by_hand([_stroke(text, rng) for text in table[name]], rng)

    return draw


def _stroke(text: str, rng: np.random.Generator) -> np.ndarray:
    """The points of a stroke on the grid, each a little off."""
    corners = np.array([[ord(x) - 48, ord(y) - 48] for x, y in text.lstrip("~").split()], np.float32)
    corners += rng.normal(0, 0.22, corners.shape)
    if text.startswith("~"):
        return _curve(corners)
    parts = [np.linspace(a, b, 8, endpoint=False) for a, b in pairwise(corners)]
    return np.concatenate([*parts, corners[-1:]]).astype(np.float32)


def _curve(points: np.ndarray) -> np.ndarray:
    """Many points on the Catmull-Rom spline through a few."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, 8, endpoint=False)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]]).astype(np.float32)


def _by_hand(drawn: Strokes, rng: np.random.Generator, *, size: tuple[float, float] = (130, 230)) -> np.ndarray:
    """Ink of strokes as another hand would draw them, somewhere near the middle, with any brush."""
    bent = pen_drawing.distort(drawn, rng, strength=1.2)
    middle = SIDE / 2 + rng.uniform(-20, 20, 2)
    placed = pen_drawing.place(bent, size=rng.uniform(*size), centre=(float(middle[0]), float(middle[1])))
    return pen_drawing.render(placed, width=rng.uniform(*WIDTHS))


def _dot(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    at = rng.uniform(40, 240, 2) + rng.normal(0, 1.5, (rng.integers(1, 5), 2))
    return "dot", pen_drawing.render([at.astype(np.float32)], width=rng.uniform(*WIDTHS))


def _line(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    """A line across the page; one that stands upright only where it runs from edge to edge."""
    through = index % 2 == 0
    angle = rng.uniform(0, np.pi) if through else rng.uniform(-0.5, 0.5)
    half = 220 if through else rng.uniform(60, 120)
    middle = SIDE / 2 + rng.uniform(-25, 25, 2)
    along = np.linspace(-half, half, 30)[:, None] * [np.cos(angle), np.sin(angle)]
    bow = rng.normal(0, 3, 2) * np.sin(np.linspace(0, np.pi, 30))[:, None]
    name = "through the page" if through else "across the page"
    return name, pen_drawing.render([(middle + along + bow).astype(np.float32)], width=rng.uniform(*WIDTHS))


def _scribble(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    points = rng.uniform(0, 8, (rng.integers(7, 22), 2)).astype(np.float32)
    return f"{len(points)} turns", _by_hand([_curve(points)], rng)


def _hatch(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    turns = int(rng.integers(4, 12))
    zigzag = np.stack([np.linspace(0, 8, 2 * turns), np.tile([0.0, 8.0], turns)], 1)
    zigzag += rng.normal(0, 0.3, zigzag.shape)
    turned = zigzag if index % 2 else zigzag[:, ::-1]
    return f"zigzag of {turns}", _by_hand([turned.astype(np.float32)], rng)


def _coil(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    turns = rng.uniform(2.2, 6)
    angle = np.linspace(0, 2 * np.pi * turns, int(30 * turns))
    if index % 2:
        return "spiral", _by_hand([np.stack([angle * np.cos(angle), angle * np.sin(angle)], 1)], rng)
    drift = rng.uniform(0.35, 0.8) * angle
    return "loops", _by_hand([np.stack([2 * np.cos(angle) + drift, 2 * np.sin(angle)], 1)], rng)


def _printed(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    character = PRINTED[int(rng.integers(len(PRINTED)))]
    page = Image.new("L", (SIDE, SIDE))
    font = ImageFont.load_default(size=float(rng.uniform(150, 240)))
    ImageDraw.Draw(page).text((SIDE / 2, SIDE / 2), character, fill=255, font=font, anchor="mm")
    return character, np.asarray(page.rotate(float(rng.uniform(-8, 8))))


def _several(rng: np.random.Generator, index: int, digits: Sequence[PenDigit]) -> tuple[str, np.ndarray]:
    """Two digits side by side, sometimes three, sometimes touching, sometimes one below the other."""
    count = 3 if index % 6 == 5 else 2
    chosen = [digits[int(i)] for i in rng.integers(len(digits), size=count)]
    below = index % 6 == 4
    placed, at = [], 0.0
    for digit in chosen:
        one = pen_drawing.place(pen_drawing.distort(digit.strokes, rng), size=rng.uniform(85, 115), centre=(0, 0))
        points = np.concatenate(one)[:, int(below)]
        shift = at - points.min()
        at = points.max() + shift + rng.uniform(4, 40)
        placed += [stroke + np.float32([0, shift] if below else [shift, 0]) for stroke in one]
    placed = pen_drawing.place(placed, size=rng.uniform(170, 240))
    width = rng.uniform(WIDTHS[0], 24 if count == 2 else 16)
    return " ".join(str(digit.label) for digit in chosen), pen_drawing.render(placed, width=width)


def _half(rng: np.random.Generator, index: int, digits: Sequence[PenDigit]) -> tuple[str, np.ndarray]:
    label = list(HALVES)[index % len(HALVES)]
    sides = HALVES[label].split()
    side = sides[int(rng.integers(len(sides)))]
    same = [digit for digit in digits if digit.label == label]
    chosen = same[int(rng.integers(len(same)))]
    ink = pen_drawing.render(pen_drawing.place(chosen.strokes, size=220), width=rng.uniform(*WIDTHS)).copy()
    rows, columns = np.nonzero(ink)
    middle = (rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2
    cut = {
        "top": np.s_[middle[0] :, :],
        "bottom": np.s_[: middle[0], :],
        "left": np.s_[:, middle[1] :],
        "right": np.s_[:, : middle[1]],
    }
    ink[cut[side]] = 0
    return f"{side} of a {label}", ink


def _noise(rng: np.random.Generator, index: int, digits: object) -> tuple[str, np.ndarray]:
    grain = rng.random((SIDE, SIDE))
    match index % 4:
        case 0:
            return "grey noise", (255 * grain).astype(np.uint8)
        case 1:
            return "speckle", np.where(grain < rng.uniform(0.002, 0.1), 255, 0).astype(np.uint8)
        case 2:
            smooth = ndimage.gaussian_filter(grain, rng.uniform(6, 20))
            return "blobs", np.where(smooth > np.quantile(smooth, rng.uniform(0.6, 0.9)), 255, 0).astype(np.uint8)
        case _:
            spots = [rng.uniform(20, 260, (1, 2)).astype(np.float32) for _ in range(rng.integers(4, 20))]
            return "spots", pen_drawing.render(spots, width=rng.uniform(*WIDTHS))


COUNTS = {
    "dot": (15, _dot),
    "line": (25, _line),
    "scribble": (35, _scribble),
    "zigzag": (20, _hatch),
    "coil": (20, _coil),
    "capital letter": (75, _glyphs(CAPITALS)),
    "small letter": (50, _glyphs(SMALL)),
    "printed letter": (30, _printed),
    "face": (25, _glyphs(FACES)),
    "thing": (60, _glyphs(THINGS)),
    "symbol": (30, _glyphs(SYMBOLS)),
    "several digits": (60, _several),
    "half a digit": (35, _half),
    "noise": (20, _noise),
}
