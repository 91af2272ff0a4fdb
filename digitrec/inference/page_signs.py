"""What can be said of a drawing without any network: a dot, a line across the page, a page full of ink."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_MAX_FILL = 0.72  # of its box, covered: a blob shows nothing
_MAX_LINE_BREADTH, _MAX_CROSSING_BREADTH = (
    0.09,
    0.15,
)  # breadth over length of a straight line, and of one from edge to edge
_MAX_LINE_LEAN = 50.0  # degrees from upright, from where on a straight line is no 1
_MIN_SEPARATE_PIECES = 3  # pieces of ink; a digit has one or two
_MIN_PIECE_SHARE, _MIN_INK_SHARE = 0.04, 0.3  # a piece's least share of the ink; ink this dark belongs to a stroke
_MIN_PAGE_SIDE = 100  # pixels: smaller pages are images, not pages


def page_reasons(image: np.ndarray, ink: np.ndarray | None) -> list[str]:
    """What is plainly wrong with a drawing, in words; nothing where it may be a character.

    Args:
        image: uint8 (28, 28).
        ink: uint8 (height, width), the page it was drawn on, where there is one.
    """
    mask = image > _MIN_INK_SHARE * max(int(image.max()), 1)
    if _box_fill(mask) > _MAX_FILL and 0.5 < _box_aspect(mask) < 2:
        return ["This looks like a dot or a blot, not like a character."]
    breadth, lean = _principal_axes(image)
    if breadth < _MAX_LINE_BREADTH and lean > _MAX_LINE_LEAN:
        return ["This looks like a line across the page."]
    if ink is None or min(ink.shape) < _MIN_PAGE_SIDE:
        return []
    if breadth < _MAX_CROSSING_BREADTH and _touches_two_edges(ink > 0):
        return ["This looks like a line through the page: it runs from edge to edge."]
    if (pieces := _count_large_components(ink > _MIN_INK_SHARE * int(ink.max()))) >= _MIN_SEPARATE_PIECES:
        return [f"It is in {pieces} separate pieces, like more than one character."]
    return []


def _box_fill(mask: np.ndarray) -> float:
    """The share of its box that a shape covers."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean()) if len(rows) else 0.0


def _box_aspect(mask: np.ndarray) -> float:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float((columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1))


def _principal_axes(image: np.ndarray) -> tuple[float, float]:
    """How broad the ink is for its length, by its principal axes, and how far from upright, in degrees 0 to 90."""
    rows, columns = np.nonzero(image)
    weights = image[rows, columns].astype(np.float64)
    across = np.cov(np.stack([rows, columns]), aweights=weights) if len(rows) > 1 else np.zeros((2, 2))
    values, vectors = np.linalg.eigh(across)
    if values[1] <= 0:
        return 1.0, 0.0
    down, right = np.abs(vectors[:, 1])
    return float(np.sqrt(max(values[0], 0) / values[1])), float(np.degrees(np.arctan2(right, down)))


def _touches_two_edges(page: np.ndarray) -> bool:
    """Whether the ink touches two edges of the page."""
    edges = page[0].any(), page[-1].any(), page[:, 0].any(), page[:, -1].any()
    return sum(map(bool, edges)) >= 2


def _count_large_components(mask: np.ndarray) -> int:
    """How many separate pieces hold a fair share of the ink."""
    sizes = np.bincount(ndimage.label(mask, np.ones((3, 3)))[0].ravel())[1:]
    return int((sizes >= _MIN_PIECE_SHARE * sizes.sum()).sum()) if len(sizes) else 0
