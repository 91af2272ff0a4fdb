"""The coach's findings in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digitrec.evaluation import Finding, Kind
from digitrec.reporting.formatting import format_setting, format_setting_value
from digitrec.runs import TrainConfig

_FINDINGS: dict[Kind, tuple[str, Callable[[Finding, Sequence[str]], str]]] = {
    Kind.DIVERGED: ("It diverged", lambda f, _: "The loss became infinite or NaN. The steps are too large."),
    Kind.LEARNS_NOTHING: (
        "It learns nothing",
        lambda f, _: (
            f"It reads {f.value:.1%} of the training images right, like a guess. With a smaller learning "
            "rate it may begin to learn. If it does not, look at the labels."
        ),
    ),
    Kind.RATE_TOO_HIGH: (
        "The learning rate is too high",
        lambda f, _: (
            f"In epoch {f.epoch} the training loss was {f.value:.2f} times "
            f"{'that of a guess' if f.epoch == 1 else 'its lowest'}. Usual: at most {f.limit:.2f} times."
        ),
    ),
    Kind.RATE_TOO_LOW: (
        "The learning rate is too low",
        lambda f, _: (
            f"A step changes the weights by {f.value:.2%}. Usual: {f.limit:.1%} or more. The loss still "
            "fell at the end."
        ),
    ),
    Kind.LARGE_BATCH: (
        "The batches are too large",
        lambda f, _: (
            f"An epoch has {f.value:.0f} steps. Usual: {f.limit:.0f} or more. Smaller batches give more "
            "steps from the same images."
        ),
    ),
    Kind.DEAD_UNITS: (
        "Many units are dead",
        lambda f, _: (
            f"{f.value:.0%} of the units of a layer are 0 for all images. Usual: at most {f.limit:.0%}. Steps "
            "that are too large kill units."
        ),
    ),
    Kind.OVERFIT: (
        "It learns by heart",
        lambda f, _: (
            f"Since epoch {f.epoch} the validation loss has not fallen: it is {f.value:.2f} times its lowest. The "
            "training loss still falls. Augmentation or dropout helps, and early stopping saves time."
        ),
    ),
    Kind.UNDERFIT: (
        "It underfits",
        lambda f, _: (
            f"It reads only {f.value:.1%} of its training images right, and no longer gets better. It "
            "needs an easier task or a larger network."
        ),
    ),
    Kind.STOPPED_EARLY: (
        "It ended too early",
        lambda f, _: f"The validation loss still fell by {f.value:.0%} in the last epoch. More epochs help.",
    ),
    Kind.PLATEAU: (
        "It is on a plateau",
        lambda f, _: (
            f"The validation loss has hardly fallen since epoch {f.epoch}: by {f.value:.0%} on average. A "
            "learning rate that falls gets further."
        ),
    ),
    Kind.NO_ANSWER: (
        "A class is never answered",
        lambda f, names: (
            f"No validation image is read as {names[int(f.value)]}. Look at its images on Explore: "
            "there may be too few, or their labels are wrong."
        ),
    ),
    Kind.FEW_VALIDATION: (
        "There are few validation images",
        lambda f, _: (
            f"Their accuracy is known to within {100 * f.value:.1f} points. Smaller differences between two "
            "trainings may be chance."
        ),
    ),
}


def finding_title(finding: Finding) -> str:
    """What is wrong, in a few words."""
    return _FINDINGS[finding.kind][0]


def describe_finding(finding: Finding, class_names: Sequence[str]) -> str:
    """What was seen and why it matters, in sentences."""
    return _FINDINGS[finding.kind][1](finding, class_names)


def describe_changes(finding: Finding, config: TrainConfig) -> str:
    """The advice for the next training, such as "Learning rate from 0.1 to 0.01"; empty where there is none."""
    now = config.to_dict()
    parts = [
        f"{format_setting(name)} from {format_setting_value(now[name])} to {format_setting_value(value)}"
        for name, value in finding.changes.items()
        if now[name] != value
    ]
    return "; ".join(parts)
