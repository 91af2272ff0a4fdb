"""Made photos of pages with a grid of boxes, for the tests of the grid reader."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from digitrec.imaging import pen_drawing
from digitrec.ui.read.example import STROKES

CELL, MARGIN = 60, 20  # pixels of a cell, and around all of them, before the photo is taken
TURNED = (
    (160, 60),
    (700, 110),
    (660, 560),
    (110, 480),
)  # where a grid's corners may lie in a photo of 800 x 640


def grid_page(rows: Sequence[str]) -> np.ndarray:
    """A page from above, uint8: a margin, a frame, and lines between cells.

    " " is an empty cell, "a" a small 1 at its top, and "b" one in its middle.
    """
    height, width = CELL * len(rows), CELL * len(rows[0])
    strokes = []
    for r, row in enumerate(rows):
        for c, symbol in enumerate(row):
            left, top = MARGIN + c * CELL, MARGIN + r * CELL
            high, at = (34, (left + 20, top + 13)) if symbol in STROKES else (21, (left + 8, top + 8))
            at = (left + 24, top + 20) if symbol == "b" else at
            shape = STROKES.get(symbol) or (STROKES["1"] if symbol in "ab" else [])
            strokes += [np.array(points, np.float32) * high + np.array(at, np.float32) for points in shape]
    size = height + 2 * MARGIN, width + 2 * MARGIN
    ink = (
        pen_drawing.render(strokes, width=4.0, side=max(size))[: size[0], : size[1]] if strokes else np.zeros(size)
    )
    page = Image.fromarray(np.rint(235 - 0.8 * ink).astype(np.uint8))
    pen = ImageDraw.Draw(page)
    for r in range(len(rows) + 1):
        pen.line((MARGIN, MARGIN + r * CELL, MARGIN + width, MARGIN + r * CELL), fill=60, width=3)
    for c in range(len(rows[0]) + 1):
        pen.line((MARGIN + c * CELL, MARGIN, MARGIN + c * CELL, MARGIN + height), fill=60, width=3)
    return np.asarray(page)


def photo(page: np.ndarray, corners: Sequence[tuple[int, int]] = TURNED) -> np.ndarray:
    """The page as a camera sees it, uint8 (640, 800): on a larger sheet, at a slant, in a shadow, with noise."""
    bottom, right = page.shape[0] - MARGIN, page.shape[1] - MARGIN
    rows, values = [], []
    ends = ((MARGIN, MARGIN), (right, MARGIN), (right, bottom), (MARGIN, bottom))
    for (u, v), (x, y) in zip(ends, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    projection = tuple(np.linalg.solve(np.array(rows, float), np.array(values, float)))
    seen = Image.fromarray(page).transform(
        (800, 640), Image.Transform.PERSPECTIVE, projection, Image.Resampling.BICUBIC, fillcolor=235
    )
    light = 1 - 0.35 * np.linspace(0, 1, 800)[None, :]
    noise = np.random.default_rng(0).normal(0, 2, (640, 800))
    return np.clip(np.asarray(seen) * light + noise, 0, 255).astype(np.uint8)


def png(gray: np.ndarray) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()
