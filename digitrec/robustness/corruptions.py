"""The 15 corruptions of MNIST-C at five severities: images -> corrupted images.

After Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision" (arXiv 1906.02337), and its
released code; `Corruption.paper` is the paper's severity. For stripe, dotted line, zigzag and Canny edges the
paper has one strength; our other four are additions. For spatter, the code's three milder strengths do more harm
than the paper's own; ours are different. The functions in `transforms` say where an algorithm differs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Images
from digitrec.robustness import transforms
from digitrec.robustness.transforms import Drops

CORRUPTIONS_VERSION = 1  # raise it when `corrupt` changes: stored numbers of an older version are measured again
SEVERITIES = (1, 2, 3, 4, 5)
IMAGES_PER_SEED = 500  # images that share one random generator


class RobustnessError(ValueError):
    """Images cannot be corrupted: the message says which argument is wrong and what was expected."""


class Corruption(NamedTuple):
    """One way to corrupt images.

    Attributes:
        kind: "noise", "blur", "shape" or "cover".
        apply: takes images, a random generator and one of `strengths`; returns grey levels.
        strengths: of severity 1 to 5, as arguments of `apply`.
        paper: the severity in the paper.
        is_random: whether two images with different seeds differ.
    """

    kind: str
    apply: Callable[..., NDArray[Any]]
    strengths: tuple[tuple[Any, ...], ...]
    paper: int
    is_random: bool = True


def _single_values(*values: object) -> tuple[tuple[object], ...]:
    return tuple((value,) for value in values)


_REACHES = _single_values(1.2, 1.7, 2.3, 3.4, 5.0)  # pixels from the middle of a line to its edge
_DROPS = _single_values(Drops(0.60, 0.3), Drops(0.62, 0.3), Drops(0.635, 0.3), Drops(0.65, 0.3), Drops(0.67, 0.4))
_GLASS = ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))  # sigma, reach, rounds
_MOTION = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))  # radius, sigma
_FOG = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))  # strength, decay
_TENTHS = _single_values(0.1, 0.2, 0.3, 0.4, 0.5)
_FIFTHS = _single_values(0.2, 0.4, 0.6, 0.8, 1.0)

CORRUPTIONS = {
    "shot_noise": Corruption("noise", transforms.shot_noise, _single_values(60, 25, 12, 5, 3), 5),
    "impulse_noise": Corruption(
        "noise", transforms.impulse_noise, _single_values(0.03, 0.06, 0.09, 0.17, 0.27), 4
    ),
    "glass_blur": Corruption("blur", transforms.glass_blur, _GLASS, 1),
    "motion_blur": Corruption("blur", transforms.motion_blur, _MOTION, 1),
    "shear": Corruption("shape", transforms.shear, _FIFTHS, 2),
    "scale": Corruption("shape", transforms.scale, _single_values(0.9, 0.8, 0.7, 0.6, 0.5), 3, is_random=False),
    "rotate": Corruption("shape", transforms.rotate, _FIFTHS, 2),
    "translate": Corruption("shape", transforms.translate, _single_values(1, 2, 3, 4, 5), 3),
    "brightness": Corruption("cover", transforms.brightness, _TENTHS, 5, is_random=False),
    "stripe": Corruption("cover", transforms.stripe, _single_values(3, 5, 7, 9, 11), 3, is_random=False),
    "fog": Corruption("cover", transforms.fog, _FOG, 5),
    "spatter": Corruption("cover", transforms.spatter, _DROPS, 4),
    "dotted_line": Corruption("cover", transforms.dotted_line, _REACHES, 3),
    "zigzag": Corruption("cover", transforms.zigzag, _REACHES, 3),
    "canny_edges": Corruption("cover", transforms.canny_edges, _FIFTHS, 5, is_random=False),
}


def corrupt(images: Images, name: str, *, severity: int, seed: int = 0) -> Images:
    """Corrupted copies of images, each image in its own way.

    Every `IMAGES_PER_SEED` images share one random generator: this needs little memory, and some of the images can
    be made again alone. The generator is the same at each severity: these differ in strength only.

    Args:
        images: uint8 (n, 28, 28).
        name: a key of `CORRUPTIONS`.
        severity: from 1, the mildest, to 5.
        seed: of the random generator.

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
    images: Images, indices: NDArray[np.int64], name: str, *, severity: int, seed: int = 0
) -> Images:
    """The images at these indices as `corrupt` makes them, without most of the others: uint8 (k, 28, 28).

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


def sample_indices(n: int, wanted: int) -> NDArray[np.int64]:
    """The indices of `wanted` of n images, random but always the same, in order; all if there are fewer."""
    return np.sort(np.random.default_rng(0).permutation(n)[:wanted])


def _corrupt_chunk(images: Images, name: str, severity: int, seeds: tuple[int, int]) -> Images:
    corruption = CORRUPTIONS[name]
    rng = np.random.default_rng((*seeds, zlib.crc32(name.encode())))
    levels = corruption.apply(images, rng, *corruption.strengths[severity - 1])
    return levels if levels.dtype == np.uint8 else (np.clip(levels, 0, 255) + np.float32(0.5)).astype(np.uint8)


def _check_corruption(images: NDArray[Any], name: str, severity: int) -> None:
    if name not in CORRUPTIONS:
        raise RobustnessError(f"the corruption is {name!r}: expected one of {', '.join(CORRUPTIONS)}.")
    if severity not in SEVERITIES:
        raise RobustnessError(f"the severity is {severity}: expected a whole number from 1 to 5.")
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise RobustnessError(f"the images are {images.dtype} {images.shape}: expected uint8 (n, 28, 28).")
