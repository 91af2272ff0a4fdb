"""The registration marks of a printed form in a photo: four dark squares, the first with a hole."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitrec.forms.printing import HOLE, MARK
from digitrec.imaging import Floats, Gray, InkError, Mask, label_components

_SIDE = 1400  # pixels of the picture's longer side in which marks are looked for
_COARSE = 8  # pixels there for each at which the light of the paper is looked for
_PAPER_WINDOW = 25  # of these: wider than a mark
_DARK = 0.55  # of the paper's light: a mark is darker
_MIN_SIDE = 6  # pixels of a mark
_COMPACT = (0.88, 1.12)  # area of a filled figure to that of the square with its moments; a disc has 1.05
_MAX_STRETCH = 3.0  # of a mark seen from the side
_MOST = 16  # candidates
_PAGE_AREA = (0.5, 2.0)  # of the area that the page should have by the size of its marks
_SIZES = 5.0  # of the largest mark's area to the smallest one's, seen from the side
_HOLE = (0.4 * (HOLE / MARK) ** 2, 2.0 * (HOLE / MARK) ** 2)  # share of a filled mark

NO_MARKS = (
    "the picture does not show the four black squares at the corners of the form: expected a page that lies "
    "wholly in the picture. Take the picture again, with some paper beyond each of them."
)


class _Blob(NamedTuple):
    """A dark figure that may be a mark: its middle x and y, its area with holes filled, and the share of these."""

    x: float
    y: float
    area: float
    hole: float


def find_marks(gray: Gray, size: tuple[float, float]) -> Floats:
    """The middles of the marks, float (4, 2): x and y in pixels, clockwise from the one with the hole.

    Args:
        gray: uint8 (height, width).
        size: width and height of the page between the marks, in millimetres.

    Raises:
        InkError: they are not there.
    """
    scale = min(1.0, _SIDE / max(gray.shape))
    small = gray
    if scale < 1:
        shape = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
        small = np.asarray(Image.fromarray(gray).resize(shape, Image.Resampling.BOX))
    blobs = _find_blobs(small)
    if len(blobs) < 4:
        raise InkError(NO_MARKS)
    fours = np.array(list(itertools.combinations(range(len(blobs)), 4)))  # (c, 4)
    corners, fours = _order(np.array([(blob.x, blob.y) for blob in blobs]), fours)
    areas, holes = (np.array([getattr(blob, name) for blob in blobs])[fours] for name in ("area", "hole"))
    faults = _judge(corners, areas, holes, size)
    best = int(faults.argmin())
    if not np.isfinite(faults[best]):
        raise InkError(NO_MARKS)
    is_known = holes[best].max() >= _HOLE[0]
    first = int(holes[best].argmax()) if is_known else _first_by_shape(corners[best], size)
    return (np.roll(corners[best], -first, 0) + 0.5) / scale


def _find_blobs(gray: Gray) -> list[_Blob]:
    """Dark figures, filled, like squares or discs seen from anywhere, the most compact first."""
    labels, _ = label_components(_is_dark(gray))
    found = []
    for number, (y, x) in enumerate(ndimage.find_objects(labels), 1):
        high, wide = y.stop - y.start, x.stop - x.start
        inside = y.start > 0 and x.start > 0 and y.stop < gray.shape[0] and x.stop < gray.shape[1]
        if not inside or not (_MIN_SIDE <= high <= gray.shape[0] / 4 and _MIN_SIDE <= wide <= gray.shape[1] / 4):
            continue
        mask = labels[y, x] == number
        if max(high, wide) > 4 * min(high, wide) or mask.mean() < 0.25:
            continue
        filled = ndimage.binary_fill_holes(mask)
        compactness, stretch = _moments(filled)
        if _COMPACT[0] <= compactness <= _COMPACT[1] and stretch <= _MAX_STRETCH:
            area = float(filled.sum())
            hole = 1 - float(mask.sum()) / area
            if hole <= _HOLE[1]:
                rows, columns = np.nonzero(filled)
                blob = _Blob(float(columns.mean()) + x.start, float(rows.mean()) + y.start, area, hole)
                found.append((abs(compactness - 1), blob))
    # Marks are the largest such figures on a page, but for what lies beside it.
    found.sort(key=lambda each: -each[1].area)
    return [blob for _, blob in found[:_MOST]]


def _is_dark(gray: Gray) -> Mask:
    small = np.asarray(Image.fromarray(gray).reduce(_COARSE) if min(gray.shape) > _COARSE else gray)
    paper = ndimage.percentile_filter(small, 75, _PAPER_WINDOW)
    light = np.asarray(Image.fromarray(paper).resize(gray.shape[::-1], Image.Resampling.BILINEAR), np.float32)
    return np.asarray(gray < _DARK * light)


def _moments(mask: Mask) -> tuple[float, float]:
    """The area over that of the parallelogram with the same moments, and the longer axis over the shorter one."""
    rows, columns = np.nonzero(mask)
    if len(rows) < _MIN_SIDE**2 / 2:
        return 0.0, np.inf
    spread: NDArray[np.float64] = np.cov(np.stack([columns, rows]).astype(np.float64)) + np.eye(2) / 12
    low, high = np.linalg.eigvalsh(spread)
    return float(len(rows) / (12 * np.sqrt(low * high))), float(np.sqrt(high / max(low, 1e-9)))


def _order(points: Floats, fours: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Each four points clockwise, from the one at the top left: float (c, 4, 2), and their numbers (c, 4)."""
    corners = points[fours]
    around = corners - corners.mean(1, keepdims=True)
    order = np.argsort(np.arctan2(around[..., 1], around[..., 0]), axis=1)
    first = np.take_along_axis(corners.sum(2), order, 1).argmin(1)
    order = np.take_along_axis(order, (first[:, None] + np.arange(4)) % 4, 1)
    return np.take_along_axis(corners, order[..., None], 1), np.take_along_axis(fours, order, 1)


def _judge(corners: Floats, areas: Floats, holes: Floats, size: tuple[float, float]) -> Floats:
    """How little each four figures are like the marks of such a page, (c,); infinite if they cannot be them."""
    x, y = corners[..., 0], corners[..., 1]
    following = np.roll(corners, -1, 1)
    sides = following - corners
    after = np.roll(sides, -1, 1)
    turns = sides[..., 0] * after[..., 1] - sides[..., 1] * after[..., 0]
    page = 0.5 * np.abs((x * following[..., 1] - y * following[..., 0]).sum(1))
    ratio = page / (areas.mean(1) * size[0] * size[1] / MARK**2)
    is_page = (turns > 0).all(1) & (areas.max(1) <= _SIZES * areas.min(1))
    is_page &= (ratio >= _PAGE_AREA[0]) & (ratio <= _PAGE_AREA[1])
    open_marks = (holes >= _HOLE[0]).sum(1)
    faults = np.abs(np.log(np.maximum(ratio, 1e-9))) + np.log(areas).std(1)
    faults += 0.5 * (open_marks != 1) + 0.2 * np.abs(open_marks - 1)
    return np.where(is_page, faults, np.inf)


def _first_by_shape(corners: Floats, size: tuple[float, float]) -> int:
    """Which corner is the first, as far as the sides of the page tell it; the reader tries the others."""
    lengths = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    is_wide = lengths[0] + lengths[2] > lengths[1] + lengths[3]
    return 0 if is_wide == (size[0] > size[1]) else 1
