"""A photo of a page put straight: the four corners of its frame, and the picture as if seen from above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitrec.imaging import Floats, Gray, InkError, Mask, label_components, otsu_threshold

FOUND_SIDE = 800  # pixels of the picture's longer side in which the frame is looked for
_WINDOW = 31  # pixels there, over which paper is averaged
_MIN_SIDE = 0.15  # of the picture: of a frame
_MIN_INKED = 0.3  # of each of the four sides: as much of it is ink in a frame, also where the paper is bent
_NEAR = 2  # pixels that a side may lie beside its ink
_MIN_SPREAD = 20  # of 255: deviation of the light in a picture of paper on a table
_MIN_PAPER, _MAX_PAPER = 0.2, 0.97  # of the picture, that is paper
_SHEET = (0.93, 1.07)  # area of the paper to that between its corners
MAX_CELLS = 40  # rows, and columns
_LINES_SIDE = 1000  # pixels of the straight page in which the lines of a grid are looked for
_STRETCHES, _FILLED = 25, 0.7  # of a line; share of one that is dark where a line goes through it
_PALE = 0.04  # of the paper's light, that is missing in the palest line
_LINE_WINDOW = 25  # pixels there, over which paper is averaged across a line
_REACH = 0.12  # of a cell, that a line may lie beside its place
_MIN_LINE, _MIN_LINES = (
    0.5,
    0.6,
)  # share of the stretches in which all but a fifth of the lines are, and half of them
NO_FRAME = (
    "the picture shows no frame with four corners: expected a page whose grid or outer frame is printed in lines "
    "and lies wholly in the picture. Take the picture again from above."
)
# In longer sides of a picture, from a very wide lens to a scanner.
_FOCAL_LENGTHS = np.append(np.geomspace(0.5, 8, 16), 1000.0)


def find_corners(gray: Gray) -> Floats:
    """The corners of the largest frame of lines, float (4, 2): x and y in pixels, clockwise from the top left.

    Args:
        gray: uint8 (height, width).

    Raises:
        InkError: there is no frame.
    """
    frames = list_frames(gray)
    if not frames:
        raise InkError(NO_FRAME)
    return frames[0]


def list_frames(gray: Gray) -> list[Floats]:
    """The corners of all frames of lines, as `find_corners` gives them, the largest and cleanest first.

    The edges of paper on a darker table are among them.
    """
    scale = min(1.0, FOUND_SIDE / max(gray.shape))
    small = _resize(gray, scale)
    labels, _ = label_components(_is_dark(small))
    found: list[tuple[float, Floats]] = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if min(side.stop - side.start for side in box) < _MIN_SIDE * max(small.shape):
            continue
        mask = labels[box] == number
        corners = _extremes(mask)
        inked = _least_inked_side(mask, corners)
        if inked >= _MIN_INKED:
            place = np.array([box[1].start, box[0].start])
            found.append((_area(corners) * inked**2, (corners + place + 0.5) / scale))
    found.sort(key=lambda each: -each[0])
    return [corners for _, corners in found if _area(corners) > 0]


def find_sheet(gray: Gray) -> Floats:
    """The corners of the paper on a darker table, float (4, 2), or else those of the whole picture.

    Args:
        gray: uint8 (height, width).

    Returns:
        x and y in pixels, clockwise from the top left.
    """
    high, wide = gray.shape
    whole = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float64)
    scale = min(1.0, FOUND_SIDE / max(gray.shape))
    small = ndimage.gaussian_filter(_resize(gray, scale).astype(np.float32), 2)
    threshold = otsu_threshold(small)
    # Bright and dark have to be two groups, or the picture is a scan.
    if small.std() < _MIN_SPREAD or not _MIN_PAPER < (small > threshold).mean() < _MAX_PAPER:
        return whole
    labels, count = label_components(small > threshold)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    mask = ndimage.binary_fill_holes(labels == int(sizes.argmax()))
    corners = _extremes(mask)
    if mask.mean() < _MIN_PAPER or not _SHEET[0] < float(mask.sum()) / max(_area(corners), 1.0) < _SHEET[1]:
        return whole
    return (corners + 0.5) / scale


def straighten(gray: Gray, corners: Floats, size: tuple[int, int]) -> Gray:
    """The part of a picture between four corners, as a rectangle.

    Args:
        gray: uint8 (height, width).
        corners: float (4, 2), x and y, clockwise from the top left.
        size: width and height of the result, in pixels.

    Raises:
        InkError: the corners are not those of a convex figure, clockwise.
    """
    check_corners(corners)
    picture = Image.fromarray(gray).transform(
        size, Image.Transform.PERSPECTIVE, tuple(_projection(corners, size)), Image.Resampling.BICUBIC
    )
    return np.asarray(picture)


def check_corners(corners: Floats) -> None:
    """Refuse corners that enclose no convex figure, or in another order than clockwise from the top left.

    Raises:
        InkError: they do not.
    """
    sides = np.roll(corners, -1, 0) - corners
    following = np.roll(sides, -1, 0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if not np.isfinite(turns).all() or (turns <= 0).any():
        raise InkError(
            "the four corners are out of order: expected top left, top right, bottom right and bottom left, none "
            "of them between the others."
        )


def find_size(gray: Gray, corners: Floats) -> tuple[int, int]:
    """How many rows and columns of equal size the lines between four corners make: the most that are there.

    Args:
        gray: uint8 (height, width).
        corners: float (4, 2), x and y, clockwise from the top left.

    Raises:
        InkError: there is no line between them, or the corners are out of order.
    """
    profiles = _line_profiles(gray, corners)
    found = [
        max((n for n in range(2, MAX_CELLS + 1) if _has_lines(profile, n)), default=1) for profile in profiles
    ]
    if found == [1, 1]:
        raise InkError(
            "the frame in the picture holds no grid: expected lines that divide it into rows and columns of equal "
            "size. Choose numbers in place of a grid, or take the picture again so that the lines can be seen."
        )
    return found[0], found[1]


def check_size(gray: Gray, corners: Floats, size: tuple[int, int]) -> None:
    """Refuse a number of rows and columns for which the lines are not there.

    Raises:
        InkError: they are not, or the corners are out of order.
        ValueError: the number is out of range.
    """
    if not all(1 <= count <= MAX_CELLS for count in size):
        raise ValueError(f"a grid of {size[0]} x {size[1]} cells: expected 1 to {MAX_CELLS} rows and columns")
    profiles = _line_profiles(gray, corners)
    if not all(_has_lines(profile, count) for profile, count in zip(profiles, size, strict=True)):
        rows, columns = find_size(gray, corners)
        raise InkError(
            f"the grid in the picture is not one of {size[0]} x {size[1]} cells (rows x columns): its lines make "
            f"{rows} x {columns}. Give these, or none."
        )


def side_lengths(corners: Floats) -> tuple[float, float]:
    """The mean width and height of the figure between four corners, in pixels."""
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    return float(top + bottom) / 2, float(right + left) / 2


def measure_misfit(corners: Floats, ratio: float, shape: tuple[int, int]) -> float:
    """How far four corners are from a camera's view of a rectangle, 0 or more; a real view has hardly 0.15.

    In a view, the two sides of the rectangle are at right angles and have its ratio once the projection is taken
    back, for some focal length (Zhang and He 2007, Whiteboard scanning and image enhancement). The misfit is that
    of the focal length that fits best.

    Args:
        corners: float (4, 2), x and y, clockwise from the top left, of a convex figure.
        ratio: width of the rectangle by its height.
        shape: height and width of the picture, whose middle the camera looks at.
    """
    middle, side = np.array(shape[::-1]) / 2, max(shape)
    a, b, _, d, e, _, g, h = _projection((corners - middle) / side, (ratio, 1.0))
    across = np.stack([a / _FOCAL_LENGTHS, d / _FOCAL_LENGTHS, np.full(len(_FOCAL_LENGTHS), g)])  # (3, n)
    down = np.stack([b / _FOCAL_LENGTHS, e / _FOCAL_LENGTHS, np.full(len(_FOCAL_LENGTHS), h)])
    wide, high = np.linalg.norm(across, axis=0), np.linalg.norm(down, axis=0)
    cosine = (across * down).sum(0) / (wide * high)
    return float(np.hypot(np.log(wide / high), cosine).min())


def _projection(corners: Floats, size: tuple[float, float]) -> Floats:
    """The eight numbers of the projection from a rectangle of this size to the corners."""
    width, height = size
    rows, values = [], []
    for (u, v), (x, y) in zip(((0, 0), (width, 0), (width, height), (0, height)), corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        values += [x, y]
    return np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))


def _resize(gray: Gray, scale: float) -> Gray:
    if scale == 1:
        return gray
    size = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
    return np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))


def _is_dark(gray: Gray) -> Mask:
    """Which pixels are darker than the paper around them."""
    seen = gray.astype(np.float32)
    paper = ndimage.uniform_filter(seen, _WINDOW)
    return np.asarray(paper - seen > np.maximum(6, 0.1 * paper))


def _extremes(mask: Mask) -> Floats:
    """The outermost pixels of a mask towards the four corners of its picture, float (4, 2)."""
    y, x = np.nonzero(mask)
    ends = (x + y).argmin(), (x - y).argmax(), (x + y).argmax(), (x - y).argmin()
    return np.array([(x[end], y[end]) for end in ends], np.float64)


def _area(corners: Floats) -> float:
    x, y = corners.T
    return 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))


def _least_inked_side(mask: Mask, corners: Floats) -> float:
    """How much of the side between two corners lies on ink: of the side with the least."""
    near = ndimage.binary_dilation(np.pad(mask, _NEAR), np.ones((3, 3)), iterations=_NEAR)
    steps = np.linspace(0, 1, 200)[:, None]
    shares = []
    for start, end in zip(corners, np.roll(corners, -1, 0), strict=True):
        at: NDArray[np.int64] = np.rint(start + (end - start) * steps).astype(np.int64) + _NEAR
        shares.append(float(near[at[:, 1], at[:, 0]].mean()))
    return min(shares)


def _line_profiles(gray: Gray, corners: Floats) -> tuple[Mask, Mask]:
    """Where lines are, for rows and for columns: (`_LINES_SIDE`, `_STRETCHES`), along and across the page."""
    page = straighten(gray, corners, (_LINES_SIDE, _LINES_SIDE)).astype(np.float32)
    return _line_profile(page), _line_profile(page.T)


def _line_profile(page: Floats) -> Mask:
    paper = ndimage.uniform_filter1d(page, _LINE_WINDOW, 0)
    is_dark = ndimage.maximum_filter1d(paper - page > _PALE * paper, 3, 0)  # a line may lean within a stretch
    stretches = is_dark.reshape(_LINES_SIDE, _STRETCHES, -1)
    return np.asarray(stretches.mean(2) > _FILLED)


def _has_lines(profile: Mask, count: int) -> bool:
    """Whether there is a line at each of the places that divide a page into so many parts."""
    if count == 1:
        return True
    reach = max(2, round(_REACH * _LINES_SIDE / count))
    near = ndimage.maximum_filter1d(profile, 2 * reach + 1, 0)
    shares = near[[round(_LINES_SIDE * k / count) for k in range(1, count)]].mean(1)
    return bool(np.median(shares) >= _MIN_LINES and np.quantile(shares, 0.2) >= _MIN_LINE)
