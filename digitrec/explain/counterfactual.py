"""Counterfactuals: the smallest change of ink found that changes the answer.

A greedy search over small soft dots, of ink near the drawing or of paper on it: it sets the dot that makes another
answer most likely, then the next. It stops after a few dots, so it may miss a smaller change, or any. The last
prediction confirms that the answer changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.explain.occlusion import MIN_PROBA, Predictor, grid_centres, make_disc
from digitrec.imaging import Floats, Image, Proba
from digitrec.inference import BATCH

MAX_DOTS = 6  # all their 63 subsets are one batch of the classifier; a search takes about nine batches
MAX_FIRST_CANDIDATES = 2 * BATCH  # dots that are tried first; later the best of them, as many as fill one batch
INNER_RADIUS, OUTER_RADIUS = 0.8, 1.65  # pixels: four pixels with a faint rim, half as wide as a stroke
MAX_INK_DISTANCE = 2  # pixels from the drawing: farther away no hand would have slipped
MIN_LEAD = 0.02  # nats between two answers: a smaller lead may be rounding
MIN_VISIBLE_CHANGE = 26  # levels of 255, a tenth: a pixel with less change looks the same


class Counterfactual(NamedTuple):
    """A changed image with another answer.

    Attributes:
        image: uint8 (28, 28).
        was: index of the answer before.
        becomes: index of the answer now.
        proba: float32 (c,), the new prediction.
        added: number of dots of ink that were added.
        removed: number of dots of ink that were removed.
        pixels: number of pixels that changed by a tenth of black or more.
        steps: uint8 (28, 28) each, the image after each dot; the last is `image`.
    """

    image: Image
    was: int
    becomes: int
    proba: Proba
    added: int
    removed: int
    pixels: int
    steps: tuple[Image, ...] = ()


class _Dot(NamedTuple):
    shape: Floats  # (28, 28)
    adds: bool

    def on(self, image: Image) -> Image:
        if self.adds:
            return np.maximum(image, np.rint(255 * self.shape).astype(np.uint8))
        return np.rint(image * (1 - self.shape)).astype(np.uint8)


def find_counterfactual(
    classifier: Predictor, image: Image, answer: int | None = None, *, target: int | None = None
) -> Counterfactual | None:
    """The smallest change found that changes the answer to an image; None if none was found.

    Args:
        classifier: a calibrated one, if the new answer is to have a calibrated probability.
        image: uint8 (28, 28).
        answer: index of the class that the classifier answers, if it is there already; else it is predicted.
        target: index of the class that it is to answer then; by default any other one.
    """
    if answer is None:
        answer = int(classifier.predict_proba(image[None])[0].argmax())
    candidates, changed = _candidate_dots(image), image
    chosen: list[_Dot] = []
    while candidates and len(chosen) < MAX_DOTS:
        asked = np.stack([dot.on(changed) for dot in candidates])  # (k, 28, 28)
        lead = _log_lead(classifier.predict_proba(asked), answer, target)
        order = np.argsort(lead, kind="stable")
        chosen.append(candidates[order[0]])
        changed = asked[order[0]]
        if lead[order[0]] < -MIN_LEAD:
            return _find_smallest_subset(classifier, image, (answer, target), chosen)
        candidates = [candidates[index] for index in order[1 : BATCH + 1]]
    return None


def count_changed_pixels(before: Image, after: Image) -> int:
    """How many pixels of two images differ visibly."""
    return int((np.abs(before.astype(np.int16) - after) >= MIN_VISIBLE_CHANGE).sum())


def _candidate_dots(image: Image) -> list[_Dot]:
    """The dots that change the image most, of paper on its ink or of ink on or near it, the largest first."""
    if not image.any():
        return []
    distance = ndimage.distance_transform_edt(image < 128)
    near = [_Dot(shape, True) for shape in _DOT_SHAPES if distance[shape == 1].min() <= MAX_INK_DISTANCE]
    nearby = [_Dot(shape, False) for shape in _DOT_SHAPES] + near
    change = [np.abs(dot.on(image).astype(np.int16) - image).sum() for dot in nearby]
    order = np.argsort(change, kind="stable")[::-1]
    return [nearby[index] for index in order[:MAX_FIRST_CANDIDATES] if change[index] >= 255]  # less is no dot


def _log_lead(proba: Proba, answer: int, target: int | None) -> Floats:
    """The log-probability of the answer above that of the best other class, float64 (n,), in nats.

    With a target, it is the lead of all classes over the target.
    """
    logs = np.log(np.maximum(proba.astype(np.float64), MIN_PROBA))
    if target is not None:
        return np.delete(logs, target, axis=1).max(axis=1) - logs[:, target]
    return logs[:, answer] - np.delete(logs, answer, axis=1).max(axis=1)


def _find_smallest_subset(
    classifier: Predictor, image: Image, change: tuple[int, int | None], dots: list[_Dot]
) -> Counterfactual:
    """Of all subsets of the dots, the one that changes the answer, to the target, with the fewest pixels."""
    answer, target = change
    selections = [some for count in range(1, len(dots) + 1) for some in combinations(dots, count)]
    asked = np.stack([_apply_dots(image, some) for some in selections])  # (2^dots - 1, 28, 28)
    proba = classifier.predict_proba(asked)
    flips = np.flatnonzero(_log_lead(proba, answer, target) < -MIN_LEAD / 2)  # all dots together are among them
    best = min(flips, key=lambda index: (count_changed_pixels(image, asked[index]), len(selections[index])))
    added = sum(dot.adds for dot in selections[best])
    removed = len(selections[best]) - added
    becomes, pixels = int(proba[best].argmax()), count_changed_pixels(image, asked[best])
    steps = tuple(_apply_dots(image, selections[best][:count]) for count in range(1, added + removed + 1))
    return Counterfactual(asked[best], answer, becomes, proba[best], added, removed, pixels, steps)


def _apply_dots(image: Image, dots: Sequence[_Dot]) -> Image:
    for dot in dots:
        image = dot.on(image)
    return image


_DOT_SHAPES = [make_disc(centre, INNER_RADIUS, OUTER_RADIUS) for centre in grid_centres(2)]
