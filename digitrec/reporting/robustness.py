"""The accuracy on corrupted and on attacked images as blocks, where it was measured."""

from __future__ import annotations

import functools

import numpy as np

from digitrec.charts.robustness import AttackCurve, attack_figure, robustness_figure
from digitrec.evaluation import Score
from digitrec.imaging import data_uri
from digitrec.metrics import proportion, wilson_interval
from digitrec.reporting import evaluation_tables, evaluation_texts
from digitrec.reporting.blocks import Block, Figure, Heading, Number, Numbers, Strong, TableBlock, body, caption
from digitrec.reporting.evaluation_texts import CORRUPTION_TEXTS
from digitrec.robustness import CORRUPTIONS, EPSILONS, SEVERITIES, Attack, RobustnessScores, corruptions

CORRUPTED_TITLE = "Accuracy on corrupted images"
CORRUPTED_TEXT = (
    "The accuracy on images that are corrupted in the 15 ways of MNIST-C (Mu and Gilmer 2019), each at five "
    "severities. A frame and a bold number mark the severity of MNIST-C."
)
ATTACK_TITLE = "Accuracy under attack"
ATTACK_TEXT = (
    "Every pixel moves by one small step in the direction that increases the network's error (fast gradient sign "
    "method, Goodfellow et al. 2015). This needs access to the network. For comparison, other steps go "
    "in random directions. Steps are whole levels of 255, so the result is an ordinary image."
)


def corruption_accuracy(score: Score) -> list[Block]:
    """The accuracy on corrupted images, where it was measured of this network and these images; else nothing."""
    scores = evaluation_tables.load_robustness(score)
    if scores is None:
        return []
    table = evaluation_tables.corruptions(scores)
    return [
        Heading(CORRUPTED_TITLE),
        body(CORRUPTED_TEXT),
        *mean_blocks(score, scores),
        corruption_figure(score, scores),
        TableBlock(table, is_folded=True),
    ]


def mean_blocks(score: Score, scores: RobustnessScores) -> list[Block]:
    """The mean accuracies over the corruptions, and the weakest ones."""
    clean = proportion(scores.clean, scores.n)
    means = {
        "Uncorrupted": (clean, "The same images without corruption."),
        "MNIST-C's 15": (scores.at_paper, "Mean of the 15 corruptions, each at the severity of MNIST-C."),
        "All 75": (scores.overall, "Mean of all cells."),
    }
    entries = tuple(
        Number(title, f"{value:.1%}", f"{low:.1%} to {high:.1%}", sentence)
        for title, ((value, low, high), sentence) in means.items()
    )
    worst = ", ".join(f"{CORRUPTION_TEXTS[name].title} ({share:.1%})" for name, share in scores.worst())
    guess = 1 / len(score.run.class_names)
    return [
        Numbers(entries, "row"),
        caption(f"{scores.n:,} images per cell, measured {scores.created:.10}."),
        body("Weakest at the severities of MNIST-C: ", Strong(worst), f". Guessing gives about {guess:.0%}."),
    ]


def corruption_figure(score: Score, scores: RobustnessScores) -> Figure:
    """The accuracy of each corruption at each severity, beside a corrupted sample."""
    sample = score.split.images[corruptions.sample_indices(len(score.split.labels), scores.n)[:1]]
    figure = robustness_figure(
        scores.right / scores.n,
        [
            [
                f"{text.title}, severity {severity}<br>"
                + describe_cell(scores, name, severity).replace(": ", "<br>")
                for severity in SEVERITIES
            ]
            for name, text in CORRUPTION_TEXTS.items()
        ],
        titles=[text.title for text in CORRUPTION_TEXTS.values()],
        paper=[found.paper for found in CORRUPTIONS.values()],
        samples=_sample_uris(sample.tobytes()),
    )
    alt = f"{score.run.name}: accuracy on each corruption at each severity; the table has the numbers"
    return Figure("robustness", figure, alt)


def describe_cell(scores: RobustnessScores, name: str, severity: int) -> str:
    """The strength and the accuracy of a corruption at a severity."""
    right, _ = scores.cell(name, severity)
    share, low, high = wilson_interval(right, scores.n)
    strength = evaluation_texts.describe_strength(name, severity)
    return (
        f"{strength[0].upper()}{strength[1:]}: {right:,} of {scores.n:,} right, {share:.1%} (95% "
        f"interval {low:.1%} to {high:.1%})."
    )


def attack_accuracy(score: Score) -> list[Block]:
    """The accuracy under attack, where it was measured of this network and these images; else nothing."""
    found = evaluation_tables.load_attack(score)
    if found is None:
        return []
    return [Heading(ATTACK_TITLE), body(ATTACK_TEXT), *attack_blocks(found)]


def attack_blocks(found: Attack) -> list[Block]:
    """The accuracy over the step of an attack."""
    ways = {"Along the gradient": found.accuracy, "Random direction": found.accuracy_by_chance}
    drawn = [AttackCurve(name, estimates) for name, estimates in ways.items()]
    alt = "Accuracy over the step of the attack; the table has the numbers"
    return [
        caption(f"{found.n:,} images, attacked {found.created:.10}. Bars are 95% intervals."),
        Figure("attack", attack_figure(EPSILONS, drawn), alt),
        TableBlock(evaluation_tables.attack_steps(found), is_folded=True),
    ]


@functools.lru_cache(maxsize=16)
def _sample_uris(image: bytes) -> list[list[str]]:
    """An image uint8 (28, 28) under each corruption at each severity, as addresses for an HTML page."""
    images = np.frombuffer(image, np.uint8).reshape(1, 28, 28)
    return [
        [data_uri(corruptions.corrupt(images, name, severity=severity)[0]) for severity in SEVERITIES]
        for name in CORRUPTIONS
    ]
