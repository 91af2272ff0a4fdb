"""What pen, paper and camera do to an image: thicker strokes, lines, stains, blur, grey paper, shadow, noise.

One code for NumPy, which shows the preview, and for TensorFlow, which trains: it uses only operators and functions
that both have under one name. None of it is one of the 15 corruptions of MNIST-C, so that the accuracy on these
stays a test of what was not learnt. Lines, shadow and noise are near to some of them.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

_LINES = 2  # at most, through an image
_CHANCES = 25  # random numbers that an image needs, besides its noise


class Degradation(NamedTuple):
    """Ranges of the random changes of grey levels; 0 switches one off.

    Half of the images are left as they are. Each change but lines and erasing is made to half of the others.
    """

    thickness: float = 0.0  # pixels by which strokes grow or shrink at most, up to 1
    lines: float = 0.0  # share of the images with straight lines through them, of ink or of paper
    erasing: float = 0.0  # share of the images with a rectangle of one grey level on them
    blur: float = 0.0  # standard deviation of the blur, pixels; differs along the two axes
    contrast: float = 0.0  # share of the levels that paper and ink lose, below 1
    shadow: float = 0.0  # level that the paper reaches at one side, from 0 to 1
    noise: float = 0.0  # standard deviation of the noise, of levels from 0 to 1


def count_chances() -> int:
    """How many uniform random numbers `degrade` takes for an image."""
    return _CHANCES


def degrade(images: Any, ranges: Degradation, chance: Any, noise: Any, xp: ModuleType = np) -> Any:
    """Change each image by chance, within the ranges.

    Erasing: Zhong et al. 2020, Random erasing data augmentation, arXiv 1708.04896.

    Args:
        images: float32 (n, h, w), levels from 0 to 255.
        ranges: what to do.
        chance: float32 (k, n), uniform in [0, 1); k is `count_chances()`.
        noise: float32 (n, h, w), standard normal.
        xp: the module whose arrays these are: NumPy or TensorFlow.

    Returns:
        float32 (n, h, w), levels from 0 to 255.
    """
    chance = chance[:, :, None, None]  # (k, n, 1, 1)
    x = images / 255
    if ranges.thickness:
        x = _thicken(x, ranges.thickness * _half(chance[0], xp), chance[1] < 0.5, xp)
    if ranges.lines:
        for line in range(_LINES):
            x = _draw_line(x, ranges.lines / (1 + line), chance[2 + 5 * line : 7 + 5 * line], xp)
    if ranges.erasing:
        x = _erase(x, ranges.erasing, chance[12:18], xp)
    if ranges.blur:
        x = _blur(x, ranges.blur * _half(chance[18], xp), chance[19], xp)
    if ranges.contrast:
        lost = ranges.contrast * _half(chance[20], xp)
        x = lost * chance[21] + (1 - lost) * x
    if ranges.shadow:
        x = x + (1 - x) * ranges.shadow * _half(chance[22], xp) * _ramp(x, chance[23], xp)
    if ranges.noise:
        # Of those with noise, some get grains of two pixels.
        grain = xp.where(chance[21] < 0.5, noise, 2 * _box_mean(noise, xp))
        x = x + ranges.noise * _half(chance[19], xp) * grain
    return xp.where(chance[24] < 0.5, images, 255 * xp.minimum(xp.maximum(x, 0.0), 1.0))


def _half(chance: Any, xp: ModuleType) -> Any:
    """A strength from 0 to 1; 0 for half of the images."""
    return xp.maximum(2 * chance - 1, 0.0)


def _thicken(x: Any, by: Any, grows: Any, xp: ModuleType) -> Any:
    """Each pixel mixed with the largest, or the smallest, of itself and its four neighbours."""
    padded = xp.pad(x, ((0, 0), (1, 1), (1, 1)))
    near = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    largest = smallest = x
    for each in near:
        largest, smallest = xp.maximum(largest, each), xp.minimum(smallest, each)
    return x + by * (xp.where(grows, largest, smallest) - x)


def _draw_line(x: Any, share: float, chance: Any, xp: ModuleType) -> Any:
    """A straight line through some images: of ink, or of paper."""
    rows, columns = _grid(x)
    angle, offset, half_width = np.pi * chance[0], 24 * (chance[1] - 0.5), 0.4 + 1.4 * chance[2]
    distance = abs(rows * xp.cos(angle) + columns * xp.sin(angle) - offset)
    covered = xp.minimum(xp.maximum(half_width + 0.5 - distance, 0.0), 1.0)
    inked = xp.maximum(x, (0.4 + chance[4]) * covered)
    lined = xp.where(chance[4] < 0.6, inked, x * (1 - covered))
    return xp.where(chance[3] < share, lined, x)


def _erase(x: Any, share: float, chance: Any, xp: ModuleType) -> Any:
    """A rectangle of one level on some images."""
    rows, columns = _grid(x)
    y, across = 24 * (chance[1] - 0.5), 24 * (chance[2] - 0.5)
    is_inside = (abs(rows - y) < 1 + 4.5 * chance[3]) & (abs(columns - across) < 1 + 4.5 * chance[4])
    return xp.where((chance[0] < share) & is_inside, chance[5], x)


def _blur(x: Any, deviation: Any, ratio: Any, xp: ModuleType) -> Any:
    """Blurred by a Gaussian kernel whose deviations along the axes differ by up to a factor of 3."""
    stretch = 3.0 ** (ratio - 0.5)
    down, across = (_gaussian(x, each, xp) for each in (deviation * stretch, deviation / stretch))
    # The kernels are symmetric but for the paper outside, which is 0 for both.
    return xp.matmul(xp.matmul(down, x), across)


def _gaussian(x: Any, deviation: Any, xp: ModuleType) -> Any:
    """The matrices (n, side, side) of a blur along an axis; the identity where the deviation is 0."""
    side = x.shape[1]
    square = (np.arange(side, dtype=np.float32)[:, None] - np.arange(side, dtype=np.float32)) ** 2
    weights = xp.exp(-square / (2 * xp.maximum(deviation, 0.05) ** 2))  # (n, side, side)
    total = xp.matmul(weights, np.ones((side, 1), np.float32))  # (n, side, 1)
    return weights / total[:, side // 2, None]  # by the middle row's: what lies outside of the image is paper


def _box_mean(x: Any, xp: ModuleType) -> Any:
    """The mean of each pixel and its neighbours right, below and across: for noise, half its deviation."""
    padded = xp.pad(x, ((0, 0), (0, 1), (0, 1)))
    return (padded[:, :-1, :-1] + padded[:, 1:, :-1] + padded[:, :-1, 1:] + padded[:, 1:, 1:]) / 4


def _ramp(x: Any, chance: Any, xp: ModuleType) -> Any:
    """From 0 at one side of an image to 1 at the other, in a random direction: (n, h, w)."""
    rows, columns = _grid(x)
    angle = 2 * np.pi * chance
    along = (rows * xp.cos(angle) + columns * xp.sin(angle)) / x.shape[1] + 0.5
    return xp.minimum(xp.maximum(along, 0.0), 1.0)


def _grid(x: Any) -> tuple[Any, Any]:
    """Rows and columns from the middle of the image, pixels: float32 (h, 1) and (1, w)."""
    height, width = x.shape[1:]
    rows, columns = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in (height, width))
    return rows[:, None].astype(np.float32), columns[None, :].astype(np.float32)
