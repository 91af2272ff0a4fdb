"""Which ink made the network say so: occlusion sensitivity, and the same in words.

A soft patch of paper is laid over one place of the image after the other, and each time the network is asked again
(Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2). Where the answer
suffers, the ink under the patch spoke for it; where it gains, that ink spoke against it. All patches together are
one batched question. What the paper says by being blank is not seen this way: `counterfactual` adds ink as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.inference.classifier import Classifier
from digitrec.runs.architectures import IMAGE_SIDE

PATCH_STRIDE = 2  # pixels between patches: 196 of them, so that with the regions two batches are enough
INNER_RADIUS, OUTER_RADIUS = (
    1.5,
    4.0,
)  # pixels from its centre: a patch covers all within the one, nothing beyond the other
MAX_INK_DISTANCE = 2  # pixels from the ink: paper farther away has no part in the evidence
MIN_PROBA = 1e-12  # probabilities below it count as it: their logarithms would only tell the rounding
MAX_UNDIVIDED_SIDE = 10  # pixels: an ink's box is parted in three along a side only if that side is longer

_ROWS, _COLUMNS = ("at the top", "", "at the bottom"), ("left", "", "right")


class Region(NamedTuple):
    """A part of the drawing, one ninth of its ink's box or more, and what it says.

    Attributes:
        place: where it is, in words that follow "the ink".
        support: sum of the support map over its ink, in nats.
        contrast: sum of the contrast map over its ink, in nats.
        proba: float32 (c,), what is answered when its ink is taken away.
    """

    place: str
    support: float
    contrast: float
    proba: np.ndarray


class Evidence(NamedTuple):
    """What an image's answer rests on.

    Attributes:
        answer: index of the class that was answered.
        rival: index of the runner-up.
        proba: float32 (c,), the answer itself.
        support: float32 (28, 28): by how many nats the answer's log-odds, log p - log(1 - p), fall when the ink
            around this pixel is taken away, as the mean of the patches that cover it. Negative where the answer
            gains. Zero where no ink is near. One nat is a factor of e = 2.7 in the odds.
        contrast: float32 (28, 28): the same for log p(answer) - log p(rival).
        regions: the parts of the drawing that hold ink, from the top left, by rows.
    """

    answer: int
    rival: int
    proba: np.ndarray
    support: np.ndarray
    contrast: np.ndarray
    regions: tuple[Region, ...]


def explain_by_occlusion(classifier: Classifier, image: np.ndarray) -> Evidence:
    """The evidence for the answer to an image uint8 (28, 28), for itself and against the runner-up."""
    parts = _split_into_regions(image)
    patches = _PATCHES[(occlude(image, _PATCHES) != image).any(axis=(1, 2))]  # (196, 28, 28) -> (k, 28, 28)
    veils = np.concatenate([patches, [_soften(mask) for mask in parts.values()]]) if parts else patches
    asked = np.concatenate([image[None], occlude(image, veils)])  # (1 + k + r, 28, 28)
    proba = classifier.predict_proba(asked)
    rival, answer = (int(index) for index in np.argsort(proba[0], kind="stable")[-2:])
    ink = image > 0
    near = ndimage.binary_dilation(ink, iterations=MAX_INK_DISTANCE)
    falls = [score[0] - score[1 : 1 + len(patches)] for score in _log_scores(proba, answer, rival)]
    support, contrast = (_average_over_patches(fall, patches) * near for fall in falls)
    regions = [
        Region(place, float(support[mask & ink].sum()), float(contrast[mask & ink].sum()), row)
        for (place, mask), row in zip(parts.items(), proba[1 + len(patches) :], strict=True)
    ]
    return Evidence(answer, rival, proba[0], support, contrast, tuple(regions))


def describe_evidence(evidence: Evidence, class_names: Sequence[str]) -> str:
    """Where the evidence for the answer is, and what would be read without the part that matters most."""
    name = class_names[evidence.answer]
    strongest = max(evidence.regions, key=lambda region: region.support, default=None)
    if strongest is None or strongest.support <= 0:
        return f"No single place of the drawing speaks for {name}."
    share = strongest.support / sum(max(region.support, 0.0) for region in evidence.regions)
    opening = "Most" if share > 0.5 else "The largest part"
    where = f"{opening} of the evidence for {name} is {strongest.place}"
    if len(evidence.regions) == 1:
        where = f"The evidence for {name} is {strongest.place}"
    return f"{where}; {_describe_loss(evidence, strongest, class_names)}."


def describe_contrast(evidence: Evidence, class_names: Sequence[str]) -> str:
    """Which ink tells the answer from the runner-up, and which speaks the other way."""
    name, rival = class_names[evidence.answer], class_names[evidence.rival]
    ordered = sorted(evidence.regions, key=lambda region: region.contrast)
    if not ordered or ordered[-1].contrast <= 0:
        return f"No single place of the drawing tells {name} from {rival}."
    least, most = ordered[0], ordered[-1]
    text = f"What tells it from {rival} is above all the ink {most.place}"
    against = least.contrast < -0.1 * most.contrast  # less is hardly seen in the map
    return f"{text}; the ink {least.place} looks more like {rival}." if against else f"{text}."


def occlude(image: np.ndarray, veils: np.ndarray) -> np.ndarray:
    """The image under each veil: uint8 (k, 28, 28) for veils float (k, 28, 28), 1 where they hide all ink."""
    return np.rint(image * (1 - veils)).astype(np.uint8)


def format_percent(share: float) -> str:
    """A probability in whole per cent, which is enough in a sentence."""
    if share >= 0.995:
        return "over 99%"
    return f"{share:.0%}" if share > 0.005 else "under 1%"


def make_disc(centre: tuple[float, float], inner: float, outer: float) -> np.ndarray:
    """A soft disc, float32 (28, 28): 1 up to `inner` pixels from its centre, falling to 0 at `outer`."""
    rows, columns = np.ogrid[:IMAGE_SIDE, :IMAGE_SIDE]
    distance = np.hypot(rows - centre[0], columns - centre[1])
    return np.clip((outer - distance) / (outer - inner), 0, 1).astype(np.float32)


def grid_centres(stride: int) -> list[tuple[float, float]]:
    """Places on the image, a stride apart, laid out alike from all four sides."""
    places = np.arange((IMAGE_SIDE - 1) % stride / 2, IMAGE_SIDE, stride)
    return [(float(row), float(column)) for row in places for column in places]


_PATCHES = np.stack([make_disc(centre, INNER_RADIUS, OUTER_RADIUS) for centre in grid_centres(PATCH_STRIDE)])


def _log_scores(proba: np.ndarray, answer: int, rival: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of the answer, and its log-probability above the rival's, float64 (n,) each, in nats."""
    bounded = np.maximum(proba.astype(np.float64), MIN_PROBA)
    others = np.maximum(np.delete(proba.astype(np.float64), answer, axis=1).sum(axis=1), MIN_PROBA)
    own = np.log(bounded[:, answer])
    return own - np.log(others), own - np.log(bounded[:, rival])


def _average_over_patches(falls: np.ndarray, patches: np.ndarray) -> np.ndarray:
    """The falls (k,) laid back where their patches (k, 28, 28) lay: at each pixel the mean of those that cover it.

    Patches that cover no ink were not asked, and fell by nothing: they count in the mean.
    """
    return (np.tensordot(falls, patches, axes=1) / _PATCHES.sum(axis=0)).astype(np.float32)


def _split_into_regions(image: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of the drawing that hold ink, bool (28, 28), by their place in words."""
    if not image.any():
        return {}
    rows, columns = ndimage.find_objects((image > 0).astype(np.int8))[0]
    found = {}
    for row, inside_row in zip(_ROWS, _split_into_thirds(rows), strict=True):
        for column, inside_column in zip(_COLUMNS, _split_into_thirds(columns), strict=True):
            mask = inside_row[:, None] & inside_column
            if image[mask].any():
                found[_describe_place(row, column)] = mask
    return found


def _describe_place(row: str, column: str) -> str:
    if not column:
        return row or "in the middle"
    return f"{row} {column}" if row else f"on the {column}"


def _split_into_thirds(box: slice) -> list[np.ndarray]:
    """Three masks (28,) that part the side of a box; of a short side all is the middle. The outer ones go on."""
    places, length = np.arange(IMAGE_SIDE), box.stop - box.start
    if length <= MAX_UNDIVIDED_SIDE:
        return [places < 0, places >= 0, places < 0]
    low, high = box.start + length / 3, box.stop - length / 3
    return [places + 0.5 < low, (places + 0.5 >= low) & (places + 0.5 <= high), places + 0.5 > high]


def _soften(mask: np.ndarray) -> np.ndarray:
    # A cut with a soft edge, so that the network does not read the straight end of a stroke.
    return ndimage.gaussian_filter(mask.astype(np.float32), 1.0, mode="nearest")


def _describe_loss(evidence: Evidence, strongest: Region, class_names: Sequence[str]) -> str:
    """What would be read without the part whose loss costs the answer most."""
    answer = evidence.answer
    worst = min(evidence.regions, key=lambda region: float(region.proba[answer]))
    becomes = int(worst.proba.argmax())
    if becomes == answer:
        return f"without any one part of it, it would still be read as {class_names[answer]}"
    ink = "that ink" if worst is strongest else f"the ink {worst.place}"
    return (
        f"without {ink} it would be read as {class_names[becomes]} ({format_percent(float(worst.proba[becomes]))})"
    )
