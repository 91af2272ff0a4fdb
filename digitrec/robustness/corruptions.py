"""Images -> corrupted images: the 15 corruptions of MNIST-C, each at five severities.

After Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision" (arXiv 1906.02337), and the code
that they released; `Corruption.paper` is the severity at which the paper has it. Where the paper has one strength
alone (stripe, dotted line, zigzag, Canny edges) the other four are ours; of spatter, whose three milder strengths
in the code spoil more than the paper's own, those three. The functions say where an algorithm differs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from digitrec.robustness import transforms
from digitrec.robustness.transforms import Drops

CORRUPTIONS_VERSION = (
    1  # of what `corrupt` makes: raised with each change, so that numbers kept of an older one are recognised
)
SEVERITIES = (1, 2, 3, 4, 5)
IMAGES_PER_SEED = 500  # images with one source of chance


class RobustnessError(ValueError):
    """Images cannot be corrupted so: the message says why and what was expected."""


class Corruption(NamedTuple):
    """One way to spoil an image."""

    title: str
    kind: str  # "noise", "blur", "shape" or "cover"
    apply: Callable[..., np.ndarray]  # images, a source of chance, and one of `strengths` -> levels
    strengths: tuple[tuple[Any, ...], ...]  # of severity 1 to 5
    text: str  # a strength in words, for `str.format`
    paper: int  # the severity that the paper has
    by_chance: bool = True

    def words(self, severity: int) -> str:
        """How strong a severity is, for a person."""
        return self.text.format(*self.strengths[severity - 1])


def _single_values(*values: float) -> tuple[tuple[float], ...]:
    return tuple((value,) for value in values)


CORRUPTIONS = {
    "shot_noise": Corruption(
        "Shot noise",
        "noise",
        transforms.shot_noise,
        _single_values(60, 25, 12, 5, 3),
        "{} photons at full ink",
        5,
    ),
    "impulse_noise": Corruption(
        "Impulse noise",
        "noise",
        transforms.impulse_noise,
        _single_values(0.03, 0.06, 0.09, 0.17, 0.27),
        "{:.0%} of the pixels",
        4,
    ),
    "glass_blur": Corruption(
        "Glass blur",
        "blur",
        transforms.glass_blur,
        ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        "blur of {} pixels, swaps over {}, {} rounds",
        1,
    ),
    "motion_blur": Corruption(
        "Motion blur",
        "blur",
        transforms.motion_blur,
        ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        "{1} pixels long",
        1,
    ),
    "shear": Corruption(
        "Shear", "shape", transforms.shear, _single_values(0.2, 0.4, 0.6, 0.8, 1.0), "by {} radians", 2
    ),
    "scale": Corruption(
        "Scale",
        "shape",
        transforms.scale,
        _single_values(0.9, 0.8, 0.7, 0.6, 0.5),
        "to {:.0%}",
        3,
        by_chance=False,
    ),
    "rotate": Corruption(
        "Rotate", "shape", transforms.rotate, _single_values(0.2, 0.4, 0.6, 0.8, 1.0), "by {} radians", 2
    ),
    "translate": Corruption(
        "Translate", "shape", transforms.translate, _single_values(1, 2, 3, 4, 5), "by {0}, {0} pixels", 3
    ),
    "brightness": Corruption(
        "Brightness",
        "cover",
        transforms.brightness,
        _single_values(0.1, 0.2, 0.3, 0.4, 0.5),
        "{:.0%} of full ink more",
        5,
        by_chance=False,
    ),
    "stripe": Corruption(
        "Stripe", "cover", transforms.stripe, _single_values(3, 5, 7, 9, 11), "{} pixels wide", 3, by_chance=False
    ),
    "fog": Corruption(
        "Fog",
        "cover",
        transforms.fog,
        ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)),
        "{} times full ink, roughness falling by {}",
        5,
    ),
    "spatter": Corruption(
        "Spatter",
        "cover",
        transforms.spatter,
        _single_values(
            Drops(0.60, 0.3),
            Drops(0.62, 0.3),
            Drops(0.635, 0.3),
            Drops(0.65, 0.3),
            Drops(0.67, 0.4),
        ),
        "noise of mean {0.mean} and deviation {0.deviation}",
        4,
    ),
    "dotted_line": Corruption(
        "Dotted line",
        "cover",
        transforms.dotted_line,
        _single_values(1.2, 1.7, 2.3, 3.4, 5.0),
        "reaching {} pixels",
        3,
    ),
    "zigzag": Corruption(
        "Zigzag", "cover", transforms.zigzag, _single_values(1.2, 1.7, 2.3, 3.4, 5.0), "reaching {} pixels", 3
    ),
    "canny_edges": Corruption(
        "Canny edges",
        "cover",
        transforms.canny_edges,
        _single_values(0.2, 0.4, 0.6, 0.8, 1.0),
        "{:.0%} edges",
        5,
        by_chance=False,
    ),
}


def corrupt(images: np.ndarray, name: str, *, severity: int, seed: int = 0) -> np.ndarray:
    """Corrupt images, each differently where chance is in it.

    Every `CHUNK` images have a source of chance of their own, so that it needs little memory and no more images to
    make some of them again. It is the same at each severity: these differ by strength alone.

    Args:
        images: uint8 (n, 28, 28); they stay as they are.
        name: a key of `CORRUPTIONS`.
        severity: from 1, the mildest, to 5.
        seed: of the chance.

    Returns:
        uint8 (n, 28, 28), a new array.

    Raises:
        RobustnessError: the name, the severity or the images are not as above.
    """
    _check_corruption(images, name, severity)
    corrupted = np.empty_like(images)
    for chunk in range(-(-len(images) // IMAGES_PER_SEED)):
        part = slice(chunk * IMAGES_PER_SEED, (chunk + 1) * IMAGES_PER_SEED)
        corrupted[part] = _corrupt_chunk(images[part], name, severity, (seed, chunk))
    return corrupted


def corrupt_subset(
    images: np.ndarray, indices: np.ndarray, name: str, *, severity: int, seed: int = 0
) -> np.ndarray:
    """What `corrupt` makes of the images at these indices, without the work for all others: uint8 (k, 28, 28).

    Raises:
        RobustnessError: as `corrupt`.
    """
    _check_corruption(images, name, severity)
    corrupted = np.empty((len(indices), *images.shape[1:]), np.uint8)
    for chunk in np.unique(indices // IMAGES_PER_SEED):
        begin = chunk * IMAGES_PER_SEED
        made = _corrupt_chunk(images[begin : begin + IMAGES_PER_SEED], name, severity, (seed, int(chunk)))
        here = indices // IMAGES_PER_SEED == chunk
        corrupted[here] = made[indices[here] - begin]
    return corrupted


def corruptions_and_severities() -> Iterator[tuple[str, int]]:
    """Every corruption at every severity, in order."""
    return ((name, severity) for name in CORRUPTIONS for severity in SEVERITIES)


def sample_indices(n: int, wanted: int) -> np.ndarray:
    """The indices of `wanted` of n images by chance, the same at each call, in order; all, if there are fewer."""
    return np.sort(np.random.default_rng(0).permutation(n)[:wanted])


def _corrupt_chunk(images: np.ndarray, name: str, severity: int, place: tuple[int, int]) -> np.ndarray:
    found = CORRUPTIONS[name]
    rng = np.random.default_rng((*place, zlib.crc32(name.encode())))
    levels = found.apply(images, rng, *found.strengths[severity - 1])
    return levels if levels.dtype == np.uint8 else (np.clip(levels, 0, 255) + np.float32(0.5)).astype(np.uint8)


def _check_corruption(images: np.ndarray, name: str, severity: int) -> None:
    if name not in CORRUPTIONS:
        raise RobustnessError(f"the corruption is {name!r}: expected one of {', '.join(CORRUPTIONS)}.")
    if severity not in SEVERITIES:
        raise RobustnessError(f"the severity is {severity}: expected a whole number from 1 to 5.")
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise RobustnessError(f"the images are {images.dtype} {images.shape}: expected uint8 (n, 28, 28).")
