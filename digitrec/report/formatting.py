"""Numbers in words: what each says, and how it is written so that rounding never flatters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from digitrec.metrics.intervals import Estimate

UNKNOWN = "–"


class Meaning(NamedTuple):
    """What a number is called and what it means, for a person."""

    title: str
    sentence: str


_UNWEIGHTED = "Mean over the classes, each counting the same."
_WEIGHTED = "Mean over the classes, each counting by how many images it has"
# Of each number of `estimates.MEASURES`; {guess_loss} and {guess_brier} are what equal probabilities would give.
MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "accuracy": Meaning("Accuracy", "The share of all images that is read right."),
        "top_2_accuracy": Meaning(
            "Top-2 accuracy", "The share of the images whose true class is the answer or the second guess."
        ),
        "macro_precision": Meaning(
            "Precision, macro", f"Of the images answered as a class, the share that is of it. {_UNWEIGHTED}"
        ),
        "macro_recall": Meaning(
            "Recall, macro", f"Of the images of a class, the share that is found. {_UNWEIGHTED}"
        ),
        "macro_f1": Meaning(
            "F1, macro", f"Harmonic mean of precision and recall: high only where both are. {_UNWEIGHTED}"
        ),
        "weighted_precision": Meaning("Precision, weighted", f"{_WEIGHTED}: a rare class matters little."),
        "weighted_recall": Meaning("Recall, weighted", f"{_WEIGHTED}: that makes it the accuracy again."),
        "weighted_f1": Meaning("F1, weighted", f"{_WEIGHTED}: a rare class matters little."),
        "log_loss": Meaning(
            "Log loss",
            "Negative log-likelihood: the mean of -ln(probability given to the true class), in nats. 0 is "
            "perfect, {guess_loss:.2f} is guessing, and a sure mistake costs most.",
        ),
        "brier_score": Meaning(
            "Brier score",
            "Squared distance of the probabilities from the truth, summed over the classes. 0 is perfect, "
            "{guess_brier:.2f} is guessing, 2 is sure and always wrong.",
        ),
    }
)
LOSSES = ("log_loss", "brier_score")  # among `estimates.MEASURES`: all others are shares


def explain_number(name: str, classes: int) -> str:
    """What the number of this name means, where there are so many classes."""
    guesses = {"guess_loss": math.log(classes), "guess_brier": 1 - 1 / classes}
    return MEANINGS[name].sentence.format(**guesses)


def format_value(name: str, value: float) -> str:
    """A number of `estimates.MEASURES`: a share as per cent, a loss as it is."""
    return format_loss(value) if name in LOSSES else format_share(value)


def format_interval(name: str, estimate: Estimate) -> str:
    """The 95% interval of a number of `estimates.MEASURES`."""
    if math.isnan(estimate.low):
        return UNKNOWN
    return f"{format_value(name, estimate.low)} to {format_value(name, estimate.high)}"


def format_share(share: float, decimals: int = 2) -> str:
    """A share as per cent; 100% is all and 0% is none, and what only rounds to them says so."""
    if math.isnan(share):
        return UNKNOWN
    least = 0.1**decimals / 100
    if 0 < share < least / 2:
        return f"<{least:.{decimals}%}"
    if 1 > share > 1 - least / 2:
        return f">{1 - least:.{decimals}%}"
    return f"{share:.{decimals}%}"


def format_area(area: float) -> str:
    """The area under a curve, from 0 to 1, with five decimals."""
    if math.isnan(area):
        return UNKNOWN
    return ">0.99999" if 0.999995 < area < 1 else f"{area:.5f}"


def format_loss(loss: float) -> str:
    """A loss with four decimals."""
    return UNKNOWN if math.isnan(loss) else f"{loss:.4f}"


def format_confidence(confidence: float) -> str:
    """A confidence as per cent with as many decimals as tell it from certainty, which no network has."""
    if confidence <= 0:
        return "0%"
    doubt = 1 - confidence
    if doubt < 1e-6:
        return ">99.9999%"
    decimals = max(0, math.ceil(-math.log10(doubt) - 1 - 1e-9))
    return f"{100 * confidence:.{decimals}f}%"


def join_names(names: list[str]) -> str:
    """Names in a row: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
