"""Which of a drawing's signs speak against it, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from digitrec.inference.ood_features import FEATURE_NAMES


class Reason(NamedTuple):
    """Something that speaks against an answer."""

    kind: str  # "ink", "distance" or "confidence"
    words: str  # a sentence or two


def feature_reasons(row: np.ndarray, usual: np.ndarray, first: str, second: str) -> list[Reason]:
    """What is unusual in a drawing that was refused, the most unusual first: one reason or two, never none.

    Args:
        row: (m,) its signs.
        usual: (2, m) between these most validation images lie.
        first: the name of the answer.
        second: the name of the runner-up.
    """
    low, high = usual
    width = np.maximum(high - low, 1e-6)
    above, below = (row - high) / width, (low - row) / width
    found: dict[Reason, float] = {}
    for name, (kind, up, down) in _WORDS.items():
        i = FEATURE_NAMES.index(name)
        for excess, words in ((above[i], up), (below[i], down)):
            if words and excess > 0:
                reason = Reason(kind, words.format(first=first, second=second))
                found[reason] = max(excess, found.get(reason, 0))
    ordered = sorted(found, key=found.__getitem__, reverse=True)[:2]
    return ordered or [Reason("distance", _ALL.format(first=first))]


_UNLIKE = "It is unlike the drawings of {first} that the network learnt from."
_BENT = "Its strokes do not run as those of {first} do."
_ALL = "Taken together, its shape and its strokes are unlike those of {first} that the network learnt from."
_SEVERAL = "Its ink is in separate pieces, like more than one character."
_WAVERS = "The network wavers between {first} and {second}."
# Of each sign that says something to a person: what kind it is, and the words where it is too high, or too low.
_WORDS = {
    "apart": ("distance", _UNLIKE, ""),
    "apart from all": ("distance", _UNLIKE, ""),
    "bent": ("distance", _BENT, ""),
    "bent from all": ("distance", _BENT, ""),
    "other answer": ("distance", _BENT, ""),
    "doubt": ("confidence", _WAVERS, ""),
    "pieces": ("ink", _SEVERAL, ""),
    "second piece": ("ink", _SEVERAL, ""),
    "loops": ("ink", "Its lines close more loops than a character's do.", ""),
    "ends": ("ink", "It has more loose ends than a character has.", ""),
    "length": ("ink", "There is more line in it than a character has.", "There is hardly any line in it."),
    "ink": ("ink", "There is more ink in it than a character has.", "There is hardly any ink in it."),
    "aspect": ("ink", "It is wider than a character is.", ""),
}
