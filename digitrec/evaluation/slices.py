"""Accuracy on parts of the images: by what is measured of them, or where they come from; and the worst part."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from digitrec.imaging import shape
from digitrec.metrics.intervals import Estimate, wilson_interval

SLICE_BINS = 5  # parts of about the same size that `by_quantiles` makes
MIN_SLICE_IMAGES = (
    30  # images: a smaller part is not named the worst, because a single mistake would move it by 3 points
)


class Cut(NamedTuple):
    """Images parted by one quality.

    Attributes:
        codes: int64 (n,), the part of each image; -1 for one that is in none.
        names: of the parts, in words.
    """

    codes: np.ndarray
    names: tuple[str, ...]


class Slice(NamedTuple):
    """One part: how many images, how many read right, and the share with its 95% Wilson interval."""

    name: str
    n: int
    right: int
    accuracy: Estimate


class WorstSlice(NamedTuple):
    """The part with the lowest accuracy.

    Attributes:
        quality: by which the images were parted.
        code: of the part.
        part: the part.
        rest: accuracy on all images outside of it.
        looks: how many parts were compared.
        corrected: accuracy with its interval widened for so many looks.
    """

    quality: str
    code: int
    part: Slice
    rest: float
    looks: int
    corrected: Estimate

    @property
    def is_significant(self) -> bool:
        """Whether so low an accuracy is more than one would find by looking at so many parts."""
        return self.corrected.high < self.rest


def cut_by_quantiles(values: np.ndarray, bins: int = SLICE_BINS, *, digits: int = 1) -> Cut:
    """Parts of about the same size, by numbers (n,); NaN is in none. Equal numbers are never parted.

    Args:
        values: one for each image.
        bins: how many parts at most; there are fewer where many numbers are equal.
        digits: decimals of the numbers in the names; the borders are rounded to them.

    Raises:
        ValueError: no part is asked for.
    """
    if bins < 1:
        raise ValueError(f"{bins} parts were asked for: expected at least 1.")
    known = values[~np.isnan(values)]
    if not len(known):
        return Cut(np.full(len(values), -1), ())
    inner = np.unique(np.round(np.quantile(known, np.arange(1, bins) / bins), digits))
    borders = inner[(inner > known.min()) & (inner <= known.max())]  # else a part would be empty
    codes = np.where(np.isnan(values), -1, np.searchsorted(borders, values, side="right"))
    return Cut(codes, _bin_names(borders, digits))


def cut_by_category(values: Sequence[str] | np.ndarray) -> Cut:
    """A part for each value (n,), such as a writer's name; an empty text is in none."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    shift = int(len(names) > 0 and names[0] == "")
    return Cut(codes.astype(np.int64) - shift, tuple(names[shift:].tolist()))


def measure_slices(right: np.ndarray, cut: Cut) -> list[Slice]:
    """How well each part is read.

    Args:
        right: bool (n,), whether the answer is right.
        cut: the parts.
    """
    inside = cut.codes >= 0
    totals = np.bincount(cut.codes[inside], minlength=len(cut.names))
    rights = np.bincount(cut.codes[inside & right], minlength=len(cut.names))
    return [_measure_slice(name, int(k), int(n)) for name, k, n in zip(cut.names, rights, totals, strict=True)]


def find_worst_slice(
    right: np.ndarray, cuts: Mapping[str, Cut], *, few: int = MIN_SLICE_IMAGES
) -> WorstSlice | None:
    """The part with the lowest accuracy of all the cuts, or None where all are read alike, or too few to compare.

    Who looks at many parts finds a bad one by chance. So the interval of the worst is widened as Bonferroni's
    inequality asks: its error probability is divided by the number of parts compared.

    Args:
        right: bool (n,), whether the answer is right.
        cuts: by the name of the quality.
        few: parts with fewer images are not compared.
    """
    looked = [
        (quality, code, part)
        for quality, cut in cuts.items()
        for code, part in enumerate(measure_slices(right, cut))
        if few <= part.n < len(right)
    ]
    if len(looked) < 2 or len({part.accuracy.value for *_, part in looked}) < 2:
        return None
    quality, code, part = min(looked, key=lambda found: found[2].accuracy.value)
    z = NormalDist().inv_cdf(1 - 0.05 / (2 * len(looked)))
    corrected = wilson_interval(part.right, part.n, z=z)
    rest = (int(right.sum()) - part.right) / (len(right) - part.n)
    return WorstSlice(quality, code, part, rest, len(looked), corrected)


def describe_worst(found: WorstSlice | None, called: str = "") -> str:
    """The worst part in words, with what it is worth.

    Args:
        found: what `worst` gave.
        called: the quality and the part in a sentence; their own names, if not given.
    """
    if found is None:
        return "No part stands out: all are read alike, or there are too few images to tell."
    part, wrong = found.part, found.part.n - found.part.right
    called = called or f"{found.quality} {part.name}"
    text = (
        f"Read worst: {called}. {part.accuracy.value:.2%} of these {part.n:,} images are "
        f"read right ({wrong:,} wrong), against {found.rest:.2%} of all others."
    )
    if found.is_significant:
        return f"{text} That is more than chance, even for one who looks at {found.looks} parts."
    return f"{text} One who looks at {found.looks} parts finds such a difference by chance: it may mean nothing."


def _measure_slice(name: str, right: int, n: int) -> Slice:
    return Slice(name, n, right, wilson_interval(right, n))


def _bin_names(borders: np.ndarray, digits: int) -> tuple[str, ...]:
    if not len(borders):
        return ("any",)
    texts = [f"{border + 0.0:.{digits}f}" for border in borders]  # no -0
    between = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
    return (f"below {texts[0]}", *between, f"{texts[-1]} and above")


class Quality(NamedTuple):
    """What the images are parted by, in words."""

    title: str
    phrase: str  # before the name of a part
    unit: str  # after it


QUALITIES = {
    "thickness": Quality("Stroke thickness (pixels)", "a stroke thickness", " pixels"),
    "slant": Quality("Slant (degrees, + leans to the right)", "a slant", " degrees"),
    "ink": Quality("Ink (% of what the image could hold)", "an amount of ink", " %"),
    "aspect": Quality("Width over height", "a width over height", ""),
    "pieces": Quality("Pieces", "a drawing in", ""),
    "writer": Quality("Writer", "the hand of", ""),
}
_DECIMALS = {"aspect": 2}


def cut_by_measures(images: np.ndarray) -> dict[str, Cut]:
    """Images uint8 (n, 28, 28) parted by each of the `QUALITIES` but the writer."""
    found = shape.measure(images)
    numbers = {"thickness": found.thickness, "slant": found.slant, "ink": 100 * found.ink, "aspect": found.aspect}
    cuts = {name: cut_by_quantiles(of, digits=_DECIMALS.get(name, 1)) for name, of in numbers.items()}
    pieces = np.where(found.pieces > 1, "two pieces or more", np.where(found.pieces == 1, "one piece", ""))
    return cuts | {"pieces": cut_by_category(pieces)}


def cut_by_writer(writers: np.ndarray | None) -> dict[str, Cut]:
    """A part for each writer, int64 (n,); those below 0, who are not told apart, are in none."""
    if writers is None:
        return {}
    return {"writer": cut_by_category(np.array([f"writer {k:02}" if k >= 0 else "" for k in writers]))}


def describe_slice(quality: str, name: str) -> str:
    """A part in words that follow "there is": "a stroke thickness below 1.8 pixels"."""
    known = QUALITIES[quality]
    return f"{known.phrase} {name}{known.unit}"


def describe_worst_slice(worst: WorstSlice | None) -> str:
    """The worst part in words."""
    return describe_worst(worst, "" if worst is None else describe_slice(worst.quality, worst.part.name))
