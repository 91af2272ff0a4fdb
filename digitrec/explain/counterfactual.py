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

from digitrec.explain.occlusion import FLOOR, disc, grid, rounded
from digitrec.inference.classifier import BATCH, Classifier

DOTS = 6  # at most so many: all their 63 subsets are one batch of the classifier, and a search takes nine or so
FIRST = 2 * BATCH  # dots that are tried at first; from then on the best of them that fill one batch
INNER, OUTER = 0.8, 1.65  # pixels: four pixels with a faint rim, half as wide as a stroke
REACH = 2  # pixels from the drawing: ink is added no farther away, where no hand would have slipped to
CLEAR = 0.02  # nats between two answers that count as different, whatever the rounding
SEEN = 26  # levels of 255: a pixel counts as changed from a tenth on, which can be seen


class Flip(NamedTuple):
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


def smallest_flip(classifier: Classifier, image: np.ndarray) -> Flip | None:
    """The smallest change found that flips the answer to an image uint8 (28, 28); None where none was found."""
    answer = int(classifier.predict_proba(image[None])[0].argmax())
    candidates, chosen, changed = _dots(image), [], image
    while candidates and len(chosen) < DOTS:
        asked = np.stack([dot.on(changed) for dot in candidates])  # (k, 28, 28)
        lead = _lead(classifier.predict_proba(asked), answer)
        order = np.argsort(lead, kind="stable")
        chosen.append(candidates[order[0]])
        changed = asked[order[0]]
        if lead[order[0]] < -CLEAR:
            return _leanest(classifier, image, answer, chosen)
        candidates = [candidates[index] for index in order[1 : BATCH + 1]]
    return None


def flip_words(flip: Flip | None, answer: str, class_names: Sequence[str]) -> str:
    """What was changed, and what is read then."""
    if flip is None:
        return (
            f"No small change was found that makes it anything but {answer}: up to {DOTS} dots of ink, added or "
            "taken away where that hurts most, do not."
        )
    kinds = [(flip.added, "added"), (flip.removed, "taken away")]
    dots = " and ".join(f"{count} {'dot' if count == 1 else 'dots'} of ink {how}" for count, how in kinds if count)
    becomes = f"{class_names[flip.becomes]} ({rounded(float(flip.proba[flip.becomes]))})"
    return (
        f"The smallest change that was found: {dots}, {flip.pixels} of 784 pixels. "
        f"It is then read as {becomes}, no longer as {answer}."
    )


def changed_pixels(before: np.ndarray, after: np.ndarray) -> int:
    """How many pixels of two images differ so much that it can be seen."""
    return int((np.abs(before.astype(np.int16) - after) >= SEEN).sum())


def _dots(image: np.ndarray) -> list[_Dot]:
    """The dots that change the image most, paper on its ink and ink on or near it; the first ones tried."""
    if not image.any():
        return []
    distance = ndimage.distance_transform_edt(image < 128)
    near = [_Dot(shape, True) for shape in _SHAPES if distance[shape == 1].min() <= REACH]
    nearby = [_Dot(shape, False) for shape in _SHAPES] + near
    change = [np.abs(dot.on(image).astype(np.int16) - image).sum() for dot in nearby]
    order = np.argsort(change, kind="stable")[::-1]
    return [nearby[index] for index in order[:FIRST] if change[index] >= 255]  # less is no dot


def _lead(proba: np.ndarray, answer: int) -> np.ndarray:
    """By how many nats the answer is ahead of the best of the others, float64 (n,)."""
    logs = np.log(np.maximum(proba.astype(np.float64), FLOOR))
    return logs[:, answer] - np.delete(logs, answer, axis=1).max(axis=1)


def _leanest(classifier: Classifier, image: np.ndarray, answer: int, dots: list[_Dot]) -> Flip:
    """Of all selections of the dots, the one that flips the answer and changes the fewest pixels."""
    selections = [some for count in range(1, len(dots) + 1) for some in combinations(dots, count)]
    asked = np.stack([_with(image, some) for some in selections])  # (2^dots - 1, 28, 28)
    proba = classifier.predict_proba(asked)
    flips = np.flatnonzero(_lead(proba, answer) < -CLEAR / 2)  # all dots together are among them
    best = min(flips, key=lambda index: (changed_pixels(image, asked[index]), len(selections[index])))
    added = sum(dot.adds for dot in selections[best])
    removed = len(selections[best]) - added
    becomes = int(proba[best].argmax())
    return Flip(asked[best], answer, becomes, proba[best], added, removed, changed_pixels(image, asked[best]))


def _with(image: np.ndarray, dots: Sequence[_Dot]) -> np.ndarray:
    for dot in dots:
        image = dot.on(image)
    return image


_SHAPES = [disc(centre, INNER, OUTER) for centre in grid(2)]
