"""Occlusion sensitivity: which ink supports the answer, and which contradicts it.

A soft patch of paper covers one place of the image after the other, and the network predicts each such image
(Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2). If the answer
becomes less probable, the ink under the patch supports it; if more, it contradicts it. All patches are one batch.
Evidence in the blank paper is not found this way: `counterfactual` adds ink as well.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, cast

import numpy as np
from scipy import ndimage

from digitrec.imaging import Floats, Image, Images, Mask, Proba
from digitrec.runs import IMAGE_SIDE

PATCH_STRIDE = 2  # pixels between patches: 196 of them, so that with the regions two batches are enough
INNER_RADIUS, OUTER_RADIUS = (
    1.5,
    4.0,
)  # pixels from its centre: a patch covers all within the one, nothing beyond the other
MAX_INK_DISTANCE = 2  # pixels from the ink: paper farther away has no part in the evidence
MIN_PROBA = 1e-12  # probabilities below it count as it: their logarithms would only tell the rounding
MAX_UNDIVIDED_SIDE = 10  # pixels: an ink's box is parted in three along a side only if that side is longer


class Predictor(Protocol):
    """A classifier, calibrated or not."""

    def predict_proba(self, images: Images, /) -> Proba:
        """The probabilities of all classes, float32 (n, c), for images uint8 (n, 28, 28)."""


class Region(NamedTuple):
    """A part of the drawing, one ninth of its bounding box or more, and its evidence.

    Attributes:
        place: its row and column in the box, 0 to 2; (1, 1) is the middle.
        support: sum of the support map over its ink, in nats.
        contrast: sum of the contrast map over its ink, in nats.
        proba: float32 (c,), the prediction without its ink.
    """

    place: tuple[int, int]
    support: float
    contrast: float
    proba: Proba


class Evidence(NamedTuple):
    """What an image's answer rests on.

    Attributes:
        answer: index of the class that was answered, or that the evidence was asked for.
        rival: index of the most probable other class.
        proba: float32 (c,), the answer itself.
        supports: float32 (c, 28, 28), for each class: by how many nats its log-odds, log p - log(1 - p), fall when
            the ink around this pixel is taken away, as the mean of the patches that cover it. Negative where the
            class gains. Zero where no ink is near. One nat is a factor of e = 2.7 in the odds.
        contrast: float32 (28, 28): the same for log p(answer) - log p(rival).
        regions: the parts of the drawing that hold ink, from the top left, by rows.
    """

    answer: int
    rival: int
    proba: Proba
    supports: Floats
    contrast: Floats
    regions: tuple[Region, ...]

    @property
    def support(self) -> Floats:
        """The map of the answer, float32 (28, 28)."""
        return cast(Floats, self.supports[self.answer])


def explain_by_occlusion(
    classifier: Predictor, image: Image, proba: Proba | None = None, *, answer: int | None = None
) -> Evidence:
    """The evidence for the answer to an image, or for another class, for itself and against its strongest rival.

    Args:
        classifier: a calibrated one, if the evidence is to speak of calibrated probabilities.
        image: uint8 (28, 28).
        proba: float32 (c,), the same classifier's answer, if it is there already; else it is predicted.
        answer: index of the class that the evidence is for; by default the most probable one.
    """
    parts = _split_into_regions(image)
    patches = _PATCHES[(occlude(image, _PATCHES) != image).any(axis=(1, 2))]  # (196, 28, 28) -> (k, 28, 28)
    veils = np.concatenate([patches, [_soften(mask) for mask in parts.values()]]) if parts else patches
    occluded = occlude(image, veils)  # (k + r, 28, 28)
    if proba is None:
        first, *others = classifier.predict_proba(np.concatenate([image[None], occluded]))
    else:
        first, others = proba, list(classifier.predict_proba(occluded))
    probas = np.stack([first, *others])  # (1 + k + r, c)
    order = [int(index) for index in np.argsort(first, kind="stable")[::-1]]
    answer = order[0] if answer is None else answer
    rival = next((index for index in order if index != answer), answer)
    ink = image > 0
    near = ndimage.binary_dilation(ink, iterations=MAX_INK_DISTANCE)
    falls = [score[0] - score[1 : 1 + len(patches)] for score in _log_scores(probas, answer, rival)]
    *supports, contrast = (_average_over_patches(fall, patches) * near for fall in falls)
    regions = [
        Region(place, float(supports[answer][mask & ink].sum()), float(contrast[mask & ink].sum()), row)
        for (place, mask), row in zip(parts.items(), others[len(patches) :], strict=True)
    ]
    return Evidence(answer, rival, first, np.stack(supports), contrast, tuple(regions))


def occlude(image: Image, veils: Floats) -> Images:
    """The image under each veil: uint8 (k, 28, 28) for veils float (k, 28, 28), 1 where they hide all ink."""
    return np.rint(image * (1 - veils)).astype(np.uint8)


def make_disc(centre: tuple[float, float], inner: float, outer: float) -> Floats:
    """A soft disc, float32 (28, 28): 1 up to `inner` pixels from its centre, falling to 0 at `outer`."""
    rows, columns = np.ogrid[:IMAGE_SIDE, :IMAGE_SIDE]
    distance = np.hypot(rows - centre[0], columns - centre[1])
    return np.clip((outer - distance) / (outer - inner), 0, 1).astype(np.float32)


def grid_centres(stride: int) -> list[tuple[float, float]]:
    """Places on the image, a stride apart, laid out alike from all four sides."""
    places = np.arange((IMAGE_SIDE - 1) % stride / 2, IMAGE_SIDE, stride)
    return [(float(row), float(column)) for row in places for column in places]


_PATCHES = np.stack([make_disc(centre, INNER_RADIUS, OUTER_RADIUS) for centre in grid_centres(PATCH_STRIDE)])


def _log_scores(proba: Proba, answer: int, rival: int) -> list[Floats]:
    """Log-odds of each class, then the answer's log-probability above the rival's, float64 (n,) each, in nats."""
    exact = proba.astype(np.float64)  # (n, c)
    own = np.log(np.maximum(exact, MIN_PROBA))
    # A sum of the others, because 1 - p has no digits left where p is nearly 1.
    others = [np.maximum(np.delete(exact, i, axis=1).sum(axis=1), MIN_PROBA) for i in range(exact.shape[1])]
    return [*(own[:, i] - np.log(other) for i, other in enumerate(others)), own[:, answer] - own[:, rival]]


def _average_over_patches(falls: Floats, patches: Floats) -> Floats:
    """The falls (k,) laid back where their patches (k, 28, 28) lay: at each pixel the mean of those that cover it.

    Patches that cover no ink were not asked, and fell by nothing: they count in the mean.
    """
    return (np.tensordot(falls, patches, axes=1) / _PATCHES.sum(axis=0)).astype(np.float32)


def _split_into_regions(image: Image) -> dict[tuple[int, int], Mask]:
    """The parts of the drawing that hold ink, bool (28, 28), by their row and column, 0 to 2."""
    if not image.any():
        return {}
    rows, columns = ndimage.find_objects((image > 0).astype(np.int8))[0]
    regions = {}
    for row, inside_row in enumerate(_split_into_thirds(rows)):
        for column, inside_column in enumerate(_split_into_thirds(columns)):
            mask = inside_row[:, None] & inside_column
            if image[mask].any():
                regions[row, column] = mask
    return regions


def _split_into_thirds(box: slice) -> list[Mask]:
    """Three masks (28,) that part the side of a box; of a short side all is the middle. The outer ones go on."""
    places, length = np.arange(IMAGE_SIDE), box.stop - box.start
    if length <= MAX_UNDIVIDED_SIDE:
        return [places < 0, places >= 0, places < 0]
    low, high = box.start + length / 3, box.stop - length / 3
    return [places + 0.5 < low, (places + 0.5 >= low) & (places + 0.5 <= high), places + 0.5 > high]


def _soften(mask: Mask) -> Floats:
    # A cut with a soft edge, so that the network does not read the straight end of a stroke.
    return ndimage.gaussian_filter(mask.astype(np.float32), 1.0, mode="nearest")
