"""A picture of numbers to try the Read page with, drawn from a few points: nobody's handwriting."""

from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image

from digitrec.imaging import Floats, pen_drawing

NAME = "example.png"
_SIDE, _WIDTH = 480, 7.0  # pixels of the picture, and of the pen
_LEFT, _TOP, _HIGH, _STEP, _ROW = 60, 90, 78, 74, 150  # of the first digit, a digit's height, and the distances
_ROWS = ("4072", "19.5")
_TOUCHING = {
    (0, 3): -33,
    (1, 2): -14,
    (1, 3): -34,
}  # row and place of a digit that is moved, and by how much: the 2 touches the 7
_TURN = np.linspace(-0.4 * np.pi, 1.75 * np.pi, 16)
# Strokes of each symbol in a box 0.6 wide and 1 high, y downwards.
STROKES: dict[str, list[list[tuple[float, float]]]] = {
    "0": [[(0.3 + 0.28 * float(np.cos(at)), 0.5 + 0.5 * float(np.sin(at))) for at in _TURN]],
    "1": [[(0.33, 0.0), (0.31, 0.5), (0.28, 1.0)]],
    "2": [[(0.04, 0.24), (0.2, 0.0), (0.5, 0.06), (0.5, 0.36), (0.2, 0.75), (0.02, 1.0), (0.3, 0.97), (0.6, 1.0)]],
    "4": [
        [(0.3, 0.0), (0.16, 0.35), (0.02, 0.66), (0.3, 0.66), (0.6, 0.64)],
        [(0.44, 0.3), (0.42, 0.7), (0.4, 1.0)],
    ],
    "5": [
        [(0.12, 0.02), (0.1, 0.42), (0.35, 0.38), (0.56, 0.62), (0.48, 0.9), (0.24, 1.0), (0.04, 0.9)],
        [(0.12, 0.02), (0.34, 0.03), (0.56, 0.0)],
    ],
    "7": [[(0.02, 0.04), (0.3, 0.02), (0.6, 0.0), (0.44, 0.4), (0.26, 1.0)]],
    "9": [
        [(0.52, 0.12), (0.3, 0.0), (0.06, 0.2), (0.14, 0.46), (0.36, 0.46), (0.52, 0.16), (0.5, 0.6), (0.44, 1.0)]
    ],
    ".": [[(0.28, 0.98), (0.32, 1.0)]],
}


@functools.cache
def example_picture() -> bytes:
    """The picture as a PNG: two rows of dark digits on grey paper with a soft shadow; two of them touch."""
    strokes: list[Floats] = []
    for row, text in enumerate(_ROWS):
        for place, symbol in enumerate(text):
            left = _LEFT + place * _STEP + _TOUCHING.get((row, place), 0)
            start = np.array((left, _TOP + row * _ROW), np.float32)
            strokes += [np.array(points, np.float32) * _HIGH + start for points in STROKES[symbol]]
    ink = pen_drawing.render(strokes, width=_WIDTH, side=_SIDE)[
        : _TOP + len(_ROWS) * _ROW, : _LEFT + 4 * _STEP + 40
    ]
    paper = 232 - np.linspace(0, 38, ink.shape[1])[None, :] - np.linspace(0, 12, ink.shape[0])[:, None]
    buffer = io.BytesIO()
    Image.fromarray(np.rint(paper * (1 - 0.78 * ink / 255)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
