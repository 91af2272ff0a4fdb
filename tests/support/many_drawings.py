"""Many different drawings, for what must agree on any: digits, scribbles, several parts, of all sizes."""

from __future__ import annotations

import numpy as np

from digitrec.data import loading
from digitrec.imaging import pen_drawing
from digitrec.imaging.arrays import Ink
from support.drawn_digits import DIGITS, draw


def make_drawings(count: int, seed: int) -> list[Ink]:
    """So many drawings: a fifth each of images, enlarged images, pen strokes of chance, drawn digits and pairs."""
    rng = np.random.default_rng(seed)
    images = loading.load("digits").train.images
    strokes = list(DIGITS.values())

    def choose() -> Ink:
        return images[rng.integers(len(images))]

    def enlarge(image: Ink) -> Ink:
        down, across = rng.integers(4, 11, 2)
        return np.pad(image.repeat(down, 0).repeat(across, 1), rng.integers(0, 40, (2, 2)))

    def scribble() -> Ink:
        lines = [rng.uniform(15, 265, (rng.integers(2, 7), 2)) for _ in range(rng.integers(1, 4))]
        return pen_drawing.render(lines, width=float(rng.uniform(4, 34)))

    def digit() -> Ink:
        size, brush = float(rng.uniform(60, 200)), float(rng.uniform(6, 32))
        return draw(strokes[rng.integers(len(strokes))], size=size, brush=brush)

    def pair() -> Ink:
        return np.concatenate([choose(), choose()], 1).repeat(8, 0).repeat(8, 1)

    kinds = (choose, lambda: enlarge(choose()), scribble, digit, pair)
    return [np.ascontiguousarray(kinds[i % len(kinds)]()) for i in range(count)]
