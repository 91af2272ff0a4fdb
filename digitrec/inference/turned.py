"""Finds labelled digits that were stored turned or mirrored: a network reads them better once turned back."""

from __future__ import annotations

import math
from typing import NamedTuple

from digitrec.imaging import TURNS, Images, Labels, Turn, turn_images
from digitrec.inference.classifier import Classifier

MAX_CHANCE = 0.001  # of a wrong report for images that lie right
MIN_RIGHT = 0.5  # share of the turned images that the network reads right: else it cannot judge them


class TurnFinding(NamedTuple):
    """A turn that makes a network read images better."""

    turn: Turn
    right: int  # images read right once turned
    right_before: int  # and as they are
    images: int


def find_turn(images: Images, labels: Labels, classifier: Classifier) -> TurnFinding | None:
    """The turn after which a network reads most of these images right; None if they seem to lie right.

    A turn counts only if it is better than none by a sign test, with `MAX_CHANCE` shared by the seven turns: of
    the images that are read right in one of both ways only, half would be read right turned by chance.

    Args:
        images: uint8 (n, 28, 28).
        labels: int64 (n,), digits that are classes of the network.
        classifier: the network.
    """
    if not len(images):
        return None
    hits = {turn: classifier.predict_proba(turn_images(images, turn)).argmax(1) == labels for turn in TURNS}
    best = max(TURNS, key=lambda turn: int(hits[turn].sum()))
    better, worse = int((hits[best] & ~hits["none"]).sum()), int((hits["none"] & ~hits[best]).sum())
    chance = _sign_test(better, worse) * (len(TURNS) - 1)
    if best == "none" or hits[best].mean() < MIN_RIGHT or chance > MAX_CHANCE:
        return None
    return TurnFinding(best, int(hits[best].sum()), int(hits["none"].sum()), len(images))


def _sign_test(better: int, worse: int) -> float:
    """The probability of at least so many better ones among all that differ, if both were equally likely."""
    count = better + worse
    return sum(math.comb(count, k) for k in range(better, count + 1)) / 2**count
