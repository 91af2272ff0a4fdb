"""The paper of a picture: its brightness at each pixel, without the ink, and whether ink is darker or lighter.

Most of a picture is paper, and paper is smooth: a surface of second degree follows its light. Where the light has
edges (the shadow of a hand, the end of a table) no such surface fits; there the paper is what narrow dark parts
interrupt (a closing).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from digitrec.imaging.arrays import Floats, Mask
from digitrec.imaging.shape import label_components

MIN_STROKE_DARKNESS = 0.25  # of the ink's darkness: fainter pixels are JPEG artefacts and blur
PAPER_SIDE = 128  # pixels of the longer side while the paper is estimated: light varies smoothly
_FIT_SIDE = 48  # and while a surface is fitted to it
_FIT_STEPS = 12  # of reweighting: the surface stands still after about ten
_MIN_SCALE = 4.0  # of 255: deviations of this size are noise
_MIN_SEPARATION = 0.85  # share of the variance that two brightnesses explain in a picture with even light
_MAX_FIT_ERROR = 0.25  # of the contrast: the deviation of paper from its surface, above which no surface fits
_MAX_STROKE = 0.4  # of the longer side: what is thicker is a shadow
_MIN_EDGE_RANGE = 0.5  # of the contrast: the edge of a stroke has all of it, that of a shadow less
_MIN_STROKE_RANGE = 0.8  # the same for what is found without a surface: shadows have up to 0.6
_MIN_SHADOW_MASS = 0.1  # of all that is darker than the paper: a smaller piece is no shadow that matters
_MAX_INK_SHARE = 0.7  # of the area: a digit cropped to its ink has less, a frame round the paper leaves more
_WINDOWS = (3, 6, 12)  # shares of the longer side: wider than any stroke; if shadows are narrower, than a thin one
_MEDIAN_WINDOW = 3  # share of the longer side within which ink covers less than half
_NARROW = 0.5  # width to height of a picture that a 1 may fill
_FILLED_SHARE = (
    0.9  # of the height of such a picture: ink cropped to its outline has more, the paper beside a 1 less
)


def even_light(values: Floats) -> Floats:
    """The share of the paper's light that is missing at each pixel: shadows do not count, ink is positive.

    Args:
        values: float (height, width), brightness from 0 to 255.

    Returns:
        float of the same shape; about 0 on the paper, at most 1.
    """
    small = shrink(values, PAPER_SIDE)
    found = _find_paper(small)
    if not found.dark_ink:
        values, small = 255 - values, 255 - small
    paper = _resize(_fill_ink(small, found), values.shape)
    return np.asarray((paper - values) / np.maximum(paper, 32))


class _Paper(NamedTuple):
    """The paper of a small picture.

    Attributes:
        dark_ink: whether ink is darker.
        ink: which pixels are ink for sure: none if the light is too uneven to tell.
        level: brightness of the paper, (height, width), if the light is even.
    """

    dark_ink: bool
    ink: Mask
    level: Floats


def shrink(values: Floats, side: int) -> Floats:
    """Averaged over squares of a whole number of pixels, so that no side is longer."""
    factor = -(-max(values.shape) // side)
    return np.asarray(Image.fromarray(values).reduce(factor)) if factor > 1 else values


def otsu_threshold(values: Floats) -> float:
    """The threshold between the two most distinct groups of values (Otsu 1979)."""
    low = min(float(values.min()), 0.0)
    counts, edges = np.histogram(values, 256, (low, max(float(values.max()), low + 1e-6)))
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    means = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1:][np.argmax(below * above * (means[0] - means[1]) ** 2)])


def _find_paper(small: Floats) -> _Paper:
    surface = np.full_like(small, 0)
    dark, separation = _split(small)
    if separation < _MIN_SEPARATION:
        surface = _fit_surface(small)
        dark, _ = _split(small - surface)
    dark_ink = _is_ink(dark)
    ink = dark if dark_ink else ~dark
    if not ink.any() or ink.all():
        return _Paper(dark_ink, np.zeros_like(ink), small)
    above = small - surface
    error = float(np.std(above[~ink]))
    contrast = abs(float(above[ink].mean() - above[~ink].mean()))
    too_soft = _edge_range(small, ink) < _MIN_EDGE_RANGE * contrast
    if error > _MAX_FIT_ERROR * contrast or too_soft or _thickness(ink) > _MAX_STROKE * max(ink.shape):
        return _Paper(_differs_darkly(small), np.zeros_like(ink), small)
    level = surface + np.median(above[~ink])
    return _Paper(dark_ink, ink, level if dark_ink else 255 - level)


def _split(values: Floats) -> tuple[Mask, float]:
    """The darker of two groups of pixels, and the share of the variance that the groups explain."""
    low = float(values.min())
    dark = values - low <= otsu_threshold(values - low)
    share = float(dark.mean())
    if share in (0, 1):
        return dark, 0.0
    between = share * (1 - share) * float(values[dark].mean() - values[~dark].mean()) ** 2
    return dark, between / max(float(values.var()), 1e-9)


def _fit_surface(values: Floats) -> Floats:
    """The surface of second degree that most pixels lie near, (height, width).

    Least squares, reweighted so that what lies far away does not count (Geman and McClure 1985).
    """
    coarse = shrink(values, _FIT_SIDE)
    terms, heights = _surface_terms(coarse.shape), coarse.ravel()
    middle = float(np.median(heights))
    scale = max(2 * float(np.abs(heights - middle).mean()), _MIN_SCALE)
    weights = 1 / (1 + ((heights - middle) / scale) ** 2) ** 2
    ridge = 1e-5 * len(heights) * np.eye(terms.shape[1])  # a picture may have a single row
    factors: Floats = np.zeros(terms.shape[1])
    for _ in range(_FIT_STEPS):
        weighted = terms * weights[:, None]
        factors = np.linalg.solve(terms.T @ weighted + ridge, weighted.T @ heights)
        weights = 1 / (1 + ((heights - terms @ factors) / scale) ** 2) ** 2
        scale = max(0.8 * scale, _MIN_SCALE)
    return (_surface_terms(values.shape) @ factors).reshape(values.shape)


def _surface_terms(shape: tuple[int, ...]) -> Floats:
    """1, x, y, x^2, xy and y^2 of each pixel: (height * width, 6)."""
    height, width = shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)


def _thickness(ink: Mask) -> float:
    """The diameter of the largest circle in the ink, in pixels."""
    return 2 * float(ndimage.distance_transform_edt(np.pad(ink, 1)).max())


def _edge_range(small: Floats, ink: Mask) -> float:
    """The difference of brightness within two pixels of most of the edge of the ink: small at a soft shadow."""
    edge = ink & ndimage.binary_dilation(~ink, np.ones((3, 3)))
    ranges = ndimage.maximum_filter(small, 5) - ndimage.minimum_filter(small, 5)
    return float(np.quantile(ranges[edge], 0.2))


def _is_ink(dark: Mask) -> bool:
    """Whether the dark group of two is the ink: paper has the larger area, and the border if that is in doubt."""
    mostly_dark = bool(dark.mean() > 0.5)
    large = dark if mostly_dark else ~dark
    border = np.concatenate([large[0], large[-1], large[1:-1, 0], large[1:-1, -1]])
    large_is_ink = (border.mean() < 0.5 and large.mean() < _MAX_INK_SHARE) or _is_filled(large)
    return mostly_dark == large_is_ink


def _is_filled(large: Mask) -> bool:
    """Whether a narrow picture is filled by a 1: the rest lies at both long sides and is shorter than it."""
    tall = large if large.shape[0] >= large.shape[1] else large.T
    height, width = tall.shape
    if width > _NARROW * height or tall[:, 0].all() or tall[:, -1].all():
        return False
    labels, _ = ndimage.label(~tall)
    framed = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    boxes = ndimage.find_objects(labels)
    return all(
        index in framed and box[0].stop - box[0].start < _FILLED_SHARE * height
        for index, box in enumerate(boxes, 1)
    )


def _differs_darkly(small: Floats) -> bool:
    """Whether what differs most from the brightness around it is darker; the cube weights large differences.

    The median over a window wider than strokes follows soft shadows, which may be darker than any stroke.
    """
    around = ndimage.median_filter(small, max(small.shape) // _MEDIAN_WINDOW | 1, mode="nearest")
    return bool(((small - around) ** 3).sum() <= 0)


def _fill_ink(small: Floats, found: _Paper) -> Floats:
    """The paper's brightness everywhere, also under dark ink: narrow dark parts are filled (a closing)."""
    covered = ndimage.binary_dilation(found.ink, np.ones((3, 3)))  # with the blurred edge of a stroke
    bare = np.where(covered, found.level, small)
    bare = ndimage.median_filter(bare, 3)  # a closing follows the brightest pixels: these must not be noise
    for share in _WINDOWS:
        paper = _close(bare, max(small.shape) // share | 1)
        if found.ink.any() or _is_sharp(small, paper):
            break
    return paper


def _close(bare: Floats, window: int) -> Floats:
    # Without room beyond the border the closing would lift slopes there.
    padded = np.pad(bare, window, mode="edge")
    return ndimage.grey_closing(padded, size=(window, window))[window:-window, window:-window]


def _is_sharp(small: Floats, paper: Floats) -> bool:
    """Whether what is darker than the paper has the edges of strokes, not of shadows."""
    missing = np.maximum(paper - small, 0) / np.maximum(paper, 32)
    strong = missing[missing > otsu_threshold(missing)]
    if not strong.size:
        return True
    labels, count = label_components(missing > MIN_STROKE_DARKNESS * np.quantile(strong, 0.9))
    masses = np.bincount(labels.ravel(), missing.ravel(), minlength=count + 1)[1:]
    large = np.flatnonzero(masses >= _MIN_SHADOW_MASS * masses.sum()) + 1
    pieces = (labels == label for label in large)
    darkness = paper - small
    return all(_edge_range(small, one) >= _MIN_STROKE_RANGE * float(darkness[one].mean()) for one in pieces)


def _resize(values: Floats, shape: tuple[int, ...]) -> Floats:
    height, width = shape
    picture = Image.fromarray(values.astype(np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
