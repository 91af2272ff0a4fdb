"""Strokes thinned to lines one pixel wide: where they end, and how long they are."""

from __future__ import annotations

import numpy as np

_CHUNK_PIXELS = 500_000  # pixels thinned at a time: they stay in the processor's cache
# Row and column of the eight neighbours, clockwise from the one above; their order is that of a code's bits.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def thin(masks: np.ndarray) -> np.ndarray:
    """Thin shapes to lines that join what they joined (Guo and Hall 1989, algorithm A1).

    Args:
        masks: bool (n, height, width); what lies beyond the border counts as not in the shape.

    Returns:
        bool of the same shape, part of the masks.
    """
    step = max(1, _CHUNK_PIXELS // max(1, masks[0].size)) if len(masks) else 1
    parts = [_thin_chunk(masks[start : start + step]) for start in range(0, len(masks), step)]
    return np.concatenate(parts) if parts else masks.copy()


def line_lengths(lines: np.ndarray) -> np.ndarray:
    """How long thinned lines are from the middle of their first pixel to that of the last, float64 (n,), pixels.

    Args:
        lines: bool (n, height, width), as `thinned` gives them.
    """
    across, down = lines[:, :, :-1] & lines[:, :, 1:], lines[:, :-1] & lines[:, 1:]
    corner = across[:, :-1] | across[:, 1:] | down[:, :, :-1] | down[:, :, 1:]  # a 2 x 2 block is joined already
    falling, rising = lines[:, :-1, :-1] & lines[:, 1:, 1:], lines[:, 1:, :-1] & lines[:, :-1, 1:]
    straight = across.sum((1, 2)) + down.sum((1, 2))
    return straight + np.sqrt(2) * ((falling | rising) & ~corner).sum((1, 2))


def line_ends(lines: np.ndarray) -> np.ndarray:
    """The pixels that thinned lines end at, bool (n, height, width): those with at most one neighbour.

    Two neighbours that touch each other count as one.

    Args:
        lines: bool (n, height, width), as `thinned` gives them.
    """
    return lines & _ENDS[_neighbour_codes(_frame(lines))]


def _thin_chunk(masks: np.ndarray) -> np.ndarray:
    framed = _frame(masks)
    inner = framed[:, 1:-1, 1:-1]
    kept, last = int(inner.sum()), -1
    while kept != last:
        for keeps in _KEEPS:
            inner &= keeps[_neighbour_codes(framed)]
        kept, last = int(inner.sum()), kept
    return inner.astype(bool)


def _frame(masks: np.ndarray) -> np.ndarray:
    return np.pad(masks.astype(np.uint8), ((0, 0), (1, 1), (1, 1)))


def _neighbour_codes(framed: np.ndarray) -> np.ndarray:
    """Which neighbours are set, a bit for each: uint8 (n, height, width) of masks with a frame."""
    _, height, width = framed.shape
    codes = np.zeros((len(framed), height - 2, width - 2), np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        codes |= framed[:, 1 + row : height - 1 + row, 1 + column : width - 1 + column] << bit
    return codes


def _build_tables() -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """For each code: whether a pixel stays in either half of a round; and whether a line ends there."""
    set_ = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)  # (256, 8)
    north, north_east, east, south_east, south, south_west, west, north_west = set_.T
    crossings = sum(
        (~one & (corner | after)).astype(int)
        for one, corner, after in (
            (north, north_east, east),
            (east, south_east, south),
            (south, south_west, west),
            (west, north_west, north),
        )
    )
    pairs = [
        sum((set_[:, (at + shift) % 8] | set_[:, (at + shift + 1) % 8]).astype(int) for at in range(0, 8, 2))
        for shift in (0, 1)
    ]
    neighbours = np.minimum(*pairs)
    removable = (crossings == 1) & (neighbours >= 2) & (neighbours <= 3)
    first = removable & ~((south | south_west | ~north_west) & west)
    second = removable & ~((north | north_east | ~south_east) & east)
    return ((~first).astype(np.uint8), (~second).astype(np.uint8)), neighbours <= 1


_KEEPS, _ENDS = _build_tables()
