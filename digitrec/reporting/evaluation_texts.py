"""Sentences about what an evaluation found: slices, wrong labels, notes, corruptions and attacks.

The measures return kinds and values. These words are for the pages, the report and the command line alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from digitrec.evaluation import SOURCE, LabelError, Note, WorstSlice, scoring
from digitrec.robustness import CORRUPTIONS, EPSILONS, SEVERITIES, Attack, RobustnessScores


class QualityText(NamedTuple):
    """A quality of images in words."""

    title: str
    phrase: str  # before the name of a group
    unit: str = ""  # after it


class CorruptionText(NamedTuple):
    """A corruption in words."""

    title: str
    strength: str  # for `str.format` with a severity's strengths


# By the names of `slices.QUALITIES`.
QUALITY_TEXTS: Mapping[str, QualityText] = MappingProxyType(
    {
        "thickness": QualityText("Stroke thickness (pixels)", "a stroke thickness", " pixels"),
        "slant": QualityText("Slant (degrees, above 0 to the right)", "a slant", " degrees"),
        "ink": QualityText("Ink (% of a full image)", "an amount of ink", " %"),
        "aspect": QualityText("Width over height", "a width over height"),
        "pieces": QualityText("Pieces", "a digit in"),
        "writer": QualityText("Writer", "digits by"),
    }
)
# By the names of `corruptions.CORRUPTIONS`.
CORRUPTION_TEXTS: Mapping[str, CorruptionText] = MappingProxyType(
    {
        "shot_noise": CorruptionText("Shot noise", "{} photons at full ink"),
        "impulse_noise": CorruptionText("Impulse noise", "{:.0%} of the pixels"),
        "glass_blur": CorruptionText("Glass blur", "blur of {0} pixels, {2} rounds of swaps over {1}"),
        "motion_blur": CorruptionText("Motion blur", "{1} pixels long"),
        "shear": CorruptionText("Shear", "by {} radians"),
        "scale": CorruptionText("Scale", "to {:.0%}"),
        "rotate": CorruptionText("Rotate", "by {} radians"),
        "translate": CorruptionText("Translate", "by {0}, {0} pixels"),
        "brightness": CorruptionText("Brightness", "{:.0%} of full ink more"),
        "stripe": CorruptionText("Stripe", "{} pixels wide"),
        "fog": CorruptionText("Fog", "{} times full ink, roughness {} times smaller at each scale"),
        "spatter": CorruptionText("Spatter", "noise of mean {0.mean} and deviation {0.deviation}"),
        "dotted_line": CorruptionText("Dotted line", "{} pixels to each side"),
        "zigzag": CorruptionText("Zigzag", "{} pixels to each side"),
        "canny_edges": CorruptionText("Canny edges", "{:.0%} edges"),
    }
)
_RECOMPUTED = "It was computed again."
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        scoring.OTHER_NETWORK: "The stored evaluation of {} belongs to another network than this run has now.",
        scoring.OTHER_IMAGES: f"The stored evaluation of {{}} belongs to other images. {_RECOMPUTED}",
        scoring.DAMAGED_EVALUATION: "The stored evaluation is damaged.",
        scoring.DAMAGED_ANSWERS: "The stored answers are damaged: the images were read again.",
        scoring.NOT_STORED: "The evaluation cannot be stored with the run ({}): it will be computed again next "
        "time. Free some space, or make the run's folder writable.",
        scoring.OVERLAP: "{}",
    }
)


def describe_note(note: Note) -> str:
    """A fact about how a score was made, in a sentence."""
    text = _NOTES[note.kind].format(note.detail)
    recomputed = note.kind in (scoring.OTHER_NETWORK, scoring.DAMAGED_EVALUATION)
    return f"{text} {_RECOMPUTED}" if recomputed else text


def describe_outdated(note: Note | None) -> str:
    """Why a stored evaluation does not hold any more; empty without a note."""
    return "" if note is None else _NOTES[note.kind].format(note.detail)


def describe_label_error(error: LabelError) -> str:
    """What people found about a label, to follow the image's name."""
    if error.correction is None:
        return f"people disagreed about the label ({SOURCE})"
    given, agreed = error.correction
    return f"labelled {given}, but people agreed on {agreed} ({SOURCE})"


def describe_slice(quality: str, name: str) -> str:
    """A group of images as a noun phrase: "a stroke thickness below 1.8 pixels"."""
    text = QUALITY_TEXTS[quality]
    return f"{text.phrase} {name}{text.unit}"


def describe_worst_slice(worst: WorstSlice | None) -> str:
    """The group with the lowest accuracy, and whether chance explains it."""
    if worst is None:
        return "No group stands out: all have the same accuracy, or too few images."
    part = worst.part
    text = (
        f"Lowest accuracy: {describe_slice(worst.quality, part.name)}. {part.accuracy.value:.2%} of these "
        f"{part.n:,} images are right ({part.n - part.right:,} wrong), against {worst.rest:.2%} of all others."
    )
    if worst.is_significant:
        return f"{text} With {worst.compared} groups, chance does not explain this gap."
    return f"{text} With {worst.compared} groups, a gap this large can be chance."


def describe_strength(name: str, severity: int) -> str:
    """How strong a corruption is at a severity."""
    return CORRUPTION_TEXTS[name].strength.format(*CORRUPTIONS[name].strengths[severity - 1])


def list_robustness(scores: RobustnessScores) -> list[str]:
    """The accuracy on each corruption at each severity, as text lines; a star marks the paper's severity."""
    lines = [f"{scores.n:,} images, {scores.clean / scores.n:.2%} right without corruption"]
    lines.append(f"{'severity':>14}" + "".join(f"{severity:7} " for severity in SEVERITIES))
    for (name, corruption), row in zip(CORRUPTIONS.items(), scores.right / scores.n, strict=True):
        shares = (f"{share:7.1%}{'*' if i == corruption.paper else ' '}" for i, share in enumerate(row, start=1))
        lines.append(f"{name:>14}" + "".join(shares))
    means = {"the 15 at the severity of MNIST-C (*)": scores.at_paper, "all 75": scores.overall}
    for what, (mean, low, high) in means.items():
        lines.append(f"mean of {what}: {mean:.2%} (95% interval {low:.2%} to {high:.2%})")
    return lines


def list_attack(attack: Attack) -> list[str]:
    """The accuracy at each step of an attack, as lines of plain text."""
    lines = [f"{attack.n:,} images", f"{'levels of 255':>14} {'gradient':>9} {'random':>9}"]
    for epsilon, *estimates in zip(EPSILONS, attack.accuracy, attack.accuracy_by_chance, strict=True):
        lines.append(f"{epsilon:14} " + " ".join(f"{estimate.value:9.2%}" for estimate in estimates))
    return lines
