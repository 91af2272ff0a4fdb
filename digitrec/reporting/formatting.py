"""How numbers are called, explained and written: rounding never makes a number look better than it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from digitrec.data import loading
from digitrec.metrics import Estimate
from digitrec.runs import TrainConfig

UNKNOWN = "–"


class Meaning(NamedTuple):
    """The title of a number and one sentence that explains it."""

    title: str
    sentence: str


_UNWEIGHTED = "Mean over the classes with equal weights."
_WEIGHTED = "Mean over the classes, weighted by their number of images"
# For each of `classification.SUMMARY_METRICS`; {guess_loss} and {guess_brier} are those of equal probabilities.
MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "accuracy": Meaning("Accuracy", "Share of the images with the right answer."),
        "top_2_accuracy": Meaning(
            "Top-2 accuracy", "Share of the images whose true class is the first or the second guess."
        ),
        "macro_precision": Meaning(
            "Precision, macro", f"Share of the answers of a class that are right. {_UNWEIGHTED}"
        ),
        "macro_recall": Meaning(
            "Recall, macro", f"Share of the images of a class that are answered correctly. {_UNWEIGHTED}"
        ),
        "macro_f1": Meaning(
            "F1, macro", f"Harmonic mean of precision and recall: high only if both are. {_UNWEIGHTED}"
        ),
        "weighted_precision": Meaning("Precision, weighted", f"{_WEIGHTED}: rare classes count little."),
        "weighted_recall": Meaning("Recall, weighted", f"{_WEIGHTED}: equal to the accuracy."),
        "weighted_f1": Meaning("F1, weighted", f"{_WEIGHTED}: rare classes count little."),
        "log_loss": Meaning(
            "Log loss",
            "Mean of -ln(probability of the true class), before calibration. 0 is perfect, {guess_loss:.2f} "
            "is guessing. Confident mistakes cost most.",
        ),
        "brier_score": Meaning(
            "Brier score",
            "Squared distance between the probabilities, before calibration, and the truth, summed over the "
            "classes. 0 is perfect, {guess_brier:.2f} is guessing, 2 is certain and always wrong.",
        ),
    }
)
LOSSES = ("log_loss", "brier_score")  # among `classification.SUMMARY_METRICS`: all others are shares


def explain_number(name: str, classes: int) -> str:
    """The sentence that explains a number, for so many classes."""
    guesses = {"guess_loss": math.log(classes), "guess_brier": 1 - 1 / classes}
    return MEANINGS[name].sentence.format(**guesses)


def format_value(name: str, value: float) -> str:
    """A number of `classification.SUMMARY_METRICS`: shares in per cent, losses with four decimals."""
    return format_loss(value) if name in LOSSES else format_share(value)


def format_interval(name: str, estimate: Estimate) -> str:
    """The 95% interval of a number of `classification.SUMMARY_METRICS`."""
    if math.isnan(estimate.low):
        return UNKNOWN
    return f"{format_value(name, estimate.low)} to {format_value(name, estimate.high)}"


def format_share(share: float, decimals: int = 2) -> str:
    """A share in per cent; only all is 100% and only none is 0%: what rounds to them gets a > or <."""
    if math.isnan(share):
        return UNKNOWN
    smallest = 0.1**decimals / 100
    if 0 < share < smallest / 2:
        return f"<{smallest:.{decimals}%}"
    if 1 > share > 1 - smallest / 2:
        return f">{1 - smallest:.{decimals}%}"
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
    """A confidence in per cent, with as many decimals as it takes to differ from 100%."""
    if confidence <= 0:
        return "0%"
    doubt = 1 - confidence
    if doubt < 1e-6:
        return ">99.9999%"
    decimals = max(0, math.ceil(-math.log10(doubt) - 1 - 1e-9))
    return f"{100 * confidence:.{decimals}f}%"


def format_probability(probability: float) -> str:
    """A network's probability in per cent with one decimal, never as 0% or 100%.

    A softmax gives neither 0 nor 1; where float32 says so, it has rounded.
    """
    if probability < 0.0005:
        return "<0.1%"
    return ">99.9%" if probability >= 0.9995 else f"{probability:.1%}"


def format_count(count: int, noun: str, plural: str = "") -> str:
    """A number of things: "1 page", "1,200 pages".

    Args:
        count: how many.
        noun: of one of them.
        plural: of several; by default the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def join_names(names: Sequence[str]) -> str:
    """Names as a list in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def format_setting(name: str) -> str:
    """The label of a field of `TrainConfig`."""
    named = {"dataset": "Data set", "start_from": "Start from", "teacher_share": "Weight of the teachers"}
    return named.get(name, name.replace("_", " ").capitalize())


def format_setting_value(value: object) -> str:
    """The value of a field of `TrainConfig`, short; 0.00001, not 1e-05."""
    if not isinstance(value, float):
        return str(value) or "none"
    short = f"{value:g}"
    return f"{value:.8f}".rstrip("0") if "e-" in short else short


def describe_config(config: TrainConfig, *, with_epochs: bool = True) -> str:
    """What a training learns from, and how, in one line."""
    facts = (
        f"{config.network} on {loading.title(config.dataset)}",
        *([format_count(config.epochs, "epoch")] if with_epochs else []),
        f"batches of {config.batch_size}",
        f"learning rate {format_setting_value(config.learning_rate)}, {config.schedule}",
        f"augmentation {'on' if config.augments else 'off'}",
    )
    return " · ".join(facts)


def format_duration(seconds: float) -> str:
    """A time span in words: "12 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
