"""What images are parted by: what is measured of them, and the hand that wrote them where that is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.evaluation import slices
from digitrec.evaluation.slices import Cut, WorstSlice
from digitrec.imaging import shape


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
    cuts = {name: slices.cut_by_quantiles(of, digits=_DECIMALS.get(name, 1)) for name, of in numbers.items()}
    pieces = np.where(found.pieces > 1, "two pieces or more", np.where(found.pieces == 1, "one piece", ""))
    return cuts | {"pieces": slices.cut_by_category(pieces)}


def cut_by_writer(writers: np.ndarray | None) -> dict[str, Cut]:
    """A part for each writer, int64 (n,); those below 0, who are not told apart, are in none."""
    if writers is None:
        return {}
    return {"writer": slices.cut_by_category(np.array([f"writer {k:02}" if k >= 0 else "" for k in writers]))}


def describe_slice(quality: str, name: str) -> str:
    """A part in words that follow "there is": "a stroke thickness below 1.8 pixels"."""
    known = QUALITIES[quality]
    return f"{known.phrase} {name}{known.unit}"


def describe_worst_slice(worst: WorstSlice | None) -> str:
    """The worst part in words."""
    return slices.describe_worst(worst, "" if worst is None else describe_slice(worst.quality, worst.part.name))
