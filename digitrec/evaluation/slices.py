"""Slices: groups of images that are alike in one quality, the accuracy on each, and the worst one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Images, shape
from digitrec.metrics import Counts, Estimate, Floats, Mask, wilson_interval

SLICE_BINS = 5  # groups of about the same size
MIN_SLICE_IMAGES = 30  # in a smaller slice, one mistake moves the accuracy by more than 3 points
QUALITIES = ("thickness", "slant", "ink", "aspect", "pieces", "writer")
_ERROR_RATE = 0.05  # of the interval of the worst slice, over all slices together
_DEFAULT_DECIMALS = 1
_DECIMALS = {"aspect": 2}


class Cut(NamedTuple):
    """Images grouped by one quality.

    Attributes:
        codes: int64 (n,), the group of each image; -1 for none.
        names: of the groups, such as "below 1.8".
    """

    codes: Counts
    names: tuple[str, ...]


class Slice(NamedTuple):
    """One group: its images, the right answers, and their share with its 95% Wilson interval."""

    name: str
    n: int
    right: int
    accuracy: Estimate


class WorstSlice(NamedTuple):
    """The slice with the lowest accuracy.

    Attributes:
        quality: of `QUALITIES`.
        code: of the group.
        part: the slice.
        rest: accuracy on all images outside of it.
        compared: how many slices were compared.
        corrected: its accuracy with the interval widened for so many comparisons.
    """

    quality: str
    code: int
    part: Slice
    rest: float
    compared: int
    corrected: Estimate

    @property
    def is_significant(self) -> bool:
        """Whether the accuracy is lower than chance explains, given the number of comparisons."""
        return self.corrected.high < self.rest


def cut_by_quantiles(values: NDArray[Any], bins: int = SLICE_BINS, *, digits: int = _DEFAULT_DECIMALS) -> Cut:
    """Groups of about the same size, by numbers (n,). NaN is in no group; equal numbers are in the same one.

    Args:
        values: one for each image.
        bins: how many groups at most; there are fewer where many numbers are equal.
        digits: decimals of the borders, in the names as well.

    Raises:
        ValueError: `bins` is below 1.
    """
    if bins < 1:
        raise ValueError(f"{bins} groups: expected at least 1.")
    known = values[~np.isnan(values)]
    if not len(known):
        return Cut(np.full(len(values), -1), ())
    inner = np.unique(np.round(np.quantile(known, np.arange(1, bins) / bins), digits))
    borders = inner[(inner > known.min()) & (inner <= known.max())]  # else a group would be empty
    codes = np.where(np.isnan(values), -1, np.searchsorted(borders, values, side="right"))
    return Cut(codes, _bin_names(borders, digits))


def cut_by_category(values: Sequence[str] | NDArray[Any]) -> Cut:
    """A group for each value (n,), such as a writer's name; an empty text is in no group."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    shift = int(len(names) > 0 and names[0] == "")
    return Cut(codes.astype(np.int64) - shift, tuple(names[shift:].tolist()))


def cut_by_measures(images: Images) -> dict[str, Cut]:
    """Images uint8 (n, 28, 28) grouped by each of the `QUALITIES` but the writer."""
    measured = shape.measure(images)
    numbers = {
        "thickness": measured.thickness,  # pixels
        "slant": measured.slant,  # degrees, above 0 to the right
        "ink": 100 * measured.ink,  # per cent of a full image
        "aspect": measured.aspect,  # width over height
    }
    cuts = {
        name: cut_by_quantiles(values, digits=_DECIMALS.get(name, _DEFAULT_DECIMALS))
        for name, values in numbers.items()
    }
    pieces = np.where(measured.pieces > 1, "two pieces or more", np.where(measured.pieces == 1, "one piece", ""))
    return cuts | {"pieces": cut_by_category(pieces)}


def cut_by_writer(writers: NDArray[np.integer[Any]] | None) -> dict[str, Cut]:
    """A group for each writer's number, int64 (n,); a number below 0 is an unknown writer, in no group."""
    if writers is None:
        return {}
    return {"writer": cut_by_category(np.array([f"writer {k:02}" if k >= 0 else "" for k in writers]))}


def measure_slices(right: Mask, cut: Cut) -> list[Slice]:
    """The accuracy on each group.

    Args:
        right: bool (n,), which answers are right.
        cut: the groups.
    """
    inside = cut.codes >= 0
    totals = np.bincount(cut.codes[inside], minlength=len(cut.names))
    rights = np.bincount(cut.codes[inside & right], minlength=len(cut.names))
    return [
        Slice(name, int(n), int(k), wilson_interval(int(k), int(n)))
        for name, k, n in zip(cut.names, rights, totals, strict=True)
    ]


def find_worst_slice(
    right: Mask, cuts: Mapping[str, Cut], *, min_images: int = MIN_SLICE_IMAGES
) -> WorstSlice | None:
    """The slice with the lowest accuracy of all cuts; None where all are equal or too small.

    The lowest of many accuracies is low by chance. So its interval is corrected after Bonferroni: the error rate
    of 5% is divided by the number of slices.

    Args:
        right: bool (n,), which answers are right.
        cuts: by the name of the quality.
        min_images: smaller slices are not compared.
    """
    compared = [
        (quality, code, part)
        for quality, cut in cuts.items()
        for code, part in enumerate(measure_slices(right, cut))
        if min_images <= part.n < len(right)
    ]
    if len(compared) < 2 or len({part.accuracy.value for *_, part in compared}) < 2:
        return None
    quality, code, part = min(compared, key=lambda each: each[2].accuracy.value)
    z = NormalDist().inv_cdf(1 - _ERROR_RATE / (2 * len(compared)))
    rest = (int(right.sum()) - part.right) / (len(right) - part.n)
    return WorstSlice(quality, code, part, rest, len(compared), wilson_interval(part.right, part.n, z=z))


def _bin_names(borders: Floats, digits: int) -> tuple[str, ...]:
    if not len(borders):
        return ("any",)
    texts = [f"{border + 0.0:.{digits}f}" for border in borders]  # no -0
    between = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
    return (f"below {texts[0]}", *between, f"{texts[-1]} and above")
