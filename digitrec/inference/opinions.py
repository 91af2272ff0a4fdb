"""What several networks say of one drawing, and whether they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Opinion(NamedTuple):
    """What one network says of a drawing."""

    model: str  # its run's name
    answer: str | None  # the class it was read as; None where the network could not read
    confidence: float = 0.0
    runner_up: str = ""
    runner_up_confidence: float = 0.0
    problem: str = ""  # why it could not read, in words


def make_opinion(model: str, proba: np.ndarray, class_names: Sequence[str]) -> Opinion:
    """The opinion that the probabilities (c,) of a network amount to."""
    second, best = (int(index) for index in np.argsort(proba, kind="stable")[-2:])
    return Opinion(model, class_names[best], float(proba[best]), class_names[second], float(proba[second]))


def have_disagreement(opinions: Sequence[Opinion]) -> bool:
    """Whether two of the networks read the drawing as different classes."""
    return len({each.answer for each in opinions} - {None}) > 1


def describe_agreement(opinions: Sequence[Opinion]) -> str:
    """Whether the networks agree, in words: what most of them say, and who says what else."""
    voices = [each for each in opinions if each.answer is not None]
    silent = [each.model for each in opinions if each.answer is None]
    unread = f" {_join_names(silent)} could not read it." if silent else ""
    if len(voices) < 2:
        return f"There are not two answers to compare.{unread}"
    if not have_disagreement(voices):
        number = "Both" if len(voices) == 2 else f"All {len(voices)}"
        return f"{number} models say {voices[0].answer}.{unread}"
    (most, votes), (_, fewer), *_ = Counter(each.answer for each in voices).most_common()
    outvoted = [f"{each.model} says {each.answer}" for each in voices if each.answer != most or votes == fewer]
    majority = f"{votes} of {len(voices)} say {most}, but " if votes > fewer else ""
    return f"The models disagree: {majority}{_join_names(outvoted)}.{unread}"


def _join_names(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
