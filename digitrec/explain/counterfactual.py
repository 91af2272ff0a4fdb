"""The smallest change of ink found that makes the network answer otherwise.

A greedy search: of all small soft dots, of ink near the drawing or of paper on it, the one that brings another
answer nearest is set, then the next. It ends after few dots, so it may miss a smaller change, and may find none
where there is one; what it finds does change the answer, which is the last thing it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.explain.occlusion import MIN_PROBA, format_percent, grid_centres, make_disc
from digitrec.inference.classifier import BATCH, Classifier

MAX_DOTS = (
    6  # at most so many: all their 63 subsets are one batch of the classifier, and a search takes nine or so
)
MAX_FIRST_CANDIDATES = 2 * BATCH  # dots that are tried at first; from then on the best of them that fill one batch
INNER_RADIUS, OUTER_RADIUS = 0.8, 1.65  # pixels: four pixels with a faint rim, half as wide as a stroke
MAX_INK_DISTANCE = 2  # pixels from the drawing: ink is added no farther away, where no hand would have slipped to
MIN_LEAD = 0.02  # nats between two answers that count as different, whatever the rounding
MIN_VISIBLE_CHANGE = 26  # levels of 255: a pixel counts as changed from a tenth on, which can be seen


class Counterfactual(NamedTuple):
    """A changed image that is answered otherwise.

    Attributes:
        image: uint8 (28, 28).
        was: index of the class that was answered before.
        becomes: index of the class that is answered now.
        proba: float32 (c,), the new answer.
        added: dots of ink that were added.
        removed: dots of ink that were taken away.
        pixels: how many pixels changed by a tenth of black or more.
    """

    image: np.ndarray
    was: int
    becomes: int
    proba: np.ndarray
    added: int
    removed: int
    pixels: int


class _Dot(NamedTuple):
    shape: np.ndarray  # float32 (28, 28)
    adds: bool

    def on(self, image: np.ndarray) -> np.ndarray:
        if self.adds:
            return np.maximum(image, np.rint(255 * self.shape).astype(np.uint8))
        return np.rint(image * (1 - self.shape)).astype(np.uint8)


def find_counterfactual(classifier: Classifier, image: np.ndarray) -> Counterfactual | None:
    """The smallest change found that flips the answer to an image uint8 (28, 28); None where none was found."""
    answer = int(classifier.predict_proba(image[None])[0].argmax())
    candidates, chosen, changed = _candidate_dots(image), [], image
    while candidates and len(chosen) < MAX_DOTS:
        asked = np.stack([dot.on(changed) for dot in candidates])  # (k, 28, 28)
        lead = _log_lead(classifier.predict_proba(asked), answer)
        order = np.argsort(lead, kind="stable")
        chosen.append(candidates[order[0]])
        changed = asked[order[0]]
        if lead[order[0]] < -MIN_LEAD:
            return _find_smallest_subset(classifier, image, answer, chosen)
        candidates = [candidates[index] for index in order[1 : BATCH + 1]]
    return None


def describe_counterfactual(flip: Counterfactual | None, answer: str, class_names: Sequence[str]) -> str:
    """What was changed, and what is read then."""
    if flip is None:
        return (
            f"No small change was found that makes it anything but {answer}: up to {MAX_DOTS} dots of "
            f"ink, added or "
            "taken away where that hurts most, do not."
        )
    kinds = [(flip.added, "added"), (flip.removed, "taken away")]
    dots = " and ".join(f"{count} {'dot' if count == 1 else 'dots'} of ink {how}" for count, how in kinds if count)
    becomes = f"{class_names[flip.becomes]} ({format_percent(float(flip.proba[flip.becomes]))})"
    return (
        f"The smallest change that was found: {dots}, {flip.pixels} of 784 pixels. "
        f"It is then read as {becomes}, no longer as {answer}."
    )


def count_changed_pixels(before: np.ndarray, after: np.ndarray) -> int:
    """How many pixels of two images differ so much that it can be seen."""
    return int((np.abs(before.astype(np.int16) - after) >= MIN_VISIBLE_CHANGE).sum())


def _candidate_dots(image: np.ndarray) -> list[_Dot]:
    """The dots that change the image most, paper on its ink and ink on or near it; the first ones tried."""
    if not image.any():
        return []
    distance = ndimage.distance_transform_edt(image < 128)
    near = [_Dot(shape, True) for shape in _DOT_SHAPES if distance[shape == 1].min() <= MAX_INK_DISTANCE]
    nearby = [_Dot(shape, False) for shape in _DOT_SHAPES] + near
    change = [np.abs(dot.on(image).astype(np.int16) - image).sum() for dot in nearby]
    order = np.argsort(change, kind="stable")[::-1]
    return [nearby[index] for index in order[:MAX_FIRST_CANDIDATES] if change[index] >= 255]  # less is no dot


def _log_lead(proba: np.ndarray, answer: int) -> np.ndarray:
    """By how many nats the answer is ahead of the best of the others, float64 (n,)."""
    logs = np.log(np.maximum(proba.astype(np.float64), MIN_PROBA))
    return logs[:, answer] - np.delete(logs, answer, axis=1).max(axis=1)


def _find_smallest_subset(
    classifier: Classifier, image: np.ndarray, answer: int, dots: list[_Dot]
) -> Counterfactual:
    """Of all selections of the dots, the one that flips the answer and changes the fewest pixels."""
    selections = [some for count in range(1, len(dots) + 1) for some in combinations(dots, count)]
    asked = np.stack([_apply_dots(image, some) for some in selections])  # (2^dots - 1, 28, 28)
    proba = classifier.predict_proba(asked)
    flips = np.flatnonzero(_log_lead(proba, answer) < -MIN_LEAD / 2)  # all dots together are among them
    best = min(flips, key=lambda index: (count_changed_pixels(image, asked[index]), len(selections[index])))
    added = sum(dot.adds for dot in selections[best])
    removed = len(selections[best]) - added
    becomes = int(proba[best].argmax())
    return Counterfactual(
        asked[best], answer, becomes, proba[best], added, removed, count_changed_pixels(image, asked[best])
    )


def _apply_dots(image: np.ndarray, dots: Sequence[_Dot]) -> np.ndarray:
    for dot in dots:
        image = dot.on(image)
    return image


_DOT_SHAPES = [make_disc(centre, INNER_RADIUS, OUTER_RADIUS) for centre in grid_centres(2)]
