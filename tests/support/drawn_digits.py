"""Digits drawn in code, usual in all that the doctor measures, and the same with one fault each."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digitrec.imaging.ink_to_image import to_mnist
from digitrec.imaging.pen_drawing import place, render

BRUSH = 24  # pixels: with a digit of 200, as thick as MNIST's
SIZE = 176  # of the lines, so that the ink measures 200


def arc(start: float, end: float, *, x: float, y: float, width: float, height: float) -> np.ndarray:
    """Part of an ellipse's outline, in degrees clockwise from the right: (40, 2)."""
    angles = np.radians(np.linspace(start, end, 40))
    return np.c_[x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)]


def line(*points: tuple[float, float]) -> np.ndarray:
    """Straight lines through these points (x, y), as a pen leaves them: (k, 2)."""
    ends = np.array(points, float)
    parts = [np.linspace(start, end, 15) for start, end in pairwise(ends)]
    return np.concatenate(parts)


DIGITS = {
    "0": [arc(-90, 270, x=0, y=0, width=70, height=100)],
    "1": [line((8, 0), (0, 100))],
    "3": [arc(-150, 90, x=0, y=25, width=60, height=50), arc(-90, 150, x=0, y=75, width=64, height=50)],
    "4": [line((0, 0), (-8, 55), (60, 55)), line((44, 0), (36, 100))],
    "7": [line((0, 0), (60, 0), (24, 100))],
}


def draw(strokes: Sequence[np.ndarray], *, size=SIZE, centre=(140, 140), brush=BRUSH) -> np.ndarray:
    """Strokes on a canvas."""
    return render(place(strokes, size=size, centre=centre), width=brush)


def leaning(strokes: Sequence[np.ndarray], degrees: float) -> list[np.ndarray]:
    """Strokes sheared to the right."""
    return [np.c_[stroke[:, 0] - stroke[:, 1] * np.tan(np.radians(degrees)), stroke[:, 1]] for stroke in strokes]


def faulty() -> dict[tuple[str, str], np.ndarray]:
    """Drawings of one fault each, by its kind and the digit."""
    faults = {}
    for name, strokes in DIGITS.items():
        usual = draw(strokes)
        faults["small", name] = draw(strokes, size=50, brush=7)
        faults["aside", name] = draw(strokes, size=88, brush=12, centre=(60, 220))
        faults["slanted", name] = draw(leaning(strokes, 50))
        faults["thin", name] = draw(strokes, brush=7)
        faults["thick", name] = draw(strokes, size=130, brush=70)
        faults["faint", name] = (usual * 0.45).astype(np.uint8)
        faults["specks", name] = np.maximum(usual, draw([np.zeros((1, 2))], brush=14, centre=(255, 30)))
    opened = {
        "0": [arc(-40, 265, x=0, y=0, width=70, height=100)],
        "4": [line((0, 0), (-8, 55), (15, 55)), line((44, 0), (36, 100))],
        "7": [line((0, 0), (30, 0)), line((60, 0), (24, 100))],
    }
    apart = {name: [*DIGITS[name], line((99, 30), (99, 60))] for name in ("1", "7")}
    faults |= {("gap", name): draw(strokes) for name, strokes in opened.items()}
    return faults | {("pieces", name): draw(strokes) for name, strokes in apart.items()}


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the ink that two drawings have in common as images; one may be a pixel beside the other."""
    first, second = to_mnist(one).astype(int), to_mnist(other).astype(int)
    moved = [np.roll(first, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(np.minimum(each, second).sum() / np.maximum(each, second).sum()) for each in moved)
