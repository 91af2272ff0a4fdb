"""The words for a verdict, the same wherever one is shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from digitrec.inference.verdict import Reason, Verdict

MAX_REASONS = 2  # that are put into words: the strongest


def describe(verdict: Verdict) -> str:
    """Why a verdict is "not sure", in a sentence or two; empty if it is sure."""
    return " ".join(describe_reason(reason, verdict) for reason in verdict.reasons[:MAX_REASONS])


def describe_reason(reason: Reason, verdict: Verdict) -> str:
    """One reason as a sentence.

    Args:
        reason: one of the verdict's.
        verdict: it names the answer and the runner-up.
    """
    return SENTENCES[reason.kind].format(
        a_class=with_article(verdict.answer), first=verdict.answer, second=verdict.runner_up, value=reason.value
    )


class Measured(NamedTuple):
    """What a reason rests on, in words with units."""

    name: str  # "Closed loops"
    value: str  # "3"
    usual: str  # "at most 2"


def refusal_title(verdict: Verdict) -> str:
    """What was refused, as a heading; the verdict is not sure."""
    if verdict.has_probabilities:
        return f"Not sure between {verdict.answer} and {verdict.runner_up}"
    return f"Not sure: the best guess {verdict.answer} was refused"


def describe_measured(reason: Reason, verdict: Verdict) -> str:
    """One reason as a sentence, with its value and what is usual."""
    found = measure_reason(reason)
    return f"{describe_reason(reason, verdict)} {found.name}: {found.value} (usual: {found.usual})."


def measure_reason(reason: Reason) -> Measured:
    """What a reason rests on: its name, its value and the end of the usual range that it passes, with units."""
    name, to_text, to_unit = _MEASURES[reason.feature or reason.kind]
    low, high = reason.usual
    value, limit = to_unit(reason.value), to_unit(high if reason.value > high else low)
    usual = to_text(limit) if to_text is _yes_or_no else f"{_END[value > limit]} {to_text(limit)}"
    return Measured(name, to_text(value), usual)


def with_article(name: str) -> str:
    """A class with its indefinite article, as it is spoken: "a 7", "an 8", "an X"."""
    spoken_vowel = name[:1] in "8AEFHILMNORSXaeiou" if len(name) == 1 else name[:1].lower() in "8aeiou"
    return f"{'an' if spoken_vowel and name else 'a'} {name}"


SENTENCES = {
    "blot": "This looks like a dot or a blot, not like a digit.",
    "line": "This looks like a line across the paper, not like a digit.",
    "line from edge to edge": "This looks like a line: it runs from one edge of the paper to another.",
    "components": "It has {value:.0f} separate parts, like more than one digit.",
    "several components": "It has several separate parts, like more than one digit.",
    "many loops": "It has more closed loops than a digit usually has.",
    "many ends": "It has more stroke ends than a digit usually has.",
    "many lines": "It has more lines than a digit usually has.",
    "few lines": "It has hardly any lines.",
    "much ink": "It has more ink than a digit usually has.",
    "little ink": "It has hardly any ink.",
    "wide": "It is wider than a digit usually is.",
    "unlike class": "It looks unlike {a_class} in the training images.",
    "other directions": "Its strokes go in other directions than in {a_class}.",
    "unusual in all": "Its shape and strokes together are unlike {a_class} in the training images.",
    "between two classes": "The network cannot decide between {first} and {second}.",
}


_END = {True: "at most", False: "at least"}  # of the usual range, by whether the value is above it


def _same(value: float) -> float:
    return value


def _count(value: float) -> str:
    return f"{value:.0f}"


def _share(value: float) -> str:
    return f"{value:.0%}" if 0.095 <= value <= 0.905 else f"{value:.1%}"


def _pixels(value: float) -> str:
    return f"{value:.0f} pixels of the image"


def _to_distance(value: float) -> float:
    """From the logarithm of a squared distance, in standard deviations of the training images."""
    return math.sqrt(max(math.exp(value) - 1e-3, 0))


def _distance(value: float) -> str:
    return f"{value:.1f} standard deviations" if value < 9.95 else f"{value:.0f} standard deviations"


def _yes_or_no(value: float) -> str:
    return "yes" if value > 0 else "no"


# By the feature, else the kind of a reason: what was measured, its words, and its way from the feature's own unit.
_MEASURES: dict[str, tuple[str, Callable[[float], str], Callable[[float], float]]] = {
    "blot": ("Ink in its box", _share, _same),
    "line": ("Breadth of the line, of its length", _share, _same),
    "line from edge to edge": ("Breadth of the line, of its length", _share, _same),
    "between two classes": ("Confidence", _share, _same),
    "unusual in all": (
        "Score for being of no class",
        _share,
        lambda logit: 1 / (1 + math.exp(min(-logit, 700))),
    ),
    "components": ("Separate parts", _count, _same),
    "second component": ("Ink in the second part", _share, _same),
    "loops": ("Closed loops", _count, _same),
    "ends": ("Stroke ends", _count, _same),
    "length": ("Length of the lines", _pixels, lambda log: math.exp(log) - 3),
    "ink": ("Ink, of a black image", _share, lambda log: math.exp(log) - 1e-3),
    "aspect": ("Width, of its height", _share, lambda log: math.exp(log) - 0.05),
    "doubt": ("Confidence before calibration", _share, lambda log: 1 - math.exp(log)),
    "embedding distance": ("Distance from its class", _distance, _to_distance),
    "nearest embedding distance": ("Distance from every class", _distance, _to_distance),
    "direction distance": ("Stroke directions' distance from its class", _distance, _to_distance),
    "nearest direction distance": ("Stroke directions' distance from every class", _distance, _to_distance),
    "other nearest class": ("Stroke directions nearer to another class", _yes_or_no, _same),
}
